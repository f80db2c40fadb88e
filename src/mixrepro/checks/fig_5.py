"""FIG-5: the toy's test loss under ERM and Mixup, for every pairing that the text allows.

Drawn: a teacher, a student's first layer, theta_0, 20 training points and a test set, anew for each seed.
Trained on them for 10,000 epochs: ERM; Mixup with lam = 1/2 and with lam ~ Beta(1, 1) drawn once an epoch;
partners by a random permutation an epoch, by one without self pairs, or all pairs, with and without self pairs.
Beside them the exact mean path of each, where its risk is lowest, and, for FIG-5+ (ours), where it leads in a
hundred times as many epochs. Expected, says the paper: both Mixups beat ERM, turn and rise, lam = 1/2 first; ERM
levels off. Cost at `quick`: half a minute on two cores.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from ..teacher_student import moments, simulation
from ..teacher_student.all_pairs import random_lam_path
from ..teacher_student.chunks import over_chunks
from ..teacher_student.draws import DRAWN, PAIRINGS, Pairing, allows_self_pairs
from ..teacher_student.mean_path import MeanPath, without_diverged
from ..teacher_student.problem import D, Problems, Setting, draw
from .check import Check, size_of

#: The paper's axis has 200 points, 50 epochs apart.
POINTS = 200
SIZES = {
    "smoke": dict(seeds=8, epochs=600),
    "quick": dict(seeds=128, epochs=10_000),
    "small": dict(seeds=1000, epochs=10_000),
}
SCHEMES = ("fixed", "random")
FIXED_LAM = 0.5
#: Mean paths are followed this many times as far as the training.
FURTHER = 100
FAR_POINTS = 250


@dataclass(frozen=True)
class ToyCurves(Check):
    """Test losses of every seed, and what the mean path says of when they turn.

    Attributes:
        setting: What the toy was drawn with.
        epochs: int64 [points], 0 among them.
        erm: float64 [S, points].
        mixup: float64 [pairings, schemes, S, points], in the order of `PAIRINGS` and `SCHEMES`.
        mean_path: float64 [2, schemes, S, points], risk of the mean path with self pairs, and without.
        mode_turns: float64 [schemes, S], median over the modes of Theorem 5.2's t_k, in epochs, self pairs
            included.
        bound_turns: float64 [schemes, S], where the theorem's sum is lowest.
        far_epochs: int64 [far points], from 1 to `FURTHER` times the epochs, evenly spaced in their logarithm.
        far: float64 [3, S, far points], risk at them of ERM and of the mean paths at lam = 1/2 and at random
            lam, self pairs included.
    """

    setting: Setting
    epochs: np.ndarray
    erm: np.ndarray
    mixup: np.ndarray
    mean_path: np.ndarray
    mode_turns: np.ndarray
    bound_turns: np.ndarray
    far_epochs: np.ndarray
    far: np.ndarray

    def curve(self, pairing: Pairing, scheme: str) -> np.ndarray:
        """Return Mixup's test loss, float64 [S, points]."""
        return self.mixup[PAIRINGS.index(pairing), SCHEMES.index(scheme)]

    def predicted(self, pairing: Pairing, scheme: str) -> np.ndarray:
        """Return the risk of the pairing's mean path, float64 [S, points]."""
        return self.mean_path[int(not allows_self_pairs(pairing)), SCHEMES.index(scheme)]


def run(
    profile: str = "quick",
    seed: int = 0,
    setting: Setting | None = None,
    seeds: int | None = None,
    epochs: int | None = None,
    first: int = 0,
) -> ToyCurves:
    """Draw the toy and train it.

    Args:
        profile: Size of the check.
        seed: Another one draws other teachers, points and partners.
        setting: What the text leaves open; default: PyTorch's initialisation and loss.
        seeds: How many; None: the profile's number.
        epochs: How many; None: the profile's number.
        first: Number of the first seed; checks that shall not share seeds start apart.

    Raises:
        ConfigError: The profile is not declared here, or a number is out of range.
    """
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    setting = setting or Setting()
    recorded, every = recorded_epochs(size["epochs"])
    far_epochs = log_spaced(size["epochs"], FAR_POINTS)
    outcomes = over_chunks(
        partial(_chunk, setting=setting, epochs=recorded, every=every, far_epochs=far_epochs),
        numbered(seed, size["seeds"], first),
        f"the toy, {size['seeds']:,} seeds",
    )
    erm, mixup, mean_path, mode_turns, bound_turns, far = (
        np.concatenate(parts, axis=axis)
        for parts, axis in zip(zip(*outcomes, strict=True), (0, 2, 2, 1, 1, 1), strict=True)
    )
    return ToyCurves(
        profile=profile,
        scale=f"teacher-student toy, {size['seeds']:,} seeds, {size['epochs']:,} epochs, {said(setting)}",
        setting=setting,
        epochs=recorded,
        erm=erm,
        mixup=mixup,
        mean_path=mean_path,
        mode_turns=mode_turns,
        bound_turns=bound_turns,
        far_epochs=far_epochs,
        far=far,
    )


def recorded_epochs(epochs: int) -> tuple[np.ndarray, int]:
    """Return the epochs at which the test loss is recorded, from 0 on, and the distance between them."""
    every = max(1, epochs // POINTS)
    simulation.check_epochs(epochs, every)
    return np.arange(0, epochs + 1, every), every


def log_spaced(epochs: int, points: int) -> np.ndarray:
    """Return whole epochs from 1 to `FURTHER` times `epochs`, evenly spaced in their logarithm: int64 [points]."""
    return np.unique(np.geomspace(1, FURTHER * epochs, points).astype(np.int64))


def numbered(seed: int, count: int, first: int = 0) -> np.ndarray:
    """Return the seeds of a check: int64 [count], none shared with another `seed`."""
    return 1_000_000 * seed + first + np.arange(count)


def said(setting: Setting) -> str:
    """Word what the text leaves open."""
    factor = {1.0: "mean squared error", 0.5: "half the mean squared error"}
    return (
        f"teacher {setting.teacher}, student {setting.student}, theta_0 {setting.theta_0}, "
        f"{factor.get(setting.loss_factor, f'{setting.loss_factor:g} x mean squared error')}, "
        f"{setting.test_points:,} test points"
    )


def start_spread(setting: Setting) -> float:
    """Return xi, the standard deviation of theta_0's entries."""
    return {"pytorch": 1 / np.sqrt(3 * D), "unit": 1.0, "zero": 0.0}[setting.theta_0]


def _chunk(
    seeds: np.ndarray, setting: Setting, epochs: np.ndarray, every: int, far_epochs: np.ndarray
) -> tuple[np.ndarray, ...]:
    problems, last = draw(setting, seeds), int(epochs[-1])
    paths = simulation.simulate(problems, DRAWN, (FIXED_LAM, None), setting.eta, last, every)
    lams, weights = moments.folded_nodes()
    nodes = moments.at_nodes(problems, lams)
    schemes = (moments.fixed_lam(problems, FIXED_LAM), moments.mean_over_lam(nodes, weights))
    mean_path, every_pair = np.empty((2, 2, 2, len(problems), len(epochs)))
    for without, kind in enumerate((_as_they_are, moments.without_self_pairs)):
        for scheme, means in enumerate(schemes):
            path = MeanPath(kind(means, problems), problems.theta_0, setting.eta)
            mean_path[without, scheme] = path.risk(problems, epochs)
        kinds = [kind(node, problems) for node in nodes]
        every_pair[without] = mean_path[without, 0], _random_lam(kinds, problems, setting, last, every)
    with np.errstate(over="ignore", invalid="ignore"):
        drawn = [[problems.risk(theta) for theta in pairing] for pairing in paths]
        losses = [[without_diverged(r, problems.power) for r in pairing] for pairing in (*drawn, *every_pair)]
    erm = MeanPath(moments.erm(problems), problems.theta_0, setting.eta)
    mixups = [MeanPath(means, problems.theta_0, setting.eta) for means in schemes]
    xi = start_spread(setting)
    return (
        erm.risk(problems, epochs),
        np.array(losses),
        mean_path,
        np.array([np.nanmedian(path.mode_turning_times(xi), axis=1) for path in mixups]),
        np.array([path.bound_turning_epochs(xi, epochs) for path in mixups], dtype=np.float64),
        np.array([path.risk(problems, far_epochs) for path in (erm, *mixups)]),
    )


def _as_they_are(means: moments.Moments, problems: Problems) -> moments.Moments:
    return means


def _random_lam(
    nodes: list[moments.Moments], problems: Problems, setting: Setting, epochs: int, every: int
) -> np.ndarray:
    paths = [
        random_lam_path([node.of_seed(row) for node in nodes], problem, setting.eta, epochs, every)
        for row, problem in enumerate(problems)
    ]
    with np.errstate(over="ignore", invalid="ignore"):
        return problems.risk(np.stack(paths))
