"""Lemma 3.1: no network's Mixup loss can fall below a bound that depends on alpha and the classes alone.

The cross-entropy of a prediction f against a label distribution y is KL(y || f) + H(y). Mixing two points of
different classes with weight lam makes H(y) the binary entropy of lam; two points of one class make it zero.
Hence

    Mixup loss >= (1 - sum_c p_c^2) E[H(lam)],   H(lam) = -lam ln lam - (1 - lam) ln(1 - lam),

with equality iff the network outputs the mixed label on every mixed point. With lam ~ Beta(alpha, alpha),
E[H(lam)] = digamma(2 alpha + 1) - digamma(alpha + 1); at alpha = 1 and C balanced classes this is the
paper's (C - 1) / (2 C).
"""

from collections.abc import Sequence

import numpy as np
from scipy.integrate import quad
from scipy.special import digamma, roots_sh_jacobi
from scipy.stats import beta

from ..errors import ConfigError, found_expected


def binary_entropy(lam: np.ndarray | float) -> np.ndarray:
    """Return H(lam) in nats, elementwise; 0 at lam = 0 and 1. Source: eq. (7)."""
    lam = np.asarray(lam, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -lam * np.log(lam) - (1 - lam) * np.log1p(-lam)
    return np.where((lam == 0) | (lam == 1), 0.0, entropy)


def expected_entropy(alpha: float) -> float:
    """Return E[H(lam)] in nats for lam ~ Beta(alpha, alpha); 0 for ERM (alpha = 0).

    Raises:
        ConfigError: `alpha` is negative or not finite.
    """
    if not (np.isfinite(alpha) and alpha >= 0):
        raise ConfigError(found_expected("alpha", alpha, "a finite number, at least 0"))
    return float(digamma(2 * alpha + 1) - digamma(alpha + 1))


def mixup_loss_lower_bound(
    num_classes: int | None = None,
    alpha: float = 1.0,
    class_proportions: Sequence[float] | None = None,
) -> float:
    """Return the least Mixup loss any network can have.

    Args:
        num_classes: C, for balanced classes.
        alpha: lam ~ Beta(alpha, alpha).
        class_proportions: p_c, for classes of any balance; instead of `num_classes`.

    Returns:
        The bound in nats, all n^2 pairs counted (self pairs too).

    Raises:
        ConfigError: Neither or both of the class arguments are given, or one is out of range.

    Source: Lemma 3.1; generalised to any alpha and balance.
    """
    return class_difference(num_classes, class_proportions) * expected_entropy(alpha)


def in_batch_lower_bound(num_classes: int, n: int, batch_size: int, alpha: float = 1.0) -> float:
    """Return the expected least loss when partners are a permutation of the batch, as training draws them.

    A point meets itself with probability 1/b, not 1/n, and another point of its class less often. So the
    running training loss of Mixup has a floor of its own, which can lie below that of Lemma 3.1.

    Args:
        num_classes: C, balanced.
        n: Training points.
        batch_size: b; when it does not divide n, the last batch is smaller, and counts in proportion.
        alpha: lam ~ Beta(alpha, alpha).

    Returns:
        The bound in nats, in expectation over order and partners.
    """
    steps = -(-n // batch_size)
    self_pairs = steps / n  # each batch of any size holds one self pair, in expectation
    differ = class_difference(num_classes) * n / (n - 1)
    return (1 - self_pairs) * differ * expected_entropy(alpha)


def class_difference(num_classes: int | None = None, class_proportions: Sequence[float] | None = None) -> float:
    """Return the probability that two points drawn with replacement differ in class: 1 - sum p_c^2.

    Raises:
        ConfigError: Neither or both arguments are given, or one is out of range.
    """
    if (num_classes is None) == (class_proportions is None):
        found = "no class argument" if num_classes is None else "a num_classes and a class_proportions"
        raise ConfigError(found_expected("classes", found, "num_classes or class_proportions, one of them"))
    if num_classes is not None:
        if num_classes < 1:
            raise ConfigError(found_expected("num_classes", num_classes, "at least 1"))
        return (num_classes - 1) / num_classes
    p = np.asarray(class_proportions, dtype=np.float64)
    if p.ndim != 1 or not np.all(p >= 0) or not np.isclose(p.sum(), 1):
        raise ConfigError(
            found_expected("class_proportions", class_proportions, "a list of numbers >= 0 with sum 1")
        )
    return float(1 - np.sum(p**2))


def lam_quadrature(alpha: float, nodes: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss nodes and weights for an expectation over lam ~ Beta(alpha, alpha).

    Args:
        alpha: alpha > 0.
        nodes: How many; polynomials of degree 2 * nodes - 1 are integrated exactly.

    Returns:
        float64 [nodes] lam in (0, 1), and float64 [nodes] weights with sum 1.
    """
    # scipy's weight function is (1 - x)^(p - q) x^(q - 1); Beta(alpha, alpha) has p = 2 alpha - 1, q = alpha.
    lam, weights = roots_sh_jacobi(nodes, 2 * alpha - 1, alpha)
    return lam, weights / weights.sum()


def quadrature_lower_bound(class_difference: float, alpha: float, nodes: int = 16) -> float:
    """Return Lemma 3.1's bound for lam drawn from the quadrature nodes instead of Beta(alpha, alpha).

    The lemma holds for any distribution of lam, so an exact Mixup loss computed with these nodes obeys this
    bound to rounding, while H has infinite slope at 0 and 1 and the nodes integrate it only nearly.
    """
    lam, weights = lam_quadrature(alpha, nodes)
    return class_difference * float(weights @ binary_entropy(lam))


def expected_entropy_by_quadrature(alpha: float) -> float:
    """Integrate H(lam) under the Beta(alpha, alpha) density, adaptively: a check on `expected_entropy`."""
    # The density is singular at 0 for alpha < 1; half the range in the variable lam = u^(1/alpha) is smooth.
    power = 1 / min(alpha, 1.0)

    def integrand(u: float) -> float:
        lam = u**power
        return float(binary_entropy(lam) * beta.pdf(lam, alpha, alpha)) * power * u ** (power - 1)

    half, _ = quad(integrand, 0, 0.5 ** (1 / power), epsabs=1e-12, epsrel=1e-12, limit=200)
    return 2 * half


def expected_entropy_by_sampling(alpha: float, draws: int, generator: np.random.Generator) -> tuple[float, float]:
    """Estimate E[H(lam)] from draws of lam: mean and its standard error, in nats."""
    return _mean_and_error(binary_entropy(generator.beta(alpha, alpha, draws)))


def lower_bound_by_sampling(
    class_proportions: Sequence[float], alpha: float, draws: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Estimate Lemma 3.1's bound from draws of two labels and lam: mean and its standard error, in nats."""
    labels = generator.choice(len(class_proportions), (2, draws), p=class_proportions)
    lam = generator.beta(alpha, alpha, draws) if alpha else np.ones(draws)
    return _mean_and_error(np.where(labels[0] == labels[1], 0.0, binary_entropy(lam)))


def _mean_and_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
