"""REM-5.3: does the first term lead early and the second late, and where does the path end?"""

import numpy as np

from ..checks.rem_5_3 import TwoTerms
from .rules import Verdict
from .universal import agrees, happens, holds_in_every_case

#: Changes of a norm between two times that are rounding, relative; and of two least squares, ill-conditioned.
ROUNDING, LEAST_SQUARES = 1e-12, 1e-7


def judge(check: TwoTerms) -> Verdict:
    """Judge REM-5.3, sentence by sentence."""
    margin = f"rounding {ROUNDING:g}, relative"
    late = (check.noise_at_start != 0) | (check.noise_loss > ROUNDING)
    return Verdict(
        claim="REM-5.3",
        title="The clean term leads early and fades, the noisy term starts at zero and takes over",
        parts=(
            holds_in_every_case(check.clean_growth > ROUNDING, "the first term's norm never grows", check, margin),
            holds_in_every_case(
                check.vanished > ROUNDING, "and vanishes in the end", check, f"{ROUNDING:g} of its start"
            ),
            holds_in_every_case(late, "the second term starts at zero and never shrinks", check, margin),
            holds_in_every_case(
                ~check.clean_leads | (check.crossings != 1),
                "the first leads at the start; the lead changes once",
                check,
            ),
            agrees(
                check.end_errors, LEAST_SQUARES, "the path ends at numpy's solution of the Mixup regression", check
            ),
            happens(
                (check.nearest < 1) & ~check.nearest_at_end,
                "the path comes nearer to the clean pattern, then leaves it",
                check,
            ),
        ),
    )


def headline(check: TwoTerms) -> str:
    """Word the finding for a figure's title."""
    changed = np.mean(check.crossings == 1)
    return f"The lead changes exactly once in {100 * changed:.0f} % of {len(check.crossings):,} paths"
