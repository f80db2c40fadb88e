"""Rank of Phi for all pairs of a few points, by singular values, beside the number of distinct columns."""

from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory.mixup_columns import distinct_columns, mixed_columns, second_moment, shrinkage
from .columns import TOY_INPUTS, TanhFeatures

#: Relative to the largest, smaller singular values count as zeros.
TOLERANCE = 1e-13
GAIN = 3.0


@dataclass(frozen=True)
class Ranks:
    """One entry a case.

    Attributes:
        linear: bool [cases], phi(x) = x; otherwise tanh features of ten inputs.
        half: bool [cases], lam = 1/2; otherwise between 0.1 and 0.4.
        m: int64 [cases], columns, n^2 or n (n - 1).
        d: int64 [cases], features.
        rank: int64 [cases], as measured.
        expected: int64 [cases], min(d, n) for linear features, min(d, distinct columns) otherwise.
        kept: float64 [cases], smallest singular value that counts, relative to the largest.
        dropped: float64 [cases], largest that does not count; 0 where the rank is full.
        moment_errors: float64 [cases], the exact second moment of linear features against the columns, relative.
    """

    linear: np.ndarray
    half: np.ndarray
    m: np.ndarray
    d: np.ndarray
    rank: np.ndarray
    expected: np.ndarray
    kept: np.ndarray
    dropped: np.ndarray
    moment_errors: np.ndarray


def measure(cases: int, seed: int) -> Ranks:
    """Draw cases of 3 to 8 points; half of them with d > n^2, the others with d < m, which the paper assumes."""
    rows = [_case(stream(seed, "instances", number), number) for number in range(cases)]
    return Ranks(*(np.array(column) for column in zip(*rows, strict=True)))


def _case(generator: np.random.Generator, number: int) -> tuple[float, ...]:
    linear, half, self_pairs, wide = (bool(number >> bit & 1) for bit in range(4))
    n = int(generator.integers(3, 9))
    lam = 0.5 if half else float(generator.uniform(0.1, 0.4))
    m = n * n if self_pairs else n * (n - 1)
    d = n * n + 5 if wide else int(generator.integers(1, m))
    points = generator.standard_normal((d if linear else TOY_INPUTS, n))
    if linear:
        points += generator.standard_normal()  # else the part of the mean would hardly show
    mixed = mixed_columns(points, lam, self_pairs)
    direct = mixed @ mixed.T / m
    error = np.linalg.norm(second_moment(points, shrinkage(lam), self_pairs) - direct) / np.linalg.norm(direct)
    phi = mixed if linear else TanhFeatures(generator, "toy features", d, lam, GAIN)(mixed)
    singular = np.linalg.svd(phi, compute_uv=False)
    rank = int((singular > TOLERANCE * singular[0]).sum())
    dropped = singular[rank] / singular[0] if rank < len(singular) else 0.0
    expected = min(d, n if linear else distinct_columns(n, lam, self_pairs))
    return linear, half, m, d, rank, expected, singular[rank - 1] / singular[0], dropped, error
