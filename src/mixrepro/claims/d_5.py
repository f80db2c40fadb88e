"""D-5: is R* "the true optimal risk", as the paper names it? And D-5+, what it is."""

import numpy as np

from ..checks.d_5 import OptimalRisks
from .rules import Verdict
from .universal import agrees, happens, holds_in_every_case

#: A risk below R* by less than this share of it is rounding.
ROUNDING = 1e-9
#: A gap that this many training points should have closed, if few examples were its cause.
LASTING = 0.1


def judge(check: OptimalRisks) -> Verdict:
    """Judge D-5: no parameter, and no moment of training, has a risk below R*."""
    margin = f"rounding {ROUNDING:g} of R*"
    return Verdict(
        claim="D-5",
        title="R*, the risk of the clean pattern, is the true optimal risk",
        parts=(
            holds_in_every_case(
                check.least < check.r_star * (1 - ROUNDING), "no parameter has a risk below R*", check, margin
            ),
            holds_in_every_case(
                check.best_on_path < check.r_star * (1 - ROUNDING),
                "training on mixed labels never has a risk below R*",
                check,
                margin,
            ),
        ),
    )


def judge_gap(check: OptimalRisks) -> Verdict:
    """Judge D-5+: R* is least where labels are linear in the features; elsewhere the gap outlasts more points."""
    return Verdict(
        claim="D-5+",
        title="R* is the risk of the best fit to mixed inputs; that is optimal where a perfect fit exists (ours)",
        parts=(
            agrees(
                check.realisable, ROUNDING, "R* is the least risk where labels are linear in the features", check
            ),
            happens(
                check.mixed_gap[-1] > LASTING,
                f"with {check.points[-1]} points R* is still {100 * LASTING:.0f} % above the least risk, mostly",
                check,
                least=0.5,
            ),
            holds_in_every_case(
                check.drawn_gap[-1] > LASTING,
                "with as many inputs drawn from the population it is not, in any",
                check,
            ),
        ),
    )


def headline(check: OptimalRisks) -> str:
    """Word the finding for a figure's title."""
    above = np.median(check.r_star / check.least)
    below = np.mean(check.best_on_path < check.r_star)
    return f"R* is {above:.1f} times the least risk in the median; {100 * below:.0f} % of paths go below it"
