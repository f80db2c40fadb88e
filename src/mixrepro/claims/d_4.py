"""D-4: in the paper's own model, gradient flow, does a lower learning rate lower the minimum of the risk?"""

import numpy as np

from ..checks.d_4 import FACTOR, Schedules
from .rules import Verdict
from .universal import agrees, happens, holds_in_every_case

#: Relative differences of a lowest value below this are rounding; the place of a flat minimum is less exact.
ROUNDING, PLACE = 1e-9, 1e-5
#: Error of the stiff solver at its tolerances.
SOLVER = 1e-7


def judge(check: Schedules) -> Verdict:
    """Judge D-4: the sentence on a lowered rate, in gradient flow, as printed."""
    constant, low, scheduled, lowered = check.lowest.T
    lower = np.stack([low, scheduled, lowered]) < constant * (1 - ROUNDING)
    return Verdict(
        claim="D-4",
        title="In gradient flow the U of a lower rate may have a lower minimum, further right, as printed",
        parts=(
            agrees(
                check.integrated,
                SOLVER,
                "with a rate that changes, θ(t) is θ of a constant rate at the same s = ∫η (stiff solver)",
                check,
            ),
            holds_in_every_case(
                check.turn[:, 1] <= check.turn[:, 0], "the U of η / 10 has its bottom further right", check
            ),
            agrees(
                check.turn[:, 1] / (FACTOR * check.turn[:, 0]) - 1,
                PLACE,
                "exactly ten times as far: only the axis of time is stretched",
                check,
            ),
            happens(lower[0], "the U of η / 10 has a lower minimum", check),
            happens(lower[1], "four positive rates in turn reach a lower minimum", check),
            happens(lower[2], "lowered at the bottom of η's U, the risk decays further", check),
            happens(
                check.bound_lowest[:, 1] < check.bound_lowest[:, 0] * (1 - ROUNDING),
                "the bound of Theorem 5.2 has a lower minimum at η / 10",
                check,
            ),
        ),
    )
