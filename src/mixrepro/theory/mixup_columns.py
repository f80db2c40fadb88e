"""What n points give when all n^2 ordered pairs are mixed: second moment, rank and outlier.

For linear features, phi(x) = x, and fixed lam the second moment of the m = n^2 columns is exactly

    G = (1/n^2) sum_ij phi_ij phi_ij^T = c S + (1 - c) xbar xbar^T = c Cov + xbar xbar^T,
    c = lam^2 + (1 - lam)^2,

with S = (1/n) sum_i x_i x_i^T and Cov = S - xbar xbar^T. So its spectrum is that of n columns, however large n^2
is. lam ~ Beta(alpha, alpha) puts E c = (alpha + 1) / (2 alpha + 1) in place of c. For features that are not linear
the distinct columns are counted here, and `column_groups` has their spectrum.

Source: section 5.2 ("Mixup can create m = n^2 synthesized examples") and section 7; the formulas are ours.
"""

import numpy as np

from ..errors import ConfigError, found_expected
from .marchenko_pastur import positive


def shrinkage(lam: float) -> float:
    """Return c = lam^2 + (1 - lam)^2, by which mixing shrinks the variance: 1 at lam = 0, 1/2 at 1/2.

    Raises:
        ConfigError: `lam` lies outside [0, 1] or is NaN.
    """
    number = isinstance(lam, int | float | np.number) and not isinstance(lam, bool)
    if not (number and 0 <= lam <= 1):
        raise ConfigError(found_expected("lam", lam, "a number from 0 to 1"))
    return float(lam**2 + (1 - lam) ** 2)


def mean_shrinkage(alpha: float) -> float:
    """Return E c = (alpha + 1) / (2 alpha + 1) for lam ~ Beta(alpha, alpha).

    Raises:
        ConfigError: `alpha` is not a finite number above 0.
    """
    alpha = positive("alpha", alpha)
    return (alpha + 1) / (2 * alpha + 1)


def pairs(n: int, self_pairs: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return every ordered pair of n points: int64 [m] first and int64 [m] second, m = n^2 or n (n - 1).

    Raises:
        ConfigError: `n` is no integer above 0.
    """
    n = _count("n", n)
    first, second = np.repeat(np.arange(n), n), np.tile(np.arange(n), n)
    keep = np.ones(n * n, bool) if self_pairs else first != second
    return first[keep], second[keep]


def mixed_columns(points: np.ndarray, lam: float, self_pairs: bool = True) -> np.ndarray:
    """Return lam x_i + (1 - lam) x_j for every ordered pair.

    Args:
        points: float [..., d0, n], one point a column.
        lam: From 0 to 1.
        self_pairs: Whether i = j is among them.

    Returns:
        float64 [..., d0, m].

    Raises:
        ConfigError: `points` has no column or a number that is not finite, or `lam` is out of range.
    """
    points = _points(points)
    shrinkage(lam)
    first, second = pairs(points.shape[-1], self_pairs)
    return lam * points[..., first] + (1 - lam) * points[..., second]


def second_moment(points: np.ndarray, c: float, self_pairs: bool = True) -> np.ndarray:
    """Return the mean of the columns' outer products, without forming the columns.

    Without self pairs it is (n^2 G - n S) / (n (n - 1)) = (n c - 1) / (n - 1) Cov + xbar xbar^T.

    Args:
        points: float [..., d0, n], one point a column.
        c: `shrinkage(lam)`, or `mean_shrinkage(alpha)` for the mean over lam; from 1/2 to 1.
        self_pairs: Whether i = j is among the pairs.

    Returns:
        float64 [..., d0, d0].

    Raises:
        ConfigError: `points` has no column (or a single one without self pairs) or a number that is not finite,
            or `c` is out of range.
    """
    points = _points(points)
    n = points.shape[-1]
    if not self_pairs and n < 2:
        raise ConfigError(found_expected("points", "a single column", "at least 2 without self pairs"))
    share = _shrunk(c) if self_pairs else (n * _shrunk(c) - 1) / (n - 1)
    mean = points.mean(-1, keepdims=True)
    centred = points - mean
    transposed = np.swapaxes(centred, -1, -2)
    return share * (centred @ transposed) / n + mean @ np.swapaxes(mean, -1, -2)


def distinct_columns(n: int, lam: float, self_pairs: bool = True) -> int:
    """Return how many of the mixed columns differ, for points in general position.

    At lam = 1/2 both orders of a pair coincide: n (n + 1) / 2, or n (n - 1) / 2 without self pairs. Otherwise n^2,
    or n (n - 1). At lam = 0 or 1 nothing is mixed: n.

    Raises:
        ConfigError: `n` is no integer above 0, or `lam` lies outside [0, 1].
    """
    n = _count("n", n)
    shrinkage(lam)
    if n == 1:
        return int(self_pairs)
    if lam in (0, 1):
        return n
    different = n * (n - 1) // (2 if lam == 0.5 else 1)
    return different + (n if self_pairs else 0)


def distinct_pairs(n: int, lam: float, self_pairs: bool = True) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each distinct column once, with the share of all columns that it stands for.

    Returns:
        int64 [k] first, int64 [k] second, and float64 [k] weights with sum 1; at lam = 1/2 a self pair weighs
        1/n^2 and any other pair 2/n^2.

    Raises:
        ConfigError: As for `distinct_columns`.
    """
    shrinkage(lam)
    first, second = pairs(n, self_pairs)
    weights = np.full(len(first), 1 / max(len(first), 1))
    if lam == 0.5:
        once = first <= second
        doubled = np.where(first == second, 1, 2) * weights
        return first[once], second[once], doubled[once]
    return first, second, weights


def largest_eigenvalue(gamma: float, c: float) -> float:
    """Return the limit of the largest eigenvalue of G for linear features of n points.

    The features' entries are i.i.d. with mean 0 and variance 1. The mean's direction keeps its full weight while
    the rest is shrunk by c. Its eigenvalue c / (1 - c) + gamma stands out of the bulk if and only if
    sqrt(gamma) > c / (1 - c); otherwise the largest is the bulk's upper end, c (1 + sqrt(gamma))^2.

    Args:
        gamma: d / n, above 0.
        c: From 1/2 to 1.

    Raises:
        ConfigError: An argument is out of range.
    """
    gamma, c = positive("gamma", gamma), _shrunk(c)
    if has_outlier(gamma, c):
        return c / (1 - c) + gamma
    return c * (1 + np.sqrt(gamma)) ** 2


def has_outlier(gamma: float, c: float) -> bool:
    """Tell whether the mean's eigenvalue stands out: sqrt(gamma) > c / (1 - c). Arguments as above."""
    gamma, c = positive("gamma", gamma), _shrunk(c)
    return bool(np.sqrt(gamma) * (1 - c) > c)


def _shrunk(c: float) -> float:
    number = isinstance(c, int | float | np.number) and not isinstance(c, bool)
    if not (number and 0.5 <= c <= 1):
        raise ConfigError(found_expected("c", c, "a number from 1/2 to 1"))
    return float(c)


def _count(name: str, value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise ConfigError(found_expected(name, value, "an integer, at least 1"))
    return int(value)


def _points(points: np.ndarray) -> np.ndarray:
    points = np.asarray(points, dtype=np.float64)
    if points.ndim < 2 or not points.size:
        raise ConfigError(found_expected("points", f"a shape {points.shape}", "[..., d0, n] with d0, n >= 1"))
    if not np.isfinite(points).all():
        raise ConfigError(found_expected("points", "a value that is NaN or infinite", "finite numbers"))
    return points
