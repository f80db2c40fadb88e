"""D-5 and D-5+: is R*, the risk of the clean pattern, "the true optimal risk"?

Drawn: the regressions that Mixup really makes (`mixup_regression`), their training points members of the finite
population. Compared with R*: the least risk of any theta, the least and the last risk along the path of training,
and the risk of least squares on as many clean examples whose inputs are drawn from the population instead of
mixed. The last, and more training points, tell whether the gap comes from few examples or from the inputs being
mixed. Cost at `quick`: five seconds.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..progress import reporting
from ..rng import stream
from ..theory.gradient_flow import GradientFlow
from ..theory.population_risk import Population
from . import mixup_regression
from .check import Check, size_of
from .instances import ETA, Batch

SIZES = {
    "smoke": dict(instances=120, growing=100),
    "quick": dict(instances=1200, growing=150),
    "small": dict(instances=12_000, growing=1500),
}
TIMES = 120
#: Training points of the growing problems, their input dimensions and features.
POINTS, GROWING_SHAPE = (6, 12, 24, 48, 96), (3, 10)
LAM = 0.5


@dataclass(frozen=True)
class OptimalRisks(Check):
    """Risks along each path, and beside it.

    Attributes:
        r_star: float64 [instances], R*, of the clean pattern.
        least: float64 [instances], R_opt, of the best theta.
        best_on_path: float64 [instances], the least R_t.
        end: float64 [instances], R_t at the end.
        realisable: float64 [instances], (R* - R_opt) / E Y^2 when the labels are made linear in the features.
        points: int64 [sizes], training points of the growing problems.
        mixed_gap: float64 [sizes, growing], R* / R_opt - 1 with n^2 mixed inputs.
        drawn_gap: float64 [sizes, growing], the same with n^2 inputs from the population.
    """

    r_star: np.ndarray
    least: np.ndarray
    best_on_path: np.ndarray
    end: np.ndarray
    realisable: np.ndarray
    points: np.ndarray
    mixed_gap: np.ndarray
    drawn_gap: np.ndarray


@dataclass(frozen=True)
class Counterexample:
    """The smallest case: phi(x) = x, f(x) = x^2, X is 0 or 1, lam = 1/2; exact.

    Attributes:
        theta_star: The clean pattern.
        theta_mixed: Where training on the mixed labels ends.
        theta_best: What has the least risk.
        r_star: R*, of the clean pattern.
        r_mixed: Risk at the end of training.
        r_least: The least risk.
    """

    theta_star: Fraction
    theta_mixed: Fraction
    theta_best: Fraction
    r_star: Fraction
    r_mixed: Fraction
    r_least: Fraction


def counterexample() -> Counterexample:
    """Work the smallest case out in fractions: one parameter, so that Phi^+ Y is sum(x y) / sum(x^2)."""
    points = [Fraction(0), Fraction(1)]
    mixed = [(first + second) / 2 for first in points for second in points]
    labels = [(first**2 + second**2) / 2 for first in points for second in points]

    def fitted(x: list[Fraction], y: list[Fraction]) -> Fraction:
        return sum(a * b for a, b in zip(x, y, strict=True)) / sum(a**2 for a in x)

    def risk(theta: Fraction) -> Fraction:
        return sum((x**2 - theta * x) ** 2 for x in points) / len(points)

    clean, noisy = fitted(mixed, [x**2 for x in mixed]), fitted(mixed, labels)
    best = fitted(points, [x**2 for x in points])
    return Counterexample(clean, noisy, best, risk(clean), risk(noisy), risk(best))


def run(
    profile: str = "quick", seed: int = 0, instances: int | None = None, growing: int | None = None
) -> OptimalRisks:
    """Draw the problems and compute the risks.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, instances=instances, growing=growing)
    columns = [_risks(batch) for batch in mixup_regression.batches(seed, size["instances"], LAM)]
    joined = {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}
    mixed_gap, drawn_gap = _growing(seed, size["growing"])
    return OptimalRisks(
        profile=profile,
        scale=f"{len(joined['r_star']):,} regressions made by Mixup, 1 to 10 input dimensions, 4 to 60 features, "
        f"{TIMES} times each; {size['growing']:,} with {POINTS[0]} to {POINTS[-1]} training points",
        points=np.array(POINTS),
        mixed_gap=mixed_gap,
        drawn_gap=drawn_gap,
        **joined,
    )


def _risks(batch: Batch) -> dict[str, np.ndarray]:
    flow, population = batch.flow(), batch.population
    path = flow.risk(batch.times(flow, TIMES), population)
    theta_true = np.ones(flow.mu.shape)
    linear = Population(population.phi, np.einsum("bd,bdn->bn", theta_true, population.phi))
    refitted = _clean_pattern(batch.phi, np.einsum("bd,bdm->bm", theta_true, batch.phi))
    return dict(
        r_star=population.risk(flow.theta_star),
        least=population.least_risk(),
        best_on_path=path.min(1),
        end=path[:, -1],
        realisable=(linear.risk(refitted) - linear.least_risk()) / np.mean(linear.y**2, axis=1),
    )


def _growing(seed: int, growing: int) -> tuple[np.ndarray, np.ndarray]:
    """Follow the gap of problems that gain training points."""
    generator = stream(seed, "pairs")
    p, d = GROWING_SHAPE
    problem = mixup_regression.problems(generator, growing, p, d)
    x = problem.points(generator, mixup_regression.POINTS)
    population = problem.population(x)
    least = population.least_risk()
    gaps = np.empty((2, len(POINTS), growing))
    with reporting("D-5") as update:
        for row, n in enumerate(POINTS):
            batch = problem.mixed(x[:, :n], LAM, np.zeros(growing), population)
            gaps[0, row] = population.risk(_clean_pattern(batch.phi, batch.y_clean)) / least - 1
            members = generator.integers(x.shape[1], size=n * n)
            clean = _clean_pattern(population.phi[:, :, members], population.y[:, members])
            gaps[1, row] = population.risk(clean) / least - 1
            update(row + 1, len(POINTS))
    return gaps[0], gaps[1]


def _clean_pattern(phi: np.ndarray, y_clean: np.ndarray) -> np.ndarray:
    """Return Phi^+ Y*: float64 [instances, d, m] and [instances, m] -> [instances, d]."""
    nothing = np.zeros_like(y_clean)
    return GradientFlow(phi, y_clean, nothing, np.zeros(phi.shape[:2]), ETA, minimum_norm=True).theta_star
