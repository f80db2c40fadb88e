"""A page with a slider in a real browser: no kernel, no network, by file and by server."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from browser import launched, served, visit

ROOT = Path(__file__).parents[1]
LABELS = ["λ = 0.0", "λ = 0.5", "λ = 1.0"]
ALTS = ["a line that falls", "a line that is level", "a line that rises"]
CHAPTER = f"""
# %% [markdown]
# # A slider
#
# A formula, $\\lambda^2$, and a figure.

# %% tags=["parameters"]
profile: str = "smoke"  # size

# %%
import matplotlib.pyplot as plt

from mixrepro.plots.frames import FrameSlider

figures = [plt.subplots(figsize=(7.2, 3.2))[0] for _ in range(3)]
for slope, figure in zip((-1, 0, 1), figures, strict=True):
    figure.axes[0].plot([0, 1], [0, slope])
FrameSlider("mixing", {LABELS}, figures, {ALTS}, "A line & its <slope>.", start=0)
"""
SLIDER = ".frames [role=slider]"
PICTURE = ".frames img:visible"
PRESS = """([slider, keys]) => keys.forEach(
    key => document.querySelector(slider).dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true})))"""

pytestmark = pytest.mark.book


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def site(browser, tmp_path_factory):
    """A book of the project's own making, one chapter small; returns its folder of pages."""
    project = tmp_path_factory.mktemp("slider") / "project"
    for name in ("_config.yml", "book/references.bib"):
        (project / name).parent.mkdir(exist_ok=True, parents=True)
        shutil.copy(ROOT / name, project / name)
    for name in ("book/_static", "book/_extra"):
        shutil.copytree(ROOT / name, project / name)
    toc = "format: jb-book\nroot: intro\nchapters: [{file: chapters/01_slider}]\n"
    (project / "notebooks").mkdir()
    for name, text in {"_toc.yml": toc, "book/_toc.yml": toc, "book/intro.md": "# Intro\n"}.items():
        (project / name).write_text(text)
    (project / "notebooks/01_slider.py").write_text(CHAPTER)
    environment = {**os.environ, "MIXREPRO_PROFILE": "smoke", "PYTHONPATH": str(ROOT / "src")}
    environment.pop("MIXREPRO_PROJECT", None)
    command = [Path(sys.executable).with_name("jupyter-book"), "build", "book/", "-W", "--keep-going"]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-6000:]
    return project / "_build/html"


@pytest.fixture
def address(site):
    return f"{site.as_uri()}/chapters/01_slider.html"


@pytest.fixture(params=["file", "http"])
def either_address(request, site, address):
    if request.param == "file":
        yield address
    else:
        with served(site) as root:
            yield f"{root}chapters/01_slider.html"


def shown(page):
    """Return alternative text and address of the one picture that is visible, and what the slider reads."""
    picture = page.locator(PICTURE)
    assert picture.count() == 1
    return picture.get_attribute("alt"), picture.get_attribute("src"), page.locator(".widget-readout").inner_text()


def press(page, key, until):
    page.locator(SLIDER).focus()
    page.keyboard.press(key)
    page.wait_for_selector(f'.frames img[alt="{until}"]')


def test_executed_chapter_keeps_the_state_of_its_widgets(site):
    notebook = json.loads((site.parents[1] / "book/chapters/01_slider.ipynb").read_text())
    models = notebook["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
    (stack,) = [model["state"] for model in models if model["model_name"] == "StackModel"]
    assert len(stack["children"]) == len(LABELS)


def test_arrow_key_shows_the_next_frame_and_its_label(browser, either_address):
    with visit(browser, either_address) as seen:
        pictures = {}
        for key, index in ((None, 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("Home", 0)):
            if key:
                press(seen.page, key, ALTS[index])
            alt, picture, readout = shown(seen.page)
            assert (alt, readout) == (ALTS[index], LABELS[index])
            assert pictures.setdefault(index, picture) == picture
        assert len(set(pictures.values())) == len(LABELS)
        assert seen.errors == []


def test_click_on_the_track_shows_the_frame_there(browser, address):
    with visit(browser, address) as seen:
        track = seen.page.locator(".frames .noUi-base").bounding_box()
        seen.page.mouse.click(track["x"] + track["width"] - 1, track["y"] + track["height"] / 2)
        seen.page.wait_for_selector(f'.frames img[alt="{ALTS[2]}"]')
        assert shown(seen.page)[2] == LABELS[2]


def test_quick_keys_leave_one_picture(browser, address):
    with visit(browser, address) as seen:
        seen.page.locator(SLIDER).focus()
        seen.page.evaluate(PRESS, [SLIDER, ["ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"]])
        seen.page.wait_for_selector(f'.frames img[alt="{ALTS[2]}"]')
        assert shown(seen.page)[::2] == (ALTS[2], LABELS[2])


def test_page_with_formula_and_slider_has_no_error_and_asks_no_other_host(browser, either_address):
    with visit(browser, either_address) as seen:
        press(seen.page, "End", ALTS[2])
        assert seen.page.locator("mjx-container").count() == 1
        assert (seen.errors, seen.outside, seen.lost) == ([], [], [])


def test_slider_tells_a_screen_reader_its_name_and_label(browser, address):
    with visit(browser, address) as seen:
        press(seen.page, "ArrowRight", ALTS[1])
        slider = seen.page.get_by_role("slider", name="mixing", exact=True)
        assert slider.get_attribute("aria-valuetext") == LABELS[1]


def test_picture_is_loaded_and_its_caption_shown_as_text(browser, address):
    with visit(browser, address) as seen:
        assert seen.page.locator(PICTURE).evaluate("image => [image.naturalWidth, image.naturalHeight]") == [
            648,
            288,
        ]
        assert seen.page.locator(".frames-caption").inner_text() == "A line & its <slope>."


@pytest.mark.parametrize("width", [1250, 400])
def test_picture_fits_the_page(browser, address, width):
    with visit(browser, address, viewport={"width": width, "height": 900}) as seen:
        box = seen.page.locator(PICTURE).bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        assert box["width"] / box["height"] == pytest.approx(648 / 288, rel=0.01)


def test_dark_page_shows_the_picture_on_white_paper_and_light_text(browser, address):
    style = "element => { const s = getComputedStyle(element); return [s.filter, s.padding, s.backgroundColor] }"
    with visit(browser, address, color_scheme="dark") as seen:
        assert seen.page.locator("html").get_attribute("data-theme") == "dark"
        assert seen.page.locator(PICTURE).evaluate(style) == ["none", "0px", "rgb(255, 255, 255)"]
        assert seen.page.locator(".widget-subarea").evaluate(style)[2] == "rgba(0, 0, 0, 0)"
        for text in (".widget-label:visible", ".widget-readout", ".frames-caption"):
            color = seen.page.locator(f".frames {text}").evaluate("element => getComputedStyle(element).color")
            assert min(map(int, color.removeprefix("rgb(").removesuffix(")").split(","))) > 150, text


def test_visit_notes_errors_other_hosts_and_lost_files(browser, tmp_path):
    (tmp_path / "bad.html").write_text(
        '<img src="http://outside.invalid/a.png"><img src="lost.png"><script>throw new Error("it broke")</script>'
        "<script>throw new SyntaxError(\"Identifier 'THEBE_JS_URL' has already been declared\")</script>"
    )
    with served(tmp_path) as root:
        for address in (f"{root}bad.html", (tmp_path / "bad.html").as_uri()):
            with visit(browser, address) as seen:
                assert seen.errors == ["it broke"]
                assert seen.outside == ["http://outside.invalid/a.png"]
                assert seen.lost == [address.replace("bad.html", "lost.png")]


def test_visit_notes_a_widget_that_is_not_drawn(browser, tmp_path, monkeypatch):
    monkeypatch.setattr("browser.PATIENCE", 200)
    (tmp_path / "bare.html").write_text('<script type="application/vnd.jupyter.widget-view+json">{}</script>')
    with visit(browser, (tmp_path / "bare.html").as_uri()) as seen:
        assert seen.errors == ["the page's widgets (1) were not drawn within 0.2 s"]
