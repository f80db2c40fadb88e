"""LR-STAGE: the risk when the learning rate is lowered, in gradient flow and with fresh pairs."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from ..checks.lowered_rate import FACTOR, Detail
from ..checks.lr_stage import SWEPT_BATCHES, SWEPT_RATES, LearningRates
from ..claims import lr_stage as claim
from ..theory.learning_rate import bound_curve
from . import style
from .frames import FrameSlider
from .style import Shown

SETTINGS = ("gradient flow", "fresh pairs each step")
LARGE = {"color": "0.35", "linestyle": "-", "label": "η"}
SMALL = {"color": style.OTHERS[1], "linestyle": (0, (4, 1.5)), "label": f"η / {FACTOR}"}
LOWERED = {"color": style.OTHERS[0], "linestyle": "-", "linewidth": 2.2, "label": f"η, then η / {FACTOR}"}
#: Two modes: mu, a and C2 of a bound whose turn comes later when mu is doubled.
TWO_MODES = (np.array([1.0, 5e-4]), np.array([10.0, 10.0]), 1.0)


def two_settings(check: LearningRates) -> Shown:
    """Draw the risk at eta, at eta / 10 and lowered at the bottom, in both settings, on one scale (LR-STAGE)."""
    detail = check.detail
    with style.style():
        figure, panels = plt.subplots(1, 2, sharex=True, sharey=True)
        for axes, curves, turns, name in zip(
            panels, (detail.flow, detail.fresh), detail.turns, SETTINGS, strict=True
        ):
            _paths(axes, detail, curves, int(turns[0]))
            axes.set_title(name.capitalize())
        panels[1].plot(detail.marks, detail.mean, **style.THEORY, linewidth=1, label="mean path at η")
        for row, look in ((0, LARGE), (1, LOWERED)):
            steps = detail.sampled_steps[::4]
            mean, error = detail.sampled[row, ::4], 2 * detail.errors[row, ::4]
            panels[1].errorbar(steps, mean, error, fmt="o", markersize=2.5, linewidth=0.8, color=look["color"])
        panels[1].legend()
        figure.suptitle(claim.headline(check), x=0.01, ha="left", fontsize=10)
    listed = "; ".join(
        f"{name}: {values[0]:.3f} at eta, {values[1]:.3f} at a tenth of it, {values[2]:.3f} when lowered there"
        for name, values in zip(SETTINGS, detail.lowest, strict=True)
    )
    plt.close(figure)
    return Shown(
        figure,
        f"Two panels, risk against steps on the same axes. Lowest risk in {listed}.",
        f"{_which(check)} Lines: exact. Dots: mean of {detail.paths:,} sampled trainings ± 2 standard errors. The "
        f"title speaks of the mean over {len(check.flow.turn):,} problems.",
    )


def _paths(axes: Axes, detail: Detail, curves: np.ndarray, at: int) -> None:
    """Draw the three paths of one setting, the third from the step at which it leaves the first."""
    for curve, look in zip(curves[:2], (LARGE, SMALL), strict=True):
        axes.plot(detail.marks, curve, **look)
    later = detail.marks >= at
    axes.plot(detail.marks[later], curves[2, later], **LOWERED)
    axes.axvline(at, **style.BASELINE)
    low, high = min(detail.flow.min(), detail.fresh.min()), detail.flow[:, -1].max()
    axes.set(
        xscale="log", xlabel="step", xlim=(1, detail.marks[-1]), ylim=(low - 0.15 * (high - low), high * 1.15)
    )
    if axes.get_subplotspec().is_first_col():
        axes.set_ylabel("risk (mean squared error)")


def _which(check: LearningRates) -> str:
    return f"The first problem drawn, ημ_max = {check.rate:g}, {check.batch_size} pairs a step."


def drop_slider(check: LearningRates) -> FrameSlider:
    """Make the slider over the step at which the rate is lowered (LR-STAGE)."""
    detail = check.detail
    alts = [
        f"Risk against steps, rate lowered after step {at:,}. Lowest risk from there on: {flow:.4f} in gradient "
        f"flow, {fresh:.4f} with fresh pairs."
        for at, flow, fresh in zip(detail.drops, *detail.after, strict=True)
    ]
    return FrameSlider(
        name="lowered after",
        labels=[f"{at:,} steps" for at in detail.drops],
        figures=_drop_frames(detail),
        alts=alts,
        caption=f"{_which(check)} Expected risk, exact; the slider starts at the bottom of η.",
        start=int(np.argmin(np.abs(detail.drops - detail.turns[1, 0]))),
    )


def _drop_frames(detail: Detail) -> Iterator[Figure]:
    for number, at in enumerate(detail.drops):
        with style.style():
            figure, panels = plt.subplots(1, 2, figsize=(7.2, 3.1), sharex=True, sharey=True)
            for place, (axes, curves) in enumerate(zip(panels, (detail.flow, detail.fresh), strict=True)):
                _paths(axes, detail, np.stack([*curves[:2], detail.dropped[place, number]]), int(at))
                low = detail.after[place, number]
                axes.axhline(low, color=style.OTHERS[0], linewidth=0.8)
                axes.set_title(f"{SETTINGS[place].capitalize()}: lowest then {low:.4f}")
            panels[1].legend(loc="upper left")
        yield figure


def when_to_lower(check: LearningRates) -> Shown:
    """Draw the lowest risk that is still reached against the step at which the rate is lowered (LR-STAGE)."""
    detail = check.detail
    with style.style():
        figure, axes = plt.subplots(figsize=(5.4, 3.2))
        looks = ({"color": "black", "linestyle": "--", "marker": "s"}, {"color": style.OTHERS[0], "marker": "o"})
        for values, name, look in zip(detail.after, SETTINGS, looks, strict=True):
            axes.plot(detail.drops, values, markersize=4, label=name, **look)
        axes.axhline(detail.fresh[0].min(), color="0.35", label="fresh pairs, η never lowered")
        axes.axvline(detail.turns[1, 0], **style.BASELINE)
        axes.set(xscale="log", xlabel="step at which η is lowered", ylabel="lowest risk from there on")
        middle = int(np.argmin(np.abs(detail.drops - detail.turns[1, 0])))
        saved = claim.gain(detail.fresh[0].min(), detail.after[1])
        axes.set_title(
            f"Lowered early: {saved[0]:.1%} gained; at the bottom: {saved[middle]:.1%}; late: {saved[-1]:.1%}"
        )
        axes.legend()
    plt.close(figure)
    return Shown(
        figure,
        f"Lowest risk still reached against the step of lowering, {detail.drops[0]:,} to {detail.drops[-1]:,}: "
        f"with fresh pairs from {detail.after[1, 0]:.4f} to {detail.after[1, -1]:.4f}, in gradient flow from "
        f"{detail.after[0, 0]:.4f} to {detail.after[0, -1]:.4f}; the bottom at eta lies at step "
        f"{detail.turns[1, 0]:,}.",
        f"{_which(check)} Dotted: the bottom at η. Gains are against never lowering; a negative gain is a loss.",
    )


def gains(check: LearningRates) -> Shown:
    """Draw what each problem gains by lowering eta at the bottom, by how training draws its pairs (LR-STAGE)."""
    groups = {
        "gradient flow": check.flow.lowest[:, [0, 2]],
        "full-batch descent, ημ = 1": check.descent[:, list(claim.DESCENT_RATES).index(1.0)],
        "n points, permuted partners": check.permuted,
        f"{check.batch_size} fresh pairs": check.fresh.lowest[:, [0, 2]],
    }
    found = {name: claim.gain(both[:, 0], both[:, 1]) for name, both in groups.items()}
    lift = np.random.Generator(np.random.Philox(0))
    with style.style():
        figure, axes = plt.subplots(figsize=(7.2, 2.8))
        for place, values in enumerate(found.values()):
            height = place + lift.uniform(-0.25, 0.25, len(values))
            axes.plot(values, height, "o", markersize=3, alpha=0.5, color=style.OTHERS[0])
            axes.plot([np.nanmean(values)] * 2, [place - 0.38, place + 0.38], color="black")
        axes.set_yticks(range(len(found)), [f"{name} ({len(v)})" for name, v in found.items()])
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=1, symbol=" %"))
        axes.set(xlabel="decrease of the lowest risk when η is lowered at the bottom", title=claim.headline(check))
    means = ", ".join(f"{np.nanmean(values):.2%} for {name}" for name, values in found.items())
    plt.close(figure)
    return Shown(
        figure,
        f"One dot a problem, decrease of the lowest risk. Mean: {means}.",
        f"{check.scale}. Bars: means; in brackets: problems.",
    )


def excess_scaling(check: LearningRates) -> Shown:
    """Draw how far the lowest expected risk lies above flow's, against eta and against eta over B (LR-STAGE+)."""
    by_eta, by_batch = claim.slopes(check)
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, sharey=True)
        for batch, excess, color, marker in zip(
            SWEPT_BATCHES, np.moveaxis(check.excess, 1, 0), style.OTHERS, "osD^", strict=False
        ):
            look = {"color": color, "marker": marker, "markersize": 4}
            style.mean_and_band(left, SWEPT_RATES, excess, label=f"B = {batch}", linestyle="-", **look)
            right.plot(SWEPT_RATES / batch, np.nanmean(excess, 0), label=f"B = {batch}", linestyle="", **look)
        scaled = np.array([SWEPT_RATES[0] / SWEPT_BATCHES[-1], SWEPT_RATES[-1]])
        unit = np.nanmean(check.excess[:, 0, 0]) / SWEPT_RATES[0]
        right.plot(scaled, unit * scaled, **style.THEORY, linewidth=1, label="slope 1")
        left.set(xlabel=r"$\eta\,\mu_{\max}$", ylabel="lowest risk over flow's, minus 1")
        right.set(
            xlabel=r"$\eta\,\mu_{\max} / B$",
            title=f"Slope {np.nanmean(by_eta):.2f} in η, {np.nanmean(by_batch):.2f} in B",
        )
        left.set_title("The noise of the pairs lifts the bottom")
        for axes in (left, right):
            axes.set(xscale="log", yscale="log")
            axes.legend()
        left.set_xticks(SWEPT_RATES, [f"{rate:g}" for rate in SWEPT_RATES])
        left.minorticks_off()
    ends = np.nanmean(check.excess, 0)
    plt.close(figure)
    return Shown(
        figure,
        f"Excess of the lowest expected risk over that of gradient flow, log-log. With one pair a step it "
        f"grows from {ends[0, 0]:.2%} at the smallest rate to {ends[0, -1]:.1%} at the largest, with "
        f"{SWEPT_BATCHES[-1]} pairs from {ends[-1, 0]:.3%} to {ends[-1, -1]:.2%}. Slope {np.nanmean(by_eta):.2f} "
        f"in eta, {np.nanmean(by_batch):.2f} in the batch size.",
        f"{len(check.excess)} problems; line: mean, band: ±1 standard deviation.",
    )


def later_with_larger_mu() -> Shown:
    """Draw the bound of THM-5.2 with two modes, at mu and at 2 mu, and where each turns (LR-STAGE)."""
    mu, a, c2 = TWO_MODES
    s = np.geomspace(0.3, 100, 2000)
    curves = [bound_curve(factor * mu[None], a[None], np.array([c2]), s[None])[0] for factor in (1, 2)]
    turns = [s[curve.argmin()] for curve in curves]
    with style.style():
        figure, axes = plt.subplots(figsize=(5.4, 3.2))
        for curve, turn, look, name in zip(curves, turns, ("-", "--"), ("μ₁, μ₂", "2μ₁, 2μ₂"), strict=True):
            axes.plot(s, curve, color="black", linestyle=look, label=name)
            axes.plot(turn, curve.min(), "o", color=style.OTHERS[0])
        moved = "later" if turns[1] > turns[0] else "earlier"
        axes.set(xscale="log", xlabel="ηt", ylabel="sum in the bound", ylim=(10, 12.5))
        axes.set_title(f"Every μ doubled: the bound turns {moved}, at {turns[1]:.1f} after {turns[0]:.1f}")
        axes.legend()
    plt.close(figure)
    return Shown(
        figure,
        f"The sum in the bound of Theorem 5.2 against eta times t, for two modes and for both doubled. It is "
        f"lowest at {turns[0]:.2f}, and with doubled eigenvalues at {turns[1]:.2f}: {moved}.",
        f"μ = ({mu[0]:g}, {mu[1]:g}), ξ² + θ*² = ({a[0]:g}, {a[1]:g}), C₂ = {c2:g}. Dots: the lowest points.",
    )
