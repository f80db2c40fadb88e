"""REM-5.5: is the printed expression the theorem's sum, or a bound at all? And REM-5.5+, the corrected one."""

import numpy as np

from ..checks.rem_5_5 import EqualSpectra
from .rules import Verdict
from .thm_5_2 import MARGIN, crossed
from .universal import agrees, holds_in_every_case

#: Rounding of sums of a few terms, relative.
EXACT = 1e-12


def judge(check: EqualSpectra) -> Verdict:
    """Judge REM-5.5 as printed, without C1 and d in the second term."""
    return Verdict(
        claim="REM-5.5",
        title="With one eigenvalue the sum is C1 |theta*|^2 exp(-2 eta mu t) + (C2 / mu)(1 - exp(-eta mu t))^2",
        parts=(
            agrees(
                np.abs(check.printed / check.theorem - 1).max(1),
                EXACT,
                "the printed expression is the theorem's sum",
                check,
            ),
            holds_in_every_case(
                crossed(check.excess, check.printed + check.constant),
                "put in its place, it still bounds the excess risk",
                check,
                MARGIN,
            ),
        ),
    )


def judge_corrected(check: EqualSpectra) -> Verdict:
    """Judge REM-5.5+: with C1 d it is the sum, and with C1 alone still a bound."""
    return Verdict(
        claim="REM-5.5+",
        title="The second term takes the factor C1 d; with C1 alone it is still a bound (ours)",
        parts=(
            agrees(
                np.abs(check.corrected / check.theorem - 1).max(1),
                EXACT,
                "with the factor C1 d it is the theorem's sum",
                check,
            ),
            holds_in_every_case(
                crossed(check.excess, check.sharpened + check.sharpened_constant),
                "with the factor C1 alone it bounds the excess risk",
                check,
                MARGIN,
            ),
        ),
    )
