"""FIG-4: with augmentation, does over-training with Mixup still hurt, and does it begin to hurt much later?"""

from functools import partial

import numpy as np

from ..experiments.fig_4 import augmented
from ..results import Results
from .fig_2 import MIN_DROP
from .intervals import stays_above
from .later import UNIT, judge_later
from .rules import Part, Verdict, at_turn, exceeds

MIXUP, AUGMENTED_MIXUP = "Mixup", augmented("Mixup")

#: "Much later" is taken as: at twice the epoch. The grid of evaluations resolves a third of that.
MUCH_LATER = 1.0


def judge(results: Results) -> Verdict:
    """Judge FIG-4: Mixup falls without augmentation and with it, and turns much later with it."""
    later = partial(
        stays_above,
        floor=MUCH_LATER,
        statement="with augmentation, Mixup turns at more than twice the epoch (same seeds)",
        evidence=results,
        unit=UNIT,
    )
    return Verdict(
        claim="FIG-4",
        title="With augmentation Mixup's curve is still U-shaped, but it turns much later",
        parts=(
            _falls(results, MIXUP, "without augmentation"),
            _falls(results, AUGMENTED_MIXUP, "with augmentation"),
            judge_later(results, AUGMENTED_MIXUP, MIXUP, later),
        ),
    )


def drop(results: Results, arm: str) -> np.ndarray:
    """Return each seed's fall of an arm's test accuracy, from its turning epoch (see `at_turn`) to its end."""
    _, accuracy = results.curve(arm, "test_accuracy")
    return at_turn(accuracy, accuracy) - results.final(arm, "test_accuracy")


def _falls(results: Results, arm: str, how: str) -> Part:
    return exceeds(drop(results, arm), MIN_DROP, f"{how}, Mixup's test accuracy falls after its turn", results)


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    _, falls, later = (part.verdict for part in verdict.parts)
    when = {
        "supported": "turns much later",
        "refuted": "does not turn much later",
        "inconclusive": "may turn later",
    }[later]
    then = {"supported": "still falls", "refuted": "does not fall", "inconclusive": "may fall"}[falls]
    return f"Augmented, Mixup {when} and {then}"
