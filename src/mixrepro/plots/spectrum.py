"""Figures of the spectrum chapter: distances to the law, departures of Mixup's columns, noise at convergence."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from ..checks.columns import ARMS, KINDS
from ..checks.converged_risk import DESIGNS, NOISES, Design, Risks
from ..checks.d_6 import MixupColumns
from ..checks.mixup_spectra import COUNTINGS, EFFECTIVE_RANKS, LINEAR_RATIOS, TANH_RATIOS
from ..checks.mp_law import DEPARTURE_GAMMAS, ENTRIES, GAMMAS, RISK_COLUMNS, RISK_GAMMAS, Spectra
from ..claims.d_6 import worst
from ..theory.marchenko_pastur import converged_noise_risk
from ..theory.mixup_columns import distinct_columns
from . import style
from .style import Shown
from .tables import Table, mean_and_std

ARM_LOOKS = (
    {"color": style.BASELINE["color"], "linestyle": ":", "marker": "o", "markersize": 7, "fillstyle": "none"},
    {"color": style.OTHERS[0], "linestyle": "-", "marker": "s", "markersize": 4},
    {"color": style.OTHERS[1], "linestyle": "-.", "marker": "^", "markersize": 4},
    {"color": style.MIXUP["color"], "linestyle": style.MIXUP["linestyle"], "marker": "D", "markersize": 4},
)


def iid_entries(check: Spectra) -> Shown:
    """Draw how i.i.d. entries approach the law, and what the law says of the noise at convergence (MP-LAW)."""
    with style.style():
        figure, (left, right) = plt.subplots(1, 2)
        for row, (name, line) in enumerate(zip(ENTRIES, ("-", ":"), strict=True)):
            for column, gamma in enumerate(GAMMAS):
                look = {"color": style.OTHERS[column], "linestyle": line, "label": f"{name}, γ = {gamma:g}"}
                style.mean_and_band(left, check.sides, check.iid[row, column].T, **look)
        left.set(xscale="log", yscale="log", xlabel="smaller side of Φ", ylabel="KS distance to the law")
        left.set_ylim(bottom=check.iid.min() / 3)
        _ticks(left, check.sides)
        first, largest = check.iid[:, :, 0].mean(), check.iid[:, :, -1].mean()
        left.set_title(f"I.i.d. entries: from {first:.2g} to {largest:.2g}")
        left.legend(ncols=2, fontsize=7)
        gammas, decades = np.array(RISK_GAMMAS), np.log10(check.risk)
        mean, std = decades.mean(1), decades.std(1, ddof=1)
        spread = 10**mean - 10 ** (mean - std), 10 ** (mean + std) - 10**mean
        right.errorbar(gammas, 10**mean, spread, fmt="o", color=style.OTHERS[0], markersize=4)
        for part in (np.geomspace(gammas[0], 0.99, 100), np.geomspace(1.01, gammas[-1], 100)):
            right.plot(part, [converged_noise_risk(gamma) for gamma in part], **style.THEORY)
        right.set(xscale="log", yscale="log", xlabel="γ = d/m", ylabel="risk at t → ∞ / noise variance")
        top = gammas[mean.argmax()]
        right.set_title(f"Noise at convergence: worst at γ = {top:g}")
    alt = (
        f"Left: the KS distance to the Marchenko-Pastur law falls from {first:.2g} to {largest:.2g} as the matrix "
        "grows, mean over normal entries and signs. Right: noise in the risk at convergence against γ, beside the "
        f"curve γ/(1−γ) below 1 and 1/(γ−1) above; it peaks at γ = {top:g} with {10 ** mean.max():,.0f} times the "
        "noise variance."
    )
    caption = (
        f"{check.iid.shape[-1]} seeds. Left: mean ± standard deviation. Right: {RISK_COLUMNS} columns; geometric "
        "mean, bars: ±1 standard deviation of the logarithm; dashed: the limit."
    )
    plt.close(figure)
    return Shown(figure, alt, caption)


def departures(check: Spectra) -> Shown:
    """Draw the KS distance to the law of four kinds of columns, for three kinds of features (MP-LAW)."""
    mean, std = check.departure.mean(-1), check.departure.std(-1, ddof=1)
    with style.style():
        figure, panels = plt.subplots(1, 3, sharey=True)
        for row, (kind, axes) in enumerate(zip(KINDS, panels, strict=True)):
            for place, (arm, look) in enumerate(zip(ARMS, ARM_LOOKS, strict=True)):
                axes.errorbar(DEPARTURE_GAMMAS, mean[row, place], std[row, place], label=arm, **look)
            axes.set(xscale="log", xlabel="γ = d/m", title=kind[0].upper() + kind[1:])
            _ticks(axes, DEPARTURE_GAMMAS)
        panels[0].set_ylabel("KS distance to MP(d/m)")
        panels[0].legend(loc="center left", fontsize=7)
        fresh, pairs = (mean[0, ARMS.index(arm)].mean() for arm in ("fresh points", "all pairs"))
        title = f"Independent features: all pairs at {pairs:.2f}, independent columns at {fresh:.2f}"
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    words = [
        f"{kind}: " + ", ".join(f"{arm} {mean[row, place].mean():.3f}" for place, arm in enumerate(ARMS))
        for row, kind in enumerate(KINDS)
    ]
    caption = (
        f"n = {check.points} points, m = {check.points**2} columns, {check.departure.shape[-1]} seeds, mean ± "
        "standard deviation. The law is scaled to the mean eigenvalue. A fresh column has the distribution of a "
        "mixed one; with independent features its entries are i.i.d."
    )
    plt.close(figure)
    return Shown(figure, f"KS distance to the Marchenko-Pastur law, mean over γ. {'; '.join(words)}.", caption)


def laws_by_size(check: MixupColumns) -> Shown:
    """Draw the distance of all pairs' spectrum to MP(d/m) and to its own law, for growing n (MP-LAW+)."""
    spectra = check.spectra
    panels = (
        ("Linear features", spectra.linear_printed, spectra.linear_own, LINEAR_RATIOS, "MP(d/n)"),
        ("Tanh features", spectra.tanh_printed[0], spectra.tanh_own[0], TANH_RATIOS, "sum of two laws"),
    )
    words = []
    with style.style():
        figure, both = plt.subplots(1, 2, sharey=True)
        for axes, (name, printed, own, ratios, law) in zip(both, panels, strict=True):
            for column, ratio in enumerate(ratios):
                look = {"color": style.OTHERS[column]}
                style.mean_and_band(axes, spectra.sizes, printed[:, column].T, linestyle=":", **look)
                label = f"d = {ratio:g} n"
                style.mean_and_band(axes, spectra.sizes, own[:, column].T, linestyle="-", label=label, **look)
            ends = printed[-1].mean(), own[-1].mean()
            axes.set(xscale="log", yscale="log", xlabel="points n")
            axes.set_title(f"{name}: {ends[1]:.2f} to {law}")
            _ticks(axes, spectra.sizes)
            axes.legend()
            words.append(f"{name} at the largest n: {ends[0]:.2f} to MP(d/m), {ends[1]:.3f} to {law}")
        both[0].set_ylabel("KS distance")
    caption = (
        f"λ = ½, {spectra.linear_own.shape[-1]} seeds, mean ± standard deviation. Dotted: to MP(d/m), m = n²; "
        "solid: to the law named in the title, with the mean distance at the largest n."
    )
    plt.close(figure)
    return Shown(figure, f"KS distance of the spectrum of all pairs against n. {'; '.join(words)}.", caption)


def risk_by_features(check: MixupColumns) -> Shown:
    """Draw the noise in the risk at convergence against d, for four kinds of Mixup columns (D-6)."""
    risks = check.risks
    peaks = {design: worst(risks, design) for design in DESIGNS}
    with style.style():
        figure, panels = plt.subplots(2, 2, figsize=(7.2, 5.6), sharex=True, sharey=True)
        for design, axes in zip(DESIGNS[:4], panels.flat, strict=True):
            _risk_lines(axes, risks, design)
            axes.set_title(f"{design[0].upper()}{design[1:]}: worst at d = {peaks[design]}")
        for axes in panels[1]:
            axes.set(xlabel="features d", xscale="log")
        for axes in panels[:, 0]:
            axes.set(ylabel="risk at t → ∞ / noise variance", yscale="log")
        panels[0, 1].legend(fontsize=7)
    places = f"n = {risks.n}, n(n+1)/2 = {distinct_columns(risks.n, 0.5)}, m = n² = {risks.m}"
    listed = "; ".join(f"{design}: d = {d}" for design, d in peaks.items())
    caption = (
        f"{risks.risk.shape[-1]} seeds: geometric mean, band: ±1 standard deviation of the logarithm. Grey: as "
        f"many independent columns. Vertical lines: {places}."
    )
    alt = f"Noise in the risk at convergence against d. {places}. Worst with label noise: {listed}."
    plt.close(figure)
    return Shown(figure, alt, caption)


def effective_rank_table(check: MixupColumns) -> Table:
    """Show what repeated and self pairs do to the effective rank (D-6)."""
    effective = check.spectra.effective
    rows = [
        [name, *(mean_and_std(effective[kind, row], digits=1) for kind in range(len(EFFECTIVE_RANKS)))]
        for row, name in enumerate(COUNTINGS)
    ]
    n = int(check.spectra.sizes[len(check.spectra.sizes) // 2])
    caption = (
        f"n = {n}, d = n² = {n * n}, independent tanh features, λ = ½, {effective.shape[-1]} seeds, mean ± "
        "standard deviation"
    )
    return Table(["columns", "exp of the entropy", "sum / largest"], rows, caption)


def _risk_lines(axes: Axes, risks: Risks, design: Design) -> None:
    looks = ({**style.MIXUP, "label": NOISES[0]}, {"color": style.OTHERS[5], "linestyle": "-", "label": NOISES[1]})
    for noise, look in enumerate(looks):
        risk = risks.risk[DESIGNS.index(design), noise]
        if not risk.any():
            continue  # linear features leave Mixup without noise of its own
        mean, std = np.log10(risk).mean(1), np.log10(risk).std(1, ddof=1)
        axes.plot(risks.d, 10**mean, **look)
        axes.fill_between(risks.d, 10 ** (mean - std), 10 ** (mean + std), color=look["color"], alpha=0.18, lw=0)
    fresh = np.log10(risks.risk[DESIGNS.index("fresh points, λ = ½"), 0]).mean(1)
    axes.plot(risks.d, 10**fresh, color="0.5", linewidth=1, label="independent columns, label noise")
    for place in (risks.n, distinct_columns(risks.n, 0.5), risks.m):
        axes.axvline(place, **style.BASELINE, linewidth=0.8)


def _ticks(axes: Axes, places: np.ndarray | tuple[float, ...]) -> None:
    axes.set_xticks(places, [f"{place:g}" for place in places])
    axes.minorticks_off()
