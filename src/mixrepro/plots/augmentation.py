"""Over-training with and without augmentation (FIG-4)."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, StrMethodFormatter

from ..claims import fig_4, later
from ..claims.turning import Turn
from ..experiments.fig_4 import AUGMENTED, augmented
from ..results import Results
from . import style
from .curves import seeds_caption
from .style import Shown

LOOKS = {"ERM": style.ERM, "Mixup": style.MIXUP}
#: Room above and below the curves, as a share of the height of a panel.
ROOM = 0.08


def with_and_without(results: Results, title: str) -> Shown:
    """Draw test accuracy without and with augmentation side by side, and each seed's two turning epochs (FIG-4).

    The vertical axes differ, but have the same height, so that equal falls look equal.
    """
    results.require_runs()
    said = []
    with style.style():
        figure, (plain, rich, turns) = plt.subplots(1, 3, figsize=(7.8, 3.4), width_ratios=(4, 4, 2.4))
        for axes, suffix in ((plain, ""), (rich, AUGMENTED)):
            said.append(_curves(axes, results, suffix))
        height = max(np.ptp(axes.get_ylim()) for axes in (plain, rich))
        for axes in (plain, rich):
            middle = np.mean(axes.get_ylim())
            axes.set_ylim(middle - height / 2, middle + height / 2)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
        style.legend_below(figure, plain)
        said.append(_turns(turns, results))
    plt.close(figure)
    return Shown(
        figure,
        f"Three panels. Test accuracy against epochs, {said[0]}; {said[1]}. Right: turning epoch of each seed, "
        f"{said[2]}.",
        f"{results.experiment.title}. Dotted: median of the seeds' own turns under Mixup, as on the right; none "
        f"where it lies at the end of the run or later. {_shorter_erm(results)}Right: one line a seed, its turn "
        "on a curve averaged over half a decade of epochs; hollow: still highest at its end, so the turn is there "
        "or later. "
        f"{seeds_caption(results)}",
    )


def _curves(axes: Axes, results: Results, suffix: str) -> str:
    """Draw ERM and Mixup with or without augmentation; return what is seen."""
    how = "with augmentation" if suffix else "without augmentation"
    ends, tops, lows = {}, [], []
    for name, look in LOOKS.items():
        arm = augmented(name) if suffix else name
        epochs, accuracy = results.curve(arm, "test_accuracy")
        style.mean_and_band(axes, epochs, accuracy, **look)
        ends[name] = float(np.nanmean(accuracy[:, -1]))
        late = accuracy[:, epochs >= epochs[-1] / 100]  # what comes before is the same everywhere: a steep rise
        tops.append(np.nanmax(late))
        lows.append(np.nanmin(late))
    mean = np.nanmean(accuracy, axis=0)
    best = int(mean.argmax())
    middle = _median_turn(later.turn(results, augmented("Mixup") if suffix else "Mixup"))
    if np.isfinite(middle):
        axes.axvline(middle, **style.BASELINE)
    style.epoch_axis(axes, int(epochs[-1]))
    style.percent_axis(axes, "test accuracy" if not suffix else "")
    room = ROOM * (max(tops) - min(lows))
    axes.set(xlim=(epochs[-1] / 100, None), ylim=(min(lows) - room, max(tops) + room))
    axes.set_title(how.capitalize(), fontsize=9)
    return (
        f"{how}: Mixup is highest, {mean.max():.1%}, at epoch {epochs[best]:,} and ends at {ends['Mixup']:.1%}; "
        f"the seeds' own turns have the median {_said(middle)}; ERM ends at {ends['ERM']:.1%}"
    )


def _median_turn(turn: Turn) -> float:
    """Return the median of the seeds' own turns; infinite if it is at the end of the run or later, or unknown."""
    known = np.isfinite(turn.epochs)
    epochs = np.where(turn.open_ended, np.inf, turn.epochs)[known]
    return float(np.median(epochs)) if known.any() else np.inf


def _said(middle: float) -> str:
    return f"{middle:,.0f}" if np.isfinite(middle) else "not within the run"


def _shorter_erm(results: Results) -> str:
    """Say why ERM's augmented curve ends before Mixup's, if it does."""
    erm, mixup = (results.experiment.arms[augmented(arm)].epochs for arm in LOOKS)
    if erm >= mixup:
        return ""
    return f"With augmentation ERM, which has no turn to wait for, was trained for {erm:,} epochs only. "


def _turns(axes: Axes, results: Results) -> str:
    """Draw a line a seed from its turn without augmentation to its turn with it; return what is seen."""
    found = [later.turn(results, arm) for arm in (fig_4.MIXUP, fig_4.AUGMENTED_MIXUP)]
    for seed in range(results.n_declared):
        axes.plot((0, 1), [turn.epochs[seed] for turn in found], color="0.7", linewidth=1)
        for place, turn in enumerate(found):
            face = "none" if turn.open_ended[seed] else style.MIXUP["color"]
            axes.plot(place, turn.epochs[seed], "o", color=style.MIXUP["color"], mfc=face, markersize=5)
    axes.set(yscale="log", xlim=(-0.4, 1.4), ylabel="turning epoch of Mixup")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.minorticks_off()
    axes.set_xticks((0, 1), ("without", "with"))
    number, bounds = later.doublings(results, fig_4.AUGMENTED_MIXUP, fig_4.MIXUP)
    if not np.isfinite(number).any():
        return "not comparable"
    times = 2.0 ** np.nanmean(number)
    least = "at least " if bounds.any() else ""
    axes.set_title(f"{'≥ ' if least else ''}{times:.1f} times as late", fontsize=9)
    return f"with augmentation {least}{times:.1f} times that without (geometric mean)"
