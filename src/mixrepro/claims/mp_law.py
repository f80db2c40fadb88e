"""MP-LAW: do i.i.d. entries follow the Marchenko-Pastur law, with its consequences, and Mixup's columns not?"""

import numpy as np

from ..checks.columns import ARMS, KINDS
from ..checks.mp_law import ENTRIES, GAMMAS, RISK_GAMMAS, TINY, Spectra
from ..theory.marchenko_pastur import converged_noise_risk
from .rules import Verdict, exceeds, stays_below
from .universal import agrees

#: KS distance below which the largest matrices count as following the law.
NEAR = 0.05
#: gamma within a factor two of one is left out where the limit is compared: it is slow there.
FAR = 2.0
LIMIT_TOLERANCE = 0.1
#: d << m: gamma at most this.
SMALL_GAMMA = 0.2
#: A factor two in the risk, in decades, is the least that would matter.
FACTOR_TWO = float(np.log10(2))


def judge(check: Spectra) -> Verdict:
    """Judge MP-LAW, part by part, and the paper's own doubt about the independence of Mixup's columns."""
    sizes = "distance to the law falls as the matrix grows"
    parts = [
        exceeds(-power(check.sides, check.iid[row]), 0.0, f"i.i.d. entries ({name}): {sizes}", check, "(power)")
        for row, name in enumerate(ENTRIES)
    ]
    parts.append(
        stays_below(
            check.iid[:, :, -1].mean((0, 1)), NEAR, "i.i.d. entries: the largest lie near the law", check, "KS"
        )
    )
    one = GAMMAS.index(1.0)
    others = np.delete(check.tiny, one, axis=0).max(0)
    parts.append(
        exceeds(
            check.tiny[one] - others,
            0.0,
            f"i.i.d. entries: γ = 1 has the most eigenvalues between 0 and {TINY:g}",
            check,
            "share",
        )
    )
    gammas = np.array(RISK_GAMMAS)
    decades = np.log10(check.risk)
    far = (gammas <= 1 / FAR) | (gammas >= FAR)
    limit = np.array([converged_noise_risk(gamma) for gamma in gammas[far]])
    parts += [
        agrees(
            check.risk[far].mean(-1) / limit - 1,
            LIMIT_TOLERANCE,
            "i.i.d. entries: mean noise at convergence is γ/(1−γ) below γ = 1/2 and 1/(γ−1) above γ = 2",
            check,
        ),
        exceeds(
            decades[gammas == 1][0] - decades[far].max(0),
            FACTOR_TWO,
            "i.i.d. entries: the noise at convergence is worst near γ = 1",
            check,
            "decades",
        ),
        exceeds(
            decades[gammas == 1][0] - decades[gammas <= SMALL_GAMMA].max(0),
            FACTOR_TWO,
            "i.i.d. entries: d ≪ m alleviates it",
            check,
            "decades",
        ),
    ]
    fresh, pairs = ARMS.index("fresh points"), ARMS.index("all pairs")
    parts += [
        exceeds(
            (check.departure[row, pairs] - check.departure[row, fresh]).mean(0),
            0.0,
            f"{kind}: columns of all pairs lie farther from the law than independent ones",
            check,
            "KS",
        )
        for row, kind in enumerate(KINDS)
    ]
    return Verdict(
        claim="MP-LAW",
        title="I.i.d. entries follow the Marchenko-Pastur law, γ near 1 is worst, Mixup's columns depart from it",
        parts=tuple(parts),
    )


def power(sizes: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return the slope of ln distance over ln size, averaged over cases.

    Args:
        sizes: int [sizes].
        distance: float64 [cases, sizes, seeds].

    Returns:
        float64 [seeds]; -1 for a distance that falls as 1/size.
    """
    at = np.log(sizes) - np.log(sizes).mean()
    return np.einsum("s,csk->k", at, np.log(distance)) / (np.sum(at**2) * len(distance))
