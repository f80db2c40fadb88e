"""Over-training other networks and on other data: a panel each (FIG-3, FIG-9 to FIG-12)."""

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from ..claims import fig_2, fig_3, fig_9, fig_10
from ..claims.panels import panels
from ..claims.rules import shown, student_interval
from ..results import Results
from . import style
from .curves import seeds_caption
from .style import Shown
from .tables import Table, fall_text

COLUMNS = 3
POINTS_A_DECADE = 10
#: Distances of ticks (fractions of test points), and how many ticks a panel has room for.
TICKS, MOST_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5), 5

#: Figure -> how its claim takes Mixup's falls and ERM's; the others as FIG-2, from Mixup's turning epoch on.
FALLS = {"FIG-9": fig_9.falls, "FIG-10": fig_10.trial_falls, "FIG-11": fig_10.trial_falls}


def all_panels(every: Sequence[Results]) -> Shown:
    """Draw test accuracy of ERM and Mixup for every figure and amount of data.

    The vertical axes differ, but all have the same height, so that equal falls look equal.
    """
    drawn = [(results, n, one) for results in every for (_, n), one in panels(results).items()]
    for results in every:
        results.require_runs()
    height = max(_height(one) for *_, one in drawn)
    rows = -(-len(drawn) // COLUMNS)
    said = []
    with style.style():
        figure, grid = plt.subplots(rows, COLUMNS, figsize=(7.2, 2.1 * rows), squeeze=False)
        for axes, (results, n, one) in zip(grid.flat, drawn, strict=False):
            _panel(axes, one, height)
            axes.set_title(f"{results.experiment.id}, {_network(one)}, n = {n:,}", fontsize=8)
            peak, end = _peak(one), np.nanmean(one.final("Mixup", "test_accuracy"))
            erm = np.nanmean(one.final("ERM", "test_accuracy"))
            said.append(
                f"{results.experiment.id}, n = {n:,}: Mixup highest {peak[1]:.1%} at epoch {peak[0]:,}, "
                f"at the end {end:.1%}, ERM {erm:.1%}"
            )
        for axes in grid.flat[len(drawn) :]:
            axes.axis("off")
        handles, _ = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles=handles[:2], loc="outside upper right", ncols=2)  # the line differs by panel
        figure.suptitle(headline(every), x=0.01, ha="left", fontsize=10)
    plt.close(figure)
    *fewer, most = sorted({results.n_declared for results in every})
    lost = [line for results in every for line in results.lost()]
    return Shown(
        figure,
        f"One panel for each figure and amount of data: test accuracy against epochs. {'; '.join(said)}.",
        f"Line: mean, band: ±1 standard deviation; {' or '.join([*map(str, fewer), style.seeds_text(most)])}. "
        "Dotted: Mixup's best epoch, none where it is still highest at the end. Axes of equal height. "
        f"{'; '.join(dict.fromkeys(results.scale for results in every))}."
        + (f" Lost: {'; '.join(lost)}." if lost else ""),
    )


def test_loss(results: Results) -> Shown:
    """Draw the test loss of ERM and Mixup, and of single Mixup runs (FIG-3 c)."""
    results.require_runs()
    (one,) = panels(results).values()
    fall, rise = fig_3.u_shape(one)
    epochs, losses = one.curve("Mixup", "test_loss")
    rises = student_interval(rise)[0] > 0 and student_interval(fall)[0] > 0
    with style.style():
        figure, axes = plt.subplots(figsize=(5.2, 3.2))
        style.log_axis(axes)
        mean = style.average(axes, losses)
        lowest = int(mean.argmin())
        for arm, look in (("ERM", style.ERM), ("Mixup", style.MIXUP)):
            style.mean_and_band(axes, *one.curve(arm, "test_loss"), **look)
        for run in losses:
            axes.plot(epochs, run, color=style.MIXUP["color"], linewidth=0.5, alpha=0.6)
        style.mark_best(axes, epochs[lowest], epochs[-1], "lowest", "lowest")
        title = "falls, then rises: a U" if rises else "shows no U that is sure"
        axes.set(ylabel="test loss (nats)", title=f"Mixup's test loss {title}")
        style.epoch_axis(axes, one.experiment.epochs)
        style.legend_below(figure, axes)
        erm = style.average(axes, one.curve("ERM", "test_loss")[1])[-1]
    plt.close(figure)
    return Shown(
        figure,
        f"Test loss against epochs. Mixup's mean falls from {mean[0]:.2f} to {mean[lowest]:.2f} nats at epoch "
        f"{epochs[lowest]:,} and ends at {mean[-1]:.2f}; ERM's ends at {erm:.2f}.",
        f"{results.experiment.title}; thin: single Mixup runs. {seeds_caption(results, 'thick')}",
    )


def headline(every: Sequence[Results]) -> str:
    """Count the panels in which Mixup falls, and ERM by more than its cards allow, with 95 % confidence."""
    falls = [_falls(results)(one) for results in every for one in panels(results).values()]
    least = (0.0, fig_2.MARGIN)
    mixup, erm = (sum(student_interval(fall[arm])[0] > least[arm] for fall in falls) for arm in (0, 1))
    return f"Mixup falls in {mixup} of {len(falls)} panels, ERM by over {shown(fig_2.MARGIN, 'points')} in {erm}"


def falls_table(every: Sequence[Results]) -> Table:
    """Show for every figure and amount of data where Mixup turns, and by how much Mixup and ERM fall."""
    rows = []
    for results in every:
        for (_, n), one in panels(results).items():
            mixup, erm = _falls(results)(one)
            epoch, _ = _peak(one)
            place = "not within the run" if epoch == one.experiment.epochs else f"{epoch:,}"
            rows.append([results.experiment.id, _network(one), f"{n:,}", place, fall_text(mixup), fall_text(erm)])
    head = ["figure", "network", "n", "Mixup's best epoch", "Mixup's fall (points)", "ERM's fall (points)"]
    return Table(head, rows, "Mean over seeds, 95 % interval in brackets; a negative fall is a rise.")


def _falls(results: Results) -> Callable[[Results], tuple[np.ndarray, np.ndarray]]:
    return FALLS.get(results.experiment.id, fig_2.drops)


def _network(one: Results) -> str:
    arm = one.experiment.arms["Mixup"]
    deep = f" {arm.depth}×" if arm.model in ("mlp", "conv1d") else " "
    return f"{arm.model}{deep}{arm.width}"


def _panel(axes: Axes, one: Results, height: float) -> None:
    for arm, look in (("ERM", style.ERM), ("Mixup", style.MIXUP)):
        style.mean_and_band(axes, *one.curve(arm, "test_accuracy"), **look)
    epoch, accuracy = _peak(one)
    style.mark_best(axes, epoch, one.curve("Mixup", "test_accuracy")[0][-1])
    top = max(accuracy, np.nanmean(one.final("ERM", "test_accuracy"))) + 0.2 * height
    style.epoch_axis(axes, one.experiment.epochs)
    style.percent_axis(axes, "")
    axes.yaxis.set_major_locator(MultipleLocator(next(step for step in TICKS if height / step < MOST_TICKS)))
    axes.set(ylim=(top - height, top), xlim=(one.experiment.epochs / 100, None))


def _height(one: Results) -> float:
    """Return the height that shows the last decade of a panel; its beginning may lie below the axes."""
    curves = [one.curve(arm, "test_accuracy")[1] for arm in ("ERM", "Mixup")]
    late = np.concatenate([np.nanmean(curve, axis=0)[-POINTS_A_DECADE:] for curve in curves])
    return 1.4 * float(np.nanmax(late) - np.nanmin(late))


def _peak(one: Results) -> tuple[int, float]:
    epochs, accuracy = one.curve("Mixup", "test_accuracy")
    mean = np.nanmean(accuracy, axis=0)
    return int(epochs[mean.argmax()]), float(mean.max())
