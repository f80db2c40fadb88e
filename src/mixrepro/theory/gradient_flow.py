"""Lemma 5.1: gradient flow on the Mixup loss of a random feature model, in closed form.

With features Phi [d, m] of the synthetic inputs, labels Y~ = Y* + Z and the loss (1 / 2m) ||theta^T Phi - Y~||^2,
gradient flow with learning rate eta is the linear equation

    theta' = -eta G (theta - theta* - theta_noise),   G = Phi Phi^T / m = U diag(mu) U^T,

where theta* = Phi^+ Y* is the clean pattern and theta_noise = Phi^+ Z, in the paper's notation Phi^+ =
(Phi Phi^T)^-1 Phi. Hence eq. (3):

    theta_t - theta* = exp(-eta G t) (theta_0 - theta*) + (I - exp(-eta G t)) theta_noise.

Every leading axis counts independent instances.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..errors import ConfigError, found_expected
from .population_risk import Population

#: Where the eigenvalues of G span more, its eigenvectors are too inexact, and Phi itself is decomposed.
LARGEST_CONDITION = 1e5


class GradientFlow:
    """The path of theta from theta_0, split into its clean and its noisy part.

    Attributes:
        mu: float64 [..., d], eigenvalues of G, ascending; exactly 0 where Phi has no rank.
        modes: float64 [..., d, d], eigenvectors of G in columns.
        theta_star: float64 [..., d], the clean pattern Phi^+ Y*.
        theta_noise: float64 [..., d], what the noise adds in the end, Phi^+ Z.
        theta_0: float64 [..., d], the start.
        eta: Learning rate.
    """

    def __init__(
        self,
        phi: np.ndarray,
        y_clean: np.ndarray,
        noise: np.ndarray,
        theta_0: np.ndarray,
        eta: float,
        minimum_norm: bool = False,
    ) -> None:
        """Decompose G.

        Args:
            phi: float [..., d, m], features of the m synthetic inputs in columns.
            y_clean: float [..., m], Y*, what the true function says of them.
            noise: float [..., m], Z = Y~ - Y*.
            theta_0: float [..., d].
            eta: Learning rate, above 0.
            minimum_norm: Take the Moore-Penrose inverse where Phi Phi^T has no inverse (m < d, or lower rank).
                Then theta* and theta_noise lie in the span of the columns, and the rest of theta_0 never moves.

        Raises:
            ConfigError: A shape disagrees, a number is NaN or infinite, eta is not positive, or Phi has a rank
                below d and `minimum_norm` was not asked for.

        Source: Lemma 5.1.
        """
        phi = np.asarray(phi, dtype=np.float64)
        if phi.ndim < 2 or not phi.size:
            raise ConfigError(found_expected("phi", f"a shape {phi.shape}", "[..., d, m] with d, m >= 1"))
        if not np.isfinite(phi).all():
            raise ConfigError(found_expected("phi", "a value that is NaN or infinite", "finite numbers"))
        *instances, d, m = phi.shape
        y_clean = _vector("y_clean", y_clean, (*instances, m))
        noise = _vector("noise", noise, (*instances, m))
        self.theta_0 = _vector("theta_0", theta_0, (*instances, d))
        self.eta = _positive("eta", eta)
        self.mu, self.modes = _eigenmodes(phi)
        rank = int((self.mu > 0).sum(-1).min())
        if rank < d and not minimum_norm:
            found = f"a {d} x {m} matrix of rank {rank}"
            expected = f"m >= d and rank {d}, or minimum_norm=True for the Moore-Penrose inverse"
            raise ConfigError(found_expected("phi", found, expected))
        self.theta_star, self.theta_noise = self._fit(phi, y_clean), self._fit(phi, noise)

    @property
    def limit(self) -> np.ndarray:
        """Where the flow ends, float64 [..., d]: theta* + theta_noise, and what of theta_0 no sample sees."""
        unseen = np.where(self.mu > 0, 0.0, self.in_modes(self.theta_0))
        return self.theta_star + self.theta_noise + self._from_modes(unseen)

    def theta(self, t: np.ndarray | float) -> np.ndarray:
        """Return theta_t.

        Args:
            t: Times, at least 0: a scalar, [T], or [..., T] with times of its own for each instance.

        Returns:
            float64 [..., d] for a scalar, otherwise [..., T, d].

        Raises:
            ConfigError: A time is negative or not finite.

        Source: eq. (3).
        """
        end = self.in_modes(self.theta_star + self.theta_noise)
        start = self.in_modes(self.theta_0)
        moved = np.where(self.mu > 0, end - start, 0.0)
        return self._at(t, lambda exponent: start[..., None, :] - np.expm1(exponent) * moved[..., None, :])

    def clean(self, t: np.ndarray | float) -> np.ndarray:
        """Return the first term of eq. (3), exp(-eta G t) (theta_0 - theta*). Arguments as for `theta`."""
        gap = self.in_modes(self.theta_0 - self.theta_star)[..., None, :]
        return self._at(t, lambda exponent: np.exp(exponent) * gap)

    def noise(self, t: np.ndarray | float) -> np.ndarray:
        """Return the second term of eq. (3), (I - exp(-eta G t)) theta_noise. Arguments as for `theta`."""
        end = self.in_modes(self.theta_noise)[..., None, :]
        return self._at(t, lambda exponent: -np.expm1(exponent) * end)

    def descent(self, steps: int) -> np.ndarray:
        """Return theta after `steps` steps of gradient descent with step eta: (1 - eta mu)^k for the exponential.

        Returns:
            float64 [..., d].

        Raises:
            ConfigError: `steps` is negative or no integer.
        """
        if isinstance(steps, bool) or not isinstance(steps, int | np.integer) or steps < 0:
            raise ConfigError(found_expected("steps", steps, "an integer, at least 0"))
        end, start = self.in_modes(self.limit), self.in_modes(self.theta_0)
        return self._from_modes(end + (1 - self.eta * self.mu) ** steps * (start - end))

    def excess_risk(
        self, t: np.ndarray | float, population: Population, xi: np.ndarray | float = 0.0
    ) -> np.ndarray:
        """Return R_t - R*, the risk at t above that of the clean pattern; negative where it is lower.

        Args:
            t: Times, as for `theta`.
            population: Over which the risk is taken.
            xi: Standard deviation of theta_0 about this flow's own: theta_0 ~ N(theta_0, xi^2 I); scalar or [...].

        Returns:
            float64 [...] for a scalar, otherwise [..., T]: exact, in d-vectors of the eigenbasis.
        """
        shift = self.clean(t) + self.noise(t)
        sigma = population.second_moment
        bent = population.half_gradient(self.theta_star)
        scalar = np.ndim(t) == 0
        shift = shift[..., None, :] if scalar else shift
        linear = np.einsum("...td,...d->...t", shift, bent)
        quadratic = np.einsum("...td,...td->...t", shift @ sigma, shift)
        diagonal = np.einsum("...ik,...ij,...jk->...k", self.modes, sigma, self.modes, optimize=True)
        decay = np.exp(2 * self._exponent(t))
        spread = np.asarray(xi, dtype=np.float64)[..., None] ** 2 * np.einsum("...td,...d->...t", decay, diagonal)
        excess = quadratic + 2 * linear + spread
        return excess[..., 0] if scalar else excess

    def risk(self, t: np.ndarray | float, population: Population, xi: np.ndarray | float = 0.0) -> np.ndarray:
        """Return the population risk R_t, in expectation over theta_0. Arguments as for `excess_risk`."""
        least = population.risk(self.theta_star)
        return self.excess_risk(t, population, xi) + (least if np.ndim(t) == 0 else least[..., None])

    def in_modes(self, vector: np.ndarray) -> np.ndarray:
        """Return a vector's coordinates along the eigenvectors of G: float64 [..., d] -> [..., d]."""
        return np.einsum("...ik,...i->...k", self.modes, vector)

    def _fit(self, phi: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return Phi^+ labels. The second round takes back most of the error that squaring Phi brings in."""
        inverse = np.divide(1.0, phi.shape[-1] * self.mu, out=np.zeros_like(self.mu), where=self.mu > 0)
        theta = self._from_modes(inverse * self.in_modes(_product(phi, labels)))
        rest = labels - np.einsum("...d,...dm->...m", theta, phi)
        return theta + self._from_modes(inverse * self.in_modes(_product(phi, rest)))

    def _from_modes(self, coordinates: np.ndarray) -> np.ndarray:
        return _product(self.modes, coordinates)

    def _exponent(self, t: np.ndarray | float) -> np.ndarray:
        times = np.atleast_1d(np.asarray(t, dtype=np.float64))
        if not (np.isfinite(times) & (times >= 0)).all():
            raise ConfigError(found_expected("t", t, "finite times, at least 0"))
        return -self.eta * self.mu[..., None, :] * times[..., :, None]  # [..., T, d]

    def _at(self, t: np.ndarray | float, coordinates: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        path = coordinates(self._exponent(t)) @ np.swapaxes(self.modes, -1, -2)  # [..., T, d]
        return path[..., 0, :] if np.ndim(t) == 0 else path


def paths(
    t: np.ndarray,
    phi: np.ndarray,
    y_clean: np.ndarray,
    noise: np.ndarray,
    theta_0: np.ndarray,
    eta: float,
    workers: int = 2,
    chunk: int = 25,
) -> np.ndarray:
    """Return theta_t of many instances, computed in threads: numpy holds no lock while it decomposes.

    Args:
        t: float [T].
        phi: float [instances, d, m].
        y_clean: float [instances, m].
        noise: float [instances, m].
        theta_0: float [instances, d].
        eta: Learning rate.
        workers: Threads.
        chunk: Instances that a thread takes at a time.

    Returns:
        float64 [instances, T, d].
    """
    instances, d, _ = phi.shape
    result = np.empty((instances, len(t), d))

    def fill(start: int) -> None:
        part = slice(start, start + chunk)
        result[part] = GradientFlow(phi[part], y_clean[part], noise[part], theta_0[part], eta).theta(t)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(fill, range(0, instances, chunk)))
    return result


def _eigenmodes(phi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, ascending, and eigenvectors of Phi Phi^T / m."""
    d, m = phi.shape[-2:]
    mu, modes = np.linalg.eigh(phi @ np.swapaxes(phi, -1, -2) / m)
    poor = ~(mu[..., 0] * LARGEST_CONDITION > mu[..., -1])
    if poor.any():
        left, singular, _ = np.linalg.svd(phi[poor], full_matrices=m < d)
        rank_floor = singular[..., :1] * max(d, m) * np.finfo(np.float64).eps
        squares = np.where(singular > rank_floor, singular**2 / m, 0.0)
        missing = np.zeros((*squares.shape[:-1], d - squares.shape[-1]))
        mu[poor] = np.concatenate([missing, squares[..., ::-1]], axis=-1)
        modes[poor] = left[..., ::-1]
    return mu, modes


def _product(matrix: np.ndarray, vector: np.ndarray) -> np.ndarray:
    return np.einsum("...ij,...j->...i", matrix, vector)


def _vector(name: str, value: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    vector = np.asarray(value, dtype=np.float64)
    if vector.shape != shape:
        raise ConfigError(found_expected(name, f"a shape {vector.shape}", f"{shape}, as phi has"))
    if not np.isfinite(vector).all():
        raise ConfigError(found_expected(name, "a value that is NaN or infinite", "finite numbers"))
    return vector


def _positive(name: str, value: float) -> float:
    number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if not (number and np.isfinite(value) and value > 0):
        raise ConfigError(found_expected(name, value, "a finite number above 0"))
    return float(value)
