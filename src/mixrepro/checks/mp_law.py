"""MP-LAW: which matrices follow the Marchenko-Pastur law, and what the law says of the noise at convergence.

Drawn: matrices of i.i.d. entries, normal or signs, of growing size; designs of i.i.d. entries with noise at each
column; and four kinds of columns with as many rows each: i.i.d. entries, tanh features of fresh mixed points, of
random pairs of n points, and of all their pairs. Expected: i.i.d. entries approach the law, whatever their
distribution; eigenvalues near zero are most frequent, and the noise at convergence largest, at gamma = 1; columns
of pairs lie farther from the law than independent columns of the same distribution. Cost at `quick`: about 8
seconds.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ConfigError, found_expected
from ..progress import reporting
from ..rng import stream
from ..theory.marchenko_pastur import ks_distance
from .check import Check, size_of
from .columns import ARMS, KINDS, TanhFeatures, draw, spectrum, whitening
from .converged_risk import iid_risk

SIZES = {
    "smoke": dict(seeds=4, sides=(20, 40, 80), points=8),
    "quick": dict(seeds=12, sides=(25, 50, 100, 200), points=16),
    "small": dict(seeds=30, sides=(25, 50, 100, 200, 400), points=20),
}
ENTRIES = ("normal", "signs")
GAMMAS = (0.25, 1.0, 4.0)
#: Eigenvalues below this count as tiny; the lower end of the law is 0.25 for the outer two of `GAMMAS`.
TINY = 0.01
RISK_GAMMAS = (0.1, 0.2, 0.33, 0.5, 0.7, 0.85, 0.95, 1.0, 1.05, 1.15, 1.4, 2.0, 3.0, 5.0, 10.0)
RISK_COLUMNS = 100
DEPARTURE_GAMMAS = (0.125, 0.5, 1.0, 2.0)
LAM, GAIN = 0.5, 3.0


@dataclass(frozen=True)
class Spectra(Check):
    """KS distances to the law, tiny eigenvalues and noise at convergence.

    Attributes:
        sides: int64 [sides], smaller side of the matrices of i.i.d. entries.
        iid: float64 [entries, gammas, sides, seeds], KS distance to the law.
        tiny: float64 [gammas, seeds], share of eigenvalues above 0 and below `TINY`, normal entries, largest side.
        risk: float64 [risk gammas, seeds], noise part of the risk at convergence, i.i.d. entries.
        points: n of the paired columns; m = n^2.
        departure: float64 [kinds, arms, departure gammas, seeds], KS distance to the law scaled to the mean
            eigenvalue. The first arm has i.i.d. entries, whatever the kind.
    """

    sides: np.ndarray
    iid: np.ndarray
    tiny: np.ndarray
    risk: np.ndarray
    points: int
    departure: np.ndarray


def run(profile: str = "quick", seed: int = 0, seeds: int | None = None, points: int | None = None) -> Spectra:
    """Draw and measure.

    Args:
        profile: Size of the check.
        seed: Of everything drawn.
        seeds: How often.
        points: n of the paired columns, at least 4.

    Raises:
        ConfigError: The profile is not declared here, or a number is too small.
    """
    size = size_of(SIZES, profile, seeds=seeds, points=points)
    for name, least in (("seeds", 1), ("points", 4)):
        if size[name] < least:
            raise ConfigError(found_expected(name, size[name], f"at least {least}"))
    sides, n = size["sides"], size["points"]
    rows = []
    with reporting("Marchenko-Pastur") as update:
        for number in range(size["seeds"]):
            rows.append(_draw_once(seed, number, sides, n))
            update(number + 1, size["seeds"])
    iid, tiny, risk, departure = (np.stack([row[k] for row in rows], -1) for k in range(4))
    return Spectra(
        profile=profile,
        scale=(
            f"i.i.d. entries: smaller side up to {sides[-1]}; noise: {RISK_COLUMNS} columns; pairs: n = {n}, "
            f"m = {n * n} columns, λ = {LAM:g}; {size['seeds']} seeds"
        ),
        sides=np.array(sides),
        iid=iid,
        tiny=tiny,
        risk=risk,
        points=n,
        departure=departure,
    )


def shape(side: int, gamma: float) -> tuple[int, int]:
    """Return d and m with d / m = gamma and the smaller of them `side`."""
    return (side, round(side / gamma)) if gamma <= 1 else (round(side * gamma), side)


def _draw_once(seed: int, number: int, sides: tuple[int, ...], n: int) -> tuple[np.ndarray, ...]:
    generator = stream(seed, "instances", number)
    iid = np.empty((len(ENTRIES), len(GAMMAS), len(sides)))
    tiny = np.empty(len(GAMMAS))
    for row, gamma in enumerate(GAMMAS):
        for column, side in enumerate(sides):
            d, m = shape(side, gamma)
            normal = spectrum(generator.standard_normal((d, m)))
            signs = spectrum(2.0 * generator.integers(0, 2, (d, m)) - 1)
            iid[:, row, column] = ks_distance(normal, d / m), ks_distance(signs, d / m)
        tiny[row] = np.sum((normal > 1e-10) & (normal < TINY)) / d
    risk = [iid_risk(generator, round(gamma * RISK_COLUMNS), RISK_COLUMNS) for gamma in RISK_GAMMAS]
    return iid, tiny, np.array(risk), _departures(stream(seed, "pairs", number), n)


def _departures(generator: np.random.Generator, n: int) -> np.ndarray:
    distance = np.empty((len(KINDS), len(ARMS), len(DEPARTURE_GAMMAS)))
    for column, gamma in enumerate(DEPARTURE_GAMMAS):
        d = round(gamma * n * n)
        for row, kind in enumerate(KINDS):
            features = TanhFeatures(generator, kind, d, LAM, GAIN)
            white = whitening(generator, features, n) if kind == "toy features, whitened" else None
            for place, arm in enumerate(ARMS):
                phi = draw(generator, arm, features, n)
                if white is not None and arm != "i.i.d. entries":
                    phi = white @ phi
                values = spectrum(phi)
                distance[row, place, column] = ks_distance(values, d / n**2, float(values.mean()))
    return distance
