"""THM-5.1: the lower bound on Mixup's label noise, as printed. And THM-5.1+, corrected and sharpened."""

import numpy as np

from ..checks.thm_5_1 import LabelNoise
from .rules import Verdict
from .universal import agrees, happens, holds_in_every_case

#: Rounding of float64 sums of at most ten probabilities.
ROUNDING = 1e-12
MARGIN = f"rounding {ROUNDING:g}"


def below(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Tell where `left >= right` fails by more than rounding: bool, elementwise."""
    return left < right - ROUNDING


def judge(check: LabelNoise) -> Verdict:
    """Judge THM-5.1 as printed: hard labels by argmax, weights 1 - lam and lam."""
    return Verdict(
        claim="THM-5.1",
        title="Mixup's label noise is at least the total variation, as printed",
        parts=(
            holds_in_every_case(
                below(check.argmax_differs, check.tv),
                "labels by argmax: P(they differ) ≥ total variation",
                check,
                MARGIN,
            ),
            holds_in_every_case(
                below(check.tv, check.printed_right),
                "weights as printed: total variation ≥ ½ sup|f(X̃) − [(1−λ) f(X) + λ f(X′)]|",
                check,
                MARGIN,
            ),
        ),
    )


def judge_corrected(check: LabelNoise) -> Verdict:
    """Judge THM-5.1+: sampled labels, weights in their place, no factor 1/2, and what argmax labels obey."""
    tv, gap, differ = check.tv, check.largest_gap, check.argmax_differs
    # Differing argmaxes need a gap of at least the threshold, agreeing ones a TV of at most the other.
    neither = (gap > check.agree_below + ROUNDING) & (tv < check.differ_above - ROUNDING)
    two = check.num_classes == 2
    return Verdict(
        claim="THM-5.1+",
        title="Sampled labels differ with at least the total variation as probability (ours: corrected)",
        parts=(
            holds_in_every_case(
                below(check.independent_differs, tv) | below(check.random_differs, tv),
                "sampled labels, independent or coupled at random: P(they differ) ≥ total variation",
                check,
                MARGIN,
            ),
            agrees(
                check.coupled_differs - tv, ROUNDING, "the maximal coupling reaches the total variation", check
            ),
            holds_in_every_case(
                below(tv, gap) | below(check.num_classes // 2 * gap, tv),
                "sup ≤ total variation ≤ ⌊C/2⌋ sup, without the factor ½",
                check,
                MARGIN,
            ),
            agrees((tv - gap)[two], ROUNDING, "two classes: both are equal, so the constant is the best", check),
            holds_in_every_case(
                differ & below(gap, check.agree_below),
                "sup < (D(f) + D(g))/2: the argmaxes agree",
                check,
                MARGIN,
            ),
            holds_in_every_case(
                ~differ & below(check.differ_above, tv),
                "total variation > 1 − min(max f, max g): the argmaxes differ",
                check,
                MARGIN,
            ),
            happens(differ[neither], "between the two, argmaxes differ", check),
            happens(~differ[neither], "between the two, argmaxes agree", check),
        ),
    )


def violations(check: LabelNoise) -> dict[str, np.ndarray]:
    """Return where each reading of the theorem fails: reading -> bool [sources, cases]."""
    hard, printed = check.argmax_differs, check.printed_right
    return {
        "P ≥ TV, argmax labels (printed)": below(hard, check.tv),
        "TV ≥ ½ sup, weights as printed": below(check.tv, printed),
        "P ≥ ½ sup, both as printed": below(hard, printed),
        "TV ≥ ½ sup, weights mended": below(check.tv, check.mended_right),
        "P ≥ TV, labels sampled": below(check.independent_differs, check.tv)
        | below(check.random_differs, check.tv),
        "TV ≥ sup, no factor ½": below(check.tv, check.largest_gap),
    }
