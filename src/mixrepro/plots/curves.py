"""Curves against epochs."""

import itertools

import matplotlib.pyplot as plt
import numpy as np

from ..claims import fig_2, lemma_3_1
from ..experiments.fig_6 import arm_name
from ..results import Results
from ..theory.loss_bound import in_batch_lower_bound, mixup_loss_lower_bound
from . import style
from .style import Shown

NUM_CLASSES = lemma_3_1.NUM_CLASSES


def over_training(results: Results, title: str) -> Shown:
    """Draw training objective and test accuracy of ERM and Mixup, the turning epoch marked (FIG-1, FIG-2)."""
    results.require_runs()
    experiment = results.experiment
    mixup = experiment.arms["Mixup"]
    turn = fig_2.turning_epoch(results)
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        style.log_axis(left)
        losses = {}
        for arm, look in (("ERM", style.ERM), ("Mixup", style.MIXUP)):
            epochs, _ = results.curve(arm, "test_accuracy")
            _, objective = results.curve(arm, "objective")
            losses[arm] = fig_2.recent_mean(objective, epochs)
            style.mean_and_band(left, epochs, losses[arm], **look)
            style.mean_and_band(right, *results.curve(arm, "test_accuracy"), **look)
        floor = in_batch_lower_bound(NUM_CLASSES, mixup.n, mixup.batch_size, mixup.alpha)
        if mixup.loss == "ce":
            left.axhline(floor, **style.THEORY, linewidth=1, label="least expected Mixup loss")
        left.set(ylabel="training loss (nats)", title="Training loss (recent mean)")
        style.mark_best(right, turn, epochs[-1])
        style.percent_axis(right, "test accuracy")
        right.set_title(title)
        for axes in (left, right):
            style.epoch_axis(axes, experiment.epochs)
        style.legend_below(figure, left, right)
    _, accuracy = results.curve("Mixup", "test_accuracy")
    ends = {arm: np.nanmean(results.final(arm, "test_accuracy")) for arm in ("ERM", "Mixup")}
    loss = {arm: style.average(left, losses[arm])[-1] for arm in ("ERM", "Mixup")}
    alt = (
        f"Two panels against epochs. Left: training loss; it ends at {loss['ERM']:.2g} nats for ERM and at "
        f"{loss['Mixup']:.2g} nats for Mixup. Right: mean test accuracy of Mixup is highest, "
        f"{np.nanmean(accuracy, axis=0).max():.1%}, at epoch {turn:,} and ends at {ends['Mixup']:.1%}; "
        f"ERM ends at {ends['ERM']:.1%}."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{experiment.title}. {seeds_caption(results, 'left')}")


def switching(results: Results, title: str) -> Shown:
    """Draw the runs switched to ERM beside Mixup and ERM, and where each ends (FIG-6)."""
    results.require_runs()
    experiment = results.experiment
    switches = sorted(arm.switch_epoch for arm in experiment.arms.values() if arm.switch_epoch is not None)
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, sharey=True, width_ratios=(3, 2))
        for arm, look in (("ERM", style.ERM), ("Mixup", style.MIXUP)):
            style.mean_and_band(left, *results.curve(arm, "test_accuracy"), **look)
            ends = results.final(arm, "test_accuracy")
            right.axhline(np.nanmean(ends), **look)
        for epoch, color in zip(switches, itertools.cycle(style.OTHERS), strict=False):
            epochs, values = results.curve(arm_name(epoch), "test_accuracy")
            after = epochs >= epoch
            look = {"color": color, "linestyle": "-", "label": f"switch at {epoch:,}"}
            style.mean_and_band(left, epochs[after], values[:, after], **look)
            left.axvline(epoch, color=color, linewidth=0.6, alpha=0.5)
            ends = results.final(arm_name(epoch), "test_accuracy")
            right.errorbar(epoch, *style.mean_and_spread(ends), fmt="o", color=color)
        style.percent_axis(left, "test accuracy")
        style.epoch_axis(left, experiment.epochs)
        right.set(xlabel="switch epoch", xscale="log", title="Accuracy after the last epoch")
        right.set_xticks(switches, [f"{epoch:,}" for epoch in switches])
        right.minorticks_off()
        left.set_title("Along training")
        style.legend_below(figure, left)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    ends = {epoch: np.nanmean(results.final(arm_name(epoch), "test_accuracy")) for epoch in switches}
    listed = ", ".join(f"{accuracy:.1%} when switched at {epoch:,}" for epoch, accuracy in ends.items())
    mixup, erm = (np.nanmean(results.final(arm, "test_accuracy")) for arm in ("Mixup", "ERM"))
    alt = (
        f"Left: test accuracy against epochs for ERM, Mixup and runs switched from Mixup to ERM. Right: accuracy "
        f"after epoch {experiment.epochs:,}: Mixup {mixup:.1%}, ERM {erm:.1%}, {listed}."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{experiment.title}. {seeds_caption(results)}")


def nearness_to_bound(results: Results) -> Shown:
    """Draw how far each run's exact Mixup loss lies above its bound (LEMMA-3.1)."""
    results.require_runs()
    experiment = results.experiment
    ends = []
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        style.log_axis(right)
        for (arm, config), color in zip(experiment.arms.items(), style.OTHERS, strict=False):
            epochs, over = lemma_3_1.excess(results, arm)
            look = {"color": color, "linestyle": "-", "label": arm.replace("alpha", "α")}
            floor = mixup_loss_lower_bound(NUM_CLASSES, config.alpha)
            style.mean_and_band(left, epochs, over + lemma_3_1.bound(config), **look)
            left.axhline(floor, color=color, linestyle="--", linewidth=1)
            style.mean_and_band(right, epochs, over, **look)
            ends.append(f"{style.average(right, over)[-1]:.3f} nats for {arm}")
        under = sum(int((lemma_3_1.excess(results, arm)[1] < 0).sum()) for arm in experiment.arms)
        found = "No loss falls under its floor" if under == 0 else f"{under} losses fall under their floor"
        left.set(ylabel="exact Mixup loss (nats)", title=f"{found} (dashed)")
        right.set(ylabel="excess over the floor (nats)", title="Distance to the floor")
        for axes in (left, right):
            style.epoch_axis(axes, experiment.epochs)
            axes.legend()
    alt = (
        f"Two panels against epochs, one line for each alpha. Left: the exact Mixup loss and its floor, dashed: "
        f"{found.lower()}. Right: the excess over the floor; after the last epoch it is {', '.join(ends)}."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{experiment.title}. {seeds_caption(results, 'right')}")


def bound_by_alpha(alphas: np.ndarray, classes: tuple[int, ...], marked: float) -> Shown:
    """Draw Lemma 3.1's bound against alpha for several numbers of balanced classes."""
    with style.style():
        figure, axes = plt.subplots(figsize=(5.2, 3.2))
        for num_classes, line in zip(classes, ("-", "--", ":", "-."), strict=False):
            bounds = [mixup_loss_lower_bound(num_classes, alpha) for alpha in alphas]
            axes.plot(alphas, bounds, color="black", linestyle=line, label=f"C = {num_classes}")
        axes.axvline(marked, **style.BASELINE)
        axes.axhline(np.log(2), color="0.8", linewidth=1)
        axes.set(xscale="log", xlabel="α", ylabel="least Mixup loss (nats)", title="The floor rises with α and C")
        axes.legend()
    at = ", ".join(f"{mixup_loss_lower_bound(c, marked):.3f} for C = {c}" for c in classes)
    plt.close(figure)
    return Shown(
        figure,
        f"The least Mixup loss rises with alpha towards ln 2 times the share of pairs that differ. At alpha = "
        f"{marked:g} it is {at}.",
        f"Closed form of the floor for balanced classes; dotted: α = {marked:g}; grey: ln 2.",
    )


def seeds_caption(results: Results, logarithmic: str = "") -> str:
    """Say what is drawn: the scale, the seeds, and which are missing.

    Args:
        results: The runs drawn.
        logarithmic: Where `style.mean_and_band` drew on a logarithmic axis, in a word or two.
    """
    drawn = results.n_declared
    lost = results.lost()
    band = "line: mean, band: ±1 standard deviation" if drawn >= style.FEWEST_FOR_BAND else "one line a seed"
    if logarithmic and drawn >= style.FEWEST_FOR_BAND:
        band += f" ({logarithmic}: of the logarithms, where all values are positive)"
    text = f"{results.experiment.scale()}; {style.seeds_text(drawn)}; {band}."
    return f"{text} Lost: {'; '.join(lost)}." if lost else text
