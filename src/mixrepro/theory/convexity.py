"""Mixup's label noise in regression: Z = lam f(X) + (1 - lam) f(X') - f(lam X + (1 - lam) X').

Z is the height of a chord over the graph of f. If f is rho-strongly convex and its gradient L-Lipschitz, then

    (rho / 2) lam (1 - lam) |X - X'|^2  <=  Z  <=  (L / 2) lam (1 - lam) |X - X'|^2,

with both equalities for f = rho/2 |x|^2 (+ affine). So Z has a sign: it is a bias, and for that f, independent
pairs and lam ~ Beta(alpha, alpha) its mean is rho alpha tr Cov(X) / (2 (2 alpha + 1)).
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from ..errors import ConfigError, found_expected


@dataclass(frozen=True, eq=False)
class ConvexFunction:
    """f(x) = 1/2 x A x + b x + s logsumexp(x W), whose convexity is known on both sides.

    Attributes:
        curvature: float64 [dim, dim], A, symmetric and positive definite.
        slope: float64 [dim], b.
        weights: float64 [dim, k], W.
        share: s >= 0; 0 leaves a quadratic.
    """

    curvature: np.ndarray
    slope: np.ndarray
    weights: np.ndarray
    share: float = 0.0

    def __post_init__(self) -> None:
        if not np.allclose(self.curvature, self.curvature.T) or np.linalg.eigvalsh(self.curvature)[0] <= 0:
            raise ConfigError(found_expected("curvature", self.curvature, "a symmetric positive definite matrix"))
        if not self.share >= 0:
            raise ConfigError(found_expected("share", self.share, "a number, at least 0"))

    def value(self, x: np.ndarray) -> np.ndarray:
        """Return f at each point: float64 [..., dim] -> [...]."""
        quadratic = 0.5 * ((x @ self.curvature) * x).sum(-1) + x @ self.slope
        if self.share == 0:
            return quadratic
        return quadratic + self.share * logsumexp(x @ self.weights, axis=-1)

    @property
    def rho(self) -> float:
        """A strong convexity constant: the smallest eigenvalue of A, since logsumexp is convex."""
        return float(np.linalg.eigvalsh(self.curvature)[0])

    @property
    def smoothness(self) -> float:
        """A Lipschitz constant L of the gradient.

        Along v the second derivative of logsumexp(x W) is the variance of v W under the softmax: at most a quarter
        of the squared range of v W, and that at most half of |v W|^2.
        """
        rest = 0.5 * self.share * np.linalg.eigvalsh(self.weights @ self.weights.T)[-1]
        return float(np.linalg.eigvalsh(self.curvature)[-1] + rest)


def mixup_noise(f_mixed: np.ndarray, f_a: np.ndarray, f_b: np.ndarray, lam: np.ndarray | float) -> np.ndarray:
    """Return Z, mixed label minus true value, for labels without noise of their own.

    Args:
        f_mixed: float64 [...], f(lam X + (1 - lam) X').
        f_a: float64 [...], f(X), which has weight lam.
        f_b: float64 [...], f(X').
        lam: float64 [...] in [0, 1].

    Raises:
        ConfigError: `lam` leaves [0, 1].

    Source: section 5.2.
    """
    lam = _weights(lam)
    return lam * f_a + (1 - lam) * f_b - f_mixed


def chord_height(constant: float, squared_distance: np.ndarray, lam: np.ndarray | float) -> np.ndarray:
    """Return (constant / 2) lam (1 - lam) |X - X'|^2, the noise of a quadratic of that curvature.

    Args:
        constant: rho for the lower bound on Z, L for the upper one; at least 0.
        squared_distance: float64 [...], |X - X'|^2.
        lam: float64 [...] in [0, 1].

    Raises:
        ConfigError: A constant or a squared distance is negative or NaN, or `lam` leaves [0, 1].

    Source: section 5.2.
    """
    if not constant >= 0:
        raise ConfigError(found_expected("constant", constant, "a number, at least 0"))
    if not np.all(np.asarray(squared_distance) >= 0):
        raise ConfigError(found_expected("squared_distance", squared_distance, "numbers, at least 0"))
    lam = _weights(lam)
    return 0.5 * constant * lam * (1 - lam) * squared_distance


def expected_noise(rho: float, alpha: float, trace_covariance: float) -> float:
    """Return E Z for f = rho/2 |x|^2, independent pairs and lam ~ Beta(alpha, alpha).

    E lam (1 - lam) = alpha / (2 (2 alpha + 1)) and E |X - X'|^2 = 2 tr Cov(X). For a rho-strongly convex f it is a
    lower bound on E Z, and with L in place of rho an upper one.

    Args:
        rho: Curvature, at least 0.
        alpha: Concentration, at least 0; 0 is ERM, without noise.
        trace_covariance: tr Cov(X), at least 0.

    Raises:
        ConfigError: An argument is negative or not finite.

    Source: ours, from section 5.2.
    """
    for name, value in (("rho", rho), ("alpha", alpha), ("trace_covariance", trace_covariance)):
        if not (np.isfinite(value) and value >= 0):
            raise ConfigError(found_expected(name, value, "a finite number, at least 0"))
    return rho * alpha * trace_covariance / (2 * (2 * alpha + 1))


def _weights(lam: np.ndarray | float) -> np.ndarray:
    lam = np.asarray(lam, dtype=np.float64)
    if not np.all((lam >= 0) & (lam <= 1)):
        raise ConfigError(found_expected("lam", lam, "numbers from 0 to 1"))
    return lam
