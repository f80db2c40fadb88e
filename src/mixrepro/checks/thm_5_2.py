"""THM-5.2 and THM-5.2+: both sides of the risk bound, on random instances and where it is reached.

Drawn: the instances of `instances` (1 to 40 features, m from d to 10 d, condition numbers 1 to 1e8, four sorts of
noise, realisable and not), regressions that Mixup really makes, and the families of `tight_instances`. The
population is finite, so both sides are exact, and the constants are the least that the theorem admits: C1 = 2 max
||phi(x)||^2, C2 = max Z_i^2. Expected: no side crosses the other; equality in the tight families. Cost at `quick`:
six seconds.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from ..progress import reporting
from ..rng import stream
from ..theory.risk_bound import risk_bound, sharpened_bound, triangle_bound
from . import instances as drawn
from . import mixup_regression, tight_instances
from .check import Check, size_of

SIZES = {
    "smoke": dict(instances=640, mixup=60, tight=40),
    "quick": dict(instances=12_000, mixup=1200, tight=200),
    "small": dict(instances=100_000, mixup=6000, tight=1000),
}
LARGEST_D = 40
TIMES = 60
Bound = Callable[..., np.ndarray]
#: Features in the tight families.
TIGHT_D = (1, 2, 3, 8, 20)


@dataclass(frozen=True)
class RiskBounds(Check):
    """Both sides of the bounds.

    Attributes:
        d: int64 [instances], features.
        condition: float64 [instances], condition number of G.
        r_star: float64 [instances], R*; zero up to rounding where the labels are linear in the features.
        realisable: bool [instances].
        mixup: bool [instances], whether the instance is a regression as Mixup makes it.
        excess: float64 [instances, times], R_t - R*, exact.
        printed: float64 [instances, times], Theorem 5.2's bound.
        sharpened: float64 [instances, times], ours in the paper's form.
        triangle: float64 [instances, times], ours by lengths.
        reached: What is reached by the tight families, see `Reached`.
    """

    d: np.ndarray
    condition: np.ndarray
    r_star: np.ndarray
    realisable: np.ndarray
    mixup: np.ndarray
    excess: np.ndarray
    printed: np.ndarray
    sharpened: np.ndarray
    triangle: np.ndarray
    reached: "Reached"


@dataclass(frozen=True)
class Reached:
    """Bound over excess on the tight families: 1 where the bound is reached.

    Attributes:
        printed: float64 [instances], at one time, with one feature and R* = 0.
        sharpened: float64 [instances], at one time, with 1 to 20 features and R* = 0.
        triangle: float64 [instances], farthest from 1 over all times, with one feature and R* > 0.
    """

    printed: np.ndarray
    sharpened: np.ndarray
    triangle: np.ndarray


def run(
    profile: str = "quick", seed: int = 0, instances: int | None = None, mixup: int | None = None
) -> RiskBounds:
    """Draw the instances and compute both sides.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, instances=instances, mixup=mixup)
    shapes = drawn.shapes(LARGEST_D)
    batches: Iterable[drawn.Batch] = itertools.chain(
        drawn.batches(seed, size["instances"], shapes), mixup_regression.batches(seed, size["mixup"])
    )
    total = len(shapes) + len(mixup_regression.SHAPES)
    columns = []
    with reporting("THM-5.2") as update:
        for done, batch in enumerate(batches, start=1):
            columns.append(_both_sides(batch))
            update(done, total)
    joined = {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}
    ours = int(joined["mixup"].sum())
    return RiskBounds(
        profile=profile,
        scale=f"{len(joined['d']) - ours:,} random instances, 1 to {LARGEST_D} features, condition numbers 1 to "
        f"1e8, and {ours:,} regressions made by Mixup, {TIMES} times each; {size['tight']:,} instances of each "
        "tight family",
        **joined,
        reached=reached(seed, size["tight"]),
    )


def reached(seed: int, number: int, c1_factor: float = 1.0, c2_factor: float = 1.0) -> Reached:
    """Compute the tight families; factors other than 1 put wrong constants into the bounds.

    Args:
        seed: Of the draws.
        number: Instances of each family.
        c1_factor: Multiplies C1.
        c2_factor: Multiplies C2.
    """
    generator = stream(seed, "noise")
    one = tight_instances.draw(generator, number, 1)
    many = [tight_instances.draw(generator, -(-number // len(TIGHT_D)), d) for d in TIGHT_D]
    missed = tight_instances.draw(generator, number, 1, misfit=True)
    always = _ratio(missed, triangle_bound, c1_factor, c2_factor, missed.times(missed.flow(), TIMES))
    farthest = np.abs(always - 1).argmax(1)
    return Reached(
        printed=_ratio(one, risk_bound, c1_factor, c2_factor, one.turn)[:, 0],
        sharpened=np.concatenate(
            [_ratio(batch, sharpened_bound, c1_factor, c2_factor, batch.turn)[:, 0] for batch in many]
        ),
        triangle=always[np.arange(number), farthest],
    )


def _ratio(batch: drawn.Batch, bound: Bound, c1_factor: float, c2_factor: float, t: np.ndarray) -> np.ndarray:
    flow = batch.flow()
    terms = batch.bound_terms(flow)
    terms["c1"], terms["c2"] = c1_factor * terms["c1"], c2_factor * terms["c2"]
    return bound(t, **terms) / flow.excess_risk(t, batch.population, batch.xi)


def _both_sides(batch: drawn.Batch) -> dict[str, np.ndarray]:
    flow = batch.flow()
    t, terms = batch.times(flow, TIMES), batch.bound_terms(flow)
    size, d = flow.mu.shape
    random = isinstance(batch, drawn.RandomBatch)
    return dict(
        d=np.full(size, d),
        condition=flow.mu[:, -1] / flow.mu[:, 0],
        r_star=terms["r_star"],
        realisable=batch.realisable if random else np.zeros(size, dtype=bool),
        mixup=np.full(size, not random),
        excess=flow.excess_risk(t, batch.population, batch.xi),
        printed=risk_bound(t, **terms),
        sharpened=sharpened_bound(t, **terms),
        triangle=triangle_bound(t, **terms),
    )
