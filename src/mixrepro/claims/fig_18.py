"""FIG-18 and FIG-18+: the nearer lam to 1/2, the earlier the turn?"""

import numpy as np

from ..checks.fig_18 import LamSweep
from ..checks.fig_18_far import LamTurns
from ..teacher_student.mean_path import turning_epochs
from .fig_5 import not_refuted_unless_reached, reached
from .rules import Verdict, exceeds

#: Turning epochs are compared as logarithms to base 10. A lead that matters is a tenth of the epochs from one lam
#: to the next, 0.1 away; a slope that matters is that, for each 0.1.
MIN_LEAD = np.log10(1.1)
MIN_SLOPE = 10 * MIN_LEAD


def judge(check: LamSweep) -> Verdict:
    """Judge FIG-18 on the turns that training shows within its epochs."""
    turns = turning_epochs(check.loss, check.epochs)
    in_time = all(reached(loss) for loss in check.loss)
    parts = (
        exceeds(
            slope(turns, check.lams),
            MIN_SLOPE,
            "the turn comes later as lam moves away from 1/2",
            check,
            "decades per unit of lam",
        ),
        exceeds(
            _lead(turns[0], turns[-1]),
            MIN_LEAD,
            f"lam = {check.lams[0]:g} turns before lam = {check.lams[-1]:g} (same seeds)",
            check,
            "decades",
        ),
    )
    return Verdict(
        claim="FIG-18",
        title="The nearer lam to 1/2, the earlier the turn",
        parts=tuple(not_refuted_unless_reached(part, in_time) for part in parts),
    )


def judge_far(check: LamTurns) -> Verdict:
    """Judge FIG-18+ (ours) on the exact mean path, followed a hundred times as far."""
    lams, turns = check.lams, check.turns
    steps = [
        exceeds(
            _lead(turns[place], turns[place + 1]),
            MIN_LEAD,
            f"lam = {lams[place]:g} turns before lam = {lams[place + 1]:g} (same seeds)",
            check,
            "decades",
        )
        for place in range(len(lams) - 1)
    ]
    first = "the turn comes later as lam moves away from 1/2"
    return Verdict(
        claim="FIG-18+",
        title=f"So it is along the exact mean paths, followed to epoch {check.end:,} (ours)",
        parts=(exceeds(slope(turns, lams), MIN_SLOPE, first, check, "decades per unit of lam"), *steps),
    )


def slope(turns: np.ndarray, lams: np.ndarray) -> np.ndarray:
    """Return each seed's slope of the turning epoch's logarithm to base 10 against lam: float64 [S].

    Args:
        turns: float64 [lams, S], epochs; a turn that was not reached counts as the last epoch, which makes a
            rising slope smaller.
        lams: float64 [lams], from 1/2 on.
    """
    centred = lams - lams.mean()
    return centred @ np.log10(_positive(turns)) / (centred @ centred)


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    said = {"supported": "turns earlier", "refuted": "does not turn earlier", "inconclusive": "may turn earlier"}
    return f"A λ nearer to 1/2 {said[verdict.parts[0].verdict]}"


def _lead(early: np.ndarray, late: np.ndarray) -> np.ndarray:
    return np.log10(_positive(late) / _positive(early))


def _positive(turns: np.ndarray) -> np.ndarray:
    return np.maximum(turns, 1.0)  # a curve that only rises is lowest at epoch 0
