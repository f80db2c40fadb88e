"""Mixup's noise in regression: the height of a chord, and its bounds on many functions."""

import matplotlib.pyplot as plt
import numpy as np

from ..checks.conv_noise import ConvexNoise
from ..theory.convexity import ConvexFunction, chord_height, expected_noise
from . import style
from .style import Shown

#: Pairs of each function that are drawn.
SHOWN_PAIRS = 2


def chord(f: ConvexFunction, a: float, b: float, lam: float) -> Shown:
    """Draw the mixed label of one pair as the chord over the graph of f, and the noise as the gap under it."""
    x = np.linspace(min(a, b) - 0.5, max(a, b) + 0.5, 200)
    mixed = lam * a + (1 - lam) * b
    f_a, f_b, f_mixed, values = (f.value(np.atleast_1d(at)[:, None]) for at in (a, b, mixed, x))
    label = (lam * f_a + (1 - lam) * f_b).item()
    noise, least = label - f_mixed.item(), float(chord_height(f.rho, np.array((a - b) ** 2), lam))
    with style.style():
        figure, axes = plt.subplots(figsize=(5.2, 3.2))
        axes.plot(x, values, color="black", label="f")
        axes.plot([a, b], [f_a.item(), f_b.item()], "o", **_thin(style.OTHERS[0]), label="chord: mixed labels")
        axes.plot(
            [mixed, mixed], [f_mixed.item(), label], color=style.OTHERS[1], linewidth=3, label=f"Z = {noise:.2f}"
        )
        axes.plot(
            [mixed + 0.06] * 2,
            [label - least, label],
            **style.THEORY,
            linewidth=2,
            label=f"lower bound {least:.2f}",
        )
        axes.set(xlabel="x", ylabel="label", title=f"The mixed label is {noise:.2f} too high")
        axes.legend()
    plt.close(figure)
    return Shown(
        figure,
        f"A convex curve and a chord over it. At the mixed point the chord lies {noise:.2f} above the curve; the "
        f"bound from strong convexity is {least:.2f}.",
        f"One pair, λ = {lam:g}, ρ = {f.rho:g}.",
    )


def bounds(check: ConvexNoise, rho: float, trace: float, alphas: np.ndarray) -> Shown:
    """Draw every noise between its two bounds, and the mean noise of a quadratic against alpha."""
    condition = np.repeat(check.condition[:, None], check.noise.shape[1], 1)
    ratio = check.noise / check.lower
    sure = check.lower > 1e-9 * check.size  # elsewhere the ratio is rounding
    outside = (check.noise < check.lower - 1e-12 * check.size) | (check.noise > check.upper + 1e-12 * check.size)
    ends = np.array([condition.min(), condition.max()])
    mean = [expected_noise(rho, alpha, trace) for alpha in alphas]
    limit = rho * trace / 4
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        shown = np.s_[:, :SHOWN_PAIRS]
        left.plot(
            condition[shown][sure[shown]], ratio[shown][sure[shown]], ".", color="0.5", markersize=2, alpha=0.5
        )
        left.plot(ends, [1, 1], **style.THEORY, label="lower bound, ρ")
        left.plot(ends, ends, color="black", linestyle="-.", label="upper bound, L")
        left.set(xscale="log", yscale="log", xlabel="L / ρ", ylabel="Z / lower bound")
        left.set_title(f"{outside.sum():,} of {outside.size:,} outside the bounds")
        left.legend()
        right.plot(alphas, mean, color="black")
        right.axhline(limit, **style.BASELINE, label="λ = 1/2 always")
        right.set(xscale="log", xlabel="α", ylabel="mean noise E Z", ylim=(0, None))
        right.set_title(f"Bias at α = 1: {expected_noise(rho, 1.0, trace) / limit:.0%} of that at λ = 1/2")
        right.legend()
    plt.close(figure)
    return Shown(
        figure,
        f"Left: noise over its lower bound against the ratio of the two constants; {outside.sum():,} of "
        f"{outside.size:,} cases lie outside the bounds, the median is {np.median(ratio[sure]):.1f}. Right: the "
        f"mean noise of a quadratic rises with alpha from {mean[0]:.2f} to {mean[-1]:.2f}, its limit is "
        f"{limit:.2f}.",
        f"Left: {check.scale}, {SHOWN_PAIRS} pairs of each are drawn, all are counted. Right: closed form for "
        f"f = ρ/2 |x|², ρ = {rho:g}, tr Cov(X) = {trace:g}; dotted: its limit.",
    )


def _thin(color: str) -> dict[str, object]:
    return {"color": color, "linestyle": "-", "linewidth": 1, "markersize": 5}
