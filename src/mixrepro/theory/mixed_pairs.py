"""Mixup on random features as training draws it: all pairs of n points at a few lam, and steps on some of them."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected


@dataclass(frozen=True)
class MixedPairs:
    """All ordered pairs of n points, self pairs too, mixed at each value of lam.

    Attributes:
        phi: float64 [L, n, n, d], features of the mixed points.
        y: float64 [L, n, n], mixed labels.
        weights: float64 [L], probability of each lam.
    """

    phi: np.ndarray
    y: np.ndarray
    weights: np.ndarray

    @property
    def gram(self) -> np.ndarray:
        """The mean matrix E[G]: float64 [d, d]."""
        return (
            np.einsum("l,lija,lijb->ab", self.weights, self.phi, self.phi, optimize=True) / self.phi.shape[1] ** 2
        )

    @property
    def target(self) -> np.ndarray:
        """The mean vector E[b]: float64 [d]."""
        return np.einsum("l,lija,lij->a", self.weights, self.phi, self.y, optimize=True) / self.phi.shape[1] ** 2


def mixed_pairs(
    x: np.ndarray,
    y: np.ndarray,
    features: Callable[[np.ndarray], np.ndarray],
    lam: np.ndarray,
    weights: np.ndarray,
) -> MixedPairs:
    """Mix every ordered pair of points at every lam.

    Args:
        x: float64 [n, d0].
        y: float64 [n], labels.
        features: Maps [..., d0] to [..., d].
        lam: float64 [L], in [0, 1].
        weights: float64 [L], probability of each.

    Raises:
        ConfigError: `x` or `y` is not finite or they differ in length, a lam lies outside [0, 1], or the weights
            are no probabilities.
    """
    x, y, lam, weights = (np.asarray(array, dtype=np.float64) for array in (x, y, lam, weights))
    if x.ndim != 2 or not np.isfinite(x).all():
        raise ConfigError(found_expected("x", x.tolist(), "finite numbers [n, d0]"))
    if y.shape != x.shape[:1] or not np.isfinite(y).all():
        raise ConfigError(found_expected("y", y.tolist(), f"{len(x)} finite numbers, one a point"))
    if lam.ndim != 1 or not np.all((lam >= 0) & (lam <= 1)):
        raise ConfigError(found_expected("lam", lam.tolist(), "a list of numbers from 0 to 1"))
    if weights.shape != lam.shape or not np.all(weights >= 0) or not np.isclose(weights.sum(), 1):
        raise ConfigError(found_expected("weights", weights.tolist(), "a number >= 0 for each lam, with sum 1"))
    part = lam[:, None, None]
    x_mix = part[..., None] * x[:, None] + (1 - part[..., None]) * x[None]  # [L, n, n, d0]
    return MixedPairs(features(x_mix), part * y[:, None] + (1 - part) * y[None], weights)


def sample_paths(
    pairs: MixedPairs,
    rates: np.ndarray,
    batch_size: int,
    theta_0: np.ndarray,
    paths: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Train by drawing pairs, one lam a step: the independent check on the exact moments.

    Args:
        pairs: The finite set that steps draw from.
        rates: float64 [steps], the learning rate of each step.
        batch_size: B, pairs drawn independently a step.
        theta_0: float64 [d].
        paths: How many independent runs.
        generator: Source of the draws.

    Returns:
        float64 [steps + 1, paths, d], theta after each step.

    Raises:
        ConfigError: A rate is not positive and finite, there is no pair or no path, or `theta_0` is not of the
            features' length.
    """
    rates, theta_0 = np.asarray(rates, dtype=np.float64), np.asarray(theta_0, dtype=np.float64)
    if rates.ndim != 1 or not np.all((rates > 0) & np.isfinite(rates)):
        raise ConfigError(found_expected("rates", rates, "a list of positive finite numbers"))
    for name, count in (("batch_size", batch_size), ("paths", paths)):
        if count < 1:
            raise ConfigError(found_expected(name, count, "at least 1"))
    if theta_0.shape != pairs.phi.shape[-1:] or not np.isfinite(theta_0).all():
        raise ConfigError(found_expected("theta_0", theta_0, f"{pairs.phi.shape[-1]} finite numbers"))
    lams, n = pairs.phi.shape[:2]
    theta = np.tile(theta_0, (paths, 1))
    trace = [theta]
    for eta in rates:
        lam = generator.choice(lams, (paths, 1), p=pairs.weights)
        first, second = generator.integers(n, size=(2, paths, batch_size))
        phi, y = pairs.phi[lam, first, second], pairs.y[lam, first, second]  # [paths, B, d], [paths, B]
        residual = np.einsum("pbd,pd->pb", phi, theta) - y
        theta = theta - eta / batch_size * np.einsum("pbd,pb->pd", phi, residual)
        trace.append(theta)
    return np.stack(trace)
