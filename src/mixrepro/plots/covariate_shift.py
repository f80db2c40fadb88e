"""Accuracy on test sets from other distributions along training (FIG-15, FIG-16)."""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from ..claims import fig_2, fig_16
from ..claims.rules import student_interval
from ..results import Results
from . import style
from .curves import seeds_caption
from .style import Shown
from .tables import Table, mean_and_std

#: Line styles in which the sets differ besides their colours.
LINES = ("-", "--", "-.", ":")


def along_training(results: Results, title: str) -> Shown:
    """Draw Mixup's accuracy on every test set, and the fall from the standard turning epoch to the end."""
    results.require_runs()
    names = sets_of(results)
    turn = fig_2.turning_epoch(results)
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, width_ratios=(3, 2))
        looks = itertools.cycle(zip(style.OTHERS, LINES, strict=False))
        for place, name in enumerate(names):
            color, line = (style.MIXUP["color"], style.MIXUP["linestyle"]) if place == 0 else next(looks)
            curve = results.curve("Mixup", fig_16.column_of(name))
            style.mean_and_band(left, *curve, color=color, linestyle=line, label=name)
        for offset, (arm, look) in zip((-0.12, 0.12), (("ERM", style.ERM), ("Mixup", style.MIXUP)), strict=True):
            _falls(right, results, arm, names, offset, look)
        if turn < curve[0][-1]:
            left.axvline(turn, **style.BASELINE)
        style.percent_axis(left, "test accuracy of Mixup")
        style.epoch_axis(left, results.experiment.epochs)
        left.set_title("Mixup along training")
        figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=len(names))
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
        right.axvline(0, **style.BASELINE)
        right.set_yticks(range(len(names)), names)
        right.set_ylim(len(names) - 0.5, -1.2)  # the first set on top, room for the legend above it
        right.set(xlabel="points of accuracy", title="Change after the turn")
        right.legend(loc="upper left", ncols=2)
    said = "; ".join(
        f"{name} {_change(results, 'Mixup', name)} for Mixup, {_change(results, 'ERM', name)} for ERM"
        for name in names
    )
    alt = (
        "Left: Mixup's accuracy against epochs on the standard and on shifted test sets. Right: change in points "
        f"from the epoch at which the standard curve turns, about {turn:,}, to the last one: {said}."
    )
    plt.close(figure)
    caption = f"{results.experiment.title}. {seeds_caption(results)} Right: mean and 95 % interval."
    return Shown(figure, alt, caption)


def sets_table(results: Results) -> Table:
    """Show Mixup's and ERM's accuracy on each set after the last epoch."""
    rows = [
        [
            name,
            *(
                mean_and_std(results.final(arm, fig_16.column_of(name)), percent=True)
                for arm in results.experiment.arms
            ),
        ]
        for name in sets_of(results)
    ]
    head = ["test set", *(f"{arm} after the last epoch" for arm in results.experiment.arms)]
    return Table(head, rows, f"mean ± standard deviation over {style.seeds_text(results.n_declared)}")


def sets_of(results: Results) -> tuple[str, ...]:
    """Return the names of the test sets, the standard one first."""
    mild, weak, strong = fig_16.roles(results)
    return (fig_16.STANDARD, *mild, *weak, *strong)


def _change(results: Results, arm: str, name: str) -> str:
    falls = fig_16.fall(results, arm, name)
    return f"{-100 * np.nanmean(falls):+.1f}" if np.isfinite(falls).any() else "unknown"


def _falls(
    axes: plt.Axes, results: Results, arm: str, names: tuple[str, ...], offset: float, look: dict[str, object]
) -> None:
    changes = [-100 * fig_16.fall(results, arm, name) for name in names]
    means = np.array([np.nanmean(change) if np.isfinite(change).any() else np.nan for change in changes])
    ends = np.array([student_interval(change) for change in changes]).T
    errors = np.where(np.isfinite(ends), np.abs(ends - means), 0)
    marker = "o" if arm == "ERM" else "s"
    places = np.arange(len(names)) + offset
    axes.errorbar(means, places, xerr=errors, fmt=marker, color=look["color"], label=arm, capsize=2)
