"""D-6: is it enough that m = n^2 exceeds d? And MP-LAW+: the spectrum that Mixup's columns have instead."""

import numpy as np

from ..checks.converged_risk import DESIGNS, Design, Risks
from ..checks.d_6 import MixupColumns
from ..checks.mixup_spectra import LAMS, OUTLIERS
from ..theory.mixup_columns import distinct_columns, largest_eigenvalue
from .mp_law import FACTOR_TWO, power
from .rules import Part, Verdict, exceeds, stays_below
from .universal import agrees, holds_in_every_case

#: Rounding of float64 sums of a few hundred terms (relative).
EXACT = 1e-12
#: Largest eigenvalues at finite n against their limit (relative).
LIMIT_TOLERANCE = 0.05
#: A KS distance that would not matter.
SLIGHT = 0.02
#: d << m: at most this share of m. Within the other factor of a place, d counts as being there.
SMALL_GAMMA, NEAR = 0.1, 1.2
#: Designs in which the columns come from n points.
PAIRED: tuple[Design, ...] = DESIGNS[:4]


def judge(check: MixupColumns) -> Verdict:
    """Judge D-6 as the paper's text has it; parts that hold show where it is right."""
    ranks, spectra = check.ranks, check.spectra
    parts: list[Part] = []
    for name, which in (
        ("linear features", ranks.linear),
        ("tanh features, λ = ½", ~ranks.linear & ranks.half),
        ("tanh features, λ ≠ ½", ~ranks.linear & ~ranks.half),
    ):
        case = which & (ranks.d < ranks.m)
        parts.append(
            holds_in_every_case(
                ranks.rank[case] < ranks.d[case], f"{name}: with m > d columns Φ Φᵀ has an inverse", check
            )
        )
    linear = (spectra.linear_printed - spectra.linear_fresh)[-1].mean(0)
    own = "the spectrum is no farther from MP with γ = d/m than that of m independent columns"
    parts.append(stays_below(linear, SLIGHT, f"linear features: {own}", check, "KS"))
    for design in PAIRED:
        parts.append(
            exceeds(
                above_others(check.risks, design, check.risks.m),
                FACTOR_TWO,
                f"{design}: the noise at convergence is worst near γ = d/m = 1",
                check,
                "decades",
            )
        )
    for design in PAIRED:
        parts.append(
            exceeds(
                alleviation(check.risks, design),
                FACTOR_TWO,
                f"{design}: d ≤ m/10 keeps away from the worst",
                check,
                "decades",
            )
        )
    return Verdict(
        claim="D-6",
        title="With m = n² columns it is enough that m > d, and d ≪ m alleviates the noise, as printed",
        parts=tuple(parts),
    )


def judge_spectrum(check: MixupColumns) -> Verdict:
    """Judge MP-LAW+: second moment, rank, spectrum, outlier, and where the noise is worst."""
    ranks, spectra, risks = check.ranks, check.spectra, check.risks
    limit = np.array([largest_eigenvalue(ratio, c) for ratio, c in OUTLIERS])
    half = distinct_columns(risks.n, 0.5)
    parts = [
        agrees(ranks.moment_errors, EXACT, "linear features, fixed λ: the second moment is c Cov + x̄ x̄ᵀ", check),
        agrees(spectra.random_lam_errors, EXACT, "λ ~ Beta(α, α): the same with c = (α+1)/(2α+1)", check),
        holds_in_every_case(
            ranks.rank != ranks.expected,
            "the rank is min(d, n) for linear features, min(d, distinct columns) for tanh",
            check,
        ),
        *_law(spectra.sizes, spectra.linear_own, spectra.linear_printed, "linear features, MP(d/n)", check),
        agrees(
            spectra.largest.mean(-1) / limit - 1,
            LIMIT_TOLERANCE,
            "linear features: the largest eigenvalue is c/(1−c) + d/n if √(d/n) > c/(1−c), else the bulk's end",
            check,
        ),
    ]
    for row, lam in enumerate(LAMS):
        name = f"tanh features, λ = {lam:g}, sum of laws"
        parts += _law(spectra.sizes, spectra.tanh_own[row], spectra.tanh_printed[row], name, check)
    for design, place, where in (
        ("linear, λ = ½", risks.n, "d = n"),
        ("tanh, λ = ½", half, "d = n(n+1)/2"),
        ("toy, λ = ½", half, "d = n(n+1)/2"),
        ("tanh, λ = 0.7", risks.m, "d = n²"),
    ):
        over = above_others(risks, design, place)
        parts.append(exceeds(over, FACTOR_TWO, f"{design}: the noise is worst at {where}", check, "decades"))
    return Verdict(
        claim="MP-LAW+",
        title="Mixup's columns have the spectrum of n columns, or a sum of two such laws (ours)",
        parts=tuple(parts),
    )


def above_others(risks: Risks, design: Design, place: int) -> np.ndarray:
    """Return how far the label-noise risk at d = place lies above every other, in decades: float64 [seeds]."""
    decades = np.log10(risks.risk[DESIGNS.index(design), 0])
    elsewhere = (risks.d * NEAR < place) | (risks.d > place * NEAR)
    return decades[risks.d == place][0] - decades[elsewhere].max(0)


def alleviation(risks: Risks, design: Design) -> np.ndarray:
    """Return how far the worst risk lies above the worst with d <= m / 10, in decades: float64 [seeds]."""
    decades = np.log10(risks.risk[DESIGNS.index(design), 0])
    return decades.max(0) - decades[risks.d <= SMALL_GAMMA * risks.m].max(0)


def worst(risks: Risks, design: Design) -> int:
    """Return the d at which the geometric mean of the label-noise risk is largest."""
    return int(risks.d[np.log(risks.risk[DESIGNS.index(design), 0]).mean(-1).argmax()])


def _law(
    sizes: np.ndarray, own: np.ndarray, printed: np.ndarray, name: str, check: MixupColumns
) -> tuple[Part, Part]:
    """Judge that the distance to a law [sizes, ratios, seeds] falls, and lies below that to MP(d/m)."""
    falls = -power(sizes, np.moveaxis(own, 0, 1))
    return (
        exceeds(falls, 0.0, f"{name}: the distance falls as n grows", check, "(power)"),
        exceeds((printed - own)[-1].mean(0), 0.0, f"{name}: nearer than MP(d/m)", check, "KS"),
    )
