"""One look for every figure: colours, sizes, and how a figure reaches a page."""

import base64
import html
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, LogFormatterSciNotation, MaxNLocator

#: Always these, and never for anything else; line style differs too, so colour is never the only cue.
ERM = {"color": "#0072B2", "linestyle": "-", "label": "ERM"}
MIXUP = {"color": "#D55E00", "linestyle": (0, (6, 1.5)), "label": "Mixup"}
THEORY = {"color": "black", "linestyle": "--"}
BASELINE = {"color": "0.5", "linestyle": ":"}
#: For arms that are neither; readable in this order, also without colour vision.
OTHERS = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#882255")

FEWEST_FOR_BAND = 3
LOG_AXIS_FROM = 20
#: Ratio of the ends of a logarithmic axis from which on its ticks are powers of ten.
POWERS_FROM = 100

RC = {
    "figure.figsize": (7.2, 3.4),
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "lines.linewidth": 1.6,
    "svg.hashsalt": "mixrepro",
}


@contextmanager
def style() -> Iterator[None]:
    """Apply the style sheet to the figures made inside."""
    with mpl.rc_context(RC):
        yield


def mean_and_spread(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and standard deviation over seeds, that of a sample: seeds stand for all that might be drawn.

    Args:
        values: float64 [seeds, ...]; seeds that are not finite throughout (lost) are left out.

    Returns:
        float64 [...] each; the deviation is NaN for fewer than two seeds, the mean for none.
    """
    there = values[np.isfinite(values).reshape(len(values), -1).all(1)]
    unknown = np.full(values.shape[1:], np.nan)
    mean = there.mean(0) if len(there) else unknown
    return mean, there.std(0, ddof=1) if len(there) > 1 else unknown


def seeds_text(number: int) -> str:
    """Say how many seeds there are."""
    return f"{number} seed{'' if number == 1 else 's'}"


def mean_and_band(axes: Axes, epochs: np.ndarray, values: np.ndarray, **line: object) -> None:
    """Draw the mean over seeds with a band of +-1 standard deviation; single lines for fewer than three seeds.

    Args:
        axes: Where to draw. If its vertical axis is logarithmic by now and all values are positive, mean and
            deviation are those of the logarithms: a plain mean less a deviation may lie below zero, and the band
            would reach down to the edge.
        epochs: int64 [points].
        values: float64 [seeds, points]; seeds that are not finite throughout are left out.
        line: Colour, line style and label.
    """
    there = values[np.isfinite(values).all(1)]
    if len(there) < FEWEST_FOR_BAND:
        label = line.pop("label", None)
        for number, curve in enumerate(there):
            axes.plot(epochs, curve, label=label if number == 0 else None, **line)
        return
    to_axis, back = _scale(axes, there)
    mean, std = mean_and_spread(to_axis(there))
    axes.plot(epochs, back(mean), **line)
    axes.fill_between(epochs, back(mean - std), back(mean + std), color=line.get("color"), alpha=0.18, linewidth=0)


def average(axes: Axes, values: np.ndarray) -> np.ndarray:
    """Return the mean over seeds that `mean_and_band` draws on these axes, float64 [points]."""
    there = values[np.isfinite(values).all(1)]
    to_axis, back = _scale(axes, there)
    return back(mean_and_spread(to_axis(there))[0])


def _scale(axes: Axes, values: np.ndarray) -> tuple[Callable, Callable]:
    """Return the function of the values that is averaged, and its inverse."""
    logarithms = axes.get_yscale() == "log" and (values > 0).all()
    return (np.log, np.exp) if logarithms else (np.asarray, np.asarray)


def epoch_axis(axes: Axes, last: int, first: int = 1) -> None:
    """Label the epoch axis; logarithmic when it spans more than twenty-fold."""
    axes.set_xlabel("epoch")
    if last > LOG_AXIS_FROM * first:
        axes.set_xscale("log")


class Percents(Formatter):
    """Fractions as percentages, with as many decimals as the ticks of the axis need: none is shown rounded."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: D102
        percents = 100 * np.append(self.axis.get_majorticklocs(), x)
        exact = (digits for digits in range(6) if np.allclose(percents.round(digits), percents))
        return self.fix_minus(f"{100 * x:.{next(exact, 6)}f}{self.symbol}")


class PlainNumbers(LogFormatterSciNotation):
    """Ticks of a logarithmic axis as 0.6 and 1.05 while it spans few decades, then as powers of ten."""

    def __call__(self, x: float, pos: int | None = None) -> str:  # noqa: D102
        text = super().__call__(x, pos)
        low, high = sorted(self.axis.get_view_interval())
        return f"{x:,.10g}" if text and high < POWERS_FROM * low else text


def log_axis(axes: Axes) -> None:
    """Make the vertical axis logarithmic, its numbers plain while they can be; call before `mean_and_band`."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(PlainNumbers())
    axes.yaxis.set_minor_formatter(PlainNumbers())


def percent_axis(axes: Axes, label: str, symbol: str = " %") -> None:
    """Show the fractions of a linear vertical axis as percentages, at whole ones where there is room."""
    axes.set_ylabel(label)
    axes.yaxis.set_major_locator(MaxNLocator("auto", steps=(1, 2, 5, 10)))  # without 2.5: half percents
    axes.yaxis.set_major_formatter(Percents(symbol))


def mark_best(axes: Axes, epoch: int, last: int, what: str = "best", ends: str = "highest") -> None:
    """Draw a line where Mixup's mean is best; if that is the last epoch it has not turned, and only words say so.

    Args:
        axes: Where to draw.
        epoch: Mixup's best epoch.
        last: The last epoch.
        what: What it is called.
        ends: What the curve still is at its end.
    """
    if epoch < last:
        axes.axvline(epoch, **BASELINE, label=f"Mixup's {what} epoch, {epoch:,}")
    else:
        axes.plot([], [], linestyle="", label=f"Mixup: still {ends} at the end")


def legend_below(figure: Figure, *every: Axes, ncols: int = 4) -> None:
    """Explain all lines once, below the panels: inside, upright lines and curves would run through the words."""
    found = {}
    for axes in every:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            found.setdefault(label, handle)
    figure.legend(found.values(), found, loc="outside lower center", ncols=min(ncols, len(found)))


class Shown:
    """A figure as a page shows it: an image with alternative text and a caption."""

    def __init__(self, figure: Figure, alt: str, caption: str) -> None:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", metadata={"Software": None})
        self._png = base64.b64encode(buffer.getvalue()).decode()
        self.alt, self.caption = alt, caption

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        alt, caption = html.escape(self.alt, quote=True), html.escape(self.caption)
        image = f'<img src="data:image/png;base64,{self._png}" alt="{alt}">'
        return {
            "text/html": f'<figure class="figure">{image}<figcaption>{caption}</figcaption></figure>',
            "image/png": self._png,
            "text/plain": self.alt,
        }
