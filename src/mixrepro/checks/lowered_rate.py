"""LR-STAGE: the three paths of a problem, and one problem followed in detail, with sampled training beside it."""

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected
from ..rng import stream
from ..theory.learning_rate import flow_decay, flow_time
from ..theory.mixed_pairs import sample_paths
from ..theory.stochastic_mixup import Moments, advance, is_stable, moment_path, state_of, weights_of
from .feature_regression import HORIZON, Problem

FACTOR = 10  # by which the rate is lowered
MARKS, DROPS = 160, 9
#: Steps of the sampled paths after the bottom, per step up to it, and at most in all.
SAMPLED_AFTER, SAMPLED_STEPS = 4, 600


@dataclass(frozen=True)
class Detail:
    """One problem at eta, at eta / 10, and lowered to eta / 10, in flow and with fresh pairs.

    Attributes:
        marks: int64 [marks], steps.
        flow: float64 [3, marks], the risk of gradient flow: at eta, at eta / 10, lowered at the bottom.
        fresh: float64 [3, marks], the expected risk with fresh pairs.
        mean: float64 [marks], the risk of the mean path with fresh pairs at eta, which is full-batch descent.
        turns: int64 [2, 3], the step of the bottom, in flow and with fresh pairs.
        lowest: float64 [2, 3], the risk there.
        drops: int64 [drops], steps at which the rate is lowered.
        dropped: float64 [2, drops, marks], the risk in flow and with fresh pairs when lowered there.
        after: float64 [2, drops], the lowest risk from there on.
        sampled_steps: int64 [S].
        sampled: float64 [2, S], mean risk of sampled training, at eta and lowered at the bottom.
        errors: float64 [2, S], its standard error.
        expected: float64 [2, S], the exact expectation of the same.
        paths: How many were sampled.
    """

    marks: np.ndarray
    flow: np.ndarray
    fresh: np.ndarray
    mean: np.ndarray
    turns: np.ndarray
    lowest: np.ndarray
    drops: np.ndarray
    dropped: np.ndarray
    after: np.ndarray
    sampled_steps: np.ndarray
    sampled: np.ndarray
    errors: np.ndarray
    expected: np.ndarray
    paths: int


def steps_of(problem: Problem, eta: float) -> int:
    """Return how many steps at `eta` reach the horizon."""
    return int(HORIZON / (eta * problem.steepest))


def start_of(problem: Problem) -> np.ndarray:
    """Return the state of a start at zero."""
    return state_of(np.zeros(problem.modes.mu.shape[1]))


def lowered(problem: Problem, large: np.ndarray, small: np.ndarray, steps: int) -> tuple[int, float, int, float]:
    """Follow one step's map to the bottom, then another's.

    Args:
        problem: Whose risk it is.
        large: float64 [D, D], the map of a step at eta.
        small: float64 [D, D], the map of a step at eta / 10.
        steps: How many steps at eta reach the horizon.

    Returns:
        The step and the expected risk of eta's bottom, and of the bottom after lowering the rate there.
    """
    state, weights = start_of(problem), weights_of(problem.risk)
    risk = moment_path(large, state, weights, steps)
    turn = int(risk.argmin())
    after = moment_path(small, advance(large, state, turn), weights, (steps - turn) * FACTOR)
    return turn, float(risk[turn]), turn + int(after.argmin()), float(after.min())


def three_paths(
    problem: Problem, moments: Moments, eta: float, batch_size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Find the bottoms at eta, at eta / 10 and after lowering: float64 [3] steps and [3] expected risks.

    Both are NaN where the second moments at eta are not bounded.
    """
    large, small = (moments.operator(rate, batch_size) for rate in (eta, eta / FACTOR))
    if not is_stable(large):
        return np.full(3, np.nan), np.full(3, np.nan)
    steps = steps_of(problem, eta)
    turn, lowest, turn_after, lowest_after = lowered(problem, large, small, steps)
    risk = moment_path(small, start_of(problem), weights_of(problem.risk), steps * FACTOR)
    return (
        np.array([turn, risk.argmin(), turn_after], dtype=np.float64),
        np.array([lowest, risk.min(), lowest_after]),
    )


def follow(problem: Problem, rate: float, batch_size: int, paths: int, seed: int) -> Detail:
    """Follow one problem in detail.

    Args:
        problem: The problem.
        rate: eta times the largest eigenvalue.
        batch_size: Pairs a step.
        paths: Sampled trainings.
        seed: Of the sampled pairs.

    Raises:
        ConfigError: At this rate and batch size the expected risk grows without bound.
    """
    eta = rate / problem.steepest
    steps = steps_of(problem, eta) * FACTOR
    moments = Moments(problem.pairs)
    large, small = (moments.operator(value, batch_size) for value in (eta, eta / FACTOR))
    if not is_stable(large):
        expected = f"a rate at which {batch_size} pairs a step keep the expected risk of the first problem bounded"
        raise ConfigError(found_expected("rate", rate, expected))
    state, weights = start_of(problem), weights_of(problem.risk)
    whole = Moments(problem.pairs, lam_per_step=False).operator(eta, np.inf)
    fresh = [moment_path(operator, state, weights, steps) for operator in (large, small)]
    flow = [_flow(problem, np.array([value]), np.zeros(0), np.arange(steps + 1)) for value in (eta, eta / FACTOR)]
    turns = [int(flow[0].argmin()), int(fresh[0].argmin())]
    drops = np.unique(np.rint(np.clip(turns[1] * 2.0 ** np.linspace(-4, 4, DROPS), 1, steps)).astype(int))

    def drop(at: int) -> tuple[np.ndarray, np.ndarray]:
        in_flow = _flow(problem, np.array([eta, eta / FACTOR]), np.array([float(at)]), np.arange(steps + 1))
        later = moment_path(small, advance(large, state, at), weights, steps - at)
        return in_flow, np.concatenate([fresh[0][:at], later])

    flow.append(drop(turns[0])[0])
    fresh.append(drop(turns[1])[1])
    marks = np.unique(np.geomspace(1, steps, MARKS).astype(int))
    dropped = [drop(int(at)) for at in drops]
    pairs = [np.stack(curves) for curves in zip(*dropped, strict=True)]  # flow, fresh: [drops, steps + 1]
    last = min(SAMPLED_AFTER * turns[1] + 20, SAMPLED_STEPS)
    shown = np.unique(np.geomspace(1, last, 100).astype(int))
    sampled = [
        _sampled(problem, np.where(np.arange(last) < at, eta, eta / FACTOR), batch_size, paths, seed, number)[
            :, shown
        ]
        for number, at in enumerate((last, turns[1]))
    ]
    return Detail(
        marks=marks,
        flow=np.stack(flow)[:, marks],
        fresh=np.stack(fresh)[:, marks],
        mean=moment_path(whole, state, weights, steps)[marks],
        turns=np.array([[int(curve.argmin()) for curve in curves] for curves in (flow, fresh)]),
        lowest=np.array([[curve.min() for curve in curves] for curves in (flow, fresh)]),
        drops=drops,
        dropped=np.stack(pairs)[:, :, marks],
        after=np.array([[c[at:].min() for c, at in zip(curves, drops, strict=True)] for curves in pairs]),
        sampled_steps=shown,
        sampled=np.stack([risks.mean(0) for risks in sampled]),
        errors=np.stack([risks.std(0, ddof=1) / np.sqrt(paths) for risks in sampled]),
        expected=np.stack([fresh[0][shown], fresh[2][shown]]),
        paths=paths,
    )


def _flow(problem: Problem, rates: np.ndarray, switches: np.ndarray, t: np.ndarray) -> np.ndarray:
    s = flow_time(t, rates, switches)[None]
    return problem.modes.risk(flow_decay(problem.modes.mu, s))[0]


def _sampled(
    problem: Problem, rates: np.ndarray, batch_size: int, paths: int, seed: int, number: int
) -> np.ndarray:
    """Return the risk along sampled trainings: float64 [paths, steps + 1]."""
    start = np.zeros(problem.modes.mu.shape[1])
    theta = sample_paths(problem.pairs, rates, batch_size, start, paths, stream(seed, "partner", number))
    return problem.risk(theta).T
