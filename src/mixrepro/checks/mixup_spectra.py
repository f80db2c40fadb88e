"""Spectra of Mixup's n^2 columns beside the laws for them, for growing n, and what repeated pairs do to them."""

from dataclasses import dataclass

import numpy as np

from ..progress import reporting
from ..rng import stream
from ..theory.column_groups import grouped_cdf, tanh_groups
from ..theory.loss_bound import lam_quadrature
from ..theory.marchenko_pastur import ks_distance, ks_distance_to
from ..theory.mixup_columns import mean_shrinkage, mixed_columns, second_moment, shrinkage
from .columns import TanhFeatures, draw, spectrum

#: d / n for linear features, and for tanh features.
LINEAR_RATIOS, TANH_RATIOS = (0.25, 1.0, 4.0), (0.5, 1.0, 5.0)
LAMS = (0.5, 0.7)
GAIN = 3.0
#: d / n and c of the largest eigenvalue; c = 2/3 is that of lam ~ U(0, 1).
OUTLIERS = tuple((ratio, c) for c in (0.5, 2 / 3) for ratio in (0.25, 2.25, 9.0))
OUTLIER_N = 300
COUNTINGS = ("fresh points", "all n² pairs", "no self pairs", "each pair once")
EFFECTIVE_RANKS = ("entropy", "stable")
RANDOM_LAM_CASES = 25


@dataclass(frozen=True)
class Spectra:
    """KS distances, largest eigenvalues and effective ranks.

    Attributes:
        sizes: int64 [sizes], n.
        linear_own: float64 [sizes, ratios, seeds], linear features, lam = 1/2: distance to c MP(d / n).
        linear_printed: float64 [sizes, ratios, seeds], to MP(d / n^2), as for n^2 independent columns.
        linear_fresh: float64 [sizes, ratios, seeds], n^2 independent columns of mixed points, to the same.
        tanh_own: float64 [lams, sizes, ratios, seeds], independent tanh features: to the sum of groups.
        tanh_printed: float64 [lams, sizes, ratios, seeds], to MP(d / n^2).
        largest: float64 [outliers, seeds], largest eigenvalue for linear features at n = `OUTLIER_N`.
        effective: float64 [effective ranks, countings, seeds], tanh features, lam = 1/2, d = n^2 for the middle n.
        random_lam_errors: float64 [cases], the exact mean over lam ~ Beta against quadrature, relative.
    """

    sizes: np.ndarray
    linear_own: np.ndarray
    linear_printed: np.ndarray
    linear_fresh: np.ndarray
    tanh_own: np.ndarray
    tanh_printed: np.ndarray
    largest: np.ndarray
    effective: np.ndarray
    random_lam_errors: np.ndarray


def measure(sizes: tuple[int, ...], seeds: int, seed: int) -> Spectra:
    """Measure everything, drawn anew for each seed.

    Args:
        sizes: n, ascending.
        seeds: How often.
        seed: Of the check.
    """
    rows = []
    with reporting("Mixup's spectra") as update:
        for number in range(seeds):
            generator = stream(seed, "pairs", number)
            linear = [[_linear(generator, n, ratio) for ratio in LINEAR_RATIOS] for n in sizes]
            tanh = [[[_tanh(generator, n, ratio, lam) for ratio in TANH_RATIOS] for n in sizes] for lam in LAMS]
            largest = [_largest(generator, *case) for case in OUTLIERS]
            rows.append((linear, tanh, largest, _effective_ranks(generator, sizes[len(sizes) // 2])))
            update(number + 1, seeds)
    linear, tanh, largest, effective = (np.stack([row[k] for row in rows], -1) for k in range(4))
    return Spectra(
        sizes=np.array(sizes),
        linear_own=linear[:, :, 0],
        linear_printed=linear[:, :, 1],
        linear_fresh=linear[:, :, 2],
        tanh_own=tanh[:, :, :, 0],
        tanh_printed=tanh[:, :, :, 1],
        largest=largest,
        effective=effective,
        random_lam_errors=np.array(
            [_random_lam_error(stream(seed, "lam", number)) for number in range(RANDOM_LAM_CASES)]
        ),
    )


def _linear(generator: np.random.Generator, n: int, ratio: float) -> tuple[float, float, float]:
    d, c = max(1, round(ratio * n)), shrinkage(0.5)
    points = generator.standard_normal((d, n))
    values = np.linalg.eigvalsh(second_moment(points, c))
    variance = c * (1 - 1 / n) + 1 / n  # the mean's over all columns: self pairs keep theirs
    scale = np.full(n * n, np.sqrt(c))
    scale[:n] = 1
    fresh = spectrum(scale * generator.standard_normal((d, n * n)))
    gamma = d / n**2
    return (
        float(ks_distance(values, d / n, c)),
        float(ks_distance(values, gamma, variance)),
        float(ks_distance(fresh, gamma, variance)),
    )


def _tanh(generator: np.random.Generator, n: int, ratio: float, lam: float) -> tuple[float, float]:
    d = round(ratio * n)
    features = TanhFeatures(generator, "independent features", d, lam, GAIN)
    values = spectrum(draw(generator, "all pairs", features, n))
    groups = tanh_groups(n, lam, GAIN)
    own = ks_distance_to(values, lambda u: grouped_cdf(u, d, groups))
    return float(own), float(ks_distance(values, d / n**2, float(values.mean())))


def _largest(generator: np.random.Generator, ratio: float, c: float) -> float:
    points = generator.standard_normal((round(ratio * OUTLIER_N), OUTLIER_N))
    # G = (1/n) X D X^T, D = c I + (1 - c) 11^T / n, has the eigenvalues of D^1/2 X^T X D^1/2 / n, but for zeros.
    root = np.sqrt(c) * np.eye(OUTLIER_N) + (1 - np.sqrt(c)) / OUTLIER_N
    return float(np.linalg.eigvalsh(root @ (points.T @ points) @ root / OUTLIER_N)[-1])


def _effective_ranks(generator: np.random.Generator, n: int) -> np.ndarray:
    """Return exp of the entropy of the eigenvalues, and their sum over the largest, for each counting."""
    features = TanhFeatures(generator, "independent features", n * n, 0.5, GAIN)
    points = generator.standard_normal((features.inputs, n))
    first, second = np.triu_indices(n)
    countings = (
        draw(generator, "fresh points", features, n),
        features(mixed_columns(points, 0.5)),
        features(mixed_columns(points, 0.5, self_pairs=False)),
        features((points[:, first] + points[:, second]) / 2),
    )
    values = [np.clip(spectrum(phi), 1e-300, None) for phi in countings]
    shares = [value / value.sum() for value in values]
    return np.array([[np.exp(-np.sum(p * np.log(p))) for p in shares], [1 / p.max() for p in shares]])


def _random_lam_error(generator: np.random.Generator) -> float:
    """Compare E_lam G with the closed form; the nodes integrate the quadratic in lam exactly."""
    d, n, alpha = *generator.integers(2, 9, 2), float(np.exp(generator.uniform(-2, 2)))
    points = generator.standard_normal((d, n)) + 1
    self_pairs = bool(generator.integers(2))
    mean = 0.0
    for lam, weight in zip(*lam_quadrature(alpha, 4), strict=True):
        mixed = mixed_columns(points, float(lam), self_pairs)
        mean = mean + weight * (mixed @ mixed.T) / mixed.shape[1]
    closed = second_moment(points, mean_shrinkage(alpha), self_pairs)
    return float(np.linalg.norm(closed - mean) / np.linalg.norm(mean))
