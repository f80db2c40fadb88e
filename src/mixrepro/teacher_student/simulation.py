"""Mixup with partners drawn anew each epoch, many seeds side by side.

The first layer is fixed and pre-activations are linear in the point, so no matrix product is left in the forward
pass: a mixed point's hidden units are tanh(lam a_i + (1 - lam) a_j). With s = 1 / (1 + exp(2 z)), tanh(z) = 1 -
2 s.

- At a fixed lam the n^2 possible mixed points are computed once; an epoch takes its n rows.
- At a random lam the exponential factorises, exp(2 z) = exp(2 lam a_i) exp(2 (1 - lam) a_j). With
  g = exp(-2 lam a) and h = exp(2 a) g, s = g_i / (g_i + h_j). So g is computed once for each level that lam can
  have, and no transcendental function is left in the loop.

float32 halves the time; its rounding is far below the spread of the path over its draws.
"""

from collections.abc import Sequence

import numpy as np

from ..errors import ConfigError, found_expected
from . import draws
from .draws import BLOCK, LEVELS, Pairing, lam_levels
from .moments import mixed_points
from .problem import Problems


def simulate(
    problems: Problems,
    pairings: Sequence[Pairing],
    schemes: Sequence[float | None],
    eta: float,
    epochs: int,
    every: int,
    dtype: type = np.float32,
) -> np.ndarray:
    """Train the second layer by full-batch gradient descent on n mixed points an epoch.

    Args:
        problems: The draws; at most some dozens at once.
        pairings: "permutation", "derangement" or both.
        schemes: Mixing coefficients; None draws lam from Beta(1, 1) once an epoch. All see the same partners,
            and all pairings the same lam.
        eta: Step on (1/2n) ||theta^T Phi - Y||^2.
        epochs: How many.
        every: Epochs between two records, a divisor of `epochs`.
        dtype: numpy.float32 or numpy.float64.

    Returns:
        dtype [pairings, schemes, S, epochs / every + 1, d]: theta, from theta_0 on.

    Raises:
        ConfigError: A pairing draws no partners, or a number is out of range.

    Source: Appendix C ("full-batch means that the batch size is equal to n").
    """
    check_epochs(epochs, every)
    for lam in schemes:
        if lam is not None and not 0 <= lam <= 1:
            raise ConfigError(found_expected("schemes", lam, "between 0 and 1, or None"))
    if not (np.isfinite(eta) and eta > 0):
        raise ConfigError(found_expected("eta", eta, "a finite number above 0"))
    # [schemes, pairings, S, d]: a scheme moves all its pairings in one go
    theta = np.tile(problems.theta_0.astype(dtype), (len(schemes), len(pairings), 1, 1))
    records = np.empty((len(pairings), len(schemes), len(problems), epochs // every + 1, theta.shape[-1]), dtype)
    records[:, :, :, 0] = theta.swapaxes(0, 1)
    makers = [
        _RandomLam(problems, len(pairings), eta, dtype)
        if lam is None
        else _FixedLam(problems, lam, len(pairings), eta, dtype)
        for lam in schemes
    ]
    with np.errstate(over="ignore", invalid="ignore"):  # a seed that diverges is told by its risk
        for block in range(-(-epochs // BLOCK)):
            first = block * BLOCK
            length = min(BLOCK, epochs - first)
            rows = np.concatenate([_rows(problems, pairing, block, length) for pairing in pairings], axis=1)
            levels = np.stack([draws.levels(int(seed), block, length) for seed in problems.seeds], axis=1)
            for scheme, maker in enumerate(makers):  # one after another: each has tables to keep in the cache
                labels = maker.labels(rows, levels)
                for epoch in range(length):
                    maker.step(rows[epoch], levels[epoch], labels[epoch], theta[scheme])
                    if (first + epoch + 1) % every == 0:
                        records[:, scheme, :, (first + epoch + 1) // every] = theta[scheme]
    return records


def check_epochs(epochs: int, every: int) -> None:
    """Refuse epochs that the records do not divide.

    Raises:
        ConfigError: A number is below 1, or `every` does not divide `epochs`.
    """
    if epochs < 1:
        raise ConfigError(found_expected("epochs", epochs, "at least 1"))
    if every < 1 or epochs % every:
        raise ConfigError(found_expected("every", every, f"a divisor of epochs, {epochs}"))


class _FixedLam:
    """Steps at one lam, from a table of all n^2 mixed points of each seed."""

    def __init__(self, problems: Problems, lam: float, pairings: int, eta: float, dtype: type) -> None:
        phi, y = mixed_points(problems.pre.astype(dtype), problems.y.astype(dtype), lam)
        seeds, n = problems.y.shape
        self._phi, self._y = phi.reshape(-1, phi.shape[-1]), y.reshape(-1)
        self._shape = (pairings, seeds, n)
        # Row of the pair (i, partner): the seed's n^2 rows, then i's n, then the partner. `_rows` counts n a seed.
        seed, point = np.divmod(np.arange(seeds * n), n)
        self._first = np.tile(seed * n * n + point * n - seed * n, pairings)
        self._rate = dtype(eta / n)
        self._taken = np.empty((pairings, seeds, n, phi.shape[-1]), dtype)
        self._flat = self._taken.reshape(-1, phi.shape[-1])

    def labels(self, partners: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return the mixed labels of a block of epochs, dtype [epochs, pairings, S, n]."""
        return self._y[self._first + partners].reshape(-1, *self._shape)

    def step(self, partner: np.ndarray, level: np.ndarray, y: np.ndarray, theta: np.ndarray) -> None:
        """Move theta [pairings, S, d] by one epoch, in place; y [pairings, S, n]."""
        np.take(self._phi, self._first + partner, axis=0, out=self._flat, mode="clip")
        error = np.matmul(self._taken, theta[..., None])[..., 0]
        error -= y
        error *= self._rate
        theta -= np.matmul(error[..., None, :], self._taken)[..., 0, :]


class _RandomLam:
    """Steps at a lam that each seed draws anew, from a table of the exponentials at each level of lam."""

    def __init__(self, problems: Problems, pairings: int, eta: float, dtype: type) -> None:
        seeds, n = problems.y.shape
        twice = 2 * problems.pre.astype(dtype)
        self._whole = np.exp(twice)
        table = -lam_levels().astype(dtype)[:, None, None] * twice[:, None]  # [S, levels, n, d]
        self._table = np.exp(table, out=table).reshape(seeds * LEVELS, n, -1)
        self._first = LEVELS * np.arange(seeds)
        self._y = problems.y.astype(dtype)
        self._dtype, self._rate = dtype, dtype(eta / n)
        self._own, self._other = np.empty_like(twice), np.empty_like(twice)
        self._units = np.empty((pairings, *twice.shape), dtype)
        self._flat = self._units.reshape(-1, self._units.shape[-1])

    def labels(self, partners: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return the mixed labels of a block of epochs, dtype [epochs, pairings, S, n]."""
        lam = lam_levels().astype(self._dtype)[levels][:, None, :, None]
        other = self._y.reshape(-1)[partners].reshape(len(partners), -1, *self._y.shape)
        return lam * self._y + (1 - lam) * other

    def step(self, partner: np.ndarray, level: np.ndarray, y: np.ndarray, theta: np.ndarray) -> None:
        """Move theta [pairings, S, d] by one epoch, in place; level int64 [S], y [pairings, S, n]."""
        s = self._units
        np.take(self._table, self._first + level, axis=0, out=self._own, mode="clip")
        np.multiply(self._whole, self._own, out=self._other)
        np.take(self._other.reshape(-1, s.shape[-1]), partner, axis=0, out=self._flat, mode="clip")
        np.add(s, self._own, out=s)
        np.divide(self._own, s, out=s)
        # phi = 1 - 2 s, in prediction and gradient
        error = np.matmul(s, theta[..., None])[..., 0]
        error *= -2
        error += theta.sum(-1, keepdims=True)
        error -= y
        error *= self._rate
        theta -= error.sum(-1, keepdims=True)
        error *= 2
        theta += np.matmul(error[..., None, :], s)[..., 0, :]


def _rows(problems: Problems, pairing: Pairing, block: int, length: int) -> np.ndarray:
    """Draw partners as rows among the points of all seeds: int64 [length, S n]."""
    seeds, n = problems.y.shape
    rows = np.empty((length, seeds, n), dtype=np.int64)
    for number, seed in enumerate(problems.seeds):
        np.add(draws.partners(pairing, int(seed), block, length, n), number * n, out=rows[:, number])
    return rows.reshape(length, -1)
