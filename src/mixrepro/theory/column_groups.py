"""The spectrum of Mixup's columns for features that are not linear: a sum of Marchenko-Pastur laws (ours).

A feature of a mixed point splits, as any function of two independent points does, into a part that depends on the
first point alone, one on the second alone, and an interaction:

    phi(lam x + (1 - lam) x') = h1(x) + h2(x') + r(x, x').

The n points give n independent columns of (h1, h2) and n (n - 1) / 2 pairs of columns (r(x, x'), r(x', x)).
Turned to their principal axes these are four uncorrelated groups; group k has N_k columns and a share p_k of the
variance. (A self pair's larger variance, a share 1/n of all columns, is neglected.) If the features are
independent of each other, the eigenvalues of (1/m) Phi Phi^T, divided by the variance of a feature, tend to those
of sum_k p_k (1/N_k) Z_k Z_k^T with Z_k [d, N_k] of i.i.d. entries. Its Stieltjes transform s(z) solves

    z = -1/s + sum_k p_k / (1 + p_k (d / N_k) s).

A linear feature has a single group, of n columns: Marchenko-Pastur with gamma = d / n.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from ..errors import ConfigError, found_expected
from .marchenko_pastur import mass_at_zero, not_negative, positive
from .mixup_columns import shrinkage

NODES = 80
#: Groups that hold less of the variance only spoil the polynomial's conditioning.
LEAST_SHARE = 1e-9
GRID = 2000


@dataclass(frozen=True)
class Groups:
    """Uncorrelated groups of columns.

    Attributes:
        shares: float64 [groups], p_k, with sum 1.
        columns: float64 [groups], N_k.
        additive: Share of the variance in the parts that depend on one point alone.
    """

    shares: np.ndarray
    columns: np.ndarray
    additive: float


def tanh_groups(n: int, lam: float, gain: float) -> Groups:
    """Return the groups of phi(x) = tanh(gain w.x), |w| = 1, for mixed pairs of n points x ~ N(0, I).

    The counts are exact where the groups are the symmetric and the antisymmetric functions of a pair, self pairs
    among them: n + n (n - 1) / 2 columns at lam = 1/2, and n^2 otherwise.

    Args:
        n: Points, at least 2.
        lam: From 0 to 1.
        gain: Above 0; a small gain makes the feature linear, a large one a sign.

    Raises:
        ConfigError: An argument is out of range.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 2:
        raise ConfigError(found_expected("n", n, "an integer, at least 2"))
    variance, (e1, e2), (symmetric, antisymmetric) = _variances(lam, positive("gain", gain))
    shares = np.clip([e1, e2, symmetric, antisymmetric], 0, None) / variance
    columns = np.array([n, n - 1, n * (n - 1) / 2, (n - 1) * (n - 2) / 2])
    keep = shares > LEAST_SHARE
    kept = shares[keep]
    return Groups(kept / kept.sum(), columns[keep], float((e1 + e2) / variance))


def tanh_variance(lam: float, gain: float) -> float:
    """Return the variance of tanh(gain w.x~) for a mixed pair of different points. Arguments as above."""
    return _variances(lam, positive("gain", gain))[0]


def grouped_density(u: np.ndarray | float, d: int, groups: Groups) -> np.ndarray:
    """Return the density above zero of the eigenvalues of sum_k p_k (1/N_k) Z_k Z_k^T.

    Args:
        u: Where, at least 0, any shape; 0 gives 0.
        d: Rows, the number of features.
        groups: Shares and columns.

    Raises:
        ConfigError: `u` is negative, infinite or NaN, or `d` is not a finite number above 0.
    """
    u, d = not_negative("u", u), positive("d", d)
    steps = groups.shares * d / groups.columns  # p_k d / N_k
    whole = np.poly1d([1.0])
    for step in steps:
        whole = whole * np.poly1d([step, 1.0])
    # z s prod(1 + a_k s) + prod(1 + a_k s) - s sum_k p_k prod_{j != k}(1 + a_j s) = 0, a polynomial in s.
    rest = whole
    for share, step in zip(groups.shares, steps, strict=True):
        others, _ = np.polydiv(whole.coeffs, np.array([step, 1.0]))
        rest = rest - np.poly1d([1.0, 0.0]) * np.poly1d(share * others)
    lead = np.concatenate([whole.coeffs, [0.0]])
    tail = np.concatenate([np.zeros(len(lead) - len(rest.coeffs)), rest.coeffs])
    inside = np.where(u > 0, u, 1.0)
    roots = _roots(inside[..., None] * lead + tail)
    return np.where(u > 0, roots.imag.max(-1) / np.pi, 0.0)


def grouped_cdf(u: np.ndarray | float, d: int, groups: Groups) -> np.ndarray:
    """Return the share of eigenvalues up to u, the mass at zero included; to about 1e-3. Arguments as above."""
    u = not_negative("u", u)
    gammas = positive("d", d) / groups.columns
    highest = float(groups.shares @ (1 + np.sqrt(gammas)) ** 2)  # a norm of a sum is at most the sum of norms
    grid = highest * np.geomspace(1e-9, 1.01, GRID)
    heights = grouped_density(grid, d, groups) * grid  # the variable is ln u
    steps = np.diff(np.log(grid))
    inner = np.concatenate([[0.0], np.cumsum((heights[1:] + heights[:-1]) / 2 * steps)])
    zero = mass_at_zero(d / groups.columns.sum())
    return np.where(u > 0, np.minimum(zero + np.interp(u, grid, inner), 1.0), zero)


@cache
def _variances(lam: float, gain: float) -> tuple[float, tuple[float, float], tuple[float, float]]:
    """Return the variance of a mixed feature and of its four groups, by Gauss-Hermite quadrature."""
    shrinkage(lam)
    nodes, weights = hermegauss(NODES)
    weights = weights / weights.sum()
    f = np.tanh(gain * (lam * nodes[:, None] + (1 - lam) * nodes))
    variance = float(weights @ f**2 @ weights)
    first, second = f @ weights, weights @ f  # h1 and h2 at the nodes; tanh is odd, so their means are 0
    c11, c12, c22 = (float(weights @ product) for product in (first**2, first * second, second**2))
    e2, e1 = np.linalg.eigvalsh([[c11, c12], [c12, c22]])
    swapped = float(weights @ (f * f.T) @ weights)  # covariance of the two orders of a pair
    own, exchanged = variance - c11 - c22, swapped - 2 * c12
    return variance, (float(e1), float(e2)), ((own + exchanged) / 2, (own - exchanged) / 2)


def _roots(coefficients: np.ndarray) -> np.ndarray:
    """Return the roots of many polynomials, highest power first: complex [..., degree]."""
    degree = coefficients.shape[-1] - 1
    companion = np.zeros((*coefficients.shape[:-1], degree, degree))
    companion[..., 0, :] = -coefficients[..., 1:] / coefficients[..., :1]
    companion[..., range(1, degree), range(degree - 1)] = 1
    return np.linalg.eigvals(companion)
