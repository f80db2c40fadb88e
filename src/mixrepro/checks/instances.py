"""Random instances of section 5.2's regression: synthetic features, clean labels, noise, a start and a population.

The features are built from their spectrum, Phi = U diag(sqrt(m mu)) V^T with random orthonormal U and V, so that G
has the wanted condition number, from 1 to 1e8. All instances of one batch share d and m.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory.gradient_flow import GradientFlow
from ..theory.population_risk import Population

#: How Z is drawn: dense signs, Gaussian, signs along the weakest mode, and one-sided as for a convex f.
NOISES = ("signs", "Gaussian", "along the weakest mode", "one-sided")
ETA = 0.1
POINTS = 24  # in a population


@dataclass(frozen=True)
class Batch:
    """Instances of one shape, of whatever origin.

    Attributes:
        phi: float64 [instances, d, m], features of the synthetic inputs.
        y_clean: float64 [instances, m], Y*.
        noise: float64 [instances, m], Z.
        xi: float64 [instances], deviation of the start in Theorem 5.2.
        population: Over which the risk is taken.
    """

    phi: np.ndarray
    y_clean: np.ndarray
    noise: np.ndarray
    xi: np.ndarray
    population: Population

    def flow(self, theta_0: np.ndarray | None = None) -> GradientFlow:
        """Return the gradient flow from `theta_0`, by default from zero, the mean of the start in Theorem 5.2."""
        start = np.zeros(self.phi.shape[:2]) if theta_0 is None else theta_0
        return GradientFlow(self.phi, self.y_clean, self.noise, start, ETA)

    def times(self, flow: GradientFlow, number: int) -> np.ndarray:
        """Return [instances, number] times, from before the fastest mode moves to after the slowest settles."""
        first, last = 1e-2 / (ETA * flow.mu[:, -1]), 30 / (ETA * flow.mu[:, 0])
        return np.geomspace(first, last, number, axis=1)

    def bound_terms(self, flow: GradientFlow) -> dict[str, np.ndarray | float]:
        """Return what the bounds of Theorem 5.2 are made of, with the least constants that it admits."""
        return dict(
            mu=flow.mu,
            theta_star=flow.in_modes(flow.theta_star),
            xi=self.xi,
            c1=self.population.squared_feature_bound(),
            c2=np.max(self.noise**2, axis=-1),
            eta=flow.eta,
            r_star=self.population.risk(flow.theta_star),
        )


@dataclass(frozen=True)
class RandomBatch(Batch):
    """Instances with a spectrum of our choice, and features of the population of another distribution.

    Attributes:
        theta_0: float64 [instances, d], a start drawn with deviation xi, or 1 where xi is 0, as for a third.
        condition: float64 [instances], largest eigenvalue of G over the smallest.
        kind: int64 [instances], place in `NOISES`.
        realisable: bool [instances], whether the labels are linear in the features.
    """

    theta_0: np.ndarray
    condition: np.ndarray
    kind: np.ndarray
    realisable: np.ndarray


def shapes(largest_d: int, ratios: tuple[float, ...] = (1.0, 1.5, 3.0, 10.0)) -> list[tuple[int, int]]:
    """Return (d, m) for every d up to `largest_d` and m from d to 10 d."""
    return sorted({(d, round(ratio * d)) for d in range(1, largest_d + 1) for ratio in ratios})


def batches(seed: int, instances: int, shapes: list[tuple[int, int]]) -> Iterator[RandomBatch]:
    """Draw at least `instances` instances, a batch for each shape."""
    size = -(-instances // len(shapes))
    for number, (d, m) in enumerate(shapes):
        yield draw(stream(seed, "instances", number), size, d, m)


def draw(generator: np.random.Generator, size: int, d: int, m: int, largest_exponent: float = 8.0) -> RandomBatch:
    """Draw one batch.

    Args:
        generator: Where the draws come from.
        size: Instances.
        d: Features.
        m: Synthetic inputs, at least d.
        largest_exponent: Condition numbers go from 1 to ten to this power, evenly in the exponent.
    """
    condition = 10 ** generator.uniform(0, largest_exponent if d > 1 else 0, size)
    spread = generator.uniform(0, 1, (size, d))
    spread[:, 0], spread[:, -1] = 1, 0  # the first mode is the weakest
    mu = condition[:, None] ** -spread * 10 ** generator.uniform(-1, 1, (size, 1))
    left, right = (np.linalg.qr(generator.standard_normal((size, rows, d)))[0] for rows in (d, m))
    phi = left * np.sqrt(m * mu)[:, None, :] @ np.swapaxes(right, 1, 2)
    theta_true = generator.standard_normal((size, d)) * 10 ** generator.uniform(-1, 1, (size, 1))
    realisable = generator.uniform(size=size) < 0.5
    y_clean = np.einsum("bd,bdm->bm", theta_true, phi)
    unfit = ~realisable * np.std(y_clean, axis=1) * generator.uniform(0.1, 1, size)
    y_clean += unfit[:, None] * generator.standard_normal((size, m))
    kind = np.arange(size) % len(NOISES)
    strength = np.sqrt(np.mean(y_clean**2, axis=1)) * 10 ** generator.uniform(-2, 1, size)
    xi = 10 ** generator.uniform(-2, 1, size) * (generator.uniform(size=size) < 2 / 3)
    return RandomBatch(
        phi=phi,
        y_clean=y_clean,
        noise=strength[:, None] * _noise(generator, kind, weakest=right[:, :, 0]),
        theta_0=generator.standard_normal((size, d)) * np.where(xi > 0, xi, 1)[:, None],
        xi=xi,
        condition=condition,
        kind=kind,
        realisable=realisable,
        population=_population(generator, left, mu, theta_true, unfit),
    )


def _noise(generator: np.random.Generator, kind: np.ndarray, weakest: np.ndarray) -> np.ndarray:
    signs = np.where(generator.uniform(size=weakest.shape) < 0.5, -1.0, 1.0)
    gaussian = generator.standard_normal(weakest.shape)
    one_sided = generator.uniform(0, 1, weakest.shape)
    return np.choose(kind[:, None], [signs, gaussian, np.sign(weakest), one_sided])


def _population(
    generator: np.random.Generator, left: np.ndarray, mu: np.ndarray, theta_true: np.ndarray, unfit: np.ndarray
) -> Population:
    """Draw points with equal spread in every direction, with that of the synthetic inputs, or of one length."""
    size, d = mu.shape
    sort = generator.integers(3, size=size)[:, None]
    length = np.where(sort > 0, np.sqrt(mu), np.sqrt(mu.max(1, keepdims=True)))
    phi = left * length[:, None, :] @ generator.standard_normal((size, d, POINTS))
    norm = np.linalg.norm(phi, axis=1, keepdims=True)
    phi = np.where(sort[..., None] == 2, phi / norm * norm.mean(2, keepdims=True), phi)
    y = np.einsum("bd,bdn->bn", theta_true, phi) + unfit[:, None] * generator.standard_normal((size, POINTS))
    return Population(phi, y)
