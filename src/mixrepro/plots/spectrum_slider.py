"""A slider over gamma: the Marchenko-Pastur law against measured eigenvalues."""

from collections.abc import Iterator

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from ..checks.spectra_by_gamma import EDGES, GAIN, LAM, Histograms
from ..theory.column_groups import grouped_density, tanh_groups
from ..theory.marchenko_pastur import density, mass_at_zero
from . import style
from .frames import FrameSlider

TITLES = ("I.i.d. entries", "Mixup: all pairs of n points")


def gamma_slider(check: Histograms) -> FrameSlider:
    """Show histograms for each gamma, the law dashed; on the right also the sum of laws for Mixup's columns.

    The horizontal axis is logarithmic, so heights are shares of eigenvalues a decade.
    """
    gammas = check.d / check.n**2
    return FrameSlider(
        "γ = d/m",
        [f"γ = {gamma:.3g} (d = {d:,})" for gamma, d in zip(gammas, check.d, strict=True)],
        _figures(check),
        [_alt(check, frame) for frame in range(len(check.d))],
        f"Eigenvalues of (1/m) Φ Φᵀ, divided by the variance of a feature; {check.scale}. Mixup: λ = {LAM:g}, "
        f"independent features tanh({GAIN:g} w·x). Dashed: Marchenko-Pastur with γ = d/m; solid line: the sum of "
        "laws for Mixup's columns.",
        start=int(np.abs(np.log(gammas)).argmin()),
    )


def _figures(check: Histograms) -> Iterator[Figure]:
    edges = np.log10(EDGES)
    heights = check.shares / np.diff(edges)
    # Linear axes in the exponent: logarithmic ones cost a second a frame.
    exponents = np.linspace(edges[0], edges[-1], 600)
    u = 10**exponents
    ticks = range(int(edges[0]), int(edges[-1]) + 1, 2)
    groups = tanh_groups(check.n, LAM, GAIN)
    for frame, d in enumerate(check.d):
        gamma = d / check.n**2
        with style.style(), plt.rc_context({"figure.constrained_layout.use": False}):
            figure, both = plt.subplots(1, 2, sharey=True, figsize=(7.2, 3.0))
            figure.subplots_adjust(left=0.07, right=0.98, bottom=0.16, top=0.9, wspace=0.2)
            for place, axes in enumerate(both):
                color = style.OTHERS[3] if place == 0 else style.MIXUP["color"]
                axes.stairs(heights[place, frame], edges, fill=True, color=color, alpha=0.55)
                axes.plot(exponents, u * np.log(10) * density(u, gamma), **style.THEORY, linewidth=1.2)
                text = f"zero: {check.zeros[place, frame]:.0%} (law: {mass_at_zero(gamma):.0%})"
                axes.text(0.03, 0.95, text, transform=axes.transAxes, va="top", fontsize=8)
                axes.set(xlim=(edges[0], edges[-1]), ylim=(0, 1.05 * float(heights.max())))
                axes.set(xlabel="eigenvalue", title=TITLES[place])
                axes.set_xticks(ticks, [f"{10.0**tick:g}" for tick in ticks])
            own = u * np.log(10) * grouped_density(u, int(d), groups)
            both[1].plot(exponents, own, color=style.OTHERS[4], linewidth=0.9)
            both[0].set_ylabel("share a decade")
        yield figure


def _alt(check: Histograms, frame: int) -> str:
    """Describe a frame: where most of the eigenvalues above zero lie, and how many are zero."""
    d, words = check.d[frame], []
    for place, name in enumerate(("i.i.d. entries", "Mixup's columns")):
        low, high = (_quantile(check, place, frame, share) for share in (0.1, 0.9))
        words.append(
            f"{name}: 80 % of the eigenvalues above zero lie from {low:.2g} to {high:.2g}, "
            f"{100 * check.zeros[place, frame]:.0f} % are zero"
        )
    gamma = d / check.n**2
    law = f"The law puts {100 * mass_at_zero(gamma):.0f} % at zero."
    return f"γ = {gamma:.3g}, d = {d:,}. {'; '.join(words)}. {law}"


def _quantile(check: Histograms, place: int, frame: int, share: float) -> float:
    # What lies below the first edge counts as lying on it; the rest of the total is zeros.
    inside = np.concatenate([[check.tiny[place, frame]], check.shares[place, frame]])
    cumulated = np.cumsum(inside) / inside.sum()
    return float(EDGES[int(np.searchsorted(cumulated, share))])
