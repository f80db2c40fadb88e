"""D-6 and MP-LAW+: do n^2 columns from n points act as n^2 independent ones, and which law do they follow?

Drawn: all pairs of n points x ~ N(0, I), mixed at fixed lam; linear features and features tanh(gain w.x), either
independent of each other or d of ten inputs, as in the paper's toy. Measured: rank (singular values), second
moment, spectrum and effective rank, and the noise part of the population risk at convergence as d grows past n,
n (n + 1) / 2 and n^2. Expected from the mathematics: linear features have the spectrum of n columns; others have a
sum of laws, with n and about n^2 / 2 columns. Cost at `quick`: about 12 seconds.
"""

from dataclasses import dataclass

from ..errors import ConfigError, found_expected
from . import converged_risk, mixup_spectra, ranks
from .check import Check, size_of

SIZES = {
    "smoke": dict(seeds=3, cases=400, points=10, sizes=(6, 12, 18)),
    "quick": dict(seeds=12, cases=1000, points=14, sizes=(10, 20, 40)),
    "small": dict(seeds=30, cases=8000, points=20, sizes=(10, 20, 40, 60)),
}


@dataclass(frozen=True)
class MixupColumns(Check):
    """Rank, spectrum and risk of all pairs of n points.

    Attributes:
        ranks: A few points, many cases.
        spectra: Growing n.
        risks: Growing d at fixed n.
    """

    ranks: ranks.Ranks
    spectra: mixup_spectra.Spectra
    risks: converged_risk.Risks


def run(
    profile: str = "quick", seed: int = 0, seeds: int | None = None, points: int | None = None
) -> MixupColumns:
    """Draw and measure.

    Args:
        profile: Size of the check.
        seed: Of everything drawn.
        seeds: How often spectra and risks are drawn.
        points: n in the risks, at least 10, so that n is at most a tenth of n^2.

    Raises:
        ConfigError: The profile is not declared here, or a number is too small.
    """
    size = size_of(SIZES, profile, seeds=seeds, points=points)
    for name, least in (("seeds", 1), ("points", 10)):
        if size[name] < least:
            raise ConfigError(found_expected(name, size[name], f"at least {least}"))
    n = size["points"]
    listed = ", ".join(map(str, size["sizes"]))
    return MixupColumns(
        profile=profile,
        scale=(
            f"ranks: {size['cases']:,} cases of 3 to 8 points; spectra: n = {listed}; risks: n = {n}, d from "
            f"{converged_risk.sizes(n)[0]} to {converged_risk.sizes(n)[-1]}; {size['seeds']} seeds"
        ),
        ranks=ranks.measure(size["cases"], seed),
        spectra=mixup_spectra.measure(size["sizes"], size["seeds"], seed),
        risks=converged_risk.measure(n, size["seeds"], seed),
    )
