"""Histograms of eigenvalues for many gamma = d / m, of i.i.d. entries and of Mixup's columns (for MP-LAW).

Both have the same d and m = n^2. Mixup's columns are all pairs of n points at lam = 1/2, with independent tanh
features. Several draws are pooled. Cost at `quick`: two seconds.
"""

from dataclasses import dataclass

import numpy as np

from ..progress import reporting
from ..rng import stream
from ..theory.marchenko_pastur import without_rounding
from .check import Check, size_of
from .columns import Arm, TanhFeatures, draw, spectrum

SIZES = {
    "smoke": dict(points=8, draws=2, frames=5),
    "quick": dict(points=16, draws=6, frames=18),
    "small": dict(points=16, draws=20, frames=18),
}
LAM, GAIN = 0.5, 3.0
#: Edges of the bins: eigenvalues from 1e-4 to 1e2, evenly in the exponent.
EDGES = np.geomspace(1e-4, 1e2, 61)
DRAWN: tuple[Arm, Arm] = ("i.i.d. entries", "all pairs")


@dataclass(frozen=True)
class Histograms(Check):
    """Shares of eigenvalues in bins.

    Attributes:
        n: Points; m = n^2 columns.
        d: int64 [frames], features.
        shares: float64 [2, frames, bins], of all eigenvalues, zeros included in the total; i.i.d., then Mixup.
        zeros: float64 [2, frames], share of eigenvalues that are zero.
        tiny: float64 [2, frames], share above zero and below the first edge.
    """

    n: int
    d: np.ndarray
    shares: np.ndarray
    zeros: np.ndarray
    tiny: np.ndarray


def run(profile: str = "quick", seed: int = 0, points: int | None = None) -> Histograms:
    """Draw the matrices.

    Args:
        profile: Size of the check.
        seed: Of everything drawn.
        points: n.

    Raises:
        ConfigError: The profile is not declared here.
    """
    size = size_of(SIZES, profile, points=points)
    n, draws = size["points"], size["draws"]
    d = features_to_try(n, size["frames"])
    shares = np.empty((2, len(d), len(EDGES) - 1))
    zeros, tiny = np.empty((2, len(d))), np.empty((2, len(d)))
    with reporting("spectra by gamma") as update:
        for frame, rows in enumerate(d):
            for place, arm in enumerate(DRAWN):
                generator = stream(seed, "dataset", 2 * frame + place)
                values = np.concatenate([_values(generator, arm, n, int(rows)) for _ in range(draws)])
                shares[place, frame] = np.histogram(values, EDGES)[0] / len(values)
                zeros[place, frame] = np.mean(values == 0)
                tiny[place, frame] = np.mean((values > 0) & (values < EDGES[0]))
            update(frame + 1, len(d))
    return Histograms(
        profile=profile,
        scale=f"n = {n} points, m = {n * n} columns, {len(d)} values of γ = d/m, {draws} draws each",
        n=n,
        d=d,
        shares=shares,
        zeros=zeros,
        tiny=tiny,
    )


def features_to_try(n: int, frames: int) -> np.ndarray:
    """Return d from n / 2 to 4 n^2, about evenly in the exponent; n, n (n + 1) / 2 and n^2 are among them."""
    marked = np.array([n, n * (n + 1) // 2, n * n])
    even = np.geomspace(n / 2, 4 * n * n, frames).round().astype(int)
    apart = np.abs(np.log(even[:, None] / marked)).min(1) > 0.1
    return np.unique([*even[apart], *marked])


def _values(generator: np.random.Generator, arm: Arm, n: int, d: int) -> np.ndarray:
    features = TanhFeatures(generator, "independent features", d, LAM, GAIN)
    return without_rounding(spectrum(draw(generator, arm, features, n)))
