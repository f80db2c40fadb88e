"""FIG-2-LAND: do the minima that Mixup finds get sharper with over-training?

The paper's evidence is filter-normalised surfaces, so the claim itself is judged on what such a surface shows: how
much the loss rises around the network. The same words are judged by the Hessian in FIG-2-LAND-HESSIAN, and by a
ruler that the size of the outputs cannot stretch, with ERM beside it, in FIG-2-LAND+ (ours).
"""

import itertools

import numpy as np

from ..sharpness import Sharpness
from .rules import Part, Verdict, exceeds, stays_below

#: Distance at which the rises are judged, in units of the filters' norms: half the reach of the surfaces drawn.
RADIUS = 0.5
#: A growth that matters: a quarter of a doubling, which is 19 %.
MIN_GROWTH = 0.25
#: A change of the share of wrong answers that matters, and one that does not.
MIN_ERROR = 0.02
MARGIN = 0.01
UNIT = "doublings"


def judge(check: Sharpness) -> Verdict:
    """Judge FIG-2-LAND: the loss around Mixup's networks rises more and more steeply from snapshot to snapshot.

    Each step is a part: the smallest of several noisy steps lies below zero on average where all of them are small
    and positive.
    """
    steps = np.diff(_log(check.of("Mixup", "rise", RADIUS)), axis=1)
    return Verdict(
        claim="FIG-2-LAND",
        title="Over-training with Mixup leads to sharper minima: steeper filter-normalised surfaces",
        parts=(
            _grows(check, "rise", "the loss around Mixup's network rises by more at the last snapshot than first"),
            *(
                exceeds(step, 0.0, f"it rises by more at epoch {last:,} than at epoch {first:,}", check, UNIT)
                for step, (first, last) in zip(steps.T, itertools.pairwise(check.epochs), strict=True)
            ),
        ),
    )


def judge_curvature(check: Sharpness) -> Verdict:
    """Judge FIG-2-LAND-HESSIAN: the curvature at Mixup's networks grows from the first snapshot to the last."""
    return Verdict(
        claim="FIG-2-LAND-HESSIAN",
        title="Over-training with Mixup leads to sharper minima: larger curvature",
        parts=(
            _grows(check, "top_eigenvalue", "the largest eigenvalue of the Hessian at Mixup's network grows"),
            _grows(check, "trace", "the trace of the Hessian at Mixup's network grows"),
        ),
    )


def judge_scale_free(check: Sharpness) -> Verdict:
    """Judge FIG-2-LAND+ (ours): a displaced Mixup network errs more and more, a displaced ERM network does not."""
    change = {
        arm: values[:, -1] - values[:, 0]
        for arm in ("ERM", "Mixup")
        for values in (check.of(arm, "error_rise", RADIUS),)
    }
    return Verdict(
        claim="FIG-2-LAND+",
        title="Over-training with Mixup, not with ERM, makes answers more sensitive to the weights (ours)",
        parts=(
            exceeds(change["Mixup"], MIN_ERROR, "a displaced Mixup network errs more at the last snapshot", check),
            stays_below(change["ERM"], MARGIN, "a displaced ERM network does not err more", check),
            exceeds(
                change["Mixup"] - change["ERM"],
                MIN_ERROR,
                "Mixup's error around the network grows by more than ERM's (same seeds)",
                check,
            ),
        ),
    )


def growth(check: Sharpness, arm: str, name: str) -> np.ndarray:
    """Return how often a number doubled from the first snapshot to the last, float64 [seeds].

    NaN where it is missing, or not positive at one of them: then there is no ratio, and nothing to judge.
    """
    values = _log(check.of(arm, name, RADIUS if name in ("rise", "error_rise") else None))
    return values[:, -1] - values[:, 0]


def _grows(check: Sharpness, name: str, statement: str) -> Part:
    return exceeds(growth(check, "Mixup", name), MIN_GROWTH, statement, check, UNIT)


def _log(values: np.ndarray) -> np.ndarray:
    return np.log2(values, where=values > 0, out=np.full(values.shape, np.nan))


def headline(verdict: Verdict) -> str:
    """Word what was found around Mixup's networks, for the title of the surfaces."""
    ever, *steps = (part.verdict for part in verdict.parts)
    if ever == "supported":
        return "Around Mixup's network the loss gets steeper" + (", step by step" if {*steps} == {ever} else "")
    return f"Around Mixup's network the loss {'does not get' if ever == 'refuted' else 'may get'} steeper"


def said(part: Part) -> str:
    """Word one part, for the title of its panel."""
    return {"supported": "grows", "refuted": "does not grow", "inconclusive": "unclear"}[part.verdict]
