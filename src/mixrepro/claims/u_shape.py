"""U-SHAPE: is the risk U-shaped because the bound is? And U-SHAPE+, when a mode really turns."""

import numpy as np

from ..checks.courses import COURSES
from ..checks.u_shape import Turns
from .rules import Verdict
from .universal import agrees, happens, holds_in_every_case

#: Closed forms against a bisection to the last digit.
BISECTION = 1e-9
#: A rise of less than one per cent above the least risk is none.
SMALLEST_RISE = 0.01


def judge(check: Turns) -> Verdict:
    """Judge U-SHAPE: "overall, the population risk will be endowed with a U-shaped curve"."""
    once = check.course == COURSES.index("falls, then rises")
    return Verdict(
        claim="U-SHAPE",
        title="The population risk first decreases, then grows: a U-shaped curve",
        parts=(
            holds_in_every_case(
                ~once[check.mixup], "regressions made by Mixup: every risk curve falls, then rises", check
            ),
            holds_in_every_case(
                ~once[~check.mixup], "random instances: every risk curve falls, then rises", check
            ),
            happens(
                hurts(check)[check.mixup],
                "regressions made by Mixup: training too long costs risk in more than half of them",
                check,
                least=0.5,
            ),
        ),
    )


def judge_modes(check: Turns) -> Verdict:
    """Judge U-SHAPE+: the condition on the signs, and both turning times in closed form."""
    return Verdict(
        claim="U-SHAPE+",
        title="A mode's error turns if and only if noise and clean pattern agree in sign, up to xi (ours)",
        parts=(
            holds_in_every_case(check.wrongly_told, "a mode turns iff the condition on the signs says so", check),
            agrees(check.mode_errors, BISECTION, "it turns at the closed form's time", check),
            agrees(check.bound_errors, BISECTION, "each mode of the bound turns at t_k", check),
        ),
    )


def hurts(check: Turns) -> np.ndarray:
    """Tell where the risk is least inside the path and ends above that: bool [instances]."""
    return np.isfinite(check.best_time) & (check.rise > SMALLEST_RISE)


def headline(check: Turns) -> str:
    """Word the finding for a figure's title."""
    once = np.mean(check.course[check.mixup] == COURSES.index("falls, then rises"))
    ends = np.mean(hurts(check)[check.mixup])
    return f"{100 * once:.0f} % of Mixup's risk curves fall, then rise; {100 * ends:.0f} % end above their least"
