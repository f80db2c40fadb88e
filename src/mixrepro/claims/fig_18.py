"""FIG-18: the nearer lam to 1/2, the earlier the turn?"""

import numpy as np

from ..checks.fig_18 import LamSweep
from ..teacher_student.mean_path import turning_epochs
from .rules import Verdict, exceeds

#: Turning epochs are compared as logarithms; a tenfold delay from lam = 1/2 to lam = 1 is a slope of 2. A slope
#: that matters delays the turn by a tenth for each 0.1 of lam.
MIN_SLOPE = 10 * np.log10(1.1)
MIN_LEAD = np.log10(1.1)


def judge(check: LamSweep) -> Verdict:
    """Judge FIG-18 on the seeds' own turns, under training and along the exact mean path."""
    trained = turning_epochs(check.loss, check.epochs)
    return Verdict(
        claim="FIG-18",
        title="The nearer lam to 1/2, the earlier the turn",
        parts=(
            exceeds(
                slope(trained, check.lams),
                MIN_SLOPE,
                "under training the turn comes later as lam moves away from 1/2",
                check,
                "decades per unit of lam",
            ),
            exceeds(
                slope(check.far_turns, check.lams),
                MIN_SLOPE,
                f"so it does along the exact mean path, followed to epoch {check.far_end:,}",
                check,
                "decades per unit of lam",
            ),
            *(
                exceeds(
                    np.log10(_positive(check.far_turns[place + 1]) / _positive(check.far_turns[place])),
                    MIN_LEAD,
                    f"the mean path at lam = {check.lams[place]:g} turns before that at {check.lams[place + 1]:g}",
                    check,
                    "decades",
                )
                for place in range(len(check.lams) - 1)
            ),
        ),
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
    trained, mean_path = (part.verdict for part in verdict.parts[:2])
    said = {"supported": "turns earlier", "refuted": "does not turn earlier", "inconclusive": "may turn earlier"}
    if trained == mean_path:
        return f"A lam nearer to 1/2 {said[trained]}"
    return f"A lam nearer to 1/2 {said[trained]} in training; its mean path {said[mean_path]}"


def _positive(turns: np.ndarray) -> np.ndarray:
    return np.maximum(turns, 1.0)  # a curve that only rises is lowest at epoch 0
