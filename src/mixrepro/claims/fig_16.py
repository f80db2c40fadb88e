"""FIG-15 and FIG-16: does over-training with Mixup also hurt on test sets from other distributions?

Everything is measured from the epoch at which accuracy on the standard test set turns, which is chosen on other
seeds, to the last one: a set with a turning epoch of its own would fall by construction.
"""

import numpy as np

from ..errors import ConfigError, found_expected
from ..results import Results
from .fig_2 import MARGIN, MIN_DROP
from .intervals import lies_within
from .rules import Verdict, at_turn, exceeds

STANDARD = "standard test set"
#: Two falls agree if they differ by less: half of a fall that matters.
AGREEMENT = MIN_DROP / 2
#: A change that is no trend, and one that is an improvement.
NO_TREND = MARGIN


def roles(results: Results) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return the shifted sets by what is expected of them: new images, weak noise, strong noise.

    Raises:
        ConfigError: The runs are tested on no shifted set.
    """
    names = results.experiment.arms["Mixup"].shifted_sets
    if not names:
        raise ConfigError(found_expected("shifted_sets", names, "at least one test set"))
    weak = tuple(name for name in names if name.endswith("noise-1"))
    strong = tuple(name for name in names if name.endswith("noise-5"))
    return tuple(name for name in names if name not in weak + strong), weak, strong


def judge(results: Results, claim: str = "FIG-16") -> Verdict:
    """Judge Mixup's accuracy on each shifted set between the standard turning epoch and the end."""
    mild, weak, strong = roles(results)
    standard = fall(results, "Mixup", STANDARD)
    parts = [exceeds(standard, MIN_DROP, "on the standard test set accuracy turns and falls", results)]
    for name in mild:
        own = fall(results, "Mixup", name)
        parts += [
            exceeds(own, MIN_DROP, f"on {name} it falls after the same epoch", results),
            lies_within(own - standard, AGREEMENT, f"on {name} it falls as on the standard test set", results),
        ]
    for name in weak:
        own = fall(results, "Mixup", name)
        parts.append(lies_within(own, NO_TREND, f"on {name} there is no trend (fall)", results))
    for name in strong:
        own = fall(results, "Mixup", name)
        parts.append(exceeds(-own, NO_TREND, f"on {name} it goes on improving (rise)", results))
    data = {"FIG-15": "all of the data", "FIG-16": "30 % of the data"}[claim]
    return Verdict(
        claim=claim,
        title=f"Over-trained on {data}, Mixup falls on new images as on the standard set, but not under noise",
        parts=tuple(parts),
    )


def fall(results: Results, arm: str, name: str) -> np.ndarray:
    """Return how far each seed falls on a test set, from Mixup's turning epoch on the standard one to the end.

    Args:
        results: Records of FIG-15 or FIG-16.
        arm: `Mixup` or `ERM`.
        name: A shifted set, or `STANDARD`.

    Returns:
        float64 [seeds], fractions; negative where accuracy rises.
    """
    _, standard = results.curve("Mixup", "test_accuracy")
    column = column_of(name)
    _, values = results.curve(arm, column)
    return at_turn(values, standard) - results.final(arm, column)


def column_of(name: str) -> str:
    """Return the column of a run's table with the accuracy on a test set."""
    return "test_accuracy" if name == STANDARD else f"test_accuracy on {name}"


def headline(results: Results) -> str:
    """Word what was found, for the title of the figure: how many shifted sets fall, and the strongest noise."""
    mild, weak, strong = roles(results)
    names = (*mild, *weak, *strong)
    falls = {name: exceeds(fall(results, "Mixup", name), MIN_DROP, "", results).verdict for name in names}
    rises = [
        name for name in names if exceeds(-fall(results, "Mixup", name), 0, "", results).verdict == "supported"
    ]
    down = [name for name, word in falls.items() if word == "supported"]
    if len(down) == len(names):
        return "Past the turn, accuracy falls on every shifted set"
    said = f"Past the turn, accuracy falls on {len(down)} of {len(names)} shifted sets"
    return f"{said}, rises on {len(rises)}" if rises else said
