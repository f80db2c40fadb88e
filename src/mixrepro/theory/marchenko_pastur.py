"""The Marchenko-Pastur law: eigenvalues of (1/m) Phi Phi^T when the entries of Phi [d, m] are i.i.d.

Let the entries have mean zero and variance `scale`, and d / m -> gamma. The eigenvalues, divided by `scale`, have
in the limit the density

    sqrt((g+ - u)(u - g-)) / (2 pi gamma u)   on [g-, g+],   g+- = (1 +- sqrt(gamma))^2,

and for gamma > 1 a mass 1 - 1/gamma at zero. With u = 1 + gamma - 2 sqrt(gamma) cos(theta), theta from 0 to pi,
and t = min(sqrt(gamma), 1 / sqrt(gamma)), the part above zero is min(1, 1/gamma) times
(2/pi) sin^2(theta) / (1 - 2 t cos(theta) + t^2) d theta. It integrates in closed form, which gives `cdf`.

Source: section 7, "Impact of Data Size on U-shaped Curve".
"""

from collections.abc import Callable
from math import comb

import numpy as np

from ..errors import ConfigError, found_expected

#: Eigenvalues this far below the largest, relative to it, are zeros with rounding.
ZERO = 1e-12
#: Below this t the closed form cancels, and this many terms of its series in t are exact to rounding.
SMALL_T, TERMS = 0.05, 13


def support(gamma: float, scale: float = 1.0) -> tuple[float, float]:
    """Return g- and g+, the ends of the continuous part.

    Args:
        gamma: d / m, above 0.
        scale: Variance of the entries, above 0.

    Raises:
        ConfigError: An argument is not a finite number above 0.
    """
    gamma, scale = positive("gamma", gamma), positive("scale", scale)
    root = np.sqrt(gamma)
    return float(scale * (1 - root) ** 2), float(scale * (1 + root) ** 2)


def mass_at_zero(gamma: float) -> float:
    """Return the share of eigenvalues that are zero, (1 - 1/gamma)+. Arguments as for `support`."""
    return max(0.0, 1 - 1 / positive("gamma", gamma))


def density(u: np.ndarray | float, gamma: float, scale: float = 1.0) -> np.ndarray:
    """Return the density of the part above zero; it integrates to 1 - `mass_at_zero`.

    Args:
        u: Where, at least 0, any shape.
        gamma: d / m, above 0.
        scale: Variance of the entries, above 0.

    Returns:
        float64 of u's shape; 0 outside the support, infinite at u = 0 for gamma = 1.

    Raises:
        ConfigError: `u` is negative, infinite or NaN, or another argument is not a finite number above 0.

    Source: eq. for p^MP in section 7.
    """
    low, high = support(gamma, scale)
    u = not_negative("u", u)
    inside = (u > low) & (u < high)
    at = np.where(inside, u, 1.0)
    with np.errstate(invalid="ignore"):
        value = np.sqrt((high - at) * (at - low)) / (2 * np.pi * gamma * scale * at)
    return np.where(inside, value, np.where((u == 0) & (gamma == 1), np.inf, 0.0))


def cdf(u: np.ndarray | float, gamma: float, scale: float = 1.0) -> np.ndarray:
    """Return the share of eigenvalues up to u, the mass at zero included. Arguments as for `density`.

    With A = atan2(t sin(theta), 1 - t cos(theta)) the part above zero holds, up to u, the share
    (theta + sin(theta) / t - (1 - t^2) A / t^2) / pi of its mass.
    """
    gamma, scale = positive("gamma", gamma), positive("scale", scale)
    u = not_negative("u", u)
    root = np.sqrt(gamma)
    theta = np.arccos(np.clip((1 + gamma - u / scale) / (2 * root), -1, 1))
    t = min(root, 1 / root)
    if t < SMALL_T:
        part = theta - np.sin(2 * theta) / 2
        for k in range(1, TERMS):
            part = part + t**k * (np.sin(k * theta) / k - np.sin((k + 2) * theta) / (k + 2))
    else:
        angle = np.arctan2(t * np.sin(theta), 1 - t * np.cos(theta))
        part = theta + np.sin(theta) / t - (1 - t**2) / t**2 * angle
    zero = mass_at_zero(gamma)
    return zero + (1 - zero) * np.clip(part / np.pi, 0, 1)


def moment(order: int, gamma: float, scale: float = 1.0) -> float:
    """Return the mean of u^order over all eigenvalues: 1, 1 + gamma, ... by Narayana's numbers.

    Args:
        order: 0, 1, 2, ...
        gamma: d / m, above 0.
        scale: Variance of the entries, above 0.

    Raises:
        ConfigError: `order` is no integer or negative, or another argument is not a finite number above 0.
    """
    gamma, scale = positive("gamma", gamma), positive("scale", scale)
    if isinstance(order, bool) or not isinstance(order, int | np.integer) or order < 0:
        raise ConfigError(found_expected("order", order, "an integer, at least 0"))
    terms = (gamma**r / (r + 1) * comb(order, r) * comb(order - 1, r) for r in range(order))
    return float(scale**order * sum(terms)) if order else 1.0


def inverse_moment(gamma: float, scale: float = 1.0) -> float:
    """Return the integral of 1/u over the part above zero; infinite at gamma = 1. Arguments as for `support`."""
    gamma, scale = positive("gamma", gamma), positive("scale", scale)
    if gamma == 1:
        return np.inf
    return float(1 / (1 - gamma) / scale if gamma < 1 else 1 / (gamma * (gamma - 1)) / scale)


def converged_noise_risk(gamma: float, noise_variance: float = 1.0) -> float:
    """Return what noise of its own at each column adds to the population risk of least squares at convergence.

    For i.i.d. entries of any variance, features of the population distributed as the columns, and the minimum-norm
    solution: noise_variance * gamma * the integral of 1/u at scale 1, that is gamma / (1 - gamma) below 1 and
    1 / (gamma - 1) above, times the variance of the noise.

    Args:
        gamma: d / m, above 0.
        noise_variance: Variance of Z, above 0.

    Raises:
        ConfigError: An argument is not a finite number above 0.
    """
    return positive("noise_variance", noise_variance) * positive("gamma", gamma) * inverse_moment(gamma)


def ks_distance(eigenvalues: np.ndarray, gamma: float, scale: float = 1.0) -> np.ndarray:
    """Return the Kolmogorov-Smirnov distance between measured eigenvalues and the law.

    Args:
        eigenvalues: float [..., d], all of them, zeros too, in any order.
        gamma: d / m, above 0.
        scale: Variance of the entries, above 0.

    Returns:
        float64 [...], between 0 and 1.

    Raises:
        ConfigError: There is no eigenvalue, one is NaN, infinite or negative by more than rounding, or another
            argument is not a finite number above 0.
    """
    return ks_distance_to(eigenvalues, lambda u: cdf(u, gamma, scale))


def ks_distance_to(eigenvalues: np.ndarray, law: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Return the Kolmogorov-Smirnov distance to any distribution on [0, inf) that is continuous above 0.

    Args:
        eigenvalues: float [..., d], as for `ks_distance`.
        law: The distribution function.

    Raises:
        ConfigError: As for `ks_distance`.
    """
    values = np.sort(without_rounding(eigenvalues), axis=-1)
    d = values.shape[-1]
    at = law(values)
    before = np.where(values == 0, 0.0, at)
    rank = np.arange(1, d + 1) / d
    # Zeros come together, so only the last of them has its step's full height.
    last = np.concatenate([values[..., 1:] != values[..., :-1], np.ones((*values.shape[:-1], 1), bool)], -1)
    above = np.where(last, np.abs(rank - at), 0.0)
    first = np.concatenate([np.ones((*values.shape[:-1], 1), bool), last[..., :-1]], -1)
    below = np.where(first, np.abs(before - (rank - 1 / d)), 0.0)
    return np.maximum(above, below).max(-1)


def without_rounding(eigenvalues: np.ndarray) -> np.ndarray:
    """Return eigenvalues with rounding errors about zero set to zero: float64 [..., d].

    Raises:
        ConfigError: There is no eigenvalue, or one is NaN, infinite or negative by more than rounding.
    """
    values = np.asarray(eigenvalues, dtype=np.float64)
    if values.ndim == 0 or not values.size:
        raise ConfigError(found_expected("eigenvalues", f"a shape {values.shape}", "[..., d] with d >= 1"))
    if not np.isfinite(values).all():
        raise ConfigError(found_expected("eigenvalues", "a value that is NaN or infinite", "finite numbers"))
    floor = ZERO * np.abs(values).max(-1, keepdims=True)
    if (values < -floor).any():
        raise ConfigError(found_expected("eigenvalues", float(values.min()), "numbers >= 0, up to rounding"))
    return np.where(values <= floor, 0.0, values)


def positive(name: str, value: float) -> float:
    """Return a number as a float, if it is finite and above 0; otherwise raise ConfigError naming it."""
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and np.isfinite(value) and value > 0):
        raise ConfigError(found_expected(name, value, "a finite number above 0"))
    return float(value)


def not_negative(name: str, values: np.ndarray | float) -> np.ndarray:
    """Return numbers as float64, if all are finite and at least 0; otherwise raise ConfigError naming them."""
    array = np.asarray(values, dtype=np.float64)
    if not (np.isfinite(array) & (array >= 0)).all():
        raise ConfigError(found_expected(name, values, "finite numbers, at least 0"))
    return array
