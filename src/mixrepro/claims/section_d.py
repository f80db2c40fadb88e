"""D-1, D-2, D-3: what Theorem 5.1 prints, one point at a time; D-4, D-5 and D-6 have files of their own."""

from ..checks.thm_5_1 import LabelNoise
from .rules import Verdict
from .thm_5_1 import MARGIN, below
from .universal import happens, holds_in_every_case


def judge_d_1(check: LabelNoise) -> Verdict:
    """Judge D-1: are the weights in the right place?"""
    return Verdict(
        claim="D-1",
        title="Theorem 5.1 weighs f(X) by 1 − λ and f(X′) by λ, as printed",
        parts=(
            holds_in_every_case(
                below(check.tv, check.printed_right),
                "with the printed weights the total variation is at least ½ sup|·|",
                check,
                MARGIN,
            ),
            holds_in_every_case(
                below(check.tv, check.mended_right),
                "with λ at f(X) and 1 − λ at f(X′) it is",
                check,
                MARGIN,
            ),
        ),
    )


def judge_d_2(check: LabelNoise) -> Verdict:
    """Judge D-2: can the labels be made by argmax?"""
    sampled = below(check.independent_differs, check.tv) | below(check.random_differs, check.tv)
    return Verdict(
        claim="D-2",
        title="Theorem 5.1 speaks of labels by argmax, as printed",
        parts=(
            holds_in_every_case(
                below(check.argmax_differs, check.tv),
                "labels by argmax differ with a probability of at least the total variation",
                check,
                MARGIN,
            ),
            holds_in_every_case(sampled, "labels that are sampled do", check, MARGIN),
        ),
    )


def judge_d_3(check: LabelNoise) -> Verdict:
    """Judge D-3: is the factor 1/2 needed?"""
    return Verdict(
        claim="D-3",
        title="Theorem 5.1 keeps a factor ½ before the supremum, as printed",
        parts=(
            happens(
                below(check.tv, check.largest_gap),
                "without the factor ½ the bound fails somewhere, so it is needed",
                check,
            ),
        ),
    )
