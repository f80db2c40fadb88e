"""REM-5.1: what Mixup's label noise depends on, and where it vanishes. And REM-5.1+, for sampled labels."""

import numpy as np

from ..checks.rem_5_1 import BETAS, LAMS, NoiseRates
from .rules import Part, Verdict, exceeds
from .universal import holds_in_every_case

#: A total variation above this is more than rounding.
ROUNDING = 1e-12
MARGIN = f"rounding {ROUNDING:g}"
#: Smallest difference of a rate that matters.
MATTERS = 0.01
#: What is compared: lam, sharpness.
NEAR_END, HALF = 0.1, 0.5
FLAT, SHARP = 0.2, 5.0


def judge(check: NoiseRates) -> Verdict:
    """Judge REM-5.1 as printed: the bound depends on three things; labels are noisy when the argmaxes differ."""
    by_lam, by_beta = tv(check.by_lam), tv(check.by_beta)
    lam = by_lam[..., _at(LAMS, HALF)] - by_lam[..., _at(LAMS, NEAR_END)]
    beta = by_beta[..., _at(BETAS, SHARP)] - by_beta[..., _at(BETAS, FLAT)]
    return Verdict(
        claim="REM-5.1",
        title="Label noise depends on P_X, on the curvature of f and on λ, and vanishes only for linear f",
        parts=(
            _depends(
                tv(check.wide) - tv(check.narrow), "P_X: inputs that lie closer together have less noise", check
            ),
            _depends(beta, f"f: sharpness {SHARP:g} has more noise than {FLAT:g}", check),
            _depends(lam, f"λ: {HALF:g} has more noise than {NEAR_END:g}", check),
            holds_in_every_case(
                (check.dominated_largest.max(-1) > ROUNDING) & ~check.dominated_differs,
                "labels by argmax: if f is not linear, some are wrong",
                check,
                MARGIN,
            ),
        ),
    )


def judge_corrected(check: NoiseRates) -> Verdict:
    """Judge REM-5.1+: sampled labels are wrong with positive probability, at every lam, unless f is affine."""
    curved = np.concatenate([check.curved_largest, check.dominated_largest])
    return Verdict(
        claim="REM-5.1+",
        title="Sampled labels: no noise for affine f, and noise at every λ inside (0, 1) for any other (ours)",
        parts=(
            holds_in_every_case(
                check.affine_largest > ROUNDING,
                "f affine: total variation zero for every pair and λ",
                check,
                MARGIN,
            ),
            holds_in_every_case(
                curved.min(-1) <= ROUNDING,
                "f not affine: at each λ inside (0, 1) the total variation of some pair is positive",
                check,
                MARGIN,
            ),
        ),
    )


def tv(rates: np.ndarray) -> np.ndarray:
    """Return the mean total variation, the rate of sampled labels: [..., 2] -> [...]."""
    return rates[..., 0]


def argmax(rates: np.ndarray) -> np.ndarray:
    """Return the share of pairs whose argmaxes differ: [..., 2] -> [...]."""
    return rates[..., 1]


def _depends(difference: np.ndarray, statement: str, check: NoiseRates) -> Part:
    """Judge a difference [problems, seeds] in whichever curved problem a seed shows least of it."""
    return exceeds(difference[:-1].min(0), MATTERS, f"mean total variation depends on {statement}", check, "share")


def _at(values: np.ndarray, value: float) -> int:
    return int(np.abs(values - value).argmin())
