"""Regressions on random features whose risk in gradient flow has a U: the problems of LR-STAGE.

Inputs are Gaussian, features tanh(w . x + b) with random w and b, the true function a random two-layer network.
Training mixes all ordered pairs of n points at the nodes of Beta(1, 1) and starts at zero; the risk is the squared
error on test points with clean labels. The claim speaks of the bottom of a U: problems without one are left out.
"""

from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory import learning_rate
from ..theory.learning_rate import Modes, QuadraticRisk, flow_decay
from ..theory.loss_bound import lam_quadrature
from ..theory.mixed_pairs import MixedPairs, mixed_pairs

N, D, D0, HIDDEN, TEST_POINTS, NODES = 16, 16, 5, 5, 2000, 4
#: Paths end at s = HORIZON / (largest eigenvalue). A U has its bottom in the first quarter and rises by 5 %.
HORIZON, LATEST, RISE = 4000, 0.25, 1.05
PLACES = 400  # of the grid on which a U is looked for


@dataclass(frozen=True)
class Problem:
    """One regression on Mixup labels.

    Attributes:
        pairs: What training draws from.
        risk: The squared error on test points with clean labels.
        modes: The same in the eigenbasis of the mean matrix, one row.
    """

    pairs: MixedPairs
    risk: QuadraticRisk
    modes: Modes

    @property
    def steepest(self) -> float:
        """The largest eigenvalue."""
        return float(self.modes.mu[0, -1])


def draw(seed: int, count: int) -> dict[int, Problem]:
    """Draw problems until `count` of them have a U in gradient flow; return those by their number in the draw."""
    kept: dict[int, Problem] = {}
    number = 0
    while len(kept) < count:
        problem = draw_one(seed, number)
        s = np.geomspace(1e-3, HORIZON, PLACES)[None] / problem.steepest
        risk = problem.modes.risk(flow_decay(problem.modes.mu, s))[0]
        lowest = int(risk.argmin())
        if s[0, lowest] <= LATEST * s[0, -1] and min(risk[0], risk[-1]) >= RISE * risk[lowest]:
            kept[number] = problem
        number += 1
    return kept


def draw_one(seed: int, number: int) -> Problem:
    """Draw the problem of this number, with a U or without."""
    generator = stream(seed, "instances", number)
    weights, offsets = generator.standard_normal((D0, D)) / np.sqrt(D0), generator.standard_normal(D)
    inner, outer = generator.standard_normal((D0, HIDDEN)), generator.standard_normal(HIDDEN)
    x, x_test = generator.standard_normal((N, D0)), generator.standard_normal((TEST_POINTS, D0))

    def features(points: np.ndarray) -> np.ndarray:
        return np.tanh(points @ weights + offsets) / np.sqrt(D)

    pairs = mixed_pairs(x, np.tanh(x @ inner) @ outer, features, *lam_quadrature(1.0, NODES))
    phi, y = features(x_test), np.tanh(x_test @ inner) @ outer
    risk = QuadraticRisk(phi.T @ phi / TEST_POINTS, phi.T @ y / TEST_POINTS, float(y @ y) / TEST_POINTS)
    return Problem(pairs, risk, learning_rate.modes(pairs.gram, pairs.target, np.zeros(D), risk))
