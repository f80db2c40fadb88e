"""FIG-5+ (ours): the exact mean paths of the toy, followed a hundred times as far as the paper's axis.

Drawn: the toy as for FIG-5. Computed in closed form, nothing is trained: ERM, and the mean path of Mixup over its
draws of partners (self pairs allowed) at lam = 1/2 and at lam ~ Beta(1, 1), to epoch 1,000,000. Expected: what
FIG-5 says, on a longer axis. Cost at `quick`: five seconds on two cores.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..teacher_student import moments
from ..teacher_student.chunks import over_chunks
from ..teacher_student.mean_path import MeanPath
from ..teacher_student.problem import Setting, draw
from .check import Check, size_of
from .fig_5 import FIXED_LAM, log_spaced, numbered, said

SIZES = {
    "smoke": dict(seeds=8, epochs=10_000),
    "quick": dict(seeds=400, epochs=10_000),
    "small": dict(seeds=2000, epochs=10_000),
}
POINTS = 250


@dataclass(frozen=True)
class FarPaths(Check):
    """Risks of the exact mean paths.

    Attributes:
        setting: What the toy was drawn with.
        epochs: int64 [points], evenly spaced in their logarithm.
        risk: float64 [3, S, points]: ERM, lam = 1/2, random lam.
    """

    setting: Setting
    epochs: np.ndarray
    risk: np.ndarray


def run(
    profile: str = "quick",
    seed: int = 0,
    setting: Setting | None = None,
    seeds: int | None = None,
    epochs: int | None = None,
) -> FarPaths:
    """Draw the toy and follow its mean paths.

    Args:
        profile: Size of the check.
        seed: Another one draws other teachers and points.
        setting: What the text leaves open; default as for FIG-5.
        seeds: How many; None: the profile's number.
        epochs: Those of FIG-5; the paths go a hundred times as far. None: the profile's number.

    Raises:
        ConfigError: The profile is not declared here, or a number is out of range.
    """
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    setting = setting or Setting()
    at = log_spaced(size["epochs"], POINTS)
    outcomes = over_chunks(
        partial(_chunk, setting=setting, epochs=at), numbered(seed, size["seeds"]), "mean paths of the toy"
    )
    return FarPaths(
        profile=profile,
        scale=f"teacher-student toy in closed form, {size['seeds']:,} seeds, {at[-1]:,} epochs, {said(setting)}",
        setting=setting,
        epochs=at,
        risk=np.concatenate(outcomes, axis=1),
    )


def _chunk(seeds: np.ndarray, setting: Setting, epochs: np.ndarray) -> np.ndarray:
    problems = draw(setting, seeds)
    arms = (moments.erm(problems), moments.fixed_lam(problems, FIXED_LAM), moments.uniform_lam(problems))
    return np.array([MeanPath(arm, problems.theta_0, setting.eta).risk(problems, epochs) for arm in arms])
