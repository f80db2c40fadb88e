"""LR-STAGE with fresh pairs each step: the exact mean and second moment of theta, hence the expected risk.

A step is theta' = theta - eta (G theta - b) with G = mean of phi phi^T and b = mean of phi y over the pairs of the
step. Write z = (theta, 1) and A = [[G, -b], [0, 0]]: then z' = z - eta A z with A drawn independently of z, and

    E z'z'^T = N - eta (E[A] N + N E[A]^T) + eta^2 E[A N A^T],    N = E z z^T,

is linear in N: one matrix acting on the (d + 1)(d + 2) / 2 entries of a symmetric matrix. The pairs of n points at
a few values of lam are a finite set, so E[A N A^T] is a finite sum and nothing is sampled. The expected squared
test error is linear in N too.
"""

from functools import cached_property

import numpy as np

from ..errors import ConfigError, found_expected
from .learning_rate import QuadraticRisk
from .mixed_pairs import MixedPairs


class Moments:
    """The linear map that takes E z z^T over one step, for pairs drawn in different ways.

    Symmetric matrices are kept as vectors of their upper triangle, off-diagonal entries times sqrt 2: the inner
    product of two vectors is then the trace of the product of the matrices.
    """

    def __init__(self, pairs: MixedPairs, lam_per_step: bool = True) -> None:
        """Prepare the map.

        Args:
            pairs: The finite set that steps draw from.
            lam_per_step: One lam is drawn a step and shared by its pairs; else each pair has its own.
        """
        self.pairs, self.lam_per_step = pairs, lam_per_step
        self.side = pairs.phi.shape[-1] + 1
        zero = np.zeros((*pairs.y.shape, 1))
        self._out = np.concatenate([pairs.phi, zero], -1)  # A of one pair is out residual^T: [L, n, n, d + 1]
        self._residual = np.concatenate([pairs.phi, -pairs.y[..., None]], -1)

    def operator(self, eta: float, batch_size: float) -> np.ndarray:
        """Return the map of one step on `batch_size` pairs drawn independently from all n^2.

        Args:
            eta: Learning rate, positive.
            batch_size: B, at least 1; infinite for all pairs at once.

        Raises:
            ConfigError: `eta` or `batch_size` is out of range.
        """
        if not batch_size >= 1:
            raise ConfigError(found_expected("batch_size", batch_size, "at least 1"))
        single, together = self._second
        return self._step(eta, single / batch_size + together * (1 - 1 / batch_size))

    def permutation_operator(self, eta: float) -> np.ndarray:
        """Return the map of one step on n pairs: every point once, its partners a random permutation.

        Raises:
            ConfigError: `eta` is out of range, each pair has its own lam, or there is one point alone.
        """
        if not self.lam_per_step:
            raise ConfigError(found_expected("lam_per_step", False, "True: a permutation shares its lam"))
        if (n := self.pairs.phi.shape[1]) < 2:
            raise ConfigError(found_expected("pairs", f"only {n} point", "at least 2 points"))
        return self._step(eta, self._permuted)

    def _step(self, eta: float, second: np.ndarray) -> np.ndarray:
        if not (eta > 0 and np.isfinite(eta)):
            raise ConfigError(found_expected("eta", eta, "a positive finite number"))
        return np.eye(len(second)) - eta * self._first + eta**2 * second

    @cached_property
    def _mean(self) -> np.ndarray:
        """E[A] at each lam: float64 [L, d + 1, d + 1]."""
        n = self.pairs.phi.shape[1]
        return np.einsum("lija,lijb->lab", self._out, self._residual, optimize=True) / n**2

    @cached_property
    def _first(self) -> np.ndarray:
        mean, one = np.einsum("l,lab->ab", self.pairs.weights, self._mean), np.eye(self.side)
        return _restrict(np.kron(mean, one) + np.kron(one, mean), self.side)

    @cached_property
    def _second(self) -> tuple[np.ndarray, np.ndarray]:
        """E[A N A^T] for one pair, and for two independent pairs of one step."""
        weights, n = self.pairs.weights, self.pairs.phi.shape[1]
        out, residual = _squares(self._out), _squares(self._residual)
        # One pair: out (residual^T N residual) out^T.
        single = np.einsum("l,lijp,lijq->pq", weights, out, residual, optimize=True) / n**2
        mean = self._mean if self.lam_per_step else np.einsum("l,lab->ab", weights, self._mean)[None]
        shares = weights if self.lam_per_step else np.ones(1)
        together = sum(share * np.kron(one, one) for share, one in zip(shares, mean, strict=True))
        return single, _restrict(together, self.side)

    @cached_property
    def _permuted(self) -> np.ndarray:
        """E[A N A^T] where A is the mean over i of pair (i, perm(i)).

        Two places i, j of a permutation hold two different partners a, b with probability 1 / (n (n - 1)). The
        sum over them is that over all quadruples, less i = j (rows), less a = b (columns), plus both at once.
        """
        n, total = self.pairs.phi.shape[1], 0
        for share, mean, out, residual in zip(
            self.pairs.weights, self._mean, self._out, self._residual, strict=True
        ):
            rows = np.einsum("ija,ijb->iab", out, residual)
            columns = np.einsum("ija,ijb->jab", out, residual)
            whole = n**4 * np.kron(mean, mean)
            for part in (*rows, *columns):
                whole -= np.kron(part, part)
            total = total + share * whole
        single = self._second[0] * n**2  # summed over the n^2 pairs
        different = (_restrict(total, self.side) + single) / (n * (n - 1))
        return (single / n + different) / n**2


def state_of(theta_0: np.ndarray) -> np.ndarray:
    """Return E z z^T of a fixed start as a vector: float64 [d] -> [(d + 1)(d + 2) / 2].

    Raises:
        ConfigError: `theta_0` is not a list of finite numbers.
    """
    theta_0 = np.asarray(theta_0, dtype=np.float64)
    if theta_0.ndim != 1 or not np.isfinite(theta_0).all():
        raise ConfigError(found_expected("theta_0", theta_0.tolist(), "a list of finite numbers"))
    return _squares(np.append(theta_0, 1.0))


def weights_of(risk: QuadraticRisk) -> np.ndarray:
    """Return the vector whose product with a state is the expected risk E R(theta)."""
    block = np.block([[risk.sigma, -risk.cross[:, None]], [-risk.cross[None], np.array([[risk.const]])]])
    upper, scale = _triangle(len(block))
    return block[upper] * scale


def advance(operator: np.ndarray, state: np.ndarray, steps: int) -> np.ndarray:
    """Return the state after `steps` steps, by powers of two.

    Raises:
        ConfigError: `steps` is negative.
    """
    _check_steps(steps)
    while steps:
        if steps % 2:
            state = operator @ state
        operator, steps = operator @ operator, steps // 2
    return state


def moment_path(operator: np.ndarray, state: np.ndarray, weights: np.ndarray, steps: int) -> np.ndarray:
    """Return the exact expected risk after 0, 1, ..., `steps` steps: float64 [steps + 1].

    The risk after i J + j steps is (weights^T L^j)(L^(iJ) state): some sqrt(steps) vectors on either side give
    every step, and doubling makes them of matrix products alone.

    Raises:
        ConfigError: `steps` is negative.
    """
    _check_steps(steps)
    left, right, power, length = weights[None], state[:, None], operator, 1
    while length * length <= steps:
        left, power, length = np.concatenate([left, left @ power]), power @ power, 2 * length
    while length * right.shape[1] <= steps:
        right, power = np.concatenate([right, power @ right], 1), power @ power
    return (left @ right).T.ravel()[: steps + 1]


def is_stable(operator: np.ndarray) -> bool:
    """Tell whether the second moments stay bounded: no eigenvalue of the step lies outside the unit circle."""
    return bool(np.abs(np.linalg.eigvals(operator)).max() <= 1 + 1e-9)


def _check_steps(steps: int) -> None:
    if steps < 0:
        raise ConfigError(found_expected("steps", steps, "at least 0"))


def _triangle(side: int) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    upper = np.triu_indices(side)
    return upper, np.where(upper[0] == upper[1], 1.0, np.sqrt(2))


def _squares(vectors: np.ndarray) -> np.ndarray:
    """Return v v^T of each vector as a vector of its triangle: [..., side] -> [..., side (side + 1) / 2]."""
    (i, j), scale = _triangle(vectors.shape[-1])
    return vectors[..., i] * vectors[..., j] * scale


def _restrict(kron: np.ndarray, side: int) -> np.ndarray:
    """Restrict a map on all matrices, of the form sum X (x) Y, to the triangle of symmetric ones."""
    (i, j), scale = _triangle(side)
    rows = (kron[i * side + j] + kron[j * side + i]) / 2 * scale[:, None]
    return (rows[:, i * side + j] + rows[:, j * side + i]) / 2 * scale
