"""LR-STAGE: a larger rate turns earlier, one lowered at the bottom gets lower. And LR-STAGE+, how much lower."""

import numpy as np

from ..checks.lr_stage import DESCENT_RATES, SWEPT_BATCHES, SWEPT_RATES, LearningRates
from .rules import Part, Verdict, exceeds, stays_below
from .universal import agrees, happens, holds_in_every_case

#: Relative differences of the lowest risk of flow below this are rounding.
ROUNDING = 1e-9
#: Smallest decrease of the lowest risk that matters, and smallest shift of its place, in decades of steps.
LEAST_GAIN, LEAST_SHIFT = 0.01, 0.05
#: Exponents are those of small rates, and may be off by this much.
SMALL_RATE, SLOPE_MARGIN = 0.2, 0.1
#: Standard errors by which the mean of sampled training may miss the exact expectation; 1 in 150,000 does.
FARTHEST = 4.5
#: Full-batch descent up to DESCENT_RATES[STEEPEST] gains less than this.
DESCENT_MARGIN = 0.001


def gain(lowest: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the relative decrease of the lowest risk."""
    return 1 - after / lowest


def judge(check: LearningRates) -> Verdict:
    """Judge LR-STAGE as the paper states it, in gradient flow, for the bound, and with fresh pairs each step."""
    return Verdict(
        claim="LR-STAGE",
        title="The larger ημ, the earlier the turn; lowering η at the bottom gives a lower minimum, further right",
        parts=(*_in_flow(check), *_with_fresh_pairs(check)),
    )


def _in_flow(check: LearningRates) -> tuple[Part, ...]:
    turn, lowest = check.flow.turn, check.flow.lowest
    return (
        holds_in_every_case(turn[:, 0] >= turn[:, 1], "gradient flow: the larger η, the earlier the turn", check),
        holds_in_every_case(
            check.mode_turns[:, 1] >= check.mode_turns[:, 0],
            "bound of Theorem 5.2, one mode: with twice the μ it turns earlier",
            check,
        ),
        holds_in_every_case(
            check.bound_turns[:, 1] >= check.bound_turns[:, 0],
            "the whole bound, six modes: with every μ doubled it turns earlier",
            check,
        ),
        happens(
            gain(lowest[:, 0], lowest[:, 1]) > ROUNDING,
            "gradient flow: the U of η / 10 has a lower minimum",
            check,
        ),
        happens(
            gain(lowest[:, 0], lowest[:, 2]) > ROUNDING,
            "gradient flow: with η lowered at the bottom the risk decays further",
            check,
        ),
    )


def _with_fresh_pairs(check: LearningRates) -> tuple[Part, ...]:
    turn, lowest = np.log10(np.maximum(check.fresh.turn, 1)), check.fresh.lowest
    return (
        exceeds(
            turn[:, 1] - turn[:, 0],
            LEAST_SHIFT,
            "fresh pairs: the larger η, the earlier the turn",
            check,
            "decades",
        ),
        exceeds(
            gain(lowest[:, 0], lowest[:, 1]),
            LEAST_GAIN,
            "fresh pairs: the U of η / 10 has a lower minimum",
            check,
            "share",
        ),
        exceeds(
            gain(lowest[:, 0], lowest[:, 2]),
            LEAST_GAIN,
            "fresh pairs: with η lowered at the bottom the risk decays further",
            check,
            "share",
        ),
        exceeds(
            turn[:, 2] - turn[:, 0],
            LEAST_SHIFT,
            "fresh pairs: with η lowered at the bottom the new bottom lies further right",
            check,
            "decades",
        ),
    )


def slopes(check: LearningRates) -> tuple[np.ndarray, np.ndarray]:
    """Fit the exponents of the excess over flow's lowest risk, in eta and in the batch size.

    Returns:
        float64 [swept], that in eta at the check's own batch size or the next swept one, and [swept], that in the
        batch size at the smallest rate; NaN where an excess is missing or not positive.
    """
    row = min(int(np.searchsorted(SWEPT_BATCHES, check.batch_size)), len(SWEPT_BATCHES) - 1)
    small = SWEPT_RATES <= SMALL_RATE
    return (
        _exponents(SWEPT_RATES[small], check.excess[:, row, small]),
        _exponents(SWEPT_BATCHES, check.excess[:, :, 0]),
    )


def _exponents(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    there = np.where(y > 0, y, np.nan)
    centred = np.log(x) - np.log(x).mean()
    return np.log(there) @ centred / (centred @ centred)


def judge_sharpened(check: LearningRates) -> Verdict:
    """Judge LR-STAGE+: flow has one minimum for all schedules, and what the noise of the pairs adds to it."""
    by_eta, by_batch = slopes(check)
    one, last = list(DESCENT_RATES).index(1.0), len(DESCENT_RATES) - 1
    descent = gain(check.descent[..., 0], check.descent[..., 1])
    detail = check.detail
    return Verdict(
        claim="LR-STAGE+",
        title="A lower rate takes away the noise of the pairs, in proportion to η over the batch size (ours)",
        parts=(
            agrees(
                check.scheduled / check.flow.lowest[:, 0] - 1,
                ROUNDING,
                "gradient flow: every positive schedule has the same lowest risk",
                check,
            ),
            holds_in_every_case(
                np.abs(detail.sampled - detail.expected) > FARTHEST * detail.errors,
                "fresh pairs: the exact expected risk is the mean of sampled training",
                check,
                f"farther than {FARTHEST:g} standard errors",
            ),
            stays_below(
                np.abs(by_eta - 1),
                SLOPE_MARGIN,
                "fresh pairs: the lowest risk exceeds flow's in proportion to η, for small η",
                check,
                "off the slope",
            ),
            stays_below(
                np.abs(by_batch + 1),
                SLOPE_MARGIN,
                "fresh pairs: and in inverse proportion to the batch size",
                check,
                "off the slope",
            ),
            exceeds(
                gain(check.permuted[:, 0], check.permuted[:, 1]),
                0.0,
                "all n points each step, partners by permutation: lowering η still gains",
                check,
                "share",
            ),
            stays_below(
                descent[:, one],
                DESCENT_MARGIN,
                "full-batch descent without noise, ημ_max = 1: lowering η gains next to nothing",
                check,
                "share",
            ),
            happens(
                descent[:, last] > LEAST_GAIN,
                f"full-batch descent near its limit, ημ_max = {DESCENT_RATES[last]:g}: lowering η can gain 1 %",
                check,
            ),
        ),
    )


def headline(check: LearningRates) -> str:
    """Word what lowering the rate does on average, for a figure's title."""
    means = [100 * float(np.mean(gain(s.lowest[:, 0], s.lowest[:, 2]))) for s in (check.flow, check.fresh)]
    flow = "nothing" if abs(means[0]) < 100 * ROUNDING else f"{means[0]:.1f} %"
    fresh = "no estimate" if np.isnan(means[1]) else f"{means[1]:.1f} %"
    return f"Lowering η at the bottom gains {flow} in flow, {fresh} with fresh pairs"
