"""Regressions as Mixup really makes them: n points, every pair of them mixed, random features, a known f.

Inputs are uniform on [-1, 1]^p, features tanh(w . x + b) with random w and b. The true function is convex, a wave,
or a small tanh network. The m = n^2 synthetic inputs are all pairs at one lam, self pairs included; their clean
labels are f of the mixed input, their noise is what the mixed label adds to that.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory.population_risk import Population
from .instances import Batch

TEACHERS = ("convex", "wave", "network")
HIDDEN = 5  # of the network teacher
FEATURE_SCALE = 2.0
#: n, p and d of the batches; every pair is mixed, so m = n^2, with n (n + 1) / 2 different columns at lam = 1/2.
SHAPES = ((8, 1, 4), (8, 2, 8), (10, 3, 12), (10, 5, 20), (15, 5, 40), (15, 10, 60))
POINTS = 500  # in a population


@dataclass(frozen=True)
class Problems:
    """Random features and true functions, one of each a problem.

    Attributes:
        p: Input dimensions.
        weights: float64 [problems, p, d].
        offsets: float64 [problems, 1, d].
        teacher: int64 [problems], place in `TEACHERS`.
        coefficients: float64 [problems, HIDDEN, p + 2], what the teachers are made of.
    """

    p: int
    weights: np.ndarray
    offsets: np.ndarray
    teacher: np.ndarray
    coefficients: np.ndarray

    def features(self, x: np.ndarray) -> np.ndarray:
        """Return phi(x): float64 [problems, points, p] -> [problems, d, points]."""
        return np.swapaxes(np.tanh(x @ self.weights + self.offsets), 1, 2)

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the true labels: float64 [problems, points, p] -> [problems, points]."""
        inner, shift, outer = np.split(self.coefficients, [self.p, self.p + 1], axis=2)
        hidden = x @ np.swapaxes(inner, 1, 2) / np.sqrt(self.p)  # [problems, points, HIDDEN]
        convex = np.sum(x**2, axis=2) + hidden[..., 0]
        wave = np.sin(4 * hidden[..., 0] + np.pi * shift[:, :1, 0])
        network = (np.tanh(2 * hidden + np.swapaxes(shift, 1, 2)) @ outer)[..., 0]
        return np.choose(self.teacher[:, None], [convex, wave, network])

    def points(self, generator: np.random.Generator, number: int) -> np.ndarray:
        """Draw inputs: float64 [problems, number, p]."""
        return generator.uniform(-1, 1, (len(self.teacher), number, self.p))

    def population(self, x: np.ndarray) -> Population:
        """Return the population of the points x."""
        return Population(self.features(x), self.f(x))

    def mixed(self, x: np.ndarray, lam: float, xi: np.ndarray, population: Population) -> Batch:
        """Mix every pair of the points x at one lam.

        Args:
            x: float64 [problems, n, p].
            lam: Weight of the first of a pair.
            xi: float64 [problems], deviation of the start.
            population: Over which the risk is taken.
        """
        first, second = np.divmod(np.arange(x.shape[1] ** 2), x.shape[1])
        x_mix = lam * x[:, first] + (1 - lam) * x[:, second]
        y = self.f(x)
        y_clean = self.f(x_mix)
        noise = lam * y[:, first] + (1 - lam) * y[:, second] - y_clean
        return Batch(phi=self.features(x_mix), y_clean=y_clean, noise=noise, xi=xi, population=population)


def problems(generator: np.random.Generator, number: int, p: int, d: int) -> Problems:
    """Draw problems with p input dimensions and d features; the teachers take turns."""
    return Problems(
        p=p,
        weights=FEATURE_SCALE / np.sqrt(p) * generator.standard_normal((number, p, d)),
        offsets=generator.uniform(-1, 1, (number, 1, d)),
        teacher=np.arange(number) % len(TEACHERS),
        coefficients=generator.standard_normal((number, HIDDEN, p + 2)),
    )


def batches(seed: int, instances: int, lam: float = 0.5) -> Iterator[Batch]:
    """Draw at least `instances` regressions, a batch for each shape.

    The training points are members of the population. Half of the regressions start from zero exactly.
    """
    size = -(-instances // len(SHAPES))
    for number, (n, p, d) in enumerate(SHAPES):
        generator = stream(seed, "points", number)
        problem = problems(generator, size, p, d)
        xi = 10 ** generator.uniform(-2, 0, size) * (generator.uniform(size=size) < 0.5)
        x = problem.points(generator, POINTS)
        yield problem.mixed(x[:, :n], lam, xi, problem.population(x))
