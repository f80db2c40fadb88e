"""Does one arm turn later than another of the same seed?"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..results import Results
from .rules import Part
from .turning import Turn, own_turns

#: How many times the turning epoch doubles from one arm to the other: 1 is twice as late, -1 half as late.
UNIT = "doublings"

#: Judges numbers, one a seed: a rule with its margin, statement and evidence filled in, given the unit.
Rule = Callable[[np.ndarray], Part]


def turn(results: Results, arm: str) -> Turn:
    """Return where each seed's own curve of an arm turns (`turning.own_turns`)."""
    return own_turns(*results.curve(arm, "test_accuracy"))


def doublings(results: Results, arm: str, than: str) -> tuple[np.ndarray, np.ndarray]:
    """Compare the turning epochs of two arms seed by seed.

    A seed that is still rising at its end turns there or later. In `arm` it counts as turning at its end, which
    makes its number a lower bound; in `than` it says nothing.

    Returns:
        float64 [seeds], log2(turn of `arm` / turn of `than`), NaN where nothing is known; bool [seeds], where the
        number is a lower bound.
    """
    ours, theirs = turn(results, arm), turn(results, than)
    number = np.where(theirs.open_ended, np.nan, np.log2(ours.epochs / theirs.epochs))
    return number, ours.open_ended & np.isfinite(number)


def judge_later(results: Results, arm: str, than: str, rule: Rule) -> Part:
    """Judge by a rule how much later `arm` turns; with seeds that give a lower bound only, it cannot refute."""
    number, bounds = doublings(results, arm, than)
    part = rule(number)
    if not bounds.any():
        return part
    word = "inconclusive" if part.verdict == "refuted" else part.verdict
    said = f"{part.rule}; {bounds.sum()} seeds had not turned and count as turning at their end, cannot refute"
    return replace(part, verdict=word, rule=said)
