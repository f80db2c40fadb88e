"""LR-STAGE in gradient flow: theta depends on the learning rate eta and the time t through s alone.

Least squares with a rate that may change, theta' = -eta(t) (G theta - b), is solved in the eigenbasis of G by

    theta_k(t) = theta_k(inf) + exp(-mu_k s) (theta_k(0) - theta_k(inf)),    s(t) = integral of eta from 0 to t,

so every positive schedule runs through the same points, only at other times. Gradient descent multiplies by
(1 - eta mu_k) a step instead, and is a curve of its own for each eta: see `stochastic_mixup`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected

#: Steps of the golden section: they narrow a bracket of a few per cent to the rounding of its place.
SECTIONS = 70
GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True)
class QuadraticRisk:
    """The squared error on test points, R(theta) = theta^T sigma theta - 2 cross^T theta + const.

    Attributes:
        sigma: float64 [d, d], E phi phi^T on test points.
        cross: float64 [d], E phi y.
        const: E y^2.
    """

    sigma: np.ndarray
    cross: np.ndarray
    const: float

    def __call__(self, theta: np.ndarray) -> np.ndarray:
        """Return R of each theta: float64 [..., d] -> [...]."""
        theta = np.asarray(theta)
        return ((theta @ self.sigma) * theta).sum(-1) - 2 * theta @ self.cross + self.const


@dataclass(frozen=True)
class Modes:
    """Problems in the eigenbasis of their G, one a row: R = least + |decay * start + offset|^2 in sigma.

    Attributes:
        mu: float64 [problems, d], eigenvalues of G.
        start: float64 [problems, d], theta(0) - theta(inf).
        offset: float64 [problems, d], theta(inf) minus the parameter of least risk.
        sigma: float64 [problems, d, d], E phi phi^T on test points.
        least: float64 [problems], the least risk of any parameter.
    """

    mu: np.ndarray
    start: np.ndarray
    offset: np.ndarray
    sigma: np.ndarray
    least: np.ndarray

    def risk(self, decay: np.ndarray) -> np.ndarray:
        """Return R where mode k has shrunk to `decay` of its start: float64 [problems, T, d] -> [problems, T]."""
        off = decay * self.start[:, None] + self.offset[:, None]
        return self.least[:, None] + ((off @ self.sigma) * off).sum(-1)

    def rows(self, rows: np.ndarray) -> "Modes":
        """Return the problems of these numbers, in this order."""
        return Modes(*(getattr(self, name)[rows] for name in ("mu", "start", "offset", "sigma", "least")))


def modes(gram: np.ndarray, target: np.ndarray, theta_0: np.ndarray, risk: QuadraticRisk) -> Modes:
    """Bring one least-squares problem into the eigenbasis of its matrix.

    Args:
        gram: float64 [d, d], G, symmetric and positive definite.
        target: float64 [d], b.
        theta_0: float64 [d].
        risk: On test points, with positive definite `sigma`.

    Raises:
        ConfigError: `gram` is not symmetric, or not positive definite: theta(inf) would not be unique.
    """
    gram = np.asarray(gram, dtype=np.float64)
    if not np.allclose(gram, gram.T, rtol=1e-10, atol=0):
        raise ConfigError(found_expected("gram", gram.tolist(), "a finite symmetric matrix"))
    mu, basis = np.linalg.eigh(gram)
    if not mu[0] > 0:
        raise ConfigError(found_expected("gram", f"a least eigenvalue of {mu[0]:g}", "positive eigenvalues"))
    end = basis.T @ target / mu
    best = np.linalg.solve(risk.sigma, risk.cross)
    return Modes(
        mu=mu[None],
        start=(basis.T @ theta_0 - end)[None],
        offset=(end - basis.T @ best)[None],
        sigma=(basis.T @ risk.sigma @ basis)[None],
        least=np.array([risk(best)]),
    )


def stack(problems: list[Modes]) -> Modes:
    """Put problems of one size d below one another."""
    names = ("mu", "start", "offset", "sigma", "least")
    return Modes(*(np.concatenate([getattr(problem, name) for problem in problems]) for name in names))


def flow_time(t: np.ndarray, rates: np.ndarray, switches: np.ndarray | None = None) -> np.ndarray:
    """Return s(t), the integral of a learning rate that is constant between switches.

    Args:
        t: float64 [..., T], times, at least 0; may be infinite.
        rates: float64 [..., J], the learning rates, positive.
        switches: float64 [..., J - 1], the times at which the next rate begins, in order; None for one rate.

    Returns:
        float64 [..., T]; strictly increasing in t.

    Raises:
        ConfigError: A time is negative or NaN, a rate is not positive and finite, or the switches are out of order
            or not one fewer than the rates.
    """
    t, rates = np.asarray(t, dtype=np.float64), np.asarray(rates, dtype=np.float64)
    ends = np.zeros((*rates.shape[:-1], 0)) if switches is None else np.asarray(switches, dtype=np.float64)
    if not np.all(t >= 0):
        raise ConfigError(found_expected("t", t.tolist(), "times of at least 0"))
    if not np.all((rates > 0) & np.isfinite(rates)):
        raise ConfigError(found_expected("rates", rates.tolist(), "positive finite numbers"))
    if ends.shape[-1] != rates.shape[-1] - 1:
        raise ConfigError(
            found_expected("switches", ends.shape[-1], f"one fewer than rates: {rates.shape[-1] - 1}")
        )
    begins = np.concatenate([np.zeros((*ends.shape[:-1], 1)), ends], -1)
    lengths = np.diff(begins, axis=-1, append=np.inf)
    if not np.all(lengths >= 0):
        raise ConfigError(found_expected("switches", ends.tolist(), "times of at least 0, in order"))
    spent = np.clip(t[..., None] - begins[..., None, :], 0, lengths[..., None, :])  # [..., T, J]
    return (spent * rates[..., None, :]).sum(-1)


def flow_decay(mu: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return exp(-mu s): float64 [problems, d] and [problems, T] -> [problems, T, d]. Source: eq. (3)."""
    return np.exp(-mu[:, None] * s[..., None])


def bound_curve(mu: np.ndarray, a: np.ndarray, c2: np.ndarray, s: np.ndarray) -> np.ndarray:
    """Return the sum in THM-5.2's bound, at s = eta t; the bound is C1 times it plus a constant.

    Args:
        mu: float64 [instances, d], eigenvalues.
        a: float64 [instances, d], xi_k^2 + theta*_k^2.
        c2: float64 [instances], C2, the largest squared norm of the noise.
        s: float64 [instances, T].

    Returns:
        float64 [instances, T].

    Raises:
        ConfigError: An eigenvalue or C2 is not positive and finite, or `a` is negative or not finite.

    Source: THM-5.2, with eta t replaced by s.
    """
    for name, value, least in (("mu", mu, 0), ("c2", c2, 0), ("a", a, -np.finfo(float).tiny)):
        if not np.all((value > least) & np.isfinite(value)):
            raise ConfigError(found_expected(name, value, f"finite numbers {'>=' if name == 'a' else '>'} 0"))
    decay = flow_decay(mu, s)
    return (a[:, None] * decay**2 + c2[:, None, None] / mu[:, None] * (1 - decay) ** 2).sum(-1)


def bottom(
    curve: Callable[[np.ndarray, np.ndarray], np.ndarray], grid: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the lowest point of smooth curves: every valley on a grid is searched by golden section.

    Args:
        curve: Maps int64 [R], numbers of curves, and float64 [R, T], places, to float64 [R, T], values.
        grid: float64 [curves, T], positive and increasing; fine enough to show every valley.

    Returns:
        float64 [curves] the place and float64 [curves] the value there, and bool [curves]: whether it is a valley
        and not an end of the grid.

    Raises:
        ConfigError: The grid is not positive and increasing.
    """
    if not (np.all(grid[:, :1] > 0) and np.all(np.diff(grid, axis=1) > 0)):
        raise ConfigError(found_expected("grid", grid, "positive places, increasing along each row"))
    everyone = np.arange(len(grid))
    values = curve(everyone, grid)
    lowest = np.where(values[:, 0] <= values[:, -1], 0, grid.shape[1] - 1)  # the ends, until a valley is lower
    place, value = grid[everyone, lowest], values[everyone, lowest]
    inside = np.zeros(len(grid), dtype=bool)
    # Strict on the left: where a curve has become flat, no place is a valley.
    rows, at = np.nonzero((values[:, 1:-1] < values[:, :-2]) & (values[:, 1:-1] <= values[:, 2:]))
    if len(rows):
        low, high = np.log(grid[rows, at]), np.log(grid[rows, at + 2])
        for _ in range(SECTIONS):
            pair = np.stack([high - GOLDEN * (high - low), low + GOLDEN * (high - low)], -1)
            left, right = curve(rows, np.exp(pair)).T
            low, high = np.where(left <= right, low, pair[:, 0]), np.where(left <= right, pair[:, 1], high)
        found = np.exp((low + high) / 2)
        depth = curve(rows, found[:, None])[:, 0]
        for valley in np.argsort(-depth):  # deepest last
            row = rows[valley]
            if depth[valley] <= value[row]:
                place[row], value[row], inside[row] = found[valley], depth[valley], True
    return place, value, inside
