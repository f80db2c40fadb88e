"""D-4: the paper's sentence on a lowered learning rate, judged in the paper's own model, gradient flow.

Drawn: spectra over five decades, 1 to 12 features, random starts, ends and test covariances; kept are those whose
risk along the flow has a U. Compared on each: a rate eta, eta / 10, four rates drawn at random one after another,
and eta lowered to eta / 10 at the bottom; the same for the bound of THM-5.2. Expected: one lowest risk, to
rounding, at ten times the time for eta / 10; theta at a rate that changes all the time, integrated by a stiff
solver, is theta at s = integral of eta. Cost at `quick`: four seconds.
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp

from ..rng import stream
from ..theory import learning_rate
from ..theory.learning_rate import Modes, flow_decay
from .check import Check, size_of

SIZES = {
    "smoke": dict(instances=400, integrated=4),
    "quick": dict(instances=1000, integrated=40),
    "small": dict(instances=20_000, integrated=200),
}
FACTOR = 10  # by which the rate is lowered
FEATURES = (1, 3, 6, 12)
BATCH = 250  # instances computed together
PLACES, FINE = 500, 2000  # of a grid of times; the fine one is for schedules of many rates
#: A U falls and rises by at least this factor.
DEPTH = 1.01


@dataclass(frozen=True)
class Schedules(Check):
    """Where the risk is lowest in gradient flow.

    Attributes:
        turn: float64 [instances, 2], time of the bottom at eta and at eta / 10.
        lowest: float64 [instances, 4], lowest risk at eta, at eta / 10, under random rates, and from the bottom on
            when the rate is lowered there.
        bound_turn: float64 [instances, 2], time at which THM-5.2's bound is lowest, at eta and at eta / 10.
        bound_lowest: float64 [instances, 2], its sum there.
        integrated: float64 [integrated], error of theta at a changing rate against a stiff solver, relative.
    """

    turn: np.ndarray
    lowest: np.ndarray
    bound_turn: np.ndarray
    bound_lowest: np.ndarray
    integrated: np.ndarray


def run(profile: str = "quick", seed: int = 0, instances: int | None = None) -> Schedules:
    """Draw the instances and find the bottoms.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, instances=instances)
    columns = []
    for number, start in enumerate(range(0, size["instances"], BATCH)):
        generator = stream(seed, "instances", number)
        count = min(BATCH, size["instances"] - start)
        columns.append(_compare(_draw(generator, count, FEATURES[number % len(FEATURES)]), generator))
    turn, lowest, bound_turn, bound_lowest = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return Schedules(
        profile=profile,
        scale=(
            f"{len(turn):,} least-squares flows with a U of {size['instances']:,} drawn, 1 to 12 features, "
            "eigenvalues over five decades"
        ),
        turn=turn,
        lowest=lowest,
        bound_turn=bound_turn,
        bound_lowest=bound_lowest,
        integrated=np.array([_integrated(stream(seed, "points", number)) for number in range(size["integrated"])]),
    )


def _draw(generator: np.random.Generator, count: int, d: int) -> Modes:
    """Draw flows whose end lies off the best parameter, as noisy labels put it, on the far side of the start."""
    root = generator.standard_normal((count, d, d)) * 10 ** generator.uniform(-1, 1, (count, 1, d))
    offset = generator.standard_normal((count, d))
    return Modes(
        mu=10 ** generator.uniform(-4, 1, (count, d)),
        start=-offset * generator.uniform(0, 5, (count, d)) + 0.3 * generator.standard_normal((count, d)),
        offset=offset,
        sigma=np.swapaxes(root, 1, 2) @ root / d,
        least=generator.uniform(0, 1, count),
    )


def _compare(modes: Modes, generator: np.random.Generator) -> tuple[np.ndarray, ...]:
    modes = modes.rows(np.flatnonzero(_has_a_u(modes)))
    eta = 10 ** generator.uniform(-3, 0, len(modes.mu))
    turn, lowest = _bottom(modes, eta[:, None])
    late, low = _bottom(modes, eta[:, None] / FACTOR)
    rates = eta[:, None] * 10 ** generator.uniform(-0.5, 0.5, (len(eta), 4))
    switches = 2 * turn[:, None] * np.sort(generator.uniform(size=(len(eta), 3)), -1)
    _, scheduled = _bottom(modes, rates, switches, places=FINE)
    both = np.stack([eta, eta / FACTOR], -1)
    _, lowered = _bottom(modes, both, turn[:, None], after=turn)
    a, c2 = 10 ** generator.uniform(-2, 3, modes.mu.shape), 10 ** generator.uniform(-2, 1, len(eta))
    bounds = [_bottom_of_bound(modes.mu, a, c2, rate) for rate in (eta, eta / FACTOR)]
    return (
        np.stack([turn, late], -1),
        np.stack([lowest, low, scheduled, lowered], -1),
        np.stack([bounds[0][0], bounds[1][0]], -1),
        np.stack([bounds[0][1], bounds[1][1]], -1),
    )


def _has_a_u(modes: Modes) -> np.ndarray:
    s = _times(modes.mu, np.ones(len(modes.mu)), PLACES)
    risk = modes.risk(flow_decay(modes.mu, s))
    return np.minimum(risk[:, 0], risk[:, -1]) > DEPTH * risk.min(-1)


def _times(mu: np.ndarray, rate: np.ndarray, places: int) -> np.ndarray:
    """Return times from before the fastest mode has moved to after the slowest has arrived."""
    return np.geomspace(1e-3 / (mu.max(-1) * rate), 40 / (mu.min(-1) * rate), places, axis=-1)


def _bottom(
    modes: Modes,
    rates: np.ndarray,
    switches: np.ndarray | None = None,
    after: np.ndarray | None = None,
    places: int = PLACES,
) -> tuple[np.ndarray, np.ndarray]:
    switches = np.zeros((len(rates), 0)) if switches is None else switches
    begin = np.zeros(len(rates)) if after is None else after

    def curve(rows: np.ndarray, t: np.ndarray) -> np.ndarray:
        s = learning_rate.flow_time(begin[rows, None] + t, rates[rows], switches[rows])
        picked = modes.rows(rows)
        return picked.risk(flow_decay(picked.mu, s))

    grid = _times(modes.mu, rates.min(-1), places)
    if after is not None:
        grid[:, 0] *= 1e-9  # the first place is the bottom itself
    place, value, _ = learning_rate.bottom(curve, grid)
    return begin + place, value


def _bottom_of_bound(
    mu: np.ndarray, a: np.ndarray, c2: np.ndarray, eta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    def curve(rows: np.ndarray, t: np.ndarray) -> np.ndarray:
        return learning_rate.bound_curve(mu[rows], a[rows], c2[rows], eta[rows, None] * t)

    place, value, _ = learning_rate.bottom(curve, _times(mu, eta, PLACES))
    return place, value


def _integrated(generator: np.random.Generator) -> float:
    """Integrate one flow at the rate 1 + 0.9 sin(w t), whose integral is t + 0.9 (1 - cos(w t)) / w."""
    phi = generator.standard_normal((4, 12)) * 10 ** generator.uniform(-1, 0.5, (4, 1))
    gram, target, start = phi @ phi.T / 12, generator.standard_normal(4), generator.standard_normal(4)
    w, t = generator.uniform(0.5, 3), np.array([0.3, 1.0, 4.0, 15.0])
    solved = solve_ivp(
        lambda now, theta: -(1 + 0.9 * np.sin(w * now)) * (gram @ theta - target),
        (0, t[-1]),
        start,
        method="LSODA",
        t_eval=t,
        rtol=1e-11,
        atol=1e-13,
    )
    mu, basis = np.linalg.eigh(gram)
    end = np.linalg.solve(gram, target)
    s = t + 0.9 * (1 - np.cos(w * t)) / w
    theta = end[:, None] + basis @ (np.exp(-np.outer(mu, s)) * (basis.T @ (start - end))[:, None])
    return float(np.max(np.abs(solved.y - theta)) / np.max(np.abs(theta)))
