"""FIG-18: the toy under several fixed lam: does a lam nearer to 1/2 turn earlier?

Drawn: the toy as for FIG-5. Trained with partners by a random permutation an epoch, the same for every lam.
Expected, says the paper: the nearer lam to 1/2, the earlier the turn. Cost at `quick`: ten seconds on two cores.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..errors import ConfigError, found_expected
from ..teacher_student import simulation
from ..teacher_student.chunks import over_chunks
from ..teacher_student.mean_path import without_diverged
from ..teacher_student.problem import Setting, draw
from .check import Check, size_of
from .fig_5 import numbered, recorded_epochs, said

SIZES = {
    "smoke": dict(seeds=8, epochs=400),
    "quick": dict(seeds=96, epochs=10_000),
    "small": dict(seeds=1000, epochs=10_000),
}
LAMS = (0.5, 0.6, 0.7, 0.8, 0.9)


@dataclass(frozen=True)
class LamSweep(Check):
    """Test losses at each lam.

    Attributes:
        lams: float64 [lams].
        epochs: int64 [points].
        loss: float64 [lams, S, points], a random permutation an epoch.
    """

    lams: np.ndarray
    epochs: np.ndarray
    loss: np.ndarray


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
    check_lams(lams)
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    setting = setting or Setting()
    recorded, every = recorded_epochs(size["epochs"])
    outcomes = over_chunks(
        partial(_chunk, setting=setting, lams=lams, epochs=int(recorded[-1]), every=every),
        numbered(seed, size["seeds"]),
        f"the toy at {len(lams)} lam, {size['seeds']:,} seeds",
    )
    return LamSweep(
        profile=profile,
        scale=f"teacher-student toy, {size['seeds']:,} seeds, {size['epochs']:,} epochs, a permutation an epoch, "
        + said(setting),
        lams=np.array(lams),
        epochs=recorded,
        loss=np.concatenate(outcomes, axis=1),
    )


def check_lams(lams: tuple[float, ...]) -> None:
    """Refuse lam that are not two or more rising numbers from 1/2 to 1.

    Raises:
        ConfigError: They are not.
    """
    if len(lams) < 2 or not 0.5 <= lams[0] or not lams[-1] <= 1 or not np.all(np.diff(lams) > 0):
        raise ConfigError(found_expected("lams", lams, "two or more numbers from 1/2 to 1, rising"))


def _chunk(seeds: np.ndarray, setting: Setting, lams: tuple[float, ...], epochs: int, every: int) -> np.ndarray:
    problems = draw(setting, seeds)
    (thetas,) = simulation.simulate(problems, ("permutation",), lams, setting.eta, epochs, every)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array([without_diverged(problems.risk(theta), problems.power) for theta in thetas])
