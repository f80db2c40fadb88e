"""FIG-5: the toy's test loss under ERM and Mixup, for every pairing that the text allows.

Drawn: a teacher, a student's first layer, theta_0, 20 training points and a test set, anew for each seed.
Trained on them for 10,000 epochs: ERM; Mixup with lam = 1/2 and with lam ~ Beta(1, 1) drawn once an epoch;
partners by a random permutation an epoch, by one without self pairs, or all pairs, with and without self pairs.
Beside them the exact mean path of each, and where its risk is lowest. Expected, says the paper: both Mixups beat
ERM, turn and rise, lam = 1/2 first; ERM levels off. Cost at `quick`: half a minute on two cores.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
ALL_PAIRS: tuple[Pairing, ...] = ("all pairs", "all pairs, no self")
FIXED_LAM = 0.5
#: Mean paths can be followed this many times as far as the training.
FURTHER = 100


@dataclass(frozen=True)
class ToyCurves(Check):
    """Test losses of every seed, and what the mean path says of when they turn.

    Attributes:
        setting: What the toy was drawn with.
        pairings: The pairings that were trained.
        epochs: int64 [points], 0 among them.
        erm: float64 [S, points].
        mixup: float64 [pairings, schemes, S, points], in the order of `pairings` and `SCHEMES`.
        mean_path: float64 [2, schemes, S, points], risk of the mean path with self pairs, and without.
        mode_turns: float64 [schemes, S], median over the modes of Theorem 5.2's t_k, in epochs, self pairs
            included.
        bound_turns: float64 [schemes, S], where the theorem's sum is lowest.
    """

    setting: Setting
    pairings: tuple[Pairing, ...]
    epochs: np.ndarray
    erm: np.ndarray
    mixup: np.ndarray
    mean_path: np.ndarray
    mode_turns: np.ndarray
    bound_turns: np.ndarray

    def curve(self, pairing: Pairing, scheme: str) -> np.ndarray:
        """Return Mixup's test loss, float64 [S, points]."""
        return self.mixup[self.pairings.index(pairing), SCHEMES.index(scheme)]

    def predicted(self, pairing: Pairing, scheme: str) -> np.ndarray:
        """Return the risk of the pairing's mean path, float64 [S, points]."""
        return self.mean_path[int(not allows_self_pairs(pairing)), SCHEMES.index(scheme)]

    def lost(self) -> np.ndarray:
        """Tell which seeds diverged in some arm: bool [S]."""
        return ~(np.isfinite(self.erm[:, -1]) & np.isfinite(self.mixup[..., -1]).all((0, 1)))

    def without_lost(self) -> "ToyCurves":
        """Return the curves of the seeds that did not diverge; `scale` says how many are left out."""
        lost = self.lost()
        if not lost.any():
            return self
        kept = {
            "erm": self.erm[~lost],
            **{name: getattr(self, name)[:, ~lost] for name in ("mode_turns", "bound_turns")},
            **{name: getattr(self, name)[:, :, ~lost] for name in ("mixup", "mean_path")},
        }
        return replace(self, **kept, scale=f"{self.scale}; {lost.sum()} of {len(lost)} seeds diverged, left out")


def run(
    profile: str = "quick",
    seed: int = 0,
    setting: Setting | None = None,
    seeds: int | None = None,
    epochs: int | None = None,
    first: int = 0,
    pairings: tuple[Pairing, ...] = PAIRINGS,
) -> ToyCurves:
    """Draw the toy and train it.

    Args:
        profile: Size of the check.
        seed: Another one draws other teachers, points and partners.
        setting: What the text leaves open; default: PyTorch's initialisation and loss.
        seeds: How many; None: the profile's number.
        epochs: How many; None: the profile's number.
        first: Number of the first seed; checks that shall not share seeds start apart.
        pairings: The pairings to train.

    Raises:
        ConfigError: The profile is not declared here, or a number is out of range.
    """
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    setting = setting or Setting()
    recorded, every = recorded_epochs(size["epochs"])
    outcomes = over_chunks(
        partial(_chunk, setting=setting, pairings=pairings, epochs=recorded, every=every),
        numbered(seed, size["seeds"], first),
        f"the toy, {size['seeds']:,} seeds",
    )
    erm, mixup, mean_path, mode_turns, bound_turns = (
        np.concatenate(parts, axis=axis)
        for parts, axis in zip(zip(*outcomes, strict=True), (0, 2, 2, 1, 1), strict=True)
    )
    return ToyCurves(
        profile=profile,
        scale=f"teacher-student toy, {size['seeds']:,} seeds, {size['epochs']:,} epochs, {said(setting)}",
        setting=setting,
        pairings=pairings,
        epochs=recorded,
        erm=erm,
        mixup=mixup,
        mean_path=mean_path,
        mode_turns=mode_turns,
        bound_turns=bound_turns,
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
    seeds: np.ndarray,
    setting: Setting,
    pairings: tuple[Pairing, ...],
    epochs: np.ndarray,
    every: int,
) -> tuple[np.ndarray, ...]:
    problems, last = draw(setting, seeds), int(epochs[-1])
    lams, weights = moments.folded_nodes()
    nodes = moments.at_nodes(problems, lams)
    schemes = (moments.fixed_lam(problems, FIXED_LAM), moments.mean_over_lam(nodes, weights))
    mean_path = np.empty((2, 2, len(problems), len(epochs)))
    risks = dict(_drawn(problems, setting, pairings, last, every))
    for without, kind in enumerate((_as_they_are, moments.without_self_pairs)):
        for scheme, means in enumerate(schemes):
            path = MeanPath(kind(means, problems), problems.theta_0, setting.eta)
            mean_path[without, scheme] = path.risk(problems, epochs)
        if (pairing := ALL_PAIRS[without]) in pairings:
            kinds = [kind(node, problems) for node in nodes]
            risks[pairing] = [mean_path[without, 0], _random_lam(kinds, problems, setting, last, every)]
    erm = MeanPath(moments.erm(problems), problems.theta_0, setting.eta)
    mixups = [MeanPath(means, problems.theta_0, setting.eta) for means in schemes]
    xi = start_spread(setting)
    return (
        erm.risk(problems, epochs),
        np.array([[without_diverged(risk, problems.power) for risk in risks[pairing]] for pairing in pairings]),
        mean_path,
        np.array([np.nanmedian(path.mode_turning_times(xi), axis=1) for path in mixups]),
        np.array([path.bound_turning_epochs(xi, epochs) for path in mixups], dtype=np.float64),
    )


def _drawn(
    problems: Problems, setting: Setting, pairings: tuple[Pairing, ...], epochs: int, every: int
) -> Iterator[tuple[Pairing, list[np.ndarray]]]:
    """Yield the risks under each pairing that draws partners, float64 [S, points] for each scheme."""
    drawn = [pairing for pairing in pairings if pairing in DRAWN]
    paths = simulation.simulate(problems, drawn, (FIXED_LAM, None), setting.eta, epochs, every) if drawn else []
    with np.errstate(over="ignore", invalid="ignore"):
        for pairing, thetas in zip(drawn, paths, strict=True):
            yield pairing, [problems.risk(theta) for theta in thetas]


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
