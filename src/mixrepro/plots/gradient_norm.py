"""The norm of the gradient along training, and after a switch (FIG-8, FIG-14)."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ..claims import fig_2, fig_8, fig_14
from ..claims.rules import Verdict, effect_text
from ..expected_gradient import ExpectedGradient
from ..experiments.fig_6 import arm_name
from ..results import Results
from . import style
from .curves import seeds_caption
from .style import Shown
from .tables import Table, mean_and_std

NORMS = {fig_8.FULL_BATCH: "full batch", fig_8.MINI_BATCH: "mini-batch"}
SHARES = (fig_14.HALF, fig_14.ZERO)


def along_training(results: Results, title: str) -> Shown:
    """Draw both norms of ERM and Mixup, Mixup's turning epoch marked (FIG-8)."""
    results.require_runs()
    turn, last = fig_2.turning_epoch(results), results.curve("Mixup", "test_accuracy")[0][-1]
    said = []
    with style.style():
        figure, panels = plt.subplots(1, 2, sharey=True)
        for axes, (norm, name) in zip(panels, NORMS.items(), strict=True):
            style.log_axis(axes)
            for arm, look in (("ERM", style.ERM), ("Mixup", style.MIXUP)):
                epochs, norms = results.curve(arm, norm)
                style.mean_and_band(axes, epochs, norms, **look)
                said.append(f"{name}, {arm}: {_course(axes, epochs, norms)}")
            style.mark_best(axes, turn, last)
            style.epoch_axis(axes, results.experiment.epochs)
            axes.set_title(name.capitalize())
        panels[0].set_ylabel("norm of the gradient")
        style.legend_below(figure, *panels)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    alt = (
        "Two panels, norm of the gradient against epochs, both logarithmic. Left: full batch; right: mini-batch. "
        f"{'; '.join(said)}. Mixup's test accuracy is highest at epoch {turn:,}."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{results.experiment.title}. {seeds_caption(results, 'both panels')}")


def after_switch(results: Results, title: str) -> Shown:
    """Draw the full-batch norm of the switched runs, and both norms as shares of those at the switch (FIG-14)."""
    results.require_runs()
    switches = sorted(a.switch_epoch for a in results.experiment.arms.values() if a.switch_epoch is not None)
    said = []
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        for axes in (left, right):
            style.log_axis(axes)
        for arm, look in (("ERM", style.ERM), ("Mixup", style.MIXUP)):
            style.mean_and_band(left, *results.curve(arm, fig_8.FULL_BATCH), **look)
        for epoch, color in zip(switches, itertools.cycle(style.OTHERS), strict=False):
            _one_switch(left, right, results, epoch, color)
            first, later = (np.nanmean(fig_14.left_after(results, epoch, t)) for t in (1, fig_14.LATER))
            said.append(f"switched at {epoch:,}, {first:.0%} is left an epoch later and {later:.1%} later still")
        for share in SHARES:  # not dotted, as the norm of the mini-batch is
            right.axhline(share, color="0.5", linewidth=0.8)
            where = {"transform": right.get_yaxis_transform(), "ha": "right", "va": "bottom"}
            right.text(1, share, _percent(share), color="0.35", fontsize=7, **where)
        left.set(ylabel="norm of the gradient", title="Full batch")
        right.set(xscale="log", xlabel="epochs since the switch")
        right.set_title("Share of the norm at the switch")
        style.epoch_axis(left, results.experiment.epochs)
        right.plot([], [], color="black", label=NORMS[fig_8.FULL_BATCH])
        right.plot([], [], color="black", linestyle=":", label=NORMS[fig_8.MINI_BATCH])
        style.legend_below(figure, left, right)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    alt = (
        "Left: norm of the gradient of the full batch against epochs for ERM, Mixup and switched runs. Right: its "
        f"share of the norm at the switch: {'; '.join(said)}. The mini-batch norm is dotted."
    )
    plt.close(figure)
    marked = " and ".join(map(_percent, SHARES))
    caption = f"{results.experiment.title}. {seeds_caption(results, 'both panels')} Thin grey: {marked}."
    return Shown(figure, alt, caption)


def both_norms_table(full_batch: Verdict, mini_batch: Verdict) -> Table:
    """Show what the same rules say of either norm, part by part."""
    rows = [
        [ours.statement, f"{ours.verdict}: {effect_text(ours)}", f"{theirs.verdict}: {effect_text(theirs)}"]
        for ours, theirs in zip(full_batch.parts, mini_batch.parts, strict=True)
    ]
    return Table(["part", *NORMS.values()], rows)


def switches_table(results: Results) -> Table:
    """Show for each switch what was learned by then, and how fast the full-batch norm falls."""
    switches = sorted(a.switch_epoch for a in results.experiment.arms.values() if a.switch_epoch is not None)
    rows = [
        [
            f"{epoch:,}",
            mean_and_std(fig_14.learned(results, epoch), percent=True),
            mean_and_std(fig_14.left_after(results, epoch, 1), percent=True),
            mean_and_std(fig_14.left_after(results, epoch, fig_14.LATER), percent=True),
            _reached(fig_14.epochs_to_zero(results, epoch)),
        ]
        for epoch in switches
    ]
    head = [
        "switch at epoch",
        "accuracy on the training points",
        "norm left an epoch later",
        f"left {fig_14.LATER} epochs later, or at the end",
        f"epochs until {fig_14.ZERO:.0%} is left",
    ]
    return Table(head, rows, f"mean ± standard deviation over {style.seeds_text(results.n_declared)}")


def draws_table(measured: ExpectedGradient) -> Table:
    """Show what the squared full-batch norm is made of: the expected loss's gradient, and noise of the draw."""
    rows = [
        [
            f"{epoch:,}",
            mean_and_std(np.sqrt(measured.one_draw[:, place])),
            mean_and_std(np.sqrt(np.maximum(measured.expected[:, place], 0))),
            mean_and_std(measured.expected[:, place] / measured.one_draw[:, place], percent=True),
        ]
        for place, epoch in enumerate(measured.epochs)
    ]
    head = ["epoch", "norm of one draw", "norm of the expected gradient", "its share of the squared norm"]
    return Table(head, rows, f"mean ± standard deviation over {style.seeds_text(len(measured.expected))}")


def _one_switch(left: Axes, right: Axes, results: Results, epoch: int, color: str) -> None:
    for norm, line in ((fig_8.FULL_BATCH, "-"), (fig_8.MINI_BATCH, ":")):
        epochs, norms = results.curve(arm_name(epoch), norm)
        after = epochs >= epoch
        if norm == fig_8.FULL_BATCH:
            label = f"switch at {epoch:,}"
            style.mean_and_band(left, epochs[after], norms[:, after], color=color, linestyle=line, label=label)
        shares = norms[:, epochs > epoch] / norms[:, epochs == epoch]
        style.mean_and_band(right, epochs[epochs > epoch] - epoch, shares, color=color, linestyle=line)


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def _reached(epochs: np.ndarray) -> str:
    return mean_and_std(epochs, digits=0) if np.isfinite(epochs).any() else "not reached"


def _course(axes: Axes, epochs: np.ndarray, norms: np.ndarray) -> str:
    mean = style.average(axes, norms)
    top = int(mean.argmax())
    return f"largest {mean[top]:.2g} at epoch {epochs[top]:,}, at the end {mean[-1]:.2g}"
