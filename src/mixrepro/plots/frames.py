"""A figure with a slider: every frame is drawn beforehand, so that the page needs no kernel to show it."""

import base64
import html
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from ..errors import ConfigError, found_expected

if TYPE_CHECKING:
    import ipywidgets

#: 7.2 inches become 648 pixels, about a page's column: nothing is sent only to be scaled down.
DPI = 90
COLOURS = 256
#: Bytes in the page, base64 included. Two sliders of this size fit a page of 2 MB.
LARGEST = 900_000


class FrameSlider:
    """Frames of one figure, flipped by a slider in the reader's browser, by mouse or keyboard.

    The frames lie in the page as palette images; widgets and a link between them are all that is needed, no
    Python. Where widgets cannot be shown, the start frame stands as an ordinary figure.
    """

    def __init__(
        self,
        name: str,
        labels: Sequence[str],
        figures: Iterable[Figure],
        alts: Sequence[str],
        caption: str,
        start: int = 0,
    ) -> None:
        """Draw the frames.

        Args:
            name: What the slider changes, as "time". Formulas are not typeset: write "λ".
            labels: [frames], what the slider says at each, as "λ = 0.35"; all different.
            figures: [frames], of one size. They are closed one by one: a generator holds one open at a time.
            alts: [frames], the alternative texts.
            caption: What all frames show.
            start: Index of the frame that is shown first.

        Raises:
            ConfigError: There is no frame, the lengths or the figures' sizes differ, a text is blank, a label
                comes twice, `start` is no frame, or the frames are too heavy for a page.
        """
        self.name, self.labels, self.caption, self.start = name, list(labels), caption, start
        alts = list(alts)
        _check_texts(name, self.labels, alts, start)
        self.frames = _draw(figures, len(self.labels))
        self.alt = alts[start]
        self._images = [_image(png, alt) for png, alt in zip(self.frames, alts, strict=True)]
        weight = sum(map(len, self._images))
        if weight > LARGEST:
            found = f"a weight of {weight / 1000:,.0f} kB in the page"
            raise ConfigError(found_expected("figures", found, f"at most {LARGEST / 1000:,.0f} kB: fewer frames"))

    def widget(self) -> "ipywidgets.VBox":
        """Make the slider, the frames and the caption.

        Raises:
            ConfigError: ipywidgets is not installed.
        """
        try:
            import ipywidgets
        except ModuleNotFoundError:
            expected = "one: pip install 'mixrepro[book]'"
            raise ConfigError(found_expected("ipywidgets", "no installation", expected)) from None
        wide = ipywidgets.Layout(width="auto", margin="0")  # one for all: else each frame brings its own
        # Image widgets have no alternative text.
        stack = ipywidgets.Stack(
            [ipywidgets.HTML(image, layout=wide) for image in self._images], selected_index=self.start, layout=wide
        )
        slider = ipywidgets.SelectionSlider(
            options=self.labels,
            index=self.start,
            description=self.name,
            tooltip=self.name,  # else "null"
            style={"description_width": "initial"},
            layout=ipywidgets.Layout(width="auto", max_width="36em"),
        )
        ipywidgets.jslink((slider, "index"), (stack, "selected_index"))
        caption = ipywidgets.HTML(f'<p class="frames-caption">{html.escape(self.caption)}</p>', layout=wide)
        return ipywidgets.VBox([slider, stack, caption], layout=wide, _dom_classes=["frames"])

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        caption = f"<figcaption>{html.escape(self.caption)}</figcaption>"
        return {
            **self.widget()._repr_mimebundle_(),
            "text/html": f'<figure class="figure">{self._images[self.start]}{caption}</figure>',
            "text/plain": self.alt,
        }


def _check_texts(name: str, labels: list[str], alts: list[str], start: int) -> None:
    if not labels:
        raise ConfigError(found_expected("labels", labels, "at least one frame"))
    if len(alts) != len(labels):
        raise ConfigError(found_expected("alts", len(alts), f"as many as labels: {len(labels)}"))
    for argument, texts in (("name", [name]), ("labels", labels), ("alts", alts)):
        if blank := [text for text in texts if not isinstance(text, str) or not text.strip()]:
            raise ConfigError(found_expected(argument, blank[0], "a text that is not blank"))
    if twice := [label for index, label in enumerate(labels) if label in labels[:index]]:
        raise ConfigError(found_expected("labels", twice[0], "no label twice"))
    if isinstance(start, bool) or not isinstance(start, int | np.integer) or not 0 <= start < len(labels):
        raise ConfigError(found_expected("start", start, f"an integer from 0 to {len(labels) - 1}"))


def _draw(figures: Iterable[Figure], count: int) -> list[bytes]:
    """Draw `count` figures as palette PNGs of one size, and close them."""
    frames: list[bytes] = []
    sizes = set()
    for figure in figures:
        if not isinstance(figure, Figure):
            raise ConfigError(found_expected("figures", type(figure).__name__, "figures of matplotlib"))
        image = _palette_image(figure)
        if len(frames) == count:
            raise ConfigError(found_expected("figures", f"a figure after number {count}", "as many as labels"))
        sizes.add(image.size)
        if len(sizes) > 1:
            raise ConfigError(found_expected("figures", sorted(sizes), "one size in pixels: the page would jump"))
        buffer = io.BytesIO()
        image.save(buffer, format="png", optimize=True)
        frames.append(buffer.getvalue())
    if len(frames) < count:
        raise ConfigError(found_expected("figures", len(frames), f"as many as labels: {count}"))
    return frames


def _palette_image(figure: Figure) -> Image.Image:
    buffer = io.BytesIO()
    try:
        figure.savefig(buffer, format="png", dpi=DPI)
    finally:
        plt.close(figure)
    # Of pillow's methods the one that keeps white white, and thin lines their colour.
    return (
        Image.open(buffer).convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )


def _image(png: bytes, alt: str) -> str:
    width, height = Image.open(io.BytesIO(png)).size  # stated, so that the text below never moves
    return (
        f'<img width="{width}" height="{height}" alt="{html.escape(alt, quote=True)}" '
        f'src="data:image/png;base64,{base64.b64encode(png).decode()}">'
    )
