"""The toy's figures: dynamics of the test loss, when it turns, and on what the picture hangs."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from ..checks.fig_5 import SCHEMES, ToyCurves
from ..checks.fig_5_far import FarPaths
from ..checks.fig_18 import LamSweep
from ..checks.fig_18_far import LamTurns
from ..claims import fig_5 as claim
from ..claims.rules import effect_text
from ..teacher_student.draws import Pairing
from ..teacher_student.mean_path import turning_epochs
from . import style
from .style import Shown
from .tables import Table

LOOKS = {
    "fixed": {**style.MIXUP, "linestyle": (0, (6, 1.5)), "label": "Mixup, λ = 1/2"},
    "random": {**style.MIXUP, "linestyle": (0, (1, 1)), "label": "Mixup, λ random"},
}
#: From light to dark as lam comes nearer to 1/2; the lines' dashes differ, too.
LAM_COLOURS = plt.get_cmap("Oranges")
DASHES = ("-", (0, (6, 1.5)), (0, (4, 1, 1, 1)), (0, (2, 1)), (0, (1, 1)))
#: Earlier epochs would squeeze what the claim is about into a sliver.
SHOWN_FROM = 0.02


def dynamics(check: ToyCurves, far: FarPaths, title: str, pairing: Pairing = "permutation") -> Shown:
    """Draw test losses as far as training goes, and the exact mean paths much further (FIG-5, FIG-5+)."""
    arms = ("erm", *SCHEMES)
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        _draw_arms(left, check, pairing)
        left.set(xlabel="epoch", title=title)
        scale = far.risk[0, :, -1]
        for name, curves in zip(arms, far.risk, strict=True):
            _ratio(right, far.epochs, curves, scale, **(LOOKS | {"erm": style.ERM})[name])
        right.axvline(check.epochs[-1], **style.BASELINE, label="end of the left panel")
        style.epoch_axis(right, int(far.epochs[-1]))
        right.set_title("Exact mean paths, followed on")
        style.legend_below(figure, left, right)
    ends = {scheme: _gain(check.curve(pairing, scheme)[:, -1], check.erm[:, -1]) for scheme in SCHEMES}
    means = {arm: _gain(risk, scale[:, None], axis=0) for arm, risk in zip(arms, far.risk, strict=True)}
    alt = (
        f"Test loss over ERM's last one. Left, after epoch {check.epochs[-1]:,}, partners by {pairing}: it is "
        f"{ends['fixed']:.2f} for Mixup at lam = 1/2 and {ends['random']:.2f} at random lam. Right: mean paths, "
        f"followed to epoch {far.epochs[-1]:,}, fall to {means['fixed'].min():.2f} and "
        f"{means['random'].min():.2f} and end at {means['fixed'][-1]:.2f} and {means['random'][-1]:.2f}."
    )
    last = np.exp(np.nanmean(np.log(check.erm[:, -1])))
    plt.close(figure)
    return Shown(
        figure,
        alt,
        f"{_caption(check)} Right: n = {far.risk.shape[1]}, closed form. ERM's last loss is {last:.2g}.",
    )


def pairings(check: ToyCurves) -> Shown:
    """Draw the same losses for every pairing that the text allows."""
    with style.style():
        figure, panels = plt.subplots(2, 2, figsize=(7.2, 5), sharex=True, sharey=True)
        rises = {}
        for axes, pairing in zip(panels.flat, check.pairings, strict=True):
            _draw_arms(axes, check, pairing)
            rises[pairing] = [float(np.nanmean(claim.rise(check.curve(pairing, scheme)))) for scheme in SCHEMES]
            axes.set_title(f"{pairing}: rise {rises[pairing][0]:+.1%}, {rises[pairing][1]:+.1%}")
        style.legend_below(figure, panels[0, 0])
        for axes in panels[1]:
            axes.set_xlabel("epoch")
    listed = "; ".join(f"{pairing} {low:+.1%} and {high:+.1%}" for pairing, (low, high) in rises.items())
    plt.close(figure)
    return Shown(
        figure,
        f"Four panels, one a pairing, each with ERM and both Mixups. Mean log rise from turn to end, at lam = 1/2 "
        f"and at random lam: {listed}.",
        f"{_caption(check)} Titles: mean log rise from the turn to the end, at λ = 1/2 and at random λ.",
    )


def turning_prediction(check: ToyCurves, pairing: Pairing = "permutation") -> Shown:
    """Draw measured turning epochs against those that the spectrum predicts."""
    found = {}
    with style.style():
        figure, panels = plt.subplots(1, 2)
        for axes, scheme, marker in zip(panels, SCHEMES, ("o", "x"), strict=True):
            measured = _turns(check.curve(pairing, scheme), check.epochs)
            predicted = _turns(check.predicted(pairing, scheme), check.epochs)
            rank = _rank_correlation(predicted, measured)
            ratio = float(np.nanmedian(measured / predicted))
            found[scheme] = (rank, ratio)
            axes.plot(
                predicted, measured, marker, color=style.MIXUP["color"], markersize=3.5, alpha=0.5, linestyle=""
            )
            axes.plot(check.epochs[1:], check.epochs[1:], **style.THEORY, linewidth=1, label="equal")
            axes.set(
                xscale="log",
                yscale="log",
                xlabel="predicted turning epoch",
                title=f"{LOOKS[scheme]['label']}: rank correlation {rank}",
            )
            axes.legend()
        panels[0].set_ylabel("measured turning epoch")
    listed = "; ".join(
        f"at {scheme} lam the rank correlation is {rank}, measured over predicted has the median {ratio:.2f}"
        for scheme, (rank, ratio) in found.items()
    )
    plt.close(figure)
    return Shown(
        figure,
        f"Two panels of points, one a seed: {listed}.",
        f"{check.scale}; one point a seed; predicted: where the risk of the exact mean path is lowest; both cut "
        f"off at epoch {check.epochs[-1]:,}; partners by {pairing}.",
    )


def prediction_table(check: ToyCurves, pairing: Pairing = "permutation") -> Table:
    """Compare three predictions of the turning epoch with the measured one."""
    rows = []
    for number, scheme in enumerate(SCHEMES):
        measured = _turns(check.curve(pairing, scheme), check.epochs)
        predictions = {
            "lowest risk of the mean path": _turns(check.predicted(pairing, scheme), check.epochs),
            "median over modes of t_k": check.mode_turns[number],
            "lowest sum of Theorem 5.2": check.bound_turns[number],
        }
        for name, predicted in predictions.items():
            rank = _rank_correlation(predicted, measured)
            rows.append([
                LOOKS[scheme]["label"], name, f"{np.nanmedian(predicted):,.0f}", f"{np.nanmedian(measured):,.0f}",
                rank,
            ])  # fmt: skip
    head = ["arm", "prediction", "median predicted epoch", "median measured epoch", "rank correlation"]
    return Table(head, rows, f"{check.scale}; partners by {pairing}.")


def parts_table(check: ToyCurves) -> Table:
    """Show every part of FIG-5 for every pairing."""
    columns = [claim.judge_pairing(check, pairing) for pairing in check.pairings]
    rows = [
        [parts[0].statement, *(f"{part.verdict}: {effect_text(part)}" for part in parts)]
        for parts in zip(*columns, strict=True)
    ]
    return Table(["part", *check.pairings], rows, f"{check.scale}. Mean over seeds and 95 % interval.")


def shares_table(check: ToyCurves) -> Table:
    """Show how many seeds' own curves look like the figure."""
    head = ["pairing", "both below ERM", "both rise", "ERM does not", "λ = 1/2 turns first", "all four"]
    rows = [
        [pairing, *(f"{100 * shown.mean():.0f} %" for shown in claim.share_showing(check, pairing))]
        for pairing in check.pairings
    ]
    return Table(
        head, rows, f"{check.scale}. Share of seeds; a rise is one of {claim.LEVEL:.0%} from the lowest point."
    )


def lam_turns(check: LamSweep, far: LamTurns, title: str) -> Shown:
    """Draw the test loss at several fixed lam, and when each turns (FIG-18, FIG-18+)."""
    trained = _turns(check.loss, check.epochs)
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        scale = check.loss[0, :, -1]
        for number, (lam, loss) in enumerate(zip(check.lams, check.loss, strict=True)):
            look = {"color": LAM_COLOURS(0.95 - 0.55 * number / len(check.lams)), "label": f"λ = {lam:g}"}
            _ratio(left, check.epochs, loss, scale, band=False, linestyle=DASHES[number % len(DASHES)], **look)
        left.set(xlabel="epoch", ylabel=f"test loss / last one at λ = {check.lams[0]:g}", title="Training")
        left.legend()
        for lams, turns, look in (
            (check.lams, trained, {"fmt": "o-", "color": style.MIXUP["color"], "label": "training"}),
            (far.lams, far.turns, {"fmt": "s--", "color": "black", "label": "exact mean path"}),
        ):
            low, middle, high = np.nanquantile(turns, (0.25, 0.5, 0.75), axis=1)
            right.errorbar(lams, middle, [middle - low, high - middle], capsize=3, markersize=4, **look)
        right.axhline(check.epochs[-1], **style.BASELINE, label="end of training")
        style.log_axis(right)
        right.set(xlabel="λ", ylabel="turning epoch, median and quartiles", title=title)
        right.legend()
    medians, far_medians = (
        ", ".join(f"{median:,.0f} at {lam:g}" for lam, median in zip(lams, np.nanmedian(turns, 1), strict=True))
        for lams, turns in ((check.lams, trained), (far.lams, far.turns))
    )
    plt.close(figure)
    return Shown(
        figure,
        f"Left: test loss at {len(check.lams)} fixed lam against epochs. Right: median turning epoch under "
        f"training, {medians}, and along the mean path, {far_medians}.",
        f"{check.scale}; left: geometric mean over seeds; a turn that training does not reach counts as its last "
        f"epoch. Mean paths: n = {far.turns.shape[1]}, to epoch {far.end:,}.",
    )


def _draw_arms(axes: Axes, check: ToyCurves, pairing: Pairing) -> None:
    scale = check.erm[:, -1]
    _ratio(axes, check.epochs, check.erm, scale, **style.ERM)
    for scheme in SCHEMES:
        _ratio(axes, check.epochs, check.curve(pairing, scheme), scale, **LOOKS[scheme])
    axes.set_ylabel("test loss / ERM's last")


def _ratio(
    axes: Axes, epochs: np.ndarray, loss: np.ndarray, scale: np.ndarray, band: bool = True, **look: object
) -> None:
    """Draw the geometric mean over seeds of loss / scale; band: +-1 standard deviation of its logarithm."""
    there = np.isfinite(loss).all(1) & np.isfinite(scale)
    shown = epochs >= SHOWN_FROM * min(epochs[-1], 10_000)
    logs = np.log(loss[there] / scale[there, None])[:, shown]
    if not len(logs):
        return
    mean, std = style.mean_and_spread(logs)
    axes.plot(epochs[shown], np.exp(mean), **look)
    if band and len(logs) >= style.FEWEST_FOR_BAND:
        axes.fill_between(
            epochs[shown], np.exp(mean - std), np.exp(mean + std), color=look["color"], alpha=0.12, linewidth=0
        )
    style.log_axis(axes)


def _gain(loss: np.ndarray, scale: np.ndarray, axis: int | None = None) -> np.ndarray:
    return np.exp(np.nanmean(np.log(loss / scale), axis=axis))


def _turns(loss: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    return np.maximum(turning_epochs(loss, epochs), epochs[1])  # for logarithmic axes


def _rank_correlation(predicted: np.ndarray, measured: np.ndarray) -> str:
    there = np.isfinite(predicted) & np.isfinite(measured)
    predicted, measured = predicted[there], measured[there]
    if len(np.unique(predicted)) < 2 or len(np.unique(measured)) < 2:
        return "not defined"
    return f"{stats.spearmanr(predicted, measured).statistic:.2f}"


def _caption(check: ToyCurves) -> str:
    seeds = len(check.erm)
    lost = int(check.lost().sum())
    text = (
        f"{check.scale}. Line: geometric mean of each seed's test loss over ERM's last one; band: ±1 standard "
        f"deviation of the logarithm; n = {seeds}."
    )
    return f"{text} Diverged in some arm: {lost}." if lost else text
