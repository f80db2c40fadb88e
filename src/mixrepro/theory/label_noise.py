"""Theorem 5.1: how far the labels that Mixup induces are from the true ones.

A mixed point X~ = lam X + (1 - lam) X' is labelled Y with probability lam and Y' otherwise, so Mixup induces

    g_j = P(Y~ = j | X, X', lam) = lam f_j(X) + (1 - lam) f_j(X'),

while the truth is f(X~). The theorem compares three things: the probability that a true label Y* and a Mixup label
Y~ differ, the total variation of f(X~) and g, and the largest difference of one class. It prints g with lam and
1 - lam exchanged, keeps a factor 1/2, and makes both labels by argmax; `noise_bounds` returns every reading.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected
from .known_labels import Problem

#: How far a sum of probabilities may be from 1: rounding of float64, and of data kept with ten digits.
SUM_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class NoiseBounds:
    """Both sides of Theorem 5.1 for given pairs, in every reading; leading axes are the pairs'.

    Attributes:
        induced: float64 [..., C], g.
        tv: float64 [...], TV(f(X~), g).
        largest_gap: float64 [...], sup_j |f_j(X~) - g_j|.
        printed_right: float64 [...], the right side as printed: weights exchanged, factor 1/2.
        mended_right: float64 [...], with the weights in their place and the factor kept: `largest_gap` / 2.
        argmax_differs: bool [...], the likeliest class of f(X~) is not that of g. Ties go to the first class.
        independent_differs: float64 [...], P(Y* != Y~) for independent draws Y* ~ f(X~), Y~ ~ g.
        coupled_differs: float64 [...], the same for the maximal coupling: the least that any coupling can reach.
    """

    induced: np.ndarray
    tv: np.ndarray
    largest_gap: np.ndarray
    printed_right: np.ndarray
    mended_right: np.ndarray
    argmax_differs: np.ndarray
    independent_differs: np.ndarray
    coupled_differs: np.ndarray


def tv_distance(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the total variation of distributions over classes, half the sum of absolute differences.

    Args:
        p: float64 [..., C].
        q: float64 [..., C]; leading axes broadcast.

    Returns:
        float64 [...] in [0, 1].

    Raises:
        ConfigError: An argument is no distribution, or the shapes do not fit.

    Source: Lemma D.1.
    """
    p, q = _distributions(p=p, q=q)
    return 0.5 * np.abs(p - q).sum(-1)


def noise_bounds(f_mixed: np.ndarray, f_a: np.ndarray, f_b: np.ndarray, lam: np.ndarray | float) -> NoiseBounds:
    """Compute both sides of Theorem 5.1 from the true label distributions at three points.

    Args:
        f_mixed: float64 [..., C], f(lam X + (1 - lam) X').
        f_a: float64 [..., C], f(X), which has weight lam.
        f_b: float64 [..., C], f(X').
        lam: float64 [...] in [0, 1]; leading axes broadcast.

    Raises:
        ConfigError: A distribution has an entry that is negative or NaN or does not sum to 1, `lam` leaves [0, 1],
            or the shapes do not fit.

    Source: Theorem 5.1.
    """
    f_mixed, f_a, f_b = _distributions(f_mixed=f_mixed, f_a=f_a, f_b=f_b)
    lam = np.asarray(lam, dtype=np.float64)
    if not np.all((lam >= 0) & (lam <= 1)):
        raise ConfigError(found_expected("lam", lam, "numbers from 0 to 1"))
    try:
        np.broadcast_shapes(lam.shape, f_mixed.shape[:-1])
    except ValueError:
        shapes = f"a shape {list(lam.shape)}"
        raise ConfigError(found_expected("lam", shapes, f"one that fits {list(f_mixed.shape[:-1])}")) from None
    lam = lam[..., None]
    induced = lam * f_a + (1 - lam) * f_b
    printed = (1 - lam) * f_a + lam * f_b
    gap = np.abs(f_mixed - induced).max(-1)
    return NoiseBounds(
        induced=induced,
        tv=0.5 * np.abs(f_mixed - induced).sum(-1),
        largest_gap=gap,
        printed_right=0.5 * np.abs(f_mixed - printed).max(-1),
        mended_right=0.5 * gap,
        argmax_differs=f_mixed.argmax(-1) != induced.argmax(-1),
        independent_differs=1 - (f_mixed * induced).sum(-1),
        coupled_differs=1 - np.minimum(f_mixed, induced).sum(-1),
    )


def noise_of_pairs(
    problem: Problem, x_a: np.ndarray, x_b: np.ndarray, lam: np.ndarray | float
) -> tuple[NoiseBounds, np.ndarray]:
    """Mix pairs of inputs of a problem whose truth is known, and compare labels.

    Args:
        problem: Gives f.
        x_a: float64 [..., dim], X, with weight lam.
        x_b: float64 [..., dim], X'.
        lam: float64, leading axes of the pairs or more: [k, 1] mixes every pair with k weights.

    Returns:
        Both sides of Theorem 5.1, and f(X~): float64 [..., C].

    Raises:
        ConfigError: As for `noise_bounds`, or the inputs are not finite.
    """
    lam = np.asarray(lam, dtype=np.float64)
    f_mixed = problem.f(lam[..., None] * x_a + (1 - lam[..., None]) * x_b)
    return noise_bounds(f_mixed, problem.f(x_a), problem.f(x_b), lam), f_mixed


def remark_case(true: np.ndarray, label_a: np.ndarray, label_b: np.ndarray) -> np.ndarray:
    """Tell which case of Remark 5.2 holds, for labels that are certain.

    Args:
        true: int64 [...], Y_h*, the class at the mixed point.
        label_a: int64 [...], Y.
        label_b: int64 [...], Y'.

    Returns:
        int64 [...]: 1 where the true class is neither of the two labels (manifold intrusion), 2 where it is one of
        two different ones, 3 where it is both.

    Source: Remark 5.2.
    """
    is_a, is_b = true == label_a, true == label_b
    return np.where(is_a & is_b, 3, np.where(is_a | is_b, 2, 1))


def lead(p: np.ndarray) -> np.ndarray:
    """Return D(p), the likeliest class's probability minus the second's: float64 [..., C] -> [...]."""
    (p,) = _distributions(p=p)
    if p.shape[-1] < 2:
        raise ConfigError(found_expected("p", f"a shape {list(p.shape)}", "two classes or more"))
    two = np.partition(p, -2, axis=-1)[..., -2:]
    return two[..., 1] - two[..., 0]


def agree_below(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return (D(p) + D(q)) / 2: with a smaller largest gap the argmaxes agree. Source: Theorem 5.1, ours."""
    return (lead(p) + lead(q)) / 2


def differ_above(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return 1 - min(max p, max q), at most 1 - 1/C: a larger TV makes the argmaxes differ. Source: as above."""
    p, q = _distributions(p=p, q=q)
    return 1 - np.minimum(p.max(-1), q.max(-1))


def maximal_coupling(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Return the joint law of two labels that differ with the least probability, TV(p, q).

    What p and q share stays on the diagonal; the rest of p and the rest of q are paired independently.

    Args:
        p: float64 [..., C], law of the first label.
        q: float64 [..., C], law of the second.

    Returns:
        float64 [..., C, C] with row sums p and column sums q.

    Raises:
        ConfigError: An argument is no distribution, or the shapes do not fit.

    Source: Levin and Peres (2017), Proposition 4.7, the paper's Lemma D.2.
    """
    p, q = _distributions(p=p, q=q)
    shared = np.minimum(p, q)
    rest_p, rest_q = p - shared, q - shared
    apart = rest_p.sum(-1)[..., None, None]
    rest = rest_p[..., :, None] * rest_q[..., None, :] / np.where(apart > 0, apart, 1)
    return rest + shared[..., None] * np.eye(p.shape[-1])


def _distributions(**given: np.ndarray) -> list[np.ndarray]:
    """Check distributions over one number of classes, and that their leading axes broadcast."""
    arrays = {name: np.asarray(p, dtype=np.float64) for name, p in given.items()}
    for name, p in arrays.items():
        if p.ndim == 0 or p.shape[-1] == 0:
            raise ConfigError(found_expected(name, p, "probabilities of the classes along the last axis"))
        if not np.all(p >= 0):  # NaN too
            worst = "a NaN" if np.isnan(p).any() else float(p.min())
            raise ConfigError(found_expected(name, worst, "probabilities, at least 0"))
        off = np.abs(p.sum(-1) - 1)
        if not np.all(off <= SUM_TOLERANCE):
            total = float(p.sum(-1).flat[off.argmax()])
            raise ConfigError(found_expected(name, f"a sum of {total:.12g}", "probabilities that sum to 1"))
    first, *others = arrays
    for name in others:
        try:
            fits = arrays[name].shape[-1] == arrays[first].shape[-1]
            np.broadcast_shapes(arrays[name].shape, arrays[first].shape)
        except ValueError:
            fits = False
        if not fits:
            found, expected = (
                f"a shape {list(arrays[name].shape)}",
                f"that of {first}, {list(arrays[first].shape)}",
            )
            raise ConfigError(found_expected(name, found, expected))
    return list(arrays.values())
