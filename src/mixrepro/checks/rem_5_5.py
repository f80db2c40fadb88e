"""REM-5.5 and REM-5.5+: the bound when all eigenvalues of G are equal and theta starts from zero.

Drawn: Phi with orthogonal rows of one length, so that G = mu I, with 1 to 12 features and lengths of the
population's features over three orders of magnitude, so that C1 lies above and below 1; every other noise is as
strong as C2 admits, along one direction. Expected: the theorem's sum is the corrected expression, not the printed
one, and the printed one can lie below the excess risk. Cost at `quick`: one second.
"""

from dataclasses import dataclass

import numpy as np

from ..rng import stream
from ..theory.population_risk import Population
from ..theory.risk_bound import equal_spectrum_sum, risk_bound, sharpened_bound
from .check import Check, size_of
from .instances import ETA, Batch

SIZES = {
    "smoke": dict(instances=240),
    "quick": dict(instances=4800),
    "small": dict(instances=48_000),
}
FEATURES = (1, 2, 3, 4, 6, 8, 10, 12)
TIMES = 60
POINTS = 24


@dataclass(frozen=True)
class EqualSpectra(Check):
    """The bound's sum three times, and what it should bound.

    Attributes:
        d: int64 [instances], features.
        c1: float64 [instances], C1.
        theorem: float64 [instances, times], the sum of Theorem 5.2.
        printed: float64 [instances, times], as Remark 5.5 prints it.
        corrected: float64 [instances, times], with C1 d in the second term.
        sharpened: float64 [instances, times], with C1 alone in the second term.
        constant: float64 [instances, 1], the bound's last summand, 2 sqrt(C1 R* zeta).
        sharpened_constant: float64 [instances, 1], the same with zeta+.
        excess: float64 [instances, times], R_t - R*, exact.
    """

    d: np.ndarray
    c1: np.ndarray
    theorem: np.ndarray
    printed: np.ndarray
    corrected: np.ndarray
    sharpened: np.ndarray
    constant: np.ndarray
    sharpened_constant: np.ndarray
    excess: np.ndarray


def run(profile: str = "quick", seed: int = 0, instances: int | None = None) -> EqualSpectra:
    """Draw the instances and compute the expressions.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, instances=instances)
    each = -(-size["instances"] // len(FEATURES))
    columns = [_expressions(_draw(stream(seed, "instances", d), each, d)) for d in FEATURES]
    joined = {name: np.concatenate([column[name] for column in columns]) for name in columns[0]}
    return EqualSpectra(
        profile=profile,
        scale=f"{len(joined['d']):,} random instances with one eigenvalue, {FEATURES[0]} to {FEATURES[-1]} "
        f"features, {TIMES} times each",
        **joined,
    )


def _draw(generator: np.random.Generator, size: int, d: int) -> Batch:
    m = 4 * d
    mu = 10 ** generator.uniform(-1, 1, size)
    rows = np.linalg.qr(generator.standard_normal((size, m, d)))[0]
    phi = np.sqrt(m * mu)[:, None, None] * np.swapaxes(rows, 1, 2)
    theta_true = generator.standard_normal((size, d))
    y_clean = np.einsum("bd,bdm->bm", theta_true, phi)
    signs = np.where(generator.uniform(size=(size, m)) < 0.5, -1.0, 1.0)
    along = np.sign(phi[:, 0])
    strength = np.sqrt(np.mean(y_clean**2, axis=1)) * 10 ** generator.uniform(-1, 1, size)
    points = generator.standard_normal((size, d, POINTS))
    flat = np.arange(size) % 3 == 0  # the features of these vary along one direction alone
    points[flat, 1:] = 0
    points *= 10 ** generator.uniform(-2, 1, size)[:, None, None]
    unfit = (generator.uniform(size=size) < 0.5) * generator.uniform(0, 0.5, size)
    y = np.einsum("bd,bdn->bn", theta_true, points)
    y += unfit[:, None] * np.std(y, axis=1, keepdims=True) * generator.standard_normal((size, POINTS))
    return Batch(
        phi=phi,
        y_clean=y_clean,
        noise=strength[:, None] * np.where(np.arange(size)[:, None] % 2, signs, along),
        xi=np.zeros(size),
        population=Population(points, y),
    )


def _expressions(batch: Batch) -> dict[str, np.ndarray]:
    flow = batch.flow()
    t, terms = batch.times(flow, TIMES), batch.bound_terms(flow)
    size, d = flow.mu.shape
    no_misfit = {**terms, "r_star": np.zeros(size)}
    theorem, sharpened = risk_bound(t, **no_misfit), sharpened_bound(t, **no_misfit)
    one = dict(
        mu=flow.mu.mean(1), length=np.linalg.norm(flow.theta_star, axis=1), c1=terms["c1"], c2=terms["c2"], eta=ETA
    )
    return dict(
        d=np.full(size, d),
        c1=terms["c1"],
        theorem=theorem,
        printed=equal_spectrum_sum(t, **one),
        corrected=equal_spectrum_sum(t, **one, d=d),
        sharpened=equal_spectrum_sum(t, **one, d=1),
        constant=(risk_bound(t, **terms) - theorem)[:, :1],
        sharpened_constant=(sharpened_bound(t, **terms) - sharpened)[:, :1],
        excess=flow.excess_risk(t, batch.population, batch.xi),
    )
