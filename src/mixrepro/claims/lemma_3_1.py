"""LEMMA-3.1: does any trained network's exact Mixup loss fall under the bound?"""

import numpy as np

from ..config import RunConfig
from ..results import Results
from ..theory.loss_bound import class_difference, quadrature_lower_bound
from .rules import Verdict, exceeds, never_negative

#: The losses are means of float32 numbers near one; their rounding lies well below this (nats).
ROUNDING = 1e-5
NUM_CLASSES = 10


def bound(config: RunConfig) -> float:
    """Return the bound for the lam distribution that the exact Mixup loss was computed with, in nats."""
    return quadrature_lower_bound(class_difference(NUM_CLASSES), config.alpha)


def excess(results: Results, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Return exact Mixup loss minus bound: int64 [points] epochs, float64 [seeds, points] nats."""
    epochs, loss = results.curve(arm, "mixup_loss")
    return epochs, loss - bound(results.experiment.arms[arm])


def judge(results: Results) -> Verdict:
    """Judge LEMMA-3.1: no exact Mixup loss lies under its bound, at any evaluation; and training gets nearer."""
    parts = []
    for arm in results.experiment.arms:
        _, over = excess(results, arm)
        missing = np.full(results.n_declared, np.nan)
        lowest = over.min(1) if over.shape[1] else missing
        gained = over[:, 0] - over[:, -1] if over.shape[1] else missing
        parts += [
            never_negative(lowest, ROUNDING, f"{arm}: no network falls under the bound", results),
            exceeds(gained, 0.0, f"{arm}: training brings the loss nearer to the bound", results, "nats"),
        ]
    return Verdict(
        claim="LEMMA-3.1",
        title="The Mixup loss has a positive floor that no network can cross",
        parts=tuple(parts),
    )
