"""U-SHAPE and U-SHAPE+: does the risk turn where the bound does? Mode by mode, and as a whole.

Drawn: the instances of `instances` and regressions that Mixup really makes, as for THM-5.2. The bound turns in
every mode; the true error of a mode turns only under a condition on the signs of theta* and theta_noise. Turning
times of modes are compared with the zero of a derivative that is computed in the complex plane, without a formula
for it. The whole risk is followed at many times. Cost at `quick`: eight seconds.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..progress import reporting
from ..theory.risk_bound import error_turning_times, risk_bound, turning_times
from . import instances as drawn
from . import mixup_regression
from .check import Check, size_of
from .courses import courses

SIZES = {
    "smoke": dict(instances=320, mixup=120, largest_d=8),
    "quick": dict(instances=3000, mixup=1200, largest_d=40),
    "small": dict(instances=24_000, mixup=12_000, largest_d=40),
}
TIMES = 360
BISECTIONS = 60
#: Times about the first turn of a mode of the bound, which may come before anything moves.
EARLY = 60
BEFORE = np.geomspace(0.01, 1e4, EARLY)


@dataclass(frozen=True)
class Turns(Check):
    """Where modes, bound and risk turn.

    Attributes:
        mixup: bool [instances], whether the instance is a regression as Mixup makes it.
        course: int64 [instances], place in `COURSES` of the risk R_t.
        bound_minima: int64 [instances], how often the printed bound turns from falling to rising.
        rise: float64 [instances], R at the last time over its least value, minus 1.
        best_time: float64 [instances], time of the least R_t; nan where it is least at the first or last time.
        bound_time: float64 [instances], time at which the printed bound is least.
        mode_mixup: bool [modes], as `mixup`, for the modes of all instances.
        mode_turns: bool [modes], whether the true error of the mode turns.
        mode_errors: float64 [modes that turn], closed form of that time against the derivative's zero, relative.
        bound_errors: float64 [modes], closed form of t_k against the derivative's zero, relative.
        wrongly_told: bool [modes], whether the condition on the signs errs, by the derivative at both ends.
        lead: float64 [modes that turn], time at which the true error turns over t_k.
    """

    mixup: np.ndarray
    course: np.ndarray
    bound_minima: np.ndarray
    rise: np.ndarray
    best_time: np.ndarray
    bound_time: np.ndarray
    mode_mixup: np.ndarray
    mode_turns: np.ndarray
    mode_errors: np.ndarray
    bound_errors: np.ndarray
    wrongly_told: np.ndarray
    lead: np.ndarray


def run(profile: str = "quick", seed: int = 0, instances: int | None = None, mixup: int | None = None) -> Turns:
    """Draw the instances and find where everything turns.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, instances=instances, mixup=mixup)
    shapes = drawn.shapes(size["largest_d"], ratios=(1.0, 3.0))
    batches = itertools.chain(
        drawn.batches(seed, size["instances"], shapes), mixup_regression.batches(seed, size["mixup"])
    )
    total = len(shapes) + len(mixup_regression.SHAPES)
    columns = []
    with reporting("U-SHAPE") as update:
        for done, batch in enumerate(batches, start=1):
            columns.append({**_whole(batch), **_modes(batch)})
            update(done, total)
    joined = {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}
    risk, bound = joined.pop("risk"), joined.pop("bound")
    ours = int(joined["mixup"].sum())
    return Turns(
        profile=profile,
        scale=f"{len(joined['mixup']) - ours:,} random instances, 1 to {size['largest_d']} features, condition "
        f"numbers 1 to 1e8, and {ours:,} regressions made by Mixup, {TIMES} times each; "
        f"{len(joined['mode_turns']):,} modes",
        course=courses(risk).place(),
        bound_minima=courses(bound).minima,
        **joined,
    )


def _whole(batch: drawn.Batch) -> dict[str, np.ndarray]:
    flow = batch.flow()
    terms = batch.bound_terms(flow)
    known = {name: terms[name] for name in ("mu", "theta_star", "xi", "c2", "eta")}
    earliest = turning_times(**known).min(1)  # before which the bound only falls
    t = np.sort(np.concatenate([batch.times(flow, TIMES - EARLY), earliest[:, None] * BEFORE], axis=1), axis=1)
    risk = flow.risk(t, batch.population, batch.xi)
    best = risk.argmin(1)
    bound = risk_bound(t, **terms)
    each = np.arange(len(t))
    inside = (best > 0) & (best < TIMES - 1)
    return dict(
        mixup=np.full(len(t), not isinstance(batch, drawn.RandomBatch)),
        risk=risk,
        bound=bound,
        rise=risk[:, -1] / risk.min(1) - 1,
        best_time=np.where(inside, t[each, best], np.nan),
        bound_time=t[each, bound.argmin(1)],
    )


def _modes(batch: drawn.Batch) -> dict[str, np.ndarray]:
    flow = batch.flow()
    terms = batch.bound_terms(flow)
    mu, star, noise = flow.mu, terms["theta_star"], flow.in_modes(flow.theta_noise)
    xi, strength = batch.xi[:, None], terms["c2"][:, None] / mu
    bound = turning_times(mu=mu, theta_star=star, xi=batch.xi, c2=terms["c2"], eta=flow.eta)
    exact = error_turning_times(mu=mu, theta_star=star, theta_noise=noise, xi=batch.xi, eta=flow.eta)

    def bound_of_mode(t: np.ndarray) -> np.ndarray:
        u, risen = np.exp(-flow.eta * mu * t), -np.expm1(-flow.eta * mu * t)
        return (xi**2 + star**2) * u**2 + strength * risen**2

    def error_of_mode(t: np.ndarray) -> np.ndarray:
        u, risen = np.exp(-flow.eta * mu * t), -np.expm1(-flow.eta * mu * t)
        return (xi * u) ** 2 + (risen * noise - u * star) ** 2

    first, last = 1e-30 / (flow.eta * mu), 300 / (flow.eta * mu)
    turns = np.isfinite(exact) & (exact > 0)
    told = (_slope(error_of_mode, first) < 0) & (_slope(error_of_mode, last) > 0)
    mode_times = _zero_of_slope(error_of_mode, first, last)
    bound_times = _zero_of_slope(bound_of_mode, first, last)
    return dict(
        mode_mixup=np.full(mu.size, not isinstance(batch, drawn.RandomBatch)),
        mode_turns=turns.ravel(),
        mode_errors=(exact / mode_times - 1)[turns],
        bound_errors=(bound / bound_times - 1).ravel(),
        wrongly_told=(turns != told).ravel(),
        lead=(exact / bound)[turns],
    )


def _slope(curve: Callable[[np.ndarray], np.ndarray], t: np.ndarray) -> np.ndarray:
    """Differentiate by a step along the imaginary axis, which costs no digits."""
    step = 1e-60 * t
    return curve(t + 1j * step).imag


def _zero_of_slope(curve: Callable[[np.ndarray], np.ndarray], first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """Find where a curve turns from falling to rising, by bisection in the logarithm of t."""
    low, high = np.log(first), np.log(last)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        rising = _slope(curve, np.exp(middle)) > 0
        low, high = np.where(rising, low, middle), np.where(rising, middle, high)
    return np.exp((low + high) / 2)
