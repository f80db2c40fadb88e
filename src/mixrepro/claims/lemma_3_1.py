"""LEMMA-3.1: does a trained network's exact Mixup loss fall under the bound? And LEMMA-3.1+, its general form."""

import numpy as np

from ..checks.lemma_3_1 import LossBounds
from ..config import RunConfig
from ..results import Results
from ..theory.loss_bound import class_difference, quadrature_lower_bound
from .rules import Verdict, never_negative
from .universal import agrees, holds_in_every_case

#: The losses are means of float32 numbers near one; their rounding lies well below this (nats).
ROUNDING = 1e-5
NUM_CLASSES = 10
#: Rounding of float64 sums of some thousand terms near one, and of adaptive quadrature (relative).
EXACT, QUADRATURE = 1e-12, 1e-8


def bound(config: RunConfig) -> float:
    """Return the bound for the lam distribution that the exact Mixup loss was computed with, in nats."""
    return quadrature_lower_bound(class_difference(NUM_CLASSES), config.alpha)


def excess(results: Results, arm: str) -> tuple[np.ndarray, np.ndarray]:
    """Return exact Mixup loss minus bound: int64 [points] epochs, float64 [seeds, points] nats."""
    epochs, loss = results.curve(arm, "mixup_loss")
    return epochs, loss - bound(results.experiment.arms[arm])


def judge(results: Results) -> Verdict:
    """Judge LEMMA-3.1: no exact Mixup loss lies under its bound, at any evaluation.

    How near training gets to the bound is no part of it: an optimiser that gets no nearer refutes no theorem.
    """
    parts = []
    for arm in results.experiment.arms:
        _, over = excess(results, arm)
        lowest = over.min(1) if over.shape[1] else np.full(results.n_declared, np.nan)
        parts.append(never_negative(lowest, ROUNDING, f"{arm}: no network falls under the bound", results))
    return Verdict(
        claim="LEMMA-3.1",
        title="The Mixup loss has a positive floor that no network can cross",
        parts=tuple(parts),
    )


def judge_general(check: LossBounds) -> Verdict:
    """Judge LEMMA-3.1+: the bound for any alpha and class balance, reached by the mixed labels alone."""
    under = check.loss < check.bound - EXACT
    return Verdict(
        claim="LEMMA-3.1+",
        title="The floor for any alpha, any class balance and partners inside a batch (ours)",
        parts=(
            holds_in_every_case(
                under, "no prediction loses less than the floor", check, f"rounding {EXACT:g} nats"
            ),
            agrees(
                check.least_loss / check.bound - 1, EXACT, "the mixed labels themselves lie on the floor", check
            ),
            agrees(check.entropy_errors, QUADRATURE, "E[H(lam)] by digamma is that by quadrature", check),
            agrees(
                check.batch_errors,
                EXACT,
                "the floor inside a batch is the mean over all partner permutations",
                check,
            ),
        ),
    )
