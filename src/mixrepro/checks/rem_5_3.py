"""REM-5.3: the two terms of eq. (3) along many random paths.

Drawn: the instances of `instances`, with 1 to 20 features and a random start. Expected: the first term shrinks and
the second grows, at every pair of times; their norms meet once; the path ends at the solution of the Mixup
regression, which numpy's least squares finds for itself. Cost at `quick`: two seconds.
"""

from dataclasses import dataclass

import numpy as np

from . import instances as drawn
from .check import Check, size_of

SIZES = {
    "smoke": dict(instances=240, times=60),
    "quick": dict(instances=2000, times=200),
    "small": dict(instances=20_000, times=400),
}
LARGEST_D = 20


@dataclass(frozen=True)
class TwoTerms(Check):
    """What the two terms of eq. (3) do.

    Attributes:
        clean_growth: float64 [instances], largest growth of the first term's norm between two times, relative.
        noise_loss: float64 [instances], largest loss of the second term's norm between two times, relative.
        noise_at_start: float64 [instances], norm of the second term at t = 0.
        vanished: float64 [instances], the first term at the last time over that at t = 0.
        end_errors: float64 [instances], distance of the last theta to numpy's least squares, relative.
        crossings: int64 [instances], how often the larger of both terms changes.
        clean_leads: bool [instances], whether the first term is the larger one at t = 0.
        nearest: float64 [instances], least distance to the clean pattern over that at t = 0.
        nearest_at_end: bool [instances], whether the path is nearest to the clean pattern at its last time.
    """

    clean_growth: np.ndarray
    noise_loss: np.ndarray
    noise_at_start: np.ndarray
    vanished: np.ndarray
    end_errors: np.ndarray
    crossings: np.ndarray
    clean_leads: np.ndarray
    nearest: np.ndarray
    nearest_at_end: np.ndarray


def run(profile: str = "quick", seed: int = 0, instances: int | None = None) -> TwoTerms:
    """Draw the instances and follow both terms.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, instances=instances)
    shapes = drawn.shapes(LARGEST_D)
    columns = [_follow(batch, size["times"]) for batch in drawn.batches(seed, size["instances"], shapes)]
    joined = {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}
    return TwoTerms(
        profile=profile,
        scale=f"{len(joined['vanished']):,} random instances, 1 to {LARGEST_D} features, condition numbers 1 to "
        f"1e8, {size['times']} times each",
        **joined,
    )


def _follow(batch: drawn.RandomBatch, number: int) -> dict[str, np.ndarray]:
    flow = batch.flow(batch.theta_0)
    t = np.insert(batch.times(flow, number), 0, 0.0, axis=1)
    clean, noise = flow.clean(t), flow.noise(t)
    first, second = (np.linalg.norm(term, axis=2) for term in (clean, noise))  # [instances, times]
    distance = np.linalg.norm(clean + noise, axis=2)
    end = flow.theta(t)[:, -1]
    labels = batch.y_clean + batch.noise
    solved = [np.linalg.lstsq(phi.T, y, rcond=None)[0] for phi, y in zip(batch.phi, labels, strict=True)]
    return dict(
        clean_growth=np.max(np.diff(first, axis=1), axis=1) / first[:, 0],
        noise_loss=np.max(-np.diff(second, axis=1), axis=1) / second[:, -1],
        noise_at_start=second[:, 0],
        vanished=first[:, -1] / first[:, 0],
        end_errors=np.linalg.norm(end - solved, axis=1) / np.linalg.norm(solved, axis=1),
        crossings=np.sum(np.diff(first > second, axis=1), axis=1),
        clean_leads=first[:, 0] > second[:, 0],
        nearest=distance.min(1) / distance[:, 0],
        nearest_at_end=distance.argmin(1) == number,
    )
