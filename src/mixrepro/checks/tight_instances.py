"""Instances on which the bounds of Theorem 5.2 are reached.

All have one mode that does everything: the noise is as strong as it may be at every synthetic input, with the
signs of that mode; the clean pattern lies along it, with the opposite sign; and all features of the population are
of one length and lie along it. Synthetic features are rows of a Hadamard matrix, of any lengths, so that any
number of features and any spectrum can be had.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import hadamard

from ..theory.population_risk import Population
from .instances import ETA, Batch

#: (1 - exp(-s))^2 / s is largest here, where exp(s) = 1 + 2 s: at t = PEAK / (eta mu_k) no mode of any spectrum
#: lets in more noise than mode k.
PEAK = 1.2564312086261697


@dataclass(frozen=True)
class TightBatch(Batch):
    """Instances with a time of equality.

    Attributes:
        turn: float64 [instances, 1], when the bound with R* = 0 is reached.
    """

    turn: np.ndarray


def draw(generator: np.random.Generator, size: int, d: int, misfit: bool = False) -> TightBatch:
    """Draw instances with d features.

    Args:
        generator: Where the draws come from.
        size: Instances.
        d: Features.
        misfit: Let the clean pattern miss the population's labels, in the direction in which the path errs. Then
            R* is above zero, and with d = 1 the triangle bound is reached at all times.
    """
    m = max(4, 1 << (d - 1).bit_length())
    rows = hadamard(m)[:d].astype(np.float64)
    mu = np.sort(10 ** generator.uniform(-3, 1, (size, d)), axis=1)
    mode = generator.integers(d, size=size)
    here = np.arange(size), mode
    phi = np.sqrt(mu)[:, :, None] * rows  # G = diag(mu)
    theta_noise = np.where(generator.uniform(size=size) < 0.5, -1, 1) * 10 ** generator.uniform(-1, 1, size)
    decay = np.exp(-PEAK)
    theta_star = -theta_noise * (1 - decay) / decay  # both terms of eq. (3) are equal at the turn
    length = 10 ** generator.uniform(-1, 1, size)
    signs = np.where(generator.uniform(size=(size, 8)) < 0.5, -1.0, 1.0)
    points = np.zeros((size, d, 8))
    points[here] = length[:, None] * signs
    missed = theta_noise * generator.uniform(0.1, 2, size) if misfit else np.zeros(size)
    return TightBatch(
        phi=phi,
        y_clean=theta_star[:, None] * phi[here],
        noise=theta_noise[:, None] * phi[here],
        xi=np.zeros(size),
        population=Population(points, (theta_star - missed)[:, None] * points[here]),
        turn=(PEAK / (ETA * mu[here]))[:, None],
    )
