"""What noise does to the population risk of least squares at convergence, as the number of features d grows.

At t -> infinity gradient flow from zero reaches theta* + theta_noise, theta_noise the minimum-norm solution for
the labels Z. With Z = sum_k L_k eps_k, eps of mean zero and variance one, the expectation over eps is exact:
E |theta_noise^T phi(X)|^2 = sum_k theta_k^T Sigma theta_k, theta_k the solution for the labels L_k. Sigma is the
second moment of phi(X) at unmixed points.

Designs and their noise:
- `i.i.d. entries`: each column has noise of its own.
- the others: either each of the points has label noise, which Mixup mixes as it mixes labels; or Z is what Mixup
  itself puts on the labels, Y~ - f(X~), for random f = theta^T phi, theta ~ N(0, I / d).
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from ..progress import reporting
from ..rng import stream
from ..theory.column_groups import tanh_variance
from ..theory.mixup_columns import distinct_pairs
from .columns import Kind, TanhFeatures

Design = Literal["linear, λ = ½", "tanh, λ = ½", "tanh, λ = 0.7", "toy, λ = ½", "fresh points, λ = ½"]
DESIGNS: tuple[Design, ...] = get_args(Design)
NOISES = ("label noise", "Mixup's own")
GAIN = 3.0
#: Relative to the largest, smaller singular values are zeros with rounding.
RANK = 1e-10
TEST_POINTS = 1000


@dataclass(frozen=True)
class Risks:
    """Noise part of the population risk at convergence.

    Attributes:
        n: Points.
        d: int64 [ds], numbers of features.
        risk: float64 [designs, noises, ds, seeds]; 0 where features are linear
            and Mixup has no noise of its own.
    """

    n: int
    d: np.ndarray
    risk: np.ndarray

    @property
    def m(self) -> int:
        """Columns, n^2."""
        return self.n**2


def sizes(n: int) -> np.ndarray:
    """Return the numbers of features to try: denser near n, n (n + 1) / 2 and n^2, all three among them."""
    half, m = n * (n + 1) // 2, n * n
    near = [n * part for part in (0.3, 0.6, 0.8, 1, 1.25, 1.7, 2.5, 3.5)]
    near += [half * part for part in (0.6, 0.8, 0.92, 1, 1.1)] + [
        m * part for part in (0.75, 0.9, 1, 1.15, 1.5, 2)
    ]
    return np.unique(np.round(near).astype(int))


def measure(n: int, seeds: int, seed: int) -> Risks:
    """Measure every design at every size, everything drawn anew.

    Args:
        n: Points.
        seeds: How often.
        seed: Of the check.
    """
    d = sizes(n)
    risk = np.empty((len(DESIGNS), len(NOISES), len(d), seeds))
    with reporting("risk at convergence") as update:
        for number in range(seeds):
            for place, design in enumerate(DESIGNS):
                for step, features in enumerate(d):
                    generator = stream(seed, "noise", (number * len(DESIGNS) + place) * len(d) + step)
                    risk[place, :, step, number] = _risk(generator, design, n, int(features))
            update(number + 1, seeds)
    return Risks(n=n, d=d, risk=risk)


def iid_risk(generator: np.random.Generator, d: int, m: int) -> float:
    """Return the risk for i.i.d. normal entries and noise of variance one at each column: tr (Phi Phi^T)^+."""
    phi = generator.standard_normal((d, m))
    gram = phi @ phi.T if d <= m else phi.T @ phi
    values = np.linalg.eigvalsh(gram)
    return float(np.sum(1 / values))


def noise_risk(phi: np.ndarray, weights: np.ndarray, labels: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Return theta_k^T Sigma theta_k for the minimum-norm solutions theta_k of weighted least squares.

    Args:
        phi: float [d, k], distinct columns.
        weights: float [k], how often each column occurs, as a share.
        labels: float [k, labellings], L_k in columns.
        root: float [points, d] with Sigma = root^T root; or [d], the square root of a diagonal Sigma.

    Returns:
        float64 [labellings].
    """
    root_weights = np.sqrt(weights)
    left, singular, right = np.linalg.svd(phi * root_weights, full_matrices=False)
    keep = singular > RANK * singular[0]
    theta = left[:, keep] @ ((right[keep] @ (root_weights[:, None] * labels)) / singular[keep, None])
    return np.sum((root[:, None] * theta if root.ndim == 1 else root @ theta) ** 2, axis=0)


def _risk(generator: np.random.Generator, design: Design, n: int, d: int) -> tuple[float, float]:
    """Return the risk from label noise at the points and from Mixup's own Z, for one draw of points."""
    lam = 0.7 if design == "tanh, λ = 0.7" else 0.5
    first, second, weights = distinct_pairs(n, lam)
    if design == "fresh points, λ = ½":  # as many pairs, each of two points of its own
        first, second = np.arange(n * n), np.arange(n * n, 2 * n * n)
        weights = np.full(n * n, 1 / n**2)
    kind: Kind = "toy features" if design == "toy, λ = ½" else "independent features"
    features = TanhFeatures(generator, kind, d, lam, GAIN)
    points = generator.standard_normal((features.inputs, int(second.max()) + 1))
    mixed = lam * points[:, first] + (1 - lam) * points[:, second]
    columns = np.arange(len(first))
    share = np.zeros((len(first), points.shape[1]))  # of each point's label in each column's
    np.add.at(share, (columns, first), lam)
    np.add.at(share, (columns, second), 1 - lam)
    if design == "linear, λ = ½":
        return float(noise_risk(mixed, weights, share, np.ones(d)).sum()), 0.0
    if kind == "toy features":
        root = features(generator.standard_normal((features.inputs, TEST_POINTS))).T / np.sqrt(TEST_POINTS)
    else:
        root = np.full(d, np.sqrt(tanh_variance(1.0, GAIN)) / features.std)
    phi = features(mixed)
    own = (share @ features(points).T - phi.T) / np.sqrt(d)
    risks = noise_risk(phi, weights, np.hstack([share, own]), root)  # one decomposition for both
    return float(risks[: share.shape[1]].sum()), float(risks[share.shape[1] :].sum())
