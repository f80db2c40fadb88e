"""Over-training with other losses: the mean squared error (FIG-13) and RegMixup (FIG-17)."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ..claims import fig_2, fig_17
from ..claims.panels import panels
from ..experiments.fig_17 import arm_name
from ..results import Results
from . import style
from .curves import seeds_caption
from .style import Shown

ARMS = (("ERM", style.ERM), ("Mixup", style.MIXUP))
#: Dash patterns of the small and the large weight; solid is ERM's.
LINES = ("-.", (0, (1, 1)))


def squared_error(results: Results, title: str) -> Shown:
    """Draw the training error and test accuracy of each data set, and where the learning rate falls (FIG-13)."""
    results.require_runs()
    every = panels(results)
    said = []
    with style.style():
        figure, grid = plt.subplots(len(every), 2, figsize=(7.2, 3.4 * len(every)), squeeze=False)
        for (left, right), ((data, n), one) in zip(grid, every.items(), strict=True):
            said.append(f"{data}, n = {n:,}: {_error_and_accuracy(left, right, one)}")
            left.set_title(f"Training error, {data} (recent mean)")
            right.set_title("Test accuracy")
        # Where the turn differs by data set, each has its own entry.
        style.legend_below(figure, *grid.flat)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    plt.close(figure)
    milestones = sorted({epoch for arm in results.experiment.arms.values() for epoch in arm.milestones})
    listed = " and ".join(f"{epoch:,}" for epoch in milestones)
    falls = f" Grey bars: learning rate divided by ten at epoch {listed}." if milestones else ""
    return Shown(
        figure,
        f"Training error (left) and test accuracy (right) against epochs. {'; '.join(said)}.",
        f"{results.experiment.title}.{falls} {seeds_caption(results, 'left')}",
    )


def _error_and_accuracy(left: Axes, right: Axes, one: Results) -> str:
    mixup = one.experiment.arms["Mixup"]
    ends = {}
    style.log_axis(left)
    for arm, look in ARMS:
        epochs, accuracy = one.curve(arm, "test_accuracy")
        _, objective = one.curve(arm, "objective")
        style.mean_and_band(left, epochs, fig_2.recent_mean(objective, epochs), **look)
        style.mean_and_band(right, epochs, accuracy, **look)
        ends[arm] = np.nanmean(accuracy[:, -1])
    best = int(np.nanmean(accuracy, axis=0).argmax())
    style.mark_best(right, epochs[best], epochs[-1])
    for axes in (left, right):
        style.epoch_axis(axes, mixup.epochs)
        for epoch in mixup.milestones:
            axes.axvline(epoch, color="0.85", linewidth=3, zorder=0)
    left.set_ylabel("mean squared error")
    style.percent_axis(right, "test accuracy")
    return (
        f"Mixup's mean accuracy is highest, {np.nanmean(accuracy[:, best]):.1%}, at epoch {epochs[best]:,} and "
        f"ends at {ends['Mixup']:.1%}; ERM ends at {ends['ERM']:.1%}"
    )


def regmixup(results: Results, title: str) -> Shown:
    """Draw test accuracy of RegMixup beside Mixup and ERM, and each arm's fall from its best mean (FIG-17)."""
    results.require_runs()
    looks = dict(ARMS)
    for eta, color, line in zip(fig_17.small_and_large(results), style.OTHERS, LINES, strict=False):
        looks[arm_name(eta)] = {"color": color, "linestyle": line, "label": f"RegMixup, η = {eta:g}"}
    said = []
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        for place, (arm, look) in enumerate(looks.items()):
            epochs, accuracy = results.curve(arm, "test_accuracy")
            style.mean_and_band(left, epochs, accuracy, **look)
            mean = np.nanmean(accuracy, axis=0)
            best = int(mean.argmax())
            color = look["color"]
            right.plot((place, place), (mean[best], mean[-1]), color=color, linewidth=1)
            right.plot(place, mean[best], "^", color=color, mfc="none")
            right.errorbar(place, *style.mean_and_spread(accuracy[:, -1]), fmt="o", color=color)
            said.append(
                f"{look['label']} highest, {mean[best]:.1%}, at epoch {epochs[best]:,}, at the end {mean[-1]:.1%}"
            )
        lowest = min(np.nanmin(results.curve(arm, "test_accuracy")[1][:, -1]) for arm in looks)
        highest = max(np.nanmax(results.curve(arm, "test_accuracy")[1]) for arm in looks)
        left.set_ylim(lowest - 0.6 * (highest - lowest), highest + 0.1 * (highest - lowest))
        style.epoch_axis(left, results.experiment.epochs)
        style.percent_axis(left, "test accuracy")
        left.legend(loc="lower right")
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
        right.set_xticks(range(len(looks)), [look["label"].replace("RegMixup, ", "") for look in looks.values()])
        right.set(xlim=(-0.5, len(looks) - 0.5), title="Best (hollow) and end")
    plt.close(figure)
    return Shown(
        figure,
        f"Test accuracy against epochs (left), and each arm's best and last mean (right). {'; '.join(said)}.",
        f"{results.experiment.title}. Triangles: highest mean, whatever noise flatters it; dots: after the last "
        f"epoch. {seeds_caption(results)}",
    )
