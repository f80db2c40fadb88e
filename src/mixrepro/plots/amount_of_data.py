"""Over-training on several amounts of data: where each curve turns (FIG-7)."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, StrMethodFormatter

from ..claims import fig_7
from ..claims.panels import panels
from ..claims.turning import Turn
from ..results import Results
from . import style
from .curves import seeds_caption
from .style import Shown

#: Solid is ERM's.
LINES = ((0, (6, 1.5)), "-.", (0, (1, 1)), (0, (3, 1, 1, 1, 1, 1)))
#: Points below the highest mean that are still shown.
LOWEST = 0.08


def accuracy_by_amount(results: Results, title: str, data: str | None = None) -> Shown:
    """Draw Mixup's test accuracy for each amount of data, against epochs and against steps.

    Every curve is drawn relative to its own highest point, which is marked; so is ERM.

    Args:
        results: Runs of FIG-7.
        title: What was found.
        data: Which of its data sets; default: the first.
    """
    results.require_runs()
    data = data or fig_7.data_sets(results)[0]
    said = []
    with style.style():
        figure, both = plt.subplots(1, 2, sharey=True)
        drawn = [(n, one, look) for (which, n), one, *look in _drawn(results) if which == data]
        for place, (n, one, (color, line)) in enumerate(drawn):
            height = (place + 1) / (len(drawn) + 1) * LOWEST / 4
            per_epoch = fig_7.steps_per_epoch(one.experiment.arms["Mixup"])
            epochs, accuracy = one.curve("Mixup", "test_accuracy")
            mean = np.nanmean(accuracy, axis=0)
            best = int(mean.argmax())
            for axes, times in zip(both, (epochs, epochs * per_epoch), strict=True):
                look = {"color": color, "linestyle": line, "label": f"n = {n:,}"}
                style.mean_and_band(axes, times, accuracy - mean.max(), **look)
                axes.plot(times[best], height, marker="v", color=color, markersize=6, zorder=3)
                if "ERM" in one.experiment.arms:
                    _, erm = one.curve("ERM", "test_accuracy")
                    look = style.ERM | {"label": f"ERM, n = {n:,}"}
                    mean_erm = np.nanmean(erm, axis=0)
                    axes.plot(
                        times, mean_erm - mean_erm.max(), **look
                    )  # its band would hide where the others turn
            said.append(
                f"n = {n:,}: highest, {mean.max():.1%}, at epoch {epochs[best]:,} "
                f"(step {epochs[best] * per_epoch:,}), at the end {mean[-1]:.1%}"
            )
        style.percent_axis(both[0], "test accuracy − its highest mean (points)", symbol="")
        both[0].set(ylim=(-LOWEST, LOWEST / 4), title=title)
        both[1].set_title("The same curves, in steps")
        for axes, unit in zip(both, ("epoch", "step"), strict=True):
            axes.set(xscale="log", xlabel=unit, xlim=(5, None))
        style.legend_below(figure, *both)
    plt.close(figure)
    return Shown(
        figure,
        f"Mixup's mean test accuracy relative to its highest point, against epochs (left) and steps (right), for "
        f"each amount of data. {'; '.join(said)}.",
        f"{results.experiment.title}; triangles, a row for each n: highest mean. {seeds_caption(results)}"
        f"{_without_band(results)}",
    )


def turn_by_amount(results: Results, title: str, steps_title: str, data: str | None = None) -> Shown:
    """Draw the turning epoch, and the turning step, of every seed against the amount of data.

    Args:
        results: Runs of FIG-7.
        title: What was found in epochs.
        steps_title: What was found in steps.
        data: Which of its data sets; default: the first.
    """
    results.require_runs()
    data = data or fig_7.data_sets(results)[0]
    said = []
    with style.style():
        figure, both = plt.subplots(1, 2)
        for axes, in_steps, words in zip(both, (False, True), (title, steps_title), strict=True):
            unit = "step" if in_steps else "epoch"
            means = _turns(axes, fig_7.turns(results, data, in_steps))
            values, _ = fig_7.powers(results, data, in_steps)
            known = values[np.isfinite(values)]
            if len(known):
                amounts = np.array(sorted(means))
                centre = np.exp(np.mean(np.log(amounts)))
                level = np.exp(np.mean(np.log(list(means.values()))))
                fit = level * (amounts / centre) ** known.mean()
                axes.plot(amounts, fit, color="black", label=f"power {known.mean():.2f} (mean of seeds)")
                if not in_steps:
                    same = level * (amounts / centre) ** -1.0
                    axes.plot(amounts, same, **style.BASELINE, label="after equally many steps")
            axes.set(xscale="log", yscale="log", xlabel="training points", ylabel=f"turning {unit}", title=words)
            axes.set_xticks(list(means), [f"{n:,}" for n in means])
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 3, 5)))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            axes.minorticks_off()
            if len(known):
                axes.legend()
            listed = ", ".join(f"{turn:,.0f} at n = {n:,}" for n, turn in means.items())
            said.append(f"turning {unit}s (geometric mean over seeds): {listed}")
    plt.close(figure)
    return Shown(
        figure,
        f"Two panels on logarithmic axes against the number of training points. {'; '.join(said).capitalize()}.",
        f"{results.experiment.title}; a dot: one seed's own turn; hollow: highest at the end of the run, so the "
        f"turn is there or later. {results.scale}; {style.seeds_text(results.n_declared)}.",
    )


def _drawn(results: Results) -> list[tuple[tuple[str, int], Results, str, object]]:
    return [
        (*each, color, line)
        for each, color, line in zip(
            panels(results).items(), itertools.cycle(style.OTHERS), itertools.cycle(LINES), strict=False
        )
    ]


def _without_band(results: Results) -> str:
    return " ERM without its band." if any(arm.alpha == 0 for arm in results.experiment.arms.values()) else ""


def _turns(axes: Axes, turns: dict[int, Turn]) -> dict[int, float]:
    """Draw a dot a seed; return the geometric mean of the turns at each amount."""
    means = {}
    for n, turn in turns.items():
        there = np.isfinite(turn.epochs)
        # Side by side, or equal turns would hide one another.
        places = n * np.geomspace(0.95, 1.05, len(there))
        for late, face in ((False, style.OTHERS[0]), (True, "none")):
            chosen = there & (turn.open_ended == late)
            axes.plot(places[chosen], turn.epochs[chosen], "o", color=style.OTHERS[0], mfc=face, markersize=5)
        if there.any():
            means[n] = float(np.exp(np.log(turn.epochs[there]).mean()))
    return means
