"""How far FIG-5 hangs on what the text leaves open: scales of both nets, theta_0, the loss's factor, test size.

Every combination is drawn with the same points. ERM and Mixup at lam = 1/2 on all pairs are exact in closed
form; for random lam, and for partners drawn anew each epoch, the mean path is, whose risk leaves out the path's
spread around it. So one eigenbasis serves twelve settings, and nothing is simulated. Cost at `quick`: a quarter of
a minute on two cores.
"""

from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import get_args

import numpy as np

from ..teacher_student import moments
from ..teacher_student.chunks import over_chunks
from ..teacher_student.mean_path import MeanPath
from ..teacher_student.problem import Init, Setting, Start, draw
from .check import Check, size_of
from .fig_5 import FIXED_LAM, numbered

SIZES = {
    "smoke": dict(seeds=3, epochs=600),
    "quick": dict(seeds=60, epochs=10_000),
    "small": dict(seeds=300, epochs=10_000),
}
POINTS = 100
#: Enough for unit-normal weights, too: G is right to 4e-4, of eigenvalues near 15.
NODES = 16
LOSS_FACTORS, TEST_POINTS = (0.5, 1.0), (1000, 50)
#: Features of a larger scale than the default's; few seeds diverge. The chapter simulates this one, too.
LARGER_FEATURES = Setting(teacher="fan-in", student="unit")


@dataclass(frozen=True)
class SensitivityMap(Check):
    """Test losses of every setting.

    Attributes:
        settings: The cells of the map; teacher and student vary slowest.
        epochs: int64 [points].
        loss: float64 [cells, 3, S, points]: ERM, and the mean paths at lam = 1/2 and at random lam, all pairs;
            NaN throughout where a seed diverges.
    """

    settings: tuple[Setting, ...]
    epochs: np.ndarray
    loss: np.ndarray

    def diverged(self) -> np.ndarray:
        """Return the share of seeds of which an arm diverges: float64 [cells]."""
        return np.isnan(self.loss[..., -1]).any(1).mean(1)


def run(
    profile: str = "quick", seed: int = 0, seeds: int | None = None, epochs: int | None = None
) -> SensitivityMap:
    """Compute the curves of every setting.

    Args:
        profile: Size of the check.
        seed: Another one draws other teachers and points.
        seeds: How many; None: the profile's number.
        epochs: How many; None: the profile's number.

    Raises:
        ConfigError: The profile is not declared here, or a number is out of range.
    """
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    at = np.arange(0, size["epochs"] + 1, max(1, size["epochs"] // POINTS))
    chunks = over_chunks(partial(_chunk, epochs=at), numbered(seed, size["seeds"]), "settings of the toy")
    return SensitivityMap(
        profile=profile,
        scale=f"teacher-student toy in closed form, {size['seeds']:,} seeds, {size['epochs']:,} epochs, all pairs",
        settings=all_settings(),
        epochs=at,
        loss=np.concatenate(chunks, axis=2),
    )


def all_settings() -> tuple[Setting, ...]:
    """Return the cells of the map, in order."""
    return tuple(
        replace(base, theta_0=theta_0, loss_factor=factor, test_points=points)
        for base in _scales()
        for theta_0, factor, points in _others()
    )


def _scales() -> list[Setting]:
    return [Setting(teacher=teacher, student=student) for teacher, student in product(get_args(Init), repeat=2)]


def _others() -> list[tuple[Start, float, int]]:
    return list(product(get_args(Start), LOSS_FACTORS, TEST_POINTS))


def _chunk(seeds: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    return np.concatenate([_of_scales(base, seeds, epochs) for base in _scales()])


def _of_scales(base: Setting, seeds: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """Return the cells of one pair of scales: float64 [12, 3, S, points]."""
    problems = {points: draw(replace(base, test_points=points), seeds) for points in TEST_POINTS}
    drawn = problems[TEST_POINTS[0]]  # training points, teacher and student are those of every test size
    starts = {name: draw(replace(base, theta_0=name, test_points=1), seeds).theta_0 for name in get_args(Start)}
    arms = (moments.erm(drawn), moments.fixed_lam(drawn, FIXED_LAM), moments.uniform_lam(drawn, nodes=NODES))
    paths = [MeanPath(means, drawn.theta_0, base.eta) for means in arms]
    cells = []
    for theta_0, factor, points in _others():
        eta = replace(base, loss_factor=factor).eta
        cells.append([path.started(starts[theta_0], eta).risk(problems[points], epochs) for path in paths])
    return np.array(cells)
