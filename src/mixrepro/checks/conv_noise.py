"""CONV-NOISE: in regression with a strongly convex f, Mixup's noise has a sign, a lower and an upper bound.

Drawn: f(x) = 1/2 x A x + b x + s logsumexp(x W) with random A, b, W, s in 1 to 10 dimensions, whose constants
rho and L are known, and random pairs and lam; quadratics of curvature rho alone; finite point sets and alpha.
Expected: every noise lies between the bounds of rho and L, quadratics lie on the bound, and the mean over all
pairs and lam is the closed form. Cost at `quick`: two seconds.
"""

from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory import convexity
from ..theory.loss_bound import lam_quadrature
from .check import Check, size_of

SIZES = {
    "smoke": dict(functions=100, pairs=10),
    "quick": dict(functions=1000, pairs=20),
    "small": dict(functions=20_000, pairs=50),
}

#: Gauss nodes for lam; lam (1 - lam) is a polynomial, so the mean is exact.
NODES = 4
POINTS = 12


@dataclass(frozen=True)
class ConvexNoise(Check):
    """Noise of random functions against its bounds.

    Attributes:
        noise: float64 [functions, pairs], Z.
        lower: float64 [functions, pairs], bound from rho.
        upper: float64 [functions, pairs], bound from L.
        size: float64 [functions, pairs], sum of the absolute values that Z is the difference of: rounding is
            relative to it.
        condition: float64 [functions], L / rho.
        quadratic_errors: float64 [functions, pairs], noise of a quadratic minus its bound, relative to the size.
        mean_errors: float64 [functions], relative error of the closed form of E Z for that quadratic.
    """

    noise: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    size: np.ndarray
    condition: np.ndarray
    quadratic_errors: np.ndarray
    mean_errors: np.ndarray


def run(
    profile: str = "quick", seed: int = 0, functions: int | None = None, pairs: int | None = None
) -> ConvexNoise:
    """Draw functions and pairs, and compute the noise and its bounds.

    Args:
        profile: Size of the check.
        seed: Seed of every draw.
        functions: Random functions, each with a quadratic and a point set of its own.
        pairs: Pairs of each function.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, functions=functions, pairs=pairs)
    drawn = [_of_function(stream(seed, "instances", number), size["pairs"]) for number in range(size["functions"])]
    return ConvexNoise(
        profile=profile,
        scale=f"{len(drawn):,} random convex functions in 1 to 10 dimensions x {size['pairs']} pairs",
        **{name: np.array([one[name] for one in drawn]) for name in drawn[0]},
    )


def _of_function(generator: np.random.Generator, pairs: int) -> dict[str, np.ndarray]:
    dim = int(generator.integers(1, 11))
    f = random_function(dim, generator)
    x_a, x_b = generator.standard_normal((2, pairs, dim)) * np.exp(generator.uniform(-2, 2, (1, pairs, 1)))
    lam = generator.uniform(0, 1, pairs)
    noise, size = _noise(f, x_a, x_b, lam)
    squared = ((x_a - x_b) ** 2).sum(-1)
    bowl = convexity.ConvexFunction(f.rho * np.eye(dim), f.slope, f.weights)
    lower = convexity.chord_height(f.rho, squared, lam)
    bowl_noise, bowl_size = _noise(bowl, x_a, x_b, lam)
    return {
        "noise": noise,
        "lower": lower,
        "upper": convexity.chord_height(f.smoothness, squared, lam),
        "size": size,
        "condition": np.array(f.smoothness / f.rho),
        "quadratic_errors": (bowl_noise - lower) / bowl_size,
        "mean_errors": np.array(_mean_error(bowl, generator)),
    }


def random_function(dim: int, generator: np.random.Generator) -> convexity.ConvexFunction:
    """Draw a convex function; one in four is a quadratic."""
    basis, _ = np.linalg.qr(generator.standard_normal((dim, dim)))
    eigenvalues = np.exp(generator.uniform(np.log(0.01), np.log(10), dim))
    curvature = (basis * eigenvalues) @ basis.T
    share = max(0.0, float(generator.uniform(-1, 3)))
    slope, weights = (
        generator.standard_normal(dim),
        generator.standard_normal((dim, int(generator.integers(2, 8)))),
    )
    return convexity.ConvexFunction((curvature + curvature.T) / 2, slope, weights, share)


def _noise(
    f: convexity.ConvexFunction, x_a: np.ndarray, x_b: np.ndarray, lam: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    f_a, f_b = f.value(x_a), f.value(x_b)
    f_mixed = f.value(lam[:, None] * x_a + (1 - lam[:, None]) * x_b)
    return convexity.mixup_noise(f_mixed, f_a, f_b, lam), np.abs(f_a) + np.abs(f_b) + np.abs(f_mixed)


def _mean_error(bowl: convexity.ConvexFunction, generator: np.random.Generator) -> float:
    """Compare E Z over all pairs of a point set, self pairs included, and lam with the closed form."""
    x = generator.standard_normal((POINTS, len(bowl.slope)))
    alpha = float(np.exp(generator.uniform(np.log(0.1), np.log(10))))
    lam, weights = lam_quadrature(alpha, NODES)
    first, second = np.repeat(x, POINTS, 0), np.tile(x, (POINTS, 1))
    means = [_noise(bowl, first, second, np.full(len(first), value))[0].mean() for value in lam]
    trace = x.var(0).sum()  # pairs drawn from the points with replacement: their own covariance
    return float(weights @ np.array(means)) / convexity.expected_noise(bowl.rho, alpha, trace) - 1
