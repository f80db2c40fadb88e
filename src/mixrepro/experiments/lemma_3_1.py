"""LEMMA-3.1: how near trained networks come to the least Mixup loss.

Small training sets, so that the Mixup loss over all n^2 pairs can be computed exactly at every evaluation.
Expected: no network ever lies below its bound; the excess shrinks with training and stays above zero.
Cost at `quick`: well under a minute on two cores. Run: `mixrepro sweep LEMMA-3.1 --profile quick`.
"""

from typing import Any

from ..config import RunConfig
from .declaration import Experiment, mixup_alpha, seed_range, size_of
from .settings import refuse_unused

ALPHAS = (0.2, 1.0, 4.0)

SIZES = {
    "smoke": dict(n=20, width=32, epochs=30, batch_size=20, num_seeds=3),
    "quick": dict(n=50, width=256, epochs=1000, batch_size=50, num_seeds=5),
}


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Experiment:
    """Declare the runs: one arm an alpha; `alpha` adds one to those declared."""
    size = size_of(SIZES, profile, **overrides)
    num_seeds = size.pop("num_seeds")
    if size.pop("exact_mixup_loss", True) is not True:
        refuse_unused("exact_mixup_loss", overrides["exact_mixup_loss"], "it is what this figure measures")
    # One at a time, so that a value that is no number is refused by name.
    added = RunConfig(alpha=mixup_alpha(alpha)).alpha
    alphas = sorted({*ALPHAS, added})
    return Experiment(
        id="LEMMA-3.1",
        title="Exact Mixup loss along training",
        profile=profile,
        arms={f"alpha = {a:g}": RunConfig(alpha=a, exact_mixup_loss=True, **size) for a in alphas},
        seeds=seed_range(num_seeds),
    )
