"""REM-5.1 and REM-5.1+: on what Mixup's label noise depends, and for which truths it vanishes.

Two noise rates over random pairs: the mean total variation, which is the least probability that sampled labels
differ, and the share of pairs whose argmaxes differ. Both against lam, against alpha, and against the sharpness
beta of the truth (f to the power beta, normalised), on four problems; with the same f and a narrower P_X; and on
many random truths, curved and affine ones, and curved ones with a class above 1/2 everywhere.

Expected: no noise for affine f, total variation above zero for curved ones at every lam inside (0, 1), and argmax
labels that can stay right even so. Cost at `quick`: seven seconds.
"""

from dataclasses import dataclass

import numpy as np

from ..progress import reporting
from ..rng import stream
from ..theory import known_labels
from ..theory.label_noise import noise_of_pairs
from .check import Check, size_of

SIZES = {
    "smoke": dict(seeds=4, pairs=40, instances=100),
    "quick": dict(seeds=30, pairs=400, instances=300),
    "small": dict(seeds=100, pairs=2000, instances=3000),
}

LAMS = np.linspace(0, 1, 21)
ALPHAS = np.geomspace(0.05, 20, 11)
#: Exponents of the truth; 1 is the problem itself, and where the affine one has no noise.
BETAS = np.array([0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20])
#: Pairs of each random truth; the largest noise among them is kept.
PAIRS_OF_INSTANCE = 40
#: lam of the random truths.
INSIDE = np.array([0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95])
#: The narrow P_X is the law of the inputs moved towards their mean, to this share of the distance.
NARROW = 0.5


@dataclass(frozen=True)
class NoiseRates(Check):
    """Noise rates of seeds, and the largest noise of random truths.

    A rate is [problems, seeds, values, 2]: its last axis holds the mean total variation and the share of pairs
    whose argmaxes differ.

    Attributes:
        problems: Names of the problems; the last one is affine at beta = 1.
        pairs: Pairs of a seed.
        by_lam: float64, rates at each of `LAMS`.
        by_alpha: float64, rates with lam ~ Beta(alpha, alpha) at each of `ALPHAS`.
        by_beta: float64, rates at each of `BETAS`, lam uniform.
        wide: float64 [problems, seeds, 2], rates with lam uniform.
        narrow: float64 [problems, seeds, 2], the same with the same f and inputs moved together.
        affine_largest: float64 [instances], largest total variation of a random affine f.
        curved_largest: float64 [instances, lams], largest total variation of a random curved f at each `INSIDE`.
        dominated_largest: float64 [instances, lams], the same with a class above 1/2 everywhere.
        dominated_differs: bool [instances], whether its argmaxes differ in any of the pairs.
    """

    problems: tuple[str, ...]
    pairs: int
    by_lam: np.ndarray
    by_alpha: np.ndarray
    by_beta: np.ndarray
    wide: np.ndarray
    narrow: np.ndarray
    affine_largest: np.ndarray
    curved_largest: np.ndarray
    dominated_largest: np.ndarray
    dominated_differs: np.ndarray


def run(
    profile: str = "quick",
    seed: int = 0,
    seeds: int | None = None,
    pairs: int | None = None,
    instances: int | None = None,
) -> NoiseRates:
    """Draw pairs and truths, and measure the noise.

    Args:
        profile: Size of the check.
        seed: Seed of every draw.
        seeds: Independent replications of the rates.
        pairs: Pairs in each.
        instances: Random truths of each kind.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, seeds=seeds, pairs=pairs, instances=instances)
    drawn = []
    with reporting("REM-5.1: noise rates") as update:
        for number in range(size["seeds"]):
            four = four_problems(stream(seed, "teacher", number)).values()
            drawn.append([_rates(problem, size["pairs"], seed, number) for problem in four])
            update(number + 1, size["seeds"])
    truths = [_random_truths(stream(seed, "instances", number)) for number in range(size["instances"])]
    return NoiseRates(
        profile=profile,
        scale=(
            f"{size['seeds']} seeds x {size['pairs']:,} pairs on four problems; {len(truths):,} random truths of "
            f"each kind x {PAIRS_OF_INSTANCE} pairs"
        ),
        problems=tuple(four_problems(stream(seed, "teacher"))),
        pairs=size["pairs"],
        **{
            kind: np.array([[rates[kind] for rates in row] for row in drawn]).swapaxes(0, 1)
            for kind in drawn[0][0]
        },
        **{kind: np.array([truth[kind] for truth in truths]) for kind in truths[0]},
    )


def four_problems(generator: np.random.Generator) -> dict[str, known_labels.Problem]:
    """Return the problems of the curves; the softmax teacher is drawn."""
    return {
        "Gaussian mixture": known_labels.surrounded_class(),
        "two moons": known_labels.two_moons(),
        "softmax teacher": known_labels.softmax_teacher(3, 5, 1.0, generator),
        "affine f": known_labels.AffineLabels(np.eye(3)),
    }


def _rates(problem: known_labels.Problem, pairs: int, seed: int, number: int) -> dict[str, np.ndarray]:
    # One stream for all problems: each starts afresh, so that none depends on the ones before it.
    inputs, weights = stream(seed, "pairs", number), stream(seed, "lam", number)
    x_a, x_b = problem.sample(pairs, inputs), problem.sample(pairs, inputs)
    uniform = weights.uniform(0, 1, pairs)
    beta = weights.beta(ALPHAS[:, None], ALPHAS[:, None], (len(ALPHAS), pairs))
    mean = x_a.mean(0)
    near_a, near_b = (mean + NARROW * (x - mean) for x in (x_a, x_b))
    return {
        "by_lam": _rate(problem, x_a, x_b, np.repeat(LAMS[:, None], pairs, 1)),
        "by_alpha": _rate(problem, x_a, x_b, beta),
        "by_beta": np.stack([_rate(known_labels.Tempered(problem, b), x_a, x_b, uniform) for b in BETAS]),
        "wide": _rate(problem, x_a, x_b, uniform),
        "narrow": _rate(problem, near_a, near_b, uniform),
    }


def _rate(problem: known_labels.Problem, x_a: np.ndarray, x_b: np.ndarray, lam: np.ndarray) -> np.ndarray:
    """Average both kinds of noise over pairs, the last axis of `lam`: [..., 2]."""
    bounds, _ = noise_of_pairs(problem, x_a, x_b, lam)
    return np.stack([bounds.tv.mean(-1), bounds.argmax_differs.mean(-1)], -1)


def _random_truths(generator: np.random.Generator) -> dict[str, np.ndarray]:
    dim, num_classes = int(generator.integers(1, 5)), int(generator.integers(2, 6))
    corners = generator.dirichlet(np.ones(num_classes), dim + 1)
    affine = known_labels.AffineLabels(corners, float(generator.uniform(0.3, 3)))
    beta = float(np.exp(generator.uniform(np.log(0.1), np.log(5))))
    if generator.random() < 0.5:
        curved = known_labels.softmax_teacher(dim, num_classes, beta, generator)
    else:
        k = num_classes * int(generator.integers(1, 4))
        means, std = generator.normal(0, 2, (k, dim)), generator.uniform(0.5, 1.5, k)
        mixture = known_labels.GaussianMixture(means, std, np.arange(k) % num_classes, np.full(k, 1 / k))
        curved = known_labels.Tempered(mixture, beta)
    dominated = known_labels.Dominant(curved, float(generator.uniform(0.51, 0.95)))
    affine_noise, curved_noise, dominated_noise = (
        noise_of_pairs(
            problem,
            problem.sample(PAIRS_OF_INSTANCE, generator),
            problem.sample(PAIRS_OF_INSTANCE, generator),
            np.repeat(INSIDE[:, None], PAIRS_OF_INSTANCE, 1),
        )[0]
        for problem in (affine, curved, dominated)
    )
    return {
        "affine_largest": affine_noise.tv.max(),
        "curved_largest": curved_noise.tv.max(-1),
        "dominated_largest": dominated_noise.tv.max(-1),
        "dominated_differs": dominated_noise.argmax_differs.any(),
    }
