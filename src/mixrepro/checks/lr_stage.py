"""LR-STAGE and LR-STAGE+: a learning rate lowered at the bottom, in gradient flow and in stochastic Mixup.

Drawn: regressions on random tanh features of Gaussian points with a random two-layer teacher, Mixup labels, lam
from four nodes of Beta(1, 1), a start at zero; kept are those whose risk in gradient flow has a U, for the claim
speaks of its bottom. Compared on each: a rate eta, eta / 10, and eta lowered to it at the bottom of its own
curve, once in gradient flow on all pairs and once with fresh pairs each step, where the expected risk is computed
from exact second moments. Expected: in flow the lowest risk is the same to rounding; with fresh pairs it is lower,
by an amount proportional to eta and to one over the batch size. Cost at `quick`: fifteen seconds.
"""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from ..errors import ConfigError, found_expected
from ..rng import stream
from ..teacher_student.chunks import over_chunks
from ..theory import learning_rate
from ..theory.learning_rate import Modes, flow_decay
from ..theory.stochastic_mixup import Moments, is_stable, moment_path, weights_of
from .check import Check, size_of
from .feature_regression import HORIZON, D, N, Problem, draw, draw_one
from .lowered_rate import FACTOR, Detail, follow, lowered, start_of, steps_of, three_paths

#: rate is eta times the largest eigenvalue: at 1 a full-batch step solves the steepest direction at once.
SIZES = {
    "smoke": dict(problems=3, swept=3, bounds=120, paths=100, rate=1.0, batch_size=4),
    "quick": dict(problems=100, swept=12, bounds=1000, paths=1000, rate=1.0, batch_size=4),
    "small": dict(problems=500, swept=100, bounds=20_000, paths=10_000, rate=1.0, batch_size=4),
}
PLACES, FINE = 400, 4000  # of a grid of times; the fine one is for schedules of many rates
SWEPT_RATES = np.array([0.025, 0.05, 0.1, 0.2, 0.4, 0.8])
SWEPT_BATCHES = np.array([1, 4, 16, 64])
DESCENT_RATES = np.array([0.1, 1.0, 1.9, 1.99])


@dataclass(frozen=True)
class Stages:
    """Where the risk is lowest on three paths of each problem: at eta, at eta / 10, and lowered at eta's bottom.

    Attributes:
        turn: float64 [problems, 3], the step (in flow: the time) of the bottom.
        lowest: float64 [problems, 3], the risk there; NaN where the second moments are not bounded.
    """

    turn: np.ndarray
    lowest: np.ndarray


@dataclass(frozen=True)
class LearningRates(Check):
    """What becomes of the bottom when the rate is lowered.

    Attributes:
        rate: eta times the largest eigenvalue.
        batch_size: Pairs a step.
        flow: Gradient flow.
        fresh: Fresh pairs each step, in expectation.
        scheduled: float64 [problems], lowest risk of flow under a random positive schedule.
        excess: float64 [swept, batches, rates], lowest expected risk over that of flow, minus 1.
        permuted: float64 [swept, 2], lowest expected risk at eta and after lowering it, for steps on all n points
            with partners by permutation.
        descent: float64 [problems, rates, 2], lowest risk of full-batch descent at eta and after lowering it.
        mode_turns: float64 [bounds, 2], eta t at which one mode of THM-5.2's bound is lowest, at mu and at 2 mu.
        bound_turns: float64 [bounds, 2], eta t at which the whole bound is lowest, at mu and at 2 mu.
        detail: The first problem, with sampled training beside the exact expectation.
    """

    rate: float
    batch_size: int
    flow: Stages
    fresh: Stages
    scheduled: np.ndarray
    excess: np.ndarray
    permuted: np.ndarray
    descent: np.ndarray
    mode_turns: np.ndarray
    bound_turns: np.ndarray
    detail: Detail


def run(
    profile: str = "quick",
    seed: int = 0,
    problems: int | None = None,
    rate: float | None = None,
    batch_size: int | None = None,
) -> LearningRates:
    """Draw the problems and follow each path.

    Raises:
        ConfigError: The profile is not declared here, or a number is out of range.
    """
    size = size_of(SIZES, profile, problems=problems, rate=rate, batch_size=batch_size)
    _check_size(size)
    drawn = draw(seed, size["problems"])
    numbers = np.array(list(drawn))
    modes = learning_rate.stack([problem.modes for problem in drawn.values()])
    etas = size["rate"] / modes.mu[:, -1]
    flow = flow_stages(modes, etas)
    swept = numbers[: size["swept"]]
    work = partial(_follow_all, seed=seed, rate=size["rate"], batch_size=size["batch_size"], swept=swept)
    found = [each for chunk in over_chunks(work, numbers, "LR-STAGE: exact moments") for each in chunk]
    lowest = np.array([each.swept for each in found[: len(swept)]])
    mode_turns, bound_turns = _bounds(stream(seed, "noise"), size["bounds"])
    return LearningRates(
        profile=profile,
        scale=(
            f"{len(drawn):,} random-feature regressions with a U of {numbers[-1] + 1:,} drawn, n = {N}, d = {D}, "
            f"ημ_max = {size['rate']:g} lowered to {size['rate'] / FACTOR:g}, "
            f"{size['batch_size']} fresh pairs a step"
        ),
        rate=size["rate"],
        batch_size=size["batch_size"],
        flow=flow,
        fresh=Stages(np.array([each.turn for each in found]), np.array([each.lowest for each in found])),
        scheduled=_scheduled(modes, etas, flow.turn[:, 0], stream(seed, "pairs")),
        excess=lowest / flow.lowest[: len(swept), 0, None, None] - 1,
        permuted=np.array([each.permuted for each in found[: len(swept)]]),
        descent=np.array([each.descent for each in found]),
        mode_turns=mode_turns,
        bound_turns=bound_turns,
        detail=follow(drawn[int(numbers[0])], size["rate"], size["batch_size"], size["paths"], seed),
    )


class _Found(NamedTuple):
    """What was found on one problem; the last two are None where it was not swept."""

    turn: np.ndarray
    lowest: np.ndarray
    descent: list[tuple[float, float]]
    swept: np.ndarray | None
    permuted: tuple[float, float] | None


def _follow_all(numbers: np.ndarray, seed: int, rate: float, batch_size: int, swept: np.ndarray) -> list[_Found]:
    return [_follow_one(draw_one(seed, int(number)), rate, batch_size, number in swept) for number in numbers]


def _follow_one(problem: Problem, rate: float, batch_size: int, swept: bool) -> _Found:
    moments, eta = Moments(problem.pairs), rate / problem.steepest
    return _Found(
        *three_paths(problem, moments, eta, batch_size),
        _descent(problem),
        _sweep(problem, moments) if swept else None,
        _permuted(problem, moments, eta) if swept else None,
    )


def _check_size(size: dict[str, float]) -> None:
    if not 0 < size["rate"] < 2:
        raise ConfigError(found_expected("rate", size["rate"], "a number between 0 and 2: eta mu_max"))
    for name in ("problems", "batch_size"):
        if not isinstance(size[name], int) or size[name] < 1:
            raise ConfigError(found_expected(name, size[name], "an integer of at least 1"))


def flow_stages(modes: Modes, etas: np.ndarray) -> Stages:
    """Find the bottoms of the three paths in gradient flow.

    Args:
        modes: The problems.
        etas: float64 [problems], the larger rate.
    """
    turns, lowest = [], []
    for eta in (etas, etas / FACTOR):
        turn, value = _flow_bottom(modes, eta[:, None], np.zeros((len(eta), 0)))
        turns.append(turn)
        lowest.append(value)
    both = np.stack([etas, etas / FACTOR], -1)
    turn, value = _flow_bottom(modes, both, turns[0][:, None], after=turns[0])
    return Stages(np.stack([*turns, turn], -1), np.stack([*lowest, value], -1))


def _flow_bottom(
    modes: Modes,
    rates: np.ndarray,
    switches: np.ndarray,
    after: np.ndarray | None = None,
    places: int = PLACES,
) -> tuple[np.ndarray, np.ndarray]:
    """Find the lowest risk along time, from `after` on where it is given."""
    span = HORIZON / (modes.mu[:, -1] * rates.min(-1))
    grid = span[:, None] * np.geomspace(1e-7, 1, places)
    begin = np.zeros(len(span)) if after is None else after

    def curve(rows: np.ndarray, t: np.ndarray) -> np.ndarray:
        s = learning_rate.flow_time(begin[rows, None] + t, rates[rows], switches[rows])
        picked = modes.rows(rows)
        return picked.risk(flow_decay(picked.mu, s))

    place, value, _ = learning_rate.bottom(curve, grid)
    return begin + place, value


def _scheduled(modes: Modes, etas: np.ndarray, turns: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return the lowest risk of flow under eight rates each, drawn at random and positive."""
    rates = etas[:, None] * np.exp(generator.uniform(np.log(1 / 10), np.log(3), (len(etas), 8)))
    switches = 2 * turns[:, None] * np.sort(generator.uniform(size=(len(etas), 7)), -1)
    return _flow_bottom(modes, rates, switches, places=FINE)[1]


def _permuted(problem: Problem, moments: Moments, eta: float) -> tuple[float, float]:
    large, small = (moments.permutation_operator(rate) for rate in (eta, eta / FACTOR))
    if not is_stable(large):
        return np.nan, np.nan
    _, lowest, _, lowest_after = lowered(problem, large, small, steps_of(problem, eta))
    return lowest, lowest_after


def _descent(problem: Problem) -> list[tuple[float, float]]:
    """Return the lowest risk of full-batch descent at each rate, and after lowering it."""
    moments, found = Moments(problem.pairs, lam_per_step=False), []
    for rate in DESCENT_RATES:
        eta = rate / problem.steepest
        large, small = (moments.operator(value, np.inf) for value in (eta, eta / FACTOR))
        _, lowest, _, lowest_after = lowered(problem, large, small, steps_of(problem, eta))
        found.append((lowest, lowest_after))
    return found


def _sweep(problem: Problem, moments: Moments) -> np.ndarray:
    """Return the lowest expected risk at each batch size and rate: float64 [batches, rates]."""
    state, weights = start_of(problem), weights_of(problem.risk)
    lowest = np.full((len(SWEPT_BATCHES), len(SWEPT_RATES)), np.nan)
    for row, batch_size in enumerate(SWEPT_BATCHES):
        for column, rate in enumerate(SWEPT_RATES):
            operator = moments.operator(rate / problem.steepest, batch_size)
            if is_stable(operator):
                lowest[row, column] = moment_path(operator, state, weights, int(HORIZON / rate)).min()
    return lowest


def _bounds(generator: np.random.Generator, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw spectra over four decades; return where one mode and the whole bound are lowest, at mu and at 2 mu."""
    shape = (number, 6)
    mu, a = 10 ** generator.uniform(-3, 1, shape), 10 ** generator.uniform(-2, 3, shape)
    c2 = np.ones(number)
    grid = np.geomspace(1e-6, 1e6, PLACES)[None] * np.ones((number, 1))
    found = []
    for modes in (1, shape[1]):
        turns = []
        for factor in (1, 2):

            def curve(rows: np.ndarray, s: np.ndarray, modes: int = modes, factor: int = factor) -> np.ndarray:
                return learning_rate.bound_curve(factor * mu[rows, :modes], a[rows, :modes], c2[rows], s)

            turns.append(learning_rate.bottom(curve, grid)[0])
        found.append(np.stack(turns, -1))
    return found[0], found[1]
