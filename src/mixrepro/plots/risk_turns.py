"""Figures of when the risk turns, mode by mode and as a whole, and of how far R* lies above the least risk."""

import matplotlib.pyplot as plt
import numpy as np

from ..checks.courses import COURSES
from ..checks.d_5 import OptimalRisks
from ..checks.u_shape import Turns
from ..claims import d_5, u_shape
from ..theory.risk_bound import error_turning_times, turning_times
from . import style
from .style import Shown

MIXED = {"color": style.OTHERS[0], "linestyle": "-"}
DRAWN = {"color": style.OTHERS[1], "linestyle": (0, (5, 1.5))}
#: theta* and theta_noise of one mode, for each of the three things its error can do.
CASES = {"turns": (1.0, 0.6), "only falls": (1.0, -0.5), "only rises": (0.5, -1.2)}


def three_modes(strength: float = 1.44) -> Shown:
    """Draw the error of one mode for three pairs of theta* and theta_noise, with the bound's mode.

    Args:
        strength: C2 / mu, which no theta_noise^2 may exceed; mu and eta are 1.
    """
    t = np.geomspace(0.02, 20, 200)
    u = np.exp(-t)
    one = np.ones(1)
    found = []
    with style.style():
        figure, panels = plt.subplots(1, 3, sharey=True, figsize=(7.2, 2.8))
        for axes, (course, (star, noise)) in zip(panels, CASES.items(), strict=True):
            turn = error_turning_times(mu=one, theta_star=star * one, theta_noise=noise * one, xi=0.0, eta=1.0)[0]
            bound_turn = turning_times(mu=one, theta_star=star * one, xi=0.0, c2=strength, eta=1.0)[0]
            axes.plot(t, ((1 - u) * noise - u * star) ** 2, **MIXED, label="error")
            axes.plot(t, 2 * (star**2 * u**2 + strength * (1 - u) ** 2), **style.THEORY, label="bound")
            axes.axvline(bound_turn, color="black", linestyle=":", linewidth=1)
            if 0 < turn < np.inf:
                axes.axvline(turn, color=MIXED["color"], linestyle=":", linewidth=1)
            axes.set(xscale="log", xlabel="η μ t", title=f"{course}:\nθ* = {star:g}, θ_noise = {noise:g}")
            axes.title.set_fontsize(8)
            found.append(
                f"theta* {star:g} and theta_noise {noise:g}: turning time {turn:.2f}, bound {bound_turn:.2f}"
            )
        panels[0].set_ylabel("squared distance to θ*")
        panels[0].legend()
    alt = f"Squared error of one mode against time, and twice the bound's mode above it. {'; '.join(found)}."
    plt.close(figure)
    return Shown(figure, alt, "One mode, ξ = 0. Dotted: where each curve turns; the bound's always does.")


def turns(check: Turns) -> Shown:
    """Draw what risk curves do, and when they turn against when the bound does."""
    kinds = {"made by Mixup": (check.mixup, MIXED), "random": (~check.mixup, DRAWN)}
    medians = {}
    with style.style():
        figure, (left, right) = plt.subplots(1, 2, width_ratios=(1, 1))
        for offset, (name, (which, look)) in zip((-0.2, 0.2), kinds.items(), strict=True):
            shares = [100 * np.mean(check.course[which] == place) for place in range(len(COURSES))]
            left.barh(
                np.arange(len(COURSES)) + offset,
                shares,
                0.38,
                color=look["color"],
                label=f"{name}, n = {which.sum():,}",
                hatch=None if offset < 0 else "//",
                edgecolor="white",
            )
            ratio = (check.best_time / check.bound_time)[which]
            ratio = ratio[np.isfinite(ratio)]
            medians[name] = np.median(ratio)
            bins = np.linspace(-4, 8, 37)
            weights = np.full(len(ratio), 100 / len(ratio))
            right.hist(np.log10(ratio), bins=bins, weights=weights, histtype="step", linewidth=1.5, **look)
        left.set_yticks(range(len(COURSES)), COURSES)
        left.invert_yaxis()
        left.set(xlabel="% of risk curves")
        left.legend(fontsize=7)
        right.axvline(0, **style.BASELINE)
        right.set(xlabel="log10 of (turn of the risk / turn of the bound)", ylabel="% of those that turn")
        right.set_title(
            f"Mixup: the risk turns {_times(medians['made by Mixup'])} times later\n(median)", fontsize=9
        )
        figure.suptitle(u_shape.headline(check), x=0.01, ha="left", fontsize=10)
    listed = "; ".join(
        f"{name}: "
        + ", ".join(f"{word} {np.mean(check.course[which] == place):.0%}" for place, word in enumerate(COURSES))
        for name, (which, _) in kinds.items()
    )
    alt = (
        f"Left: shares of risk curves by what they do. {listed}. Right: time at which the risk is least over the "
        f"time at which the bound is: medians {medians['made by Mixup']:.3g} for Mixup, {medians['random']:.3g} "
        "for random."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{check.scale}. Moves of less than one per cent are left out.")


def _times(ratio: float) -> str:
    return f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"


def optimal_gap(check: OptimalRisks) -> Shown:
    """Draw how far R* lies above the least risk, and what more training points do to the gap."""
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        ratio = check.r_star / check.least
        above = np.mean(ratio > 1 + d_5.ROUNDING)
        left.hist(ratio, bins=np.geomspace(1, np.quantile(ratio, 0.99), 40), color=MIXED["color"])
        left.axvline(np.median(ratio), **style.BASELINE, label=f"median {np.median(ratio):.2f}")
        left.set(
            xscale="log",
            xlabel="R* / least risk",
            ylabel="regressions",
            title=f"R* is above the least risk in {100 * above:.0f} %",
        )
        left.legend()
        for gaps, look, name in (
            (check.mixed_gap, MIXED, "mixed inputs"),
            (check.drawn_gap, DRAWN, "inputs drawn from the population"),
        ):
            low, middle, high = np.quantile(gaps, [0.25, 0.5, 0.75], axis=1)
            right.plot(check.points, middle, **look, marker="o", markersize=3, label=name)
            right.fill_between(check.points, low, high, color=look["color"], alpha=0.18, linewidth=0)
        right.set(
            xscale="log", yscale="log", xlabel="training points n (n² examples)", ylabel="R* / least risk − 1"
        )
        right.set_xticks(check.points, [str(n) for n in check.points])
        right.minorticks_off()
        last = np.median(check.mixed_gap[-1])
        right.set_title(f"With {check.points[-1]} points still {100 * last:.0f} % above")
        right.legend(fontsize=7)
        figure.suptitle(d_5.headline(check), x=0.01, ha="left", fontsize=10)
    drawn = np.median(check.drawn_gap[-1])
    alt = (
        f"Left: histogram of R* over the least risk, median {np.median(ratio):.2f}, at least {ratio.min():.3f}. "
        f"Right: the median gap against training points; with mixed inputs it falls from "
        f"{np.median(check.mixed_gap[0]):.2f} to {last:.2f}, with inputs drawn from the population to {drawn:.4f}."
    )
    plt.close(figure)
    return Shown(figure, alt, f"{check.scale}. Right: median and quartiles.")
