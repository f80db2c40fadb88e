"""THM-5.2: does the risk bound hold, and can it be reached? And THM-5.2+, the sharper form."""

import numpy as np

from ..checks.thm_5_2 import RiskBounds
from .rules import Verdict
from .universal import agrees, holds_in_every_case

#: An excess above the bound by less than this share of it is rounding, at condition numbers up to 1e8.
ROUNDING = 1e-9
#: Where the bound is reached, it is to this relative error.
REACHED = 1e-9
MARGIN = f"rounding {ROUNDING:g} of the bound"


def crossed(excess: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Tell which instances lie above their bound at some time: float64 [instances, times] twice -> bool."""
    return np.any(excess > bound * (1 + ROUNDING), axis=1)


def judge(check: RiskBounds) -> Verdict:
    """Judge THM-5.2: no excess risk above the bound at any time, and one family that reaches it."""
    return Verdict(
        claim="THM-5.2",
        title="The excess risk of gradient flow on Mixup labels stays below the printed bound",
        parts=(
            holds_in_every_case(
                crossed(check.excess, check.printed),
                "the excess risk is below the bound at all times",
                check,
                MARGIN,
            ),
            agrees(check.reached.printed - 1, REACHED, "with one feature the bound is reached", check),
        ),
    )


def judge_sharpened(check: RiskBounds) -> Verdict:
    """Judge THM-5.2+: the bounds with one maximum for the sum over the noise hold, and are never looser."""
    return Verdict(
        claim="THM-5.2+",
        title="The noise spends its strength once, not in every mode: a sharper bound (ours)",
        parts=(
            holds_in_every_case(
                crossed(check.excess, check.sharpened), "the excess risk is below the sharper bound", check, MARGIN
            ),
            holds_in_every_case(
                crossed(check.excess, check.triangle), "it is below the bound by lengths", check, MARGIN
            ),
            holds_in_every_case(
                crossed(check.triangle, check.sharpened) | crossed(check.sharpened, check.printed),
                "neither is ever above the printed bound, nor the second above the first",
                check,
                MARGIN,
            ),
            agrees(
                check.reached.sharpened - 1,
                REACHED,
                "with any number of features the sharper bound is reached",
                check,
            ),
            agrees(
                check.reached.triangle - 1,
                REACHED,
                "with one feature the bound by lengths is reached always",
                check,
            ),
        ),
    )


def looseness(excess: np.ndarray, bound: np.ndarray) -> np.ndarray:
    """Return bound over excess, NaN where there is no excess: float64, the shape of both."""
    return np.divide(bound, excess, out=np.full_like(bound, np.nan), where=excess > 0)


def headline(check: RiskBounds) -> str:
    """Word the finding for a figure's title."""
    crossings = int(crossed(check.excess, check.printed).sum())
    typical = np.nanmedian(looseness(check.excess, check.printed))
    found = "No violation" if crossings == 0 else f"{crossings:,} violations"
    return f"{found}; the bound is {typical:,.0f} times the excess in the median"
