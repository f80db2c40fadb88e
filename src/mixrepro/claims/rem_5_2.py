"""REM-5.2: when a mixed label is noisy if real labels are certain, as printed. And REM-5.2+, exact."""

import numpy as np

from ..checks.rem_5_2 import CertainCases
from .rules import Verdict
from .universal import agrees, happens, holds_in_every_case

#: Rounding of float64 sums of a few probabilities.
ROUNDING = 1e-12


def judge(check: CertainCases) -> Verdict:
    """Judge REM-5.2 as printed: labels by argmax, for given X, X' and lam."""
    wrong = check.argmax_wrong
    first, second, third = (check.case == case for case in (1, 2, 3))
    return Verdict(
        claim="REM-5.2",
        title="Certain labels: always noisy, noisy with some probability, or never, by three cases",
        parts=(
            happens(first, "case (i), manifold intrusion, occurs", check),
            holds_in_every_case(
                ~wrong[first], "(i) the true class is neither label: the argmax label is wrong", check
            ),
            holds_in_every_case(
                ~wrong[second],
                "(ii) the true class is one of two: the argmax label is wrong with positive probability",
                check,
                "given the pair and λ the label is determined: right means probability 0",
            ),
            holds_in_every_case(wrong[third], "(iii) the true class is both: the argmax label is right", check),
        ),
    )


def judge_corrected(check: CertainCases) -> Verdict:
    """Judge REM-5.2+: what becomes of sampled and of argmax labels in each case."""
    first, second, third = (check.case == case for case in (1, 2, 3))
    expected = np.where(first, 1.0, np.where(third, 0.0, 1 - check.weight))
    return Verdict(
        claim="REM-5.2+",
        title="Certain labels: a sampled label is wrong with one minus the weight of the true class (ours)",
        parts=(
            holds_in_every_case(~check.drawn_wrong[first], "(i) every sampled label is wrong", check),
            agrees(
                check.sampled_wrong - expected,
                ROUNDING,
                "the probability of a wrong sampled label is 1, one minus the true class's weight, or 0",
                check,
            ),
            holds_in_every_case(
                check.argmax_wrong[second] != (check.weight[second] < 0.5),
                "(ii) the argmax label is wrong if and only if the true class's weight is below 1/2",
                check,
            ),
            holds_in_every_case(check.drawn_wrong[third], "(iii) no sampled label is wrong", check),
        ),
    )
