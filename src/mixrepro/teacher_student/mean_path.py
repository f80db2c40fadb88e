"""Gradient descent in closed form: theta_k = (I - eta G)^k theta_0 + (I - (I - eta G)^k) G^+ b.

Exact for ERM and for all pairs at a fixed lam. Where each epoch draws its own G and b, independently, it is the
exact *mean* of theta_k over the draws: E theta_{k+1} = (I - eta E G) E theta_k + eta E b. The risk of the mean
path then lies below the mean risk, by the spread of theta_k around it: R(E theta) = E R(theta) - tr(Sigma Cov
theta).
"""

from copy import copy

import numpy as np

from ..errors import ConfigError, found_expected
from ..theory import risk_bound
from .moments import Moments
from .problem import Problems

#: A risk this many times that of theta_0, or of answering 0, is called divergence.
DIVERGED = 100.0
#: Modes with a smaller share of the largest eigenvalue are rounding; they have no turning time.
RESOLVED = 1e-12


class MeanPath:
    """The path of each seed, in the eigenbasis of its G.

    Attributes:
        mu: float64 [S, d], eigenvalues of G, rising; what rounding made negative is 0.
        vectors: float64 [S, d, d], eigenvectors in columns.
        eta: Step on (1/2m) ||theta^T Phi - Y||^2.
    """

    def __init__(self, moments: Moments, theta_0: np.ndarray, eta: float) -> None:
        if not (np.isfinite(eta) and eta > 0):
            raise ConfigError(found_expected("eta", eta, "a finite number above 0"))
        mu, self.vectors = np.linalg.eigh(moments.gram)
        self.mu, self.eta = np.maximum(mu, 0.0), eta
        self._start = _turned(theta_0, self.vectors)
        self._target = _turned(moments.target, self.vectors)
        self._clean = _turned(moments.clean, self.vectors)
        self._c2 = moments.worst_noise**2

    def started(self, theta_0: np.ndarray, eta: float) -> "MeanPath":
        """Return the path from another start or at another rate, on the same eigenbasis."""
        path = copy(self)
        path._start, path.eta = _turned(theta_0, self.vectors), eta
        return path

    def diverges(self) -> np.ndarray:
        """Tell for which seeds a step overshoots by more than it corrects: bool [S]."""
        return self.eta * self.mu[:, -1] > 2

    def modes(self, epochs: np.ndarray) -> np.ndarray:
        """Return the coordinates of theta_k along the eigenvectors.

        Args:
            epochs: int64 [points], at least 0.

        Returns:
            float64 [S, points, d].

        Raises:
            ConfigError: An epoch is negative, or no whole number.
        """
        epochs = np.atleast_1d(np.asarray(epochs))
        if not np.issubdtype(epochs.dtype, np.integer) or (epochs < 0).any():
            raise ConfigError(found_expected("epochs", epochs, "whole numbers, at least 0"))
        k, mu = epochs[None, :, None], self.mu[:, None]
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            decay = (1 - self.eta * mu) ** k
            # 1 - decay loses its digits where eta mu k is small.
            gained = np.where(self.eta * mu < 0.5, -np.expm1(k * np.log1p(-self.eta * mu)), 1 - decay)
            per_target = np.where(mu > 0, gained / mu, self.eta * k)
            return decay * self._start[:, None] + per_target * self._target[:, None]

    def theta(self, epochs: np.ndarray) -> np.ndarray:
        """Return theta_k, float64 [S, points, d]. Arguments and errors as for `modes`."""
        return self.modes(epochs) @ np.swapaxes(self.vectors, 1, 2)

    def risk(self, problems: Problems, epochs: np.ndarray) -> np.ndarray:
        """Return the test loss of theta_k, a sum over pairs of modes.

        Args:
            problems: The draws that the moments came from.
            epochs: int64 [points], at least 0.

        Returns:
            float64 [S, points]; NaN throughout for a seed that diverges.
        """
        modes = self.modes(epochs)
        sigma = np.swapaxes(self.vectors, 1, 2) @ problems.sigma @ self.vectors
        cross = _turned(problems.cross, self.vectors)
        with np.errstate(over="ignore", invalid="ignore"):
            risk = np.sum((modes @ sigma - 2 * cross[:, None]) * modes, axis=-1) + problems.power[:, None]
        return without_diverged(risk, problems.power)

    def mode_turning_times(self, xi: float) -> np.ndarray:
        """Return Theorem 5.2's t_k = ln(1 + (xi^2 + theta*_k^2) mu_k / C2) / (eta mu_k), in epochs.

        Args:
            xi: Standard deviation of theta_0.

        Returns:
            float64 [S, d]; NaN where an eigenvalue is rounding.
        """
        turns = np.full(self.mu.shape, np.nan)
        for row, (mu, clean, c2) in enumerate(zip(self.mu, self._clean, self._c2, strict=True)):
            there = mu > RESOLVED * mu[-1]
            turns[row, there] = risk_bound.turning_times(
                mu=mu[there], theta_star=clean[there] / mu[there], xi=xi, c2=c2, eta=self.eta
            )
        return turns

    def bound_turning_epochs(self, xi: float, epochs: np.ndarray) -> np.ndarray:
        """Return the epoch at which the sum of Theorem 5.2 is lowest.

        Args:
            xi: Standard deviation of theta_0.
            epochs: int64 [points], those to choose from.

        Returns:
            int64 [S].
        """
        turns = []
        for mu, clean, c2 in zip(self.mu, self._clean, self._c2, strict=True):
            there = mu > RESOLVED * mu[-1]
            bound = risk_bound.risk_bound(
                epochs, mu=mu[there], theta_star=clean[there] / mu[there], xi=xi, c1=1.0, c2=c2, eta=self.eta,
                r_star=0.0,
            )  # fmt: skip
            turns.append(epochs[bound.argmin()])
        return np.array(turns)


def without_diverged(risk: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Return risks with NaN for every epoch of a seed that diverged.

    Args:
        risk: float64 [S, points], the first at theta_0.
        power: float64 [S], the risk of answering 0.
    """
    largest = DIVERGED * np.fmax(power[:, None], risk[:, :1])
    return np.where(np.all(risk < largest, axis=-1, keepdims=True), risk, np.nan)


def turning_epochs(risk: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """Return the epoch at which each seed's own curve is lowest; the last one where it still falls.

    Args:
        risk: float64 [..., points].
        epochs: int64 [points].

    Returns:
        float64 [...], NaN where the curve is.
    """
    lost = ~np.isfinite(risk).all(-1)
    return np.where(lost, np.nan, epochs[np.where(lost[..., None], 0.0, risk).argmin(-1)])


def _turned(vectors: np.ndarray, basis: np.ndarray) -> np.ndarray:
    """Return [S, d] coordinates of [S, d] vectors in [S, d, d] bases."""
    return np.squeeze(vectors[:, None] @ basis, 1)
