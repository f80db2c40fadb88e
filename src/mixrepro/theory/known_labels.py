"""Classification problems whose ground truth f_j(x) = P(Y = j | X = x) is known at every x.

A label is wrong only against a truth, and real data sets do not come with one. These problems do: Gaussian
mixtures (two moons among them) by Bayes' rule, a softmax teacher and an affine f by definition. `Tempered`,
`Certain` and `Dominant` change the truth of another problem and keep its inputs.

Every density is positive wherever two points can be mixed: off the support P(Y | X = x) would be undefined, and so
would be the noise.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import softmax

from ..errors import ConfigError, found_expected


class Problem(Protocol):
    """Inputs that can be drawn, and the true label distribution at each.

    Attributes:
        dim: Coordinates of an input.
        num_classes: C.
    """

    @property
    def dim(self) -> int: ...  # noqa: D102

    @property
    def num_classes(self) -> int: ...  # noqa: D102

    def sample(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draw n inputs from P_X: float64 [n, dim]."""

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the true label distribution: float64 [..., dim] -> [..., C]."""


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """Round Gaussians, each of one class; a class may own many.

    Attributes:
        means: float64 [k, dim].
        std: float64 [k], standard deviation of each in every direction.
        classes: int64 [k], class of each, 0 to C - 1.
        weights: float64 [k], share of each, with sum 1.
    """

    means: np.ndarray
    std: np.ndarray
    classes: np.ndarray
    weights: np.ndarray

    def __post_init__(self) -> None:
        if not (np.all(np.isfinite(self.std)) and np.all(self.std > 0)):
            raise ConfigError(found_expected("std", self.std, "finite numbers above 0"))
        if not (np.all(self.weights >= 0) and np.isclose(self.weights.sum(), 1)):
            raise ConfigError(found_expected("weights", self.weights, "numbers >= 0 with sum 1"))

    @property
    def dim(self) -> int:
        """Coordinates of an input."""
        return self.means.shape[1]

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return int(self.classes.max()) + 1

    def draw(self, n: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draw inputs with their labels: float64 [n, dim] and int64 [n]."""
        component = generator.choice(len(self.weights), _count(n), p=self.weights)
        x = self.means[component] + self.std[component, None] * generator.standard_normal((n, self.dim))
        return x, self.classes[component]

    def sample(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draw inputs: float64 [n, dim]."""
        return self.draw(n, generator)[0]

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the classes' posterior by Bayes' rule: float64 [..., C]."""
        x = _points(x, self.dim)
        squared = (x**2).sum(-1)[..., None] - 2 * x @ self.means.T + (self.means**2).sum(-1)  # [..., k]
        with np.errstate(divide="ignore"):  # a component of weight 0 explains nothing
            log_joint = np.log(self.weights) - self.dim * np.log(self.std) - squared / (2 * self.std**2)
        return softmax(log_joint, axis=-1) @ np.eye(self.num_classes)[self.classes]


def surrounded_class(radius: float = 3.0, std: float = 1.0) -> GaussianMixture:
    """Put class 0 in the middle of three others, where their mixed points fall: manifold intrusion.

    Args:
        radius: Distance of the outer means from the middle one.
        std: Standard deviation of all four, balanced.
    """
    angle = np.pi / 2 + 2 * np.pi * np.arange(3) / 3
    outer = radius * np.stack([np.cos(angle), np.sin(angle)], -1)
    return GaussianMixture(np.vstack([np.zeros((1, 2)), outer]), np.full(4, std), np.arange(4), np.full(4, 0.25))


def two_moons(std: float = 0.15, per_moon: int = 24) -> GaussianMixture:
    """Smear two half circles that reach into each other; every moon is a row of small Gaussians.

    Args:
        std: Standard deviation of the smear, at circles of radius 1.
        per_moon: Gaussians a moon; at 24 they stand closer than the default smear is wide.
    """
    t = np.pi * (np.arange(per_moon) + 0.5) / per_moon
    upper, lower = np.stack([np.cos(t), np.sin(t)], -1), np.stack([1 - np.cos(t), 0.5 - np.sin(t)], -1)
    k = 2 * per_moon
    return GaussianMixture(np.vstack([upper, lower]), np.full(k, std), np.arange(k) // per_moon, np.full(k, 1 / k))


@dataclass(frozen=True, eq=False)
class SoftmaxTeacher:
    """f(x) = softmax(beta x W) with normal inputs; beta near 0 makes f nearly constant, large nearly certain.

    Attributes:
        weights: float64 [dim, C], W.
        beta: Sharpness.
    """

    weights: np.ndarray
    beta: float = 1.0

    def __post_init__(self) -> None:
        _check_sharpness(self.beta)

    @property
    def dim(self) -> int:
        """Coordinates of an input."""
        return self.weights.shape[0]

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.weights.shape[1]

    def sample(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draw standard normal inputs: float64 [n, dim]."""
        return generator.standard_normal((_count(n), self.dim))

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the teacher's answer: float64 [..., C]."""
        return softmax(self.beta * (_points(x, self.dim) @ self.weights), axis=-1)


def softmax_teacher(dim: int, num_classes: int, beta: float, generator: np.random.Generator) -> SoftmaxTeacher:
    """Draw a teacher with standard normal weights."""
    return SoftmaxTeacher(generator.standard_normal((dim, num_classes)), beta)


@dataclass(frozen=True, eq=False)
class AffineLabels:
    """An affine f: inputs are Dirichlet weights of some corners, labels the same weights of the corners' labels.

    Attributes:
        corners: float64 [dim, C], the label distribution at each corner; the unit matrix makes f(x) = x.
        concentration: Of the Dirichlet distribution; 1 is uniform on the simplex.
    """

    corners: np.ndarray
    concentration: float = 1.0

    @property
    def dim(self) -> int:
        """Coordinates of an input."""
        return self.corners.shape[0]

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.corners.shape[1]

    def sample(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draw points of the simplex: float64 [n, dim]."""
        return generator.dirichlet(np.full(self.dim, self.concentration), _count(n))

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the weighted labels of the corners: float64 [..., C]."""
        return _points(x, self.dim) @ self.corners


@dataclass(frozen=True, eq=False)
class _Changed:
    """The inputs of another problem, for a truth that a subclass changes."""

    problem: Problem

    @property
    def dim(self) -> int:
        """Coordinates of an input."""
        return self.problem.dim

    @property
    def num_classes(self) -> int:
        """Number of classes."""
        return self.problem.num_classes

    def sample(self, n: int, generator: np.random.Generator) -> np.ndarray:
        """Draw the other problem's inputs: float64 [n, dim]."""
        return self.problem.sample(n, generator)


@dataclass(frozen=True, eq=False)
class Tempered(_Changed):
    """f to the power beta, normalised: beta below 1 flattens the truth, above 1 sharpens it."""

    beta: float = 1.0

    def __post_init__(self) -> None:
        _check_sharpness(self.beta)

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the tempered truth: float64 [..., C]."""
        with np.errstate(divide="ignore"):  # a class of probability 0 keeps it
            return softmax(self.beta * np.log(self.problem.f(x)), axis=-1)


@dataclass(frozen=True, eq=False)
class Certain(_Changed):
    """Labels that are certain: the other truth's likeliest class, with probability 1. Source: Remark 5.2."""

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the one-hot truth: float64 [..., C]."""
        return np.eye(self.num_classes)[self.problem.f(x).argmax(-1)]


@dataclass(frozen=True, eq=False)
class Dominant(_Changed):
    """A truth whose likeliest class is 0 everywhere: class 0 holds `share`, the other truth what is left."""

    share: float = 0.6

    def __post_init__(self) -> None:
        if not 0.5 < self.share < 1:
            raise ConfigError(found_expected("share", self.share, "a number above 1/2 and below 1"))

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return the truth that class 0 dominates: float64 [..., C]."""
        return self.share * np.eye(self.num_classes)[0] + (1 - self.share) * self.problem.f(x)


def _check_sharpness(beta: float) -> None:
    if not (np.isfinite(beta) and beta > 0):
        raise ConfigError(found_expected("beta", beta, "a finite number above 0"))


def _count(n: int) -> int:
    if n < 1:
        raise ConfigError(found_expected("n", n, "at least 1"))
    return n


def _points(x: np.ndarray, dim: int) -> np.ndarray:
    x = np.asarray(x, dtype=np.float64)
    if x.ndim == 0 or x.shape[-1] != dim:
        raise ConfigError(found_expected("x", f"a shape {list(x.shape)}", f"[..., {dim}]"))
    if not np.all(np.isfinite(x)):
        raise ConfigError(found_expected("x", "a NaN or infinite number", "finite numbers"))
    return x
