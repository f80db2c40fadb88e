"""FIG-18: the toy under several fixed lam: does a lam nearer to 1/2 turn earlier?

Drawn: the toy as for FIG-5. Trained with partners by a random permutation an epoch, the same for every lam.
Beside it the exact mean path, followed a hundred times further than the training, so that a turn that comes late
is seen. Expected, says the paper: the nearer lam to 1/2, the earlier the turn. Cost at `quick`: ten seconds on
two cores.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..errors import ConfigError, found_expected
from ..teacher_student import moments, simulation
from ..teacher_student.chunks import over_chunks
from ..teacher_student.mean_path import MeanPath, turning_epochs, without_diverged
from ..teacher_student.problem import Setting, draw
from .check import Check, size_of
from .fig_5 import log_spaced, numbered, recorded_epochs, said

SIZES = {
    "smoke": dict(seeds=8, epochs=400),
    "quick": dict(seeds=96, epochs=10_000),
    "small": dict(seeds=1000, epochs=10_000),
}
LAMS = (0.5, 0.6, 0.7, 0.8, 0.9)
FAR_POINTS = 300


@dataclass(frozen=True)
class LamSweep(Check):
    """Test losses and turning epochs at each lam.

    Attributes:
        lams: float64 [lams].
        epochs: int64 [points].
        loss: float64 [lams, S, points], a random permutation an epoch.
        mean_path: float64 [lams, S, points], risk of the exact mean path.
        far_turns: float64 [lams, S], the epoch at which the mean path's risk is lowest, up to `far_end`.
        far_end: Last epoch that `far_turns` could be.
    """

    lams: np.ndarray
    epochs: np.ndarray
    loss: np.ndarray
    mean_path: np.ndarray
    far_turns: np.ndarray
    far_end: int


def run(
    profile: str = "quick",
    seed: int = 0,
    setting: Setting | None = None,
    lams: tuple[float, ...] = LAMS,
    seeds: int | None = None,
    epochs: int | None = None,
) -> LamSweep:
    """Draw the toy and train it at each lam.

    Args:
        profile: Size of the check.
        seed: Another one draws other teachers, points and partners.
        setting: What the text leaves open; default as for FIG-5.
        lams: Mixing coefficients, from 1/2 on, rising.
        seeds: How many; None: the profile's number.
        epochs: How many; None: the profile's number.

    Raises:
        ConfigError: The profile is not declared here, or a number is out of range.
    """
    if len(lams) < 2 or not 0.5 <= lams[0] or not lams[-1] <= 1 or not np.all(np.diff(lams) > 0):
        raise ConfigError(found_expected("lams", lams, "two or more numbers from 1/2 to 1, rising"))
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    setting = setting or Setting()
    recorded, every = recorded_epochs(size["epochs"])
    far = log_spaced(size["epochs"], FAR_POINTS)
    outcomes = over_chunks(
        partial(_chunk, setting=setting, lams=lams, epochs=recorded, every=every, far=far),
        numbered(seed, size["seeds"]),
        f"the toy at {len(lams)} lam, {size['seeds']:,} seeds",
    )
    loss, mean_path, far_turns = (np.concatenate(parts, axis=1) for parts in zip(*outcomes, strict=True))
    return LamSweep(
        profile=profile,
        scale=f"teacher-student toy, {size['seeds']:,} seeds, {size['epochs']:,} epochs, a permutation an epoch, "
        + said(setting),
        lams=np.array(lams),
        epochs=recorded,
        loss=loss,
        mean_path=mean_path,
        far_turns=far_turns,
        far_end=int(far[-1]),
    )


def _chunk(
    seeds: np.ndarray, setting: Setting, lams: tuple[float, ...], epochs: np.ndarray, every: int, far: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    problems = draw(setting, seeds)
    (thetas,) = simulation.simulate(problems, ("permutation",), lams, setting.eta, int(epochs[-1]), every)
    means = [MeanPath(moments.fixed_lam(problems, lam), problems.theta_0, setting.eta) for lam in lams]
    with np.errstate(over="ignore", invalid="ignore"):
        loss = [without_diverged(problems.risk(theta), problems.power) for theta in thetas]
    return (
        np.array(loss),
        np.array([path.risk(problems, epochs) for path in means]),
        np.array([turning_epochs(path.risk(problems, far), far) for path in means]),
    )
