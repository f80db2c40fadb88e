"""FIG-18+ (ours): when the exact mean path turns at each fixed lam, followed a hundred times as far.

Drawn: the toy as for FIG-5. Computed in closed form, nothing is trained. Expected: the nearer lam to 1/2, the
earlier the turn. Cost at `quick`: five seconds on two cores.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..teacher_student import moments
from ..teacher_student.chunks import over_chunks
from ..teacher_student.mean_path import MeanPath, turning_epochs
from ..teacher_student.problem import Setting, draw
from .check import Check, size_of
from .fig_5 import log_spaced, numbered, said
from .fig_18 import LAMS, check_lams

SIZES = {
    "smoke": dict(seeds=8, epochs=10_000),
    "quick": dict(seeds=400, epochs=10_000),
    "small": dict(seeds=2000, epochs=10_000),
}
POINTS = 300


@dataclass(frozen=True)
class LamTurns(Check):
    """Turning epochs of the mean path.

    Attributes:
        lams: float64 [lams].
        turns: float64 [lams, S], the epoch at which the risk is lowest.
        end: Last epoch that was followed.
    """

    lams: np.ndarray
    turns: np.ndarray
    end: int


def run(
    profile: str = "quick",
    seed: int = 0,
    setting: Setting | None = None,
    lams: tuple[float, ...] = LAMS,
    seeds: int | None = None,
    epochs: int | None = None,
) -> LamTurns:
    """Draw the toy and follow its mean path at each lam. Arguments and errors as for `fig_18.run`.

    `epochs` are those of FIG-18; the paths go a hundred times as far.
    """
    check_lams(lams)
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    setting = setting or Setting()
    at = log_spaced(size["epochs"], POINTS)
    outcomes = over_chunks(
        partial(_chunk, setting=setting, lams=lams, epochs=at),
        numbered(seed, size["seeds"]),
        f"mean paths at {len(lams)} lam",
    )
    return LamTurns(
        profile=profile,
        scale=f"teacher-student toy in closed form, {size['seeds']:,} seeds, {at[-1]:,} epochs, {said(setting)}",
        lams=np.array(lams),
        turns=np.concatenate(outcomes, axis=1),
        end=int(at[-1]),
    )


def _chunk(seeds: np.ndarray, setting: Setting, lams: tuple[float, ...], epochs: np.ndarray) -> np.ndarray:
    problems = draw(setting, seeds)
    paths = [MeanPath(moments.fixed_lam(problems, lam), problems.theta_0, setting.eta) for lam in lams]
    return np.array([turning_epochs(path.risk(problems, epochs), epochs) for path in paths])
