"""FIG-7: does over-training with Mixup turn earlier with fewer data?

Time can be counted in epochs, as the paper does, or in steps. A smaller subset has fewer steps in an epoch, so a
turn that comes after the same number of steps comes after *more* epochs, and one that comes earlier in epochs
comes earlier in steps by more still. The paper's reading is judged as FIG-7, the weaker one as FIG-7+.
"""

import math
from dataclasses import replace

import numpy as np

from ..config import RunConfig
from ..experiments.declaration import data_name
from ..results import Results
from .fig_2 import MIN_DROP
from .panels import panels
from .rules import Part, Verdict, at_turn, exceeds
from .turning import Turn, exponents, own_turns

#: A power of the amount of data that matters: with half the data, the turn comes a fifth sooner. As a number it
#: is how many times the turning time doubles when the data double.
MIN_POWER = -math.log2(0.8)
UNIT = "doublings"


def judge(results: Results) -> Verdict:
    """Judge FIG-7 in epochs: every curve turns and falls, and its turn comes earlier with fewer data."""
    return Verdict(
        claim="FIG-7",
        title="The fewer the data, the earlier the turn, counted in epochs",
        parts=tuple(
            part for data in data_sets(results) for part in (*_falls(results, data), _earlier(results, data))
        ),
    )


def judge_steps(results: Results) -> Verdict:
    """Judge FIG-7+ in steps: the same, with the turn counted in optimisation steps."""
    return Verdict(
        claim="FIG-7+",
        title="The fewer the data, the earlier the turn, counted in steps",
        parts=tuple(
            part
            for data in data_sets(results)
            for part in (*_falls(results, data), _earlier(results, data, in_steps=True))
        ),
    )


def data_sets(results: Results) -> list[str]:
    """Return the data sets of the figure, in the order in which they are declared."""
    return list(dict.fromkeys(arm.data for arm in results.experiment.arms.values()))


def steps_per_epoch(config: RunConfig) -> int:
    """Return how many steps a run takes in an epoch; the last batch may be smaller."""
    return math.ceil(config.n / config.batch_size)


def turns(results: Results, data: str, in_steps: bool = False) -> dict[int, Turn]:
    """Return where each seed's own curve turns, for each amount of data of one data set (epochs or steps)."""
    found = {}
    for (which, n), one in panels(results).items():
        if which == data:
            turn = own_turns(*one.curve("Mixup", "test_accuracy"))
            factor = steps_per_epoch(one.experiment.arms["Mixup"]) if in_steps else 1
            found[n] = replace(turn, epochs=turn.epochs * factor)
    return found


def powers(results: Results, data: str, in_steps: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Return each seed's power of the amount of data, and whether it is only a lower bound (see `exponents`)."""
    return exponents(turns(results, data, in_steps))


def _falls(results: Results, data: str) -> list[Part]:
    """Judge at each amount that there is a turn: the highest place of a curve that does not fall says nothing."""
    parts = []
    for (which, n), one in panels(results).items():
        if which == data:
            _, accuracy = one.curve("Mixup", "test_accuracy")
            drop = at_turn(accuracy, accuracy) - one.final("Mixup", "test_accuracy")
            named = f"{data_name(one.experiment.arms['Mixup'])}, n = {n:,}"
            parts.append(exceeds(drop, MIN_DROP, f"{named}: Mixup's test accuracy turns and falls", one))
    return parts


def _earlier(results: Results, data: str, in_steps: bool = False) -> Part:
    """Judge that the turn comes earlier with fewer data: it grows as a positive power of the amount."""
    values, bounds = powers(results, data, in_steps)
    counted = "steps" if in_steps else "epochs"
    named = data_name(next(arm for arm in results.experiment.arms.values() if arm.data == data))
    statement = f"{named}: twice the data, more {counted} to the turn (how many times these double)"
    part = exceeds(values, MIN_POWER, statement, results, UNIT)
    if bounds.any():
        # What is only known to be larger can support, but not refute.
        word = "inconclusive" if part.verdict == "refuted" else part.verdict
        part = replace(
            part, verdict=word, rule=f"{part.rule}; {bounds.sum()} seeds are lower bounds, cannot refute"
        )
    return part


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    found = [part for part in verdict.parts if part.unit == UNIT]
    words = {part.verdict for part in found}
    counted = "steps" if verdict.claim.endswith("+") else "epochs"
    if any(part.effect is None for part in found):
        return f"No turn was found in {counted}"
    if words == {"supported"}:
        return f"Fewer data, fewer {counted} to the turn"
    if words == {"refuted"}:
        later = all(part.interval and part.interval[1] < 0 for part in found)
        return f"Fewer data, {'more' if later else 'no fewer'} {counted} to the turn"
    return f"Whether fewer data turn after fewer {counted} is unclear"
