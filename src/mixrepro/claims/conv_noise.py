"""CONV-NOISE: for a strongly convex truth, mixed regression labels are too high by a known amount at least."""

from ..checks.conv_noise import ConvexNoise
from .rules import Verdict
from .universal import agrees, holds_in_every_case

#: Rounding of float64, relative to the values that Z is the difference of.
ROUNDING = 1e-12
#: Rounding of the closed form of E Z: a mean of 144 such differences, most smaller than the values themselves.
MEAN_ROUNDING = 1e-10
MARGIN = f"rounding {ROUNDING:g} of the values"


def judge(check: ConvexNoise) -> Verdict:
    """Judge CONV-NOISE: the lower bound, and what the paper does not say: upper bound, equality and mean."""
    slack = ROUNDING * check.size
    return Verdict(
        claim="CONV-NOISE",
        title="A strongly convex truth makes Mixup's labels too high, by (ρ/2) λ(1−λ) |X − X′|² at least",
        parts=(
            holds_in_every_case(check.noise < check.lower - slack, "Z ≥ (ρ/2) λ(1−λ) |X − X′|²", check, MARGIN),
            agrees(check.quadratic_errors, ROUNDING, "f = ρ/2 |x|² + affine: equality", check),
            holds_in_every_case(
                check.noise > check.upper + slack,
                "Z ≤ (L/2) λ(1−λ) |X − X′|² for an L-Lipschitz gradient (ours)",
                check,
                MARGIN,
            ),
            agrees(
                check.mean_errors,
                MEAN_ROUNDING,
                "E Z = ρ α tr Cov(X) / (2(2α + 1)) for that quadratic and λ ~ Beta(α, α) (ours)",
                check,
            ),
        ),
    )
