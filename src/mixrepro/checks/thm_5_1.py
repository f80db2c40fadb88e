"""THM-5.1 and THM-5.1+: label noise of Mixup against its bounds, as printed and in every corrected reading.

Drawn: pairs of inputs and lam ~ U(0, 1) on problems whose truth f is known (curved, certain and affine ones), and
triples f(X), f(X'), f(X~) of arbitrary distributions over 2 to 10 classes, from nearly certain to nearly uniform:
a continuous f passes through any three values. Labels with these laws are coupled in random ways. Expected: as
printed both inequalities have counterexamples; sampled labels obey every bound. Cost at `quick`: one second.
"""

from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory import known_labels, label_noise
from .check import Check, size_of

SIZES = {"smoke": dict(cases=120), "quick": dict(cases=3000), "small": dict(cases=60_000)}

#: Numbers of classes of the arbitrary triples; each holds an equal part of the cases.
CLASSES = (2, 3, 4, 6, 10)
#: Random changes to the independent coupling; after so many its diagonal has moved far.
SWAPS = 25


@dataclass(frozen=True)
class LabelNoise(Check):
    """Both sides of the theorem; arrays are [sources, cases].

    Attributes:
        sources: Where the cases come from.
        num_classes: int64, C.
        tv: float64, TV(f(X~), g).
        largest_gap: float64, sup_j |f_j(X~) - g_j|.
        printed_right: float64, right side as printed, weights exchanged.
        mended_right: float64, with the weights in their place and the factor 1/2 kept.
        argmax_differs: bool, the left side as printed: 0 or 1.
        independent_differs: float64, P(Y* != Y~) of labels sampled independently.
        coupled_differs: float64, of the maximal coupling, summed from the coupling itself.
        random_differs: float64, of a random coupling.
        agree_below: float64, with a smaller largest gap the argmaxes must agree.
        differ_above: float64, with a larger TV they must differ.
    """

    sources: tuple[str, ...]
    num_classes: np.ndarray
    tv: np.ndarray
    largest_gap: np.ndarray
    printed_right: np.ndarray
    mended_right: np.ndarray
    argmax_differs: np.ndarray
    independent_differs: np.ndarray
    coupled_differs: np.ndarray
    random_differs: np.ndarray
    agree_below: np.ndarray
    differ_above: np.ndarray


def run(profile: str = "quick", seed: int = 0, cases: int | None = None) -> LabelNoise:
    """Draw the cases and compute both sides.

    Args:
        profile: Size of the check.
        seed: Seed of every draw.
        cases: Cases of each source; a multiple of five.

    Raises:
        ConfigError: The profile is not declared here.
    """
    cases = size_of(SIZES, profile, cases=cases)["cases"]
    teacher = known_labels.softmax_teacher(3, 5, 2.0, stream(seed, "teacher"))
    surrounded = known_labels.surrounded_class()
    problems = {
        "Gaussian mixture": surrounded,
        "two moons": known_labels.two_moons(),
        "softmax teacher": teacher,
        "certain labels": known_labels.Certain(surrounded),
        "affine f": known_labels.AffineLabels(np.eye(3)),
    }
    columns = [_of_problem(problem, cases, seed, place) for place, problem in enumerate(problems.values())]
    parts = [_of_triples(count, cases // len(CLASSES), seed) for count in CLASSES]
    columns.append({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
    drawn = len(columns) * len(columns[0]["tv"])
    return LabelNoise(
        profile=profile,
        scale=f"{drawn:,} mixed pairs: five problems with a known truth, and arbitrary truths of 2 to 10 classes",
        sources=(*problems, "arbitrary truths"),
        **{name: np.stack([column[name] for column in columns]) for name in columns[0]},
    )


def _of_problem(problem: known_labels.Problem, cases: int, seed: int, place: int) -> dict[str, np.ndarray]:
    pairs = stream(seed, "pairs", place)
    x_a, x_b = problem.sample(cases, pairs), problem.sample(cases, pairs)
    bounds, f_mixed = label_noise.noise_of_pairs(
        problem, x_a, x_b, stream(seed, "lam", place).uniform(0, 1, cases)
    )
    return _columns(bounds, f_mixed, stream(seed, "noise", place))


def _of_triples(num_classes: int, cases: int, seed: int) -> dict[str, np.ndarray]:
    generator = stream(seed, "instances", num_classes)
    # Gamma variables, normalised, are Dirichlet; each distribution gets a concentration of its own.
    concentration = np.exp(generator.uniform(np.log(0.1), np.log(20), (3, cases, 1)))
    weights = generator.gamma(concentration, 1, (3, cases, num_classes)) + 1e-300
    f_mixed, f_a, f_b = weights / weights.sum(-1, keepdims=True)
    bounds = label_noise.noise_bounds(f_mixed, f_a, f_b, generator.uniform(0, 1, cases))
    return _columns(bounds, f_mixed, generator)


def _columns(
    bounds: label_noise.NoiseBounds, f_mixed: np.ndarray, generator: np.random.Generator
) -> dict[str, np.ndarray]:
    coupling = label_noise.maximal_coupling(f_mixed, bounds.induced)
    return {
        "num_classes": np.full(len(f_mixed), f_mixed.shape[-1]),
        "tv": bounds.tv,
        "largest_gap": bounds.largest_gap,
        "printed_right": bounds.printed_right,
        "mended_right": bounds.mended_right,
        "argmax_differs": bounds.argmax_differs,
        "independent_differs": bounds.independent_differs,
        "coupled_differs": _differs(coupling),
        "random_differs": _differs(random_coupling(f_mixed, bounds.induced, generator)),
        "agree_below": label_noise.agree_below(f_mixed, bounds.induced),
        "differ_above": label_noise.differ_above(f_mixed, bounds.induced),
    }


def random_coupling(p: np.ndarray, q: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Walk from the independent coupling through random ones, and half of the time on towards the maximal one.

    Mass s goes from cells (a, b), (c, d) to (a, d), (c, b), or back for s < 0, which leaves both laws as they are.

    Args:
        p: float64 [cases, C].
        q: float64 [cases, C].
        generator: Source of randomness.

    Returns:
        float64 [cases, C, C] with row sums p and column sums q, never negative.
    """
    cases, num_classes = p.shape
    joint = p[:, :, None] * q[:, None, :]
    every = np.arange(cases)
    for _ in range(SWAPS):
        a, b = generator.integers(0, num_classes, (2, cases))
        c, d = (np.array([a, b]) + generator.integers(1, num_classes, (2, cases))) % num_classes
        most = np.minimum(joint[every, a, b], joint[every, c, d])
        least = -np.minimum(joint[every, a, d], joint[every, c, b])
        moved = least + (most - least) * generator.uniform(0, 1, cases)
        for row, column, sign in ((a, b, -1), (c, d, -1), (a, d, 1), (c, b, 1)):
            joint[every, row, column] += sign * moved
    towards = np.maximum(generator.uniform(-1, 1, cases), 0)[:, None, None]
    return (1 - towards) * joint + towards * label_noise.maximal_coupling(p, q)


def _differs(coupling: np.ndarray) -> np.ndarray:
    """Sum a joint law off its diagonal: [cases, C, C] -> [cases]."""
    off = 1 - np.eye(coupling.shape[-1])
    return (coupling * off).sum((-2, -1))
