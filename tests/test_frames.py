"""Figures with a slider: small frames true to the figure, linked widgets, a still figure where there are none."""

import base64
import io
import re
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from mixrepro.errors import ConfigError
from mixrepro.plots import frames, style
from mixrepro.plots.frames import FrameSlider

WIDGET = "application/vnd.jupyter.widget-view+json"


def curves(shift, figsize=(7.2, 3.2)):
    """Draw a figure as chapters have them: two panels, lines, a band, bars, a legend."""
    x = np.linspace(0, 1, 300)
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, figsize=figsize)
        left.plot(x, np.sin(7 * x + shift), **style.ERM)
        left.plot(x, np.cos(5 * x + shift), **style.MIXUP)
        left.fill_between(x, np.sin(7 * x + shift) - 0.2, np.sin(7 * x + shift) + 0.2, color="#0072B2", alpha=0.18)
        left.set(title="Training loss", xlabel="epoch", ylabel="loss (nats)")
        left.legend()
        right.bar(np.arange(20), np.abs(np.sin(np.arange(20) + shift)), color=style.OTHERS[0])
    return figure


def slider(count=3, start=1, caption="a caption"):
    labels = [f"λ = {index}" for index in range(count)]
    alts = [f"frame {index}" for index in range(count)]
    return FrameSlider("mixing", labels, (curves(index) for index in range(count)), alts, caption, start)


def decoded(png):
    return Image.open(io.BytesIO(png))


def linked(widget):
    """Return the widgets below one, and the links between them, by model name, as a page would get them."""
    from ipywidgets.embed import dependency_state

    found = {}
    for identity, model in dependency_state([widget], drop_defaults=False).items():
        found.setdefault(model["model_name"], []).append((f"IPY_MODEL_{identity}", model["state"]))
    return found


def test_frames_are_small_palette_images():
    for png in slider().frames:
        assert decoded(png).mode == "P"
        assert decoded(png).size == (648, 288)
        assert len(png) <= 25_000


def test_frame_shows_the_colours_of_the_figure():
    figure = curves(0)
    figure.set_dpi(frames.DPI)
    figure.canvas.draw()
    drawn = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
    plt.close(figure)
    frame = np.asarray(decoded(slider().frames[0]).convert("RGB")).astype(int)
    white = (drawn == 255).all(-1)
    assert white.mean() > 0.5
    assert (frame[white] == 255).all()
    assert np.abs(frame - drawn).max() <= 20
    assert np.abs(frame[~white] - drawn[~white]).mean() < 3


def test_frames_are_drawn_one_by_one_and_closed():
    before = plt.get_fignums()

    def one_by_one():
        for index in range(3):
            assert plt.get_fignums() == before
            yield curves(index)

    FrameSlider("x", "abc", one_by_one(), "abc", "")
    assert plt.get_fignums() == before


def test_slider_is_linked_to_the_frames():
    pytest.importorskip("ipywidgets")
    parts = linked(slider(start=1).widget())
    ((handle, state),) = parts["SelectionSliderModel"]
    assert (state["index"], state["description"]) == (1, "mixing")
    assert list(state["_options_labels"]) == ["λ = 0", "λ = 1", "λ = 2"]
    ((stack, shown),) = parts["StackModel"]
    assert shown["selected_index"] == 1
    pictures = dict(parts["HTMLModel"])
    for index, child in enumerate(shown["children"]):
        assert f'alt="frame {index}"' in pictures[child]["value"]
    ((_, link),) = parts["LinkModel"]
    assert {tuple(link["source"]), tuple(link["target"])} == {(handle, "index"), (stack, "selected_index")}
    assert link["_view_name"] is None


def test_each_picture_is_its_frame():
    pytest.importorskip("ipywidgets")
    made = slider()
    _, stack, _ = made.widget().children
    for child, png in zip(stack.children, made.frames, strict=True):
        (data,) = re.findall('src="data:image/png;base64,([^"]+)"', child.value)
        assert base64.b64decode(data) == png
        assert 'width="648" height="288"' in child.value


def test_bundle_has_the_widget_and_the_start_frame_as_a_figure():
    pytest.importorskip("ipywidgets")
    made = slider(start=2)
    bundle = made._repr_mimebundle_()
    assert bundle.keys() == {WIDGET, "text/html", "text/plain"}
    assert bundle["text/plain"] == made.alt == "frame 2"
    assert base64.b64encode(made.frames[2]).decode() in bundle["text/html"]
    assert 'alt="frame 2"' in bundle["text/html"]
    assert "<figcaption>a caption</figcaption>" in bundle["text/html"]


def test_html_in_alternative_text_and_caption_is_escaped():
    pytest.importorskip("ipywidgets")
    made = FrameSlider("x", ["a"], [curves(0)], ['"quoted" <b>'], "<script>x</script>")
    values = [state["value"] for _, state in linked(made.widget())["HTMLModel"]]
    for html in (*values, made._repr_mimebundle_()["text/html"]):
        assert "<b>" not in html
        assert "<script>" not in html
    assert 'alt="&quot;quoted&quot; &lt;b&gt;"' in "".join(values)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (dict(labels=[], alts=[], figures=[]), r"labels: found \[\], expected at least one frame"),
        (dict(alts=["one"]), "alts: found 1, expected as many as labels: 2"),
        (dict(figures=[0]), "figures: found 1, expected as many as labels: 2"),
        (dict(figures=[0, 1, 2]), "figures: found a figure after number 2, expected as many as labels"),
        (dict(start=2), "start: found 2, expected an integer from 0 to 1"),
        (dict(start=-1), "start: found -1, expected an integer from 0 to 1"),
        (dict(start=0.5), "start: found 0.5, expected an integer from 0 to 1"),
        (dict(start=True), "start: found True, expected an integer from 0 to 1"),
        (dict(labels=["a", "a"]), "labels: found 'a', expected no label twice"),
        (dict(labels=["a", " "]), "labels: found ' ', expected a text that is not blank"),
        (dict(labels=["a", 0.5]), "labels: found 0.5, expected a text that is not blank"),
        (dict(alts=["a", ""]), "alts: found '', expected a text that is not blank"),
        (dict(name=""), "name: found '', expected a text that is not blank"),
    ],
)
def test_bad_argument_is_named(change, message):
    given = dict(name="x", labels=["a", "b"], figures=[0, 1], alts=["one", "two"], caption="", start=0) | change
    given["figures"] = map(curves, given["figures"])
    with pytest.raises(ConfigError, match=f"^{message}$"):
        FrameSlider(**given)


def test_figures_of_different_size_are_refused():
    figures = (curves(0, figsize) for figsize in ((7.2, 3.2), (6, 3.2)))
    with pytest.raises(ConfigError, match=r"figures: found \[\(540, 288\), \(648, 288\)\], expected one size"):
        FrameSlider("x", "ab", figures, "ab", "")


def test_something_else_than_a_figure_is_refused():
    figure = curves(0)
    with pytest.raises(ConfigError, match="figures: found 'Axes', expected figures of matplotlib"):
        FrameSlider("x", "a", [figure.axes[0]], "a", "")
    plt.close(figure)


def test_frames_too_heavy_for_a_page_are_refused(monkeypatch):
    weight = sum(len(base64.b64encode(png)) for png in slider(3).frames) / 1000
    monkeypatch.setattr(frames, "LARGEST", round(1000 * weight) + 1000)  # the pictures and their texts
    assert len(slider(3).frames) == 3
    with pytest.raises(ConfigError, match=r"^figures: found a weight of (\d+) kB in the page, .* fewer") as error:
        slider(4)
    named = int(re.search(r"(\d+) kB in", str(error.value)).group(1))
    assert named == pytest.approx(weight * 4 / 3, rel=0.1)


def test_two_heaviest_sliders_fit_a_page_of_2_mb():
    assert 2 * frames.LARGEST + 200_000 <= 2_000_000


def test_only_the_widget_needs_ipywidgets():
    code = (
        "import sys; sys.modules['ipywidgets'] = None; import matplotlib.pyplot as plt;"
        "from mixrepro.plots.frames import FrameSlider; made = FrameSlider('x', 'a', [plt.figure()], 'a', '');"
        "print('made', len(made.frames)); made.widget()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "made 1\n"
    said = "ConfigError: ipywidgets: found no installation, expected one: pip install 'mixrepro[book]'"
    assert done.stderr.splitlines()[-1].removeprefix("mixrepro.errors.") == said
