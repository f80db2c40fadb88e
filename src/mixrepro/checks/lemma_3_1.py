"""LEMMA-3.1+: the bound for any alpha and any class balance, and its form for partners inside a batch.

Drawn: labels of a finite training set in random proportions, alpha between 0.05 and 20, and random predictions for
every mixed pair. The mean loss is taken over all n^2 pairs and over the nodes of a Gauss rule for lam, which is a
distribution of lam like any other. Expected: no prediction lies under the bound, the mixed labels themselves lie
on it, and the closed form of E[H(lam)] is what quadrature gives. Cost at `quick`: two seconds.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory import loss_bound
from .check import Check, size_of

SIZES = {"smoke": dict(instances=120), "quick": dict(instances=1000), "small": dict(instances=10_000)}

#: Alphas at which the closed form of E[H(lam)] is compared with quadrature.
ALPHAS = np.geomspace(0.05, 50, 40)
NODES = 16


@dataclass(frozen=True)
class LossBounds(Check):
    """What random predictions and the mixed labels themselves lose.

    Attributes:
        bound: float64 [instances], nats: the bound for the lam distribution of the nodes.
        loss: float64 [instances], nats: mean cross-entropy of random predictions.
        least_loss: float64 [instances], nats: mean cross-entropy of the mixed labels against themselves.
        entropy_errors: float64 [alphas], relative error of the closed form of E[H(lam)] against quadrature.
        batch_errors: float64 [cases], relative error of the in-batch bound against all partner permutations.
    """

    bound: np.ndarray
    loss: np.ndarray
    least_loss: np.ndarray
    entropy_errors: np.ndarray
    batch_errors: np.ndarray


def run(profile: str = "quick", seed: int = 0, instances: int | None = None) -> LossBounds:
    """Draw the instances and compute both sides.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, instances=instances)
    drawn = [_instance(stream(seed, "instances", number)) for number in range(size["instances"])]
    bound, loss, least_loss = (np.array(column) for column in zip(*drawn, strict=True))
    quadrature = np.array([loss_bound.expected_entropy_by_quadrature(alpha) for alpha in ALPHAS])
    closed = np.array([loss_bound.expected_entropy(alpha) for alpha in ALPHAS])
    return LossBounds(
        profile=profile,
        scale=f"{len(drawn):,} random label sets, 2 to 6 classes, alpha from 0.05 to 20, random predictions",
        bound=bound,
        loss=loss,
        least_loss=least_loss,
        entropy_errors=closed / quadrature - 1,
        batch_errors=np.array([_batch_error(copies, classes) for copies, classes in ((2, 2), (1, 5), (2, 3))]),
    )


def _instance(generator: np.random.Generator) -> tuple[float, float, float]:
    classes, n = int(generator.integers(2, 7)), int(generator.integers(6, 13))
    labels = generator.choice(classes, n, p=generator.dirichlet(np.ones(classes)))
    labels[:2] = 0, 1  # with one class alone the bound is zero
    alpha = float(np.exp(generator.uniform(np.log(0.05), np.log(20))))
    lam, weights = loss_bound.lam_quadrature(alpha, NODES)
    y = np.eye(classes)[labels]
    y_mix = lam[:, None, None, None] * y[:, None] + (1 - lam[:, None, None, None]) * y[None]  # [nodes, n, n, C]
    # Predictions from near the mixed labels to far from them, so that the bound is approached.
    nearness = generator.uniform(0, 1) ** 4
    f = (1 - nearness) * y_mix + nearness * generator.dirichlet(np.ones(classes), y_mix.shape[:-1])
    proportions = np.bincount(labels, minlength=classes) / n
    differ = loss_bound.class_difference(class_proportions=proportions.tolist())
    bound = loss_bound.quadrature_lower_bound(differ, alpha, NODES)
    return bound, _mean_cross_entropy(y_mix, f, weights), _mean_cross_entropy(y_mix, y_mix, weights)


def _mean_cross_entropy(y: np.ndarray, f: np.ndarray, weights: np.ndarray) -> float:
    terms = -y * np.log(np.where(y > 0, f, 1))  # a class of weight zero costs nothing
    return float(weights @ terms.sum(-1).mean((1, 2)))


def _batch_error(copies: int, classes: int) -> float:
    """Compare the in-batch bound with the mean over every permutation of one batch that holds all points."""
    labels = np.repeat(np.arange(classes), copies)
    n = len(labels)
    differ = np.mean([np.mean(labels != labels[list(perm)]) for perm in itertools.permutations(range(n))])
    exact = differ * loss_bound.expected_entropy(1.0)
    return loss_bound.in_batch_lower_bound(classes, n, n) / exact - 1
