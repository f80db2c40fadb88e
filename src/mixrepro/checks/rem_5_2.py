"""REM-5.2 and REM-5.2+: the three cases of labels that are certain, counted, and when each is noisy.

Drawn: pairs of inputs and lam ~ Beta(alpha, alpha) on problems whose truth is known, made certain: the label of an
input, and of a mixed point, is its likeliest class. Each mixed point also gets one label sampled as Mixup's loss
weighs them, Y with probability lam and else Y'. Expected: case (i) always noisy, case (iii) never; in case (ii) a
sampled label is wrong with probability one minus the weight of the true class, and the argmax label if and only if
that weight is below one half. Cost at `quick`: one second.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected
from ..rng import stream
from ..theory import known_labels
from ..theory.label_noise import noise_of_pairs, remark_case
from .check import Check, size_of

SIZES = {
    "smoke": dict(seeds=4, pairs=150, alpha=1.0),
    "quick": dict(seeds=30, pairs=2000, alpha=1.0),
    "small": dict(seeds=100, pairs=20_000, alpha=1.0),
}


@dataclass(frozen=True)
class CertainCases(Check):
    """Cases and noise of mixed points; arrays are [problems, seeds, pairs].

    Attributes:
        problems: Names of the problems.
        alpha: lam ~ Beta(alpha, alpha).
        case: int64, 1, 2 or 3.
        weight: float64, weight of the true class in Mixup's label, by the remark's cases.
        argmax_wrong: bool, the likeliest class of the mixed label is not the true one.
        sampled_wrong: float64, probability that a sampled label is not the true one, from the distributions.
        drawn_wrong: bool, whether one sampled label was not the true one.
    """

    problems: tuple[str, ...]
    alpha: float
    case: np.ndarray
    weight: np.ndarray
    argmax_wrong: np.ndarray
    sampled_wrong: np.ndarray
    drawn_wrong: np.ndarray

    def share(self, case: int) -> np.ndarray:
        """Return how frequent a case is: float64 [problems, seeds]."""
        return (self.case == case).mean(-1)

    def rate(self, wrong: np.ndarray, case: int) -> np.ndarray:
        """Return how frequently labels are wrong in a case: float64 [problems, seeds], NaN where it is empty."""
        inside = self.case == case
        count = inside.sum(-1)
        return np.where(count, (wrong * inside).sum(-1) / np.maximum(count, 1), np.nan)


def run(
    profile: str = "quick",
    seed: int = 0,
    seeds: int | None = None,
    pairs: int | None = None,
    alpha: float | None = None,
) -> CertainCases:
    """Draw the mixed points and tell the cases.

    Args:
        profile: Size of the check.
        seed: Seed of every draw.
        seeds: Independent replications.
        pairs: Pairs in each.
        alpha: lam ~ Beta(alpha, alpha), above 0.

    Raises:
        ConfigError: The profile is not declared here, or `alpha` is not above 0.
    """
    size = size_of(SIZES, profile, seeds=seeds, pairs=pairs, alpha=alpha)
    if not (np.isfinite(size["alpha"]) and size["alpha"] > 0):
        raise ConfigError(found_expected("alpha", size["alpha"], "a finite number above 0"))
    problems = {
        "Gaussian mixture": known_labels.Certain(known_labels.surrounded_class()),
        "two moons": known_labels.Certain(known_labels.two_moons()),
        "softmax teacher": known_labels.Certain(known_labels.softmax_teacher(3, 5, 1.0, stream(seed, "teacher"))),
    }
    drawn = [
        [_cases(problem, size["pairs"], size["alpha"], seed, number) for number in range(size["seeds"])]
        for problem in problems.values()
    ]
    return CertainCases(
        profile=profile,
        scale=(
            f"{size['seeds']} seeds x {size['pairs']:,} mixed pairs on three problems with certain labels, "
            f"lam ~ Beta({size['alpha']:g}, {size['alpha']:g})"
        ),
        problems=tuple(problems),
        alpha=size["alpha"],
        **{name: np.array([[one[name] for one in row] for row in drawn]) for name in drawn[0][0]},
    )


def _cases(
    problem: known_labels.Certain, pairs: int, alpha: float, seed: int, number: int
) -> dict[str, np.ndarray]:
    inputs, noise = stream(seed, "pairs", number), stream(seed, "noise", number)
    x_a, x_b = problem.sample(pairs, inputs), problem.sample(pairs, inputs)
    lam = stream(seed, "lam", number).beta(alpha, alpha, pairs)
    bounds, f_mixed = noise_of_pairs(problem, x_a, x_b, lam)
    true, label_a, label_b = f_mixed.argmax(-1), problem.f(x_a).argmax(-1), problem.f(x_b).argmax(-1)
    sampled = np.where(noise.uniform(0, 1, pairs) < lam, label_a, label_b)
    return {
        "case": remark_case(true, label_a, label_b),
        "weight": lam * (true == label_a) + (1 - lam) * (true == label_b),
        "argmax_wrong": bounds.argmax_differs,
        "sampled_wrong": bounds.tv,
        "drawn_wrong": sampled != true,
    }
