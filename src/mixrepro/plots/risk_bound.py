"""Figures of the risk bound: on one regression, over many instances, and Remark 5.5's form of it."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ..checks.one_dimension import Example
from ..checks.rem_5_5 import EqualSpectra
from ..checks.thm_5_2 import RiskBounds
from ..claims import thm_5_2
from ..claims.thm_5_2 import looseness
from ..theory.risk_bound import risk_bound, sharpened_bound, triangle_bound, turning_times
from . import style
from .style import Shown

PRINTED = {"color": "black", "linestyle": "--", "label": "as printed"}
SHARPENED = {"color": style.OTHERS[1], "linestyle": "-.", "label": "sharper (ours)"}
TRIANGLE = {"color": style.OTHERS[3], "linestyle": (0, (1, 1)), "label": "by lengths (ours)"}
RISK = {"color": style.OTHERS[0], "linestyle": "-"}
SMOOTH = 240


def one_bound(example: Example) -> Shown:
    """Draw the three bounds above the excess risk of one regression, with the turning times of the modes."""
    flow, population, t = example.flow, example.population, example.times(SMOOTH)
    noise = example.y_mix - example.y_clean
    known = dict(mu=flow.mu, theta_star=flow.in_modes(flow.theta_star), xi=0.0, c2=np.max(noise**2), eta=flow.eta)
    terms = dict(**known, c1=population.squared_feature_bound(), r_star=population.risk(flow.theta_star))
    excess = flow.excess_risk(t, population)
    bounds = [bound(t, **terms) for bound in (risk_bound, sharpened_bound, triangle_bound)]
    best, turn = t[excess.argmin()], t[bounds[0].argmin()]
    with style.style():
        figure, axes = plt.subplots(figsize=(6.4, 3.6))
        for bound, look in zip(bounds, (PRINTED, SHARPENED, TRIANGLE), strict=True):
            axes.plot(t, bound, **look)
        axes.plot(t, np.where(excess > 0, excess, np.nan), **RISK, label="excess risk, exact")
        for number, time in enumerate(turning_times(**known)):
            axes.axvline(
                time, **style.BASELINE, linewidth=1, label=None if number else "turning times of the bound"
            )
        axes.set(xscale="log", yscale="log", xlabel="time t", ylabel="risk above R*")
        axes.set_xlim(min(t[0], 0.5 * turning_times(**known).min()), t[-1])
        axes.set_title(f"The bound turns at t = {turn:,.2g}, the risk at t = {best:,.2g}")
        axes.legend(fontsize=7)
    ratio = [float(np.median(bound / excess)) for bound in bounds]
    alt = (
        f"Excess risk and three bounds against time, both logarithmic. In the median over these times the printed "
        f"bound is {ratio[0]:.3g} times the excess, the sharper one {ratio[1]:.3g}, that by lengths "
        f"{ratio[2]:.3g}. "
        f"The printed bound is least at t = {turn:.2g}, the risk at t = {best:.2g}."
    )
    caption = "The regression of the chapter on gradient flow. Dotted: when each mode of the printed bound turns."
    plt.close(figure)
    return Shown(figure, alt, caption)


def loose(check: RiskBounds) -> Shown:
    """Draw how far the bounds lie above the excess risk: in all, by features, and by condition number."""
    ratios = {
        "printed": looseness(check.excess, check.printed),
        "sharpened": looseness(check.excess, check.sharpened),
        "triangle": looseness(check.excess, check.triangle),
    }
    looks = {"printed": PRINTED, "sharpened": SHARPENED, "triangle": TRIANGLE}
    with style.style():
        figure, (all_of_them, by_d, by_condition) = plt.subplots(1, 3, figsize=(7.2, 3.2), width_ratios=(4, 3, 3))
        bins = np.linspace(0, 10, 51)
        for name, ratio in ratios.items():
            all_of_them.hist(np.log10(ratio[np.isfinite(ratio)]), bins=bins, histtype="step", **_step(looks[name]))
            _quartiles(by_d, check.d, ratio, np.array([1, 2, 5, 10, 20, 30, 41]), looks[name])
            _quartiles(by_condition, np.log10(check.condition), ratio, np.linspace(0, 8.001, 7), looks[name])
        all_of_them.set(xlabel="log10 of bound / excess", ylabel="instances and times")
        all_of_them.legend(fontsize=7)
        by_d.set(yscale="log", xlabel="features d", ylabel="bound / excess, median")
        by_condition.set(yscale="log", xlabel="log10 of condition")
        by_condition.sharey(by_d)
        figure.suptitle(thm_5_2.headline(check), x=0.01, ha="left", fontsize=10)
    medians = {name: np.nanmedian(ratio) for name, ratio in ratios.items()}
    least = {name: np.nanmin(ratio) for name, ratio in ratios.items()}
    negative = np.mean(check.excess <= 0)
    alt = (
        f"Three panels. Left: histogram of bound over excess risk; medians {medians['printed']:,.0f} as printed, "
        f"{medians['sharpened']:,.0f} sharpened, {medians['triangle']:,.0f} by lengths; least "
        f"{least['printed']:.4f}, {least['sharpened']:.4f} and {least['triangle']:.4f}. Middle and right: medians "
        "with quartiles against the number of features and the condition number."
    )
    plt.close(figure)
    return Shown(
        figure,
        alt,
        f"{check.scale}. Band: quartiles for the printed bound. Left out: {negative:.0%} of times, at which the "
        "risk is not above R*.",
    )


def printed_remark(check: EqualSpectra) -> Shown:
    """Draw excess risk over Remark 5.5's printed expression, and over ours, against C1."""
    ratios = [
        np.max(check.excess / bound, axis=1)
        for bound in (check.printed + check.constant, check.sharpened + check.sharpened_constant)
    ]
    violated = [thm_5_2.crossed(ratio[:, None], np.ones((1, 1))) for ratio in ratios]
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, sharey=True)
        for axes, ratio, bad in zip((left, right), ratios, violated, strict=True):
            there = ratio > 0
            axes.plot(check.c1[there & ~bad], ratio[there & ~bad], ".", color="0.6", markersize=2)
            axes.plot(check.c1[there & bad], ratio[there & bad], "x", color=style.OTHERS[5], markersize=3)
            axes.axhline(1, **style.THEORY, linewidth=1)
            axes.set(xscale="log", yscale="log", xlabel="C1", ylim=(1e-4, None))
        left.set(
            ylabel="largest excess risk / expression",
            title=f"As printed: {100 * violated[0].mean():.0f} % above 1",
        )
        right.set_title(f"With C1 in the second term: {100 * violated[1].mean():.0f} %")
    above = [check.c1[bad].min() if bad.any() else np.nan for bad in violated]
    alt = (
        f"Largest excess risk over the expression, against C1. Left, as printed: {violated[0].sum():,} of "
        f"{len(check.c1):,} instances lie above 1, all with C1 of {above[0]:.2f} or more. Right, with the factor "
        f"C1: {violated[1].sum():,}."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{check.scale}. Crosses: the expression lies below the excess risk.")


def _quartiles(axes: Axes, by: np.ndarray, ratio: np.ndarray, edges: np.ndarray, look: dict) -> None:
    """Draw the median of each bin, with quartiles for the printed bound alone."""
    place = np.digitize(by, edges) - 1
    found = [bin_ for bin_ in range(len(edges) - 1) if np.any(place == bin_)]
    quartiles = np.array([np.nanquantile(ratio[place == bin_], [0.25, 0.5, 0.75]) for bin_ in found]).T
    centres = np.array([by[place == bin_].mean() for bin_ in found])
    axes.plot(centres, quartiles[1], marker="o", markersize=3, **look)
    if look is PRINTED:
        axes.fill_between(centres, quartiles[0], quartiles[2], color="0.5", alpha=0.15, linewidth=0)


def _step(look: dict) -> dict:
    return {**look, "linewidth": 1.5}
