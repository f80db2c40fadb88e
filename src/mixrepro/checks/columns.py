"""Columns to measure: i.i.d. entries, features of fresh mixed points, and features of pairs of n points.

A feature is tanh(gain w.x) with |w| = 1 and x ~ N(0, I), divided by its standard deviation over the mixed points.
tanh is odd, so its mean is zero without centring. Each column of fresh points is by itself distributed exactly as
Mixup's: m - n are mixed from two points and n are not mixed, but no point is used twice.
"""

from typing import Literal, get_args

import numpy as np

from ..theory.column_groups import tanh_variance
from ..theory.mixup_columns import mixed_columns, shrinkage

Kind = Literal["independent features", "toy features", "toy features, whitened"]
Arm = Literal["i.i.d. entries", "fresh points", "random pairs", "all pairs"]
KINDS: tuple[Kind, ...] = get_args(Kind)
ARMS: tuple[Arm, ...] = get_args(Arm)

#: Inputs of the paper's toy; d > 10 features of 10 inputs depend on each other.
TOY_INPUTS = 10
#: Fresh columns for each feature, from which the covariance of the features is estimated.
COLUMNS_TO_WHITEN = 20


class TanhFeatures:
    """phi(x) = tanh(gain W x) / std.

    Independent features have as many inputs as features and an orthonormal W; since N(0, I) does not change under
    rotation, W is the identity there. Toy features have ten inputs and rows of W in random directions.
    """

    def __init__(self, generator: np.random.Generator, kind: Kind, d: int, lam: float, gain: float) -> None:
        self.d, self.lam, self.gain = d, lam, gain
        self.std = np.sqrt(tanh_variance(lam, gain))
        self.inputs = d if kind == "independent features" else TOY_INPUTS
        self.weights = None
        if kind != "independent features":
            weights = generator.standard_normal((d, self.inputs))
            self.weights = weights / np.linalg.norm(weights, axis=1, keepdims=True)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the features of inputs [inputs, k]: float64 [d, k]."""
        return np.tanh(self.gain * (x if self.weights is None else self.weights @ x)) / self.std

    def fresh(self, generator: np.random.Generator, m: int, unmixed: int) -> np.ndarray:
        """Return features of m points that are mixed from 2 m fresh ones, the first few unmixed: [d, m]."""
        scale = np.full(m, np.sqrt(shrinkage(self.lam)))
        scale[:unmixed] = 1
        return self(scale * generator.standard_normal((self.inputs, m)))


def draw(generator: np.random.Generator, arm: Arm, features: TanhFeatures, n: int) -> np.ndarray:
    """Draw m = n^2 columns: float64 [d, m].

    Args:
        generator: Where the draws come from.
        arm: `random pairs` draws both points of each column with replacement, `all pairs` takes every pair once.
        features: What is measured at the mixed points; of i.i.d. entries only the number of rows counts.
        n: Points.
    """
    if arm == "i.i.d. entries":
        return generator.standard_normal((features.d, n * n))
    if arm == "fresh points":
        return features.fresh(generator, n * n, n)
    points = generator.standard_normal((features.inputs, n))
    if arm == "all pairs":
        return features(mixed_columns(points, features.lam))
    first, second = generator.integers(0, n, (2, n * n))
    return features(features.lam * points[:, first] + (1 - features.lam) * points[:, second])


def whitening(generator: np.random.Generator, features: TanhFeatures, n: int) -> np.ndarray:
    """Return a matrix that makes the features of fresh mixed points uncorrelated, of variance one: [d, d]."""
    m = COLUMNS_TO_WHITEN * features.d
    fresh = features.fresh(generator, m, m // n)
    values, vectors = np.linalg.eigh(fresh @ fresh.T / m)
    return (vectors / np.sqrt(values)).T


def spectrum(phi: np.ndarray) -> np.ndarray:
    """Return the eigenvalues of (1/m) Phi Phi^T, ascending, from the smaller of the two Gram matrices.

    Args:
        phi: float [d, m].

    Returns:
        float64 [d]; exact zeros where d > m.
    """
    d, m = phi.shape
    small = phi @ phi.T if d <= m else phi.T @ phi
    return np.concatenate([np.zeros(max(d - m, 0)), np.linalg.eigvalsh(small / m)])
