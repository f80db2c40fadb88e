"""A regression in one dimension that a reader can see: Mixup on points of a hill, with Fourier features."""

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected
from ..rng import stream
from ..theory.gradient_flow import GradientFlow
from ..theory.population_risk import Population

ETA = 0.1
#: Period of the slowest wave is twice this, longer than the interval from -1 to 1: nothing repeats on it.
HALF_PERIOD = 1.3
GRID = np.linspace(-1, 1, 201)


@dataclass(frozen=True)
class Example:
    """The regression, and gradient flow on it.

    Attributes:
        x: float64 [n], training inputs, uniform on [-1, 1].
        x_mix: float64 [n^2], inputs of all pairs at one lam.
        y_mix: float64 [n^2], their mixed labels.
        y_clean: float64 [n^2], f of the mixed inputs.
        lam: Weight of the first of a pair.
        flow: The flow from theta = 0 on the mixed pairs.
        population: The grid, all inputs equally likely.
    """

    x: np.ndarray
    x_mix: np.ndarray
    y_mix: np.ndarray
    y_clean: np.ndarray
    lam: float
    flow: GradientFlow
    population: Population

    def curves(self, theta: np.ndarray) -> np.ndarray:
        """Return theta^T phi on the grid: float64 [..., d] -> [..., grid]."""
        return theta @ self.population.phi

    def times(self, number: int) -> np.ndarray:
        """Return times from before anything moves to after everything has settled: float64 [number]."""
        mu = self.flow.mu
        return np.geomspace(0.02 / mu[-1], 10 / mu[0], number) / ETA

    def crossing_time(self) -> float:
        """Return when the second term of eq. (3) becomes the longer one."""
        low, high = np.log(self.times(2))
        for _ in range(80):
            middle = (low + high) / 2
            time = float(np.exp(middle))
            clean_leads = np.linalg.norm(self.flow.clean(time)) > np.linalg.norm(self.flow.noise(time))
            low, high = (middle, high) if clean_leads else (low, middle)
        return float(np.exp(low))


def f(x: np.ndarray) -> np.ndarray:
    """Return the true label, cos(3 x): a hill between two slopes."""
    return np.cos(3 * x)


def features(x: np.ndarray, waves: int) -> np.ndarray:
    """Return one, and cosine and sine of each wave: float64 [points] -> [1 + 2 waves, points]."""
    phase = np.pi / HALF_PERIOD * np.arange(1, waves + 1)[:, None] * x
    return np.concatenate([np.ones((1, len(x))), np.cos(phase), np.sin(phase)])


def example(seed: int = 0, n: int = 12, waves: int = 2, lam: float = 0.5) -> Example:
    """Draw the training points and mix every pair of them.

    Args:
        seed: Of the points.
        n: Training points.
        waves: Of the features; d = 1 + 2 waves.
        lam: Weight of the first of a pair.

    Raises:
        ConfigError: `lam` is outside [0, 1], n or waves is below 1, or there are too few points for the features.
    """
    if not 0 <= lam <= 1:
        raise ConfigError(found_expected("lam", lam, "a number from 0 to 1"))
    for name, value in (("n", n), ("waves", waves)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ConfigError(found_expected(name, value, "an integer, at least 1"))
    x = stream(seed, "points").uniform(-1, 1, n)
    x_mix = (lam * x[:, None] + (1 - lam) * x).ravel()
    y_mix = (lam * f(x)[:, None] + (1 - lam) * f(x)).ravel()
    d = 1 + 2 * waves
    flow = GradientFlow(features(x_mix, waves), f(x_mix), y_mix - f(x_mix), np.zeros(d), ETA)
    return Example(x, x_mix, y_mix, f(x_mix), lam, flow, Population(features(GRID, waves), f(GRID)))
