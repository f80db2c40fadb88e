"""FIG-8: does ERM's gradient vanish, and Mixup's rise to a plateau instead?

A norm is zero when it is less than a hundredth of its largest value along the run. Norms are compared by their
ratio, whose spread over seeds is skewed, so it is judged in doublings. The largest and the smallest value of a
noisy curve flatter whatever is compared with them, so each seed's are read at the epochs that the other seeds
choose.
"""

import numpy as np

from ..expected_gradient import ExpectedGradient
from ..results import Results
from .fig_2 import MARGIN
from .intervals import lies_within, stays_above
from .rules import Verdict, at_turn, exceeds, highest_of_others, stays_below

#: The two norms: of an epoch's mean gradient, and of a mini-batch's own, averaged over the epoch.
FULL_BATCH, MINI_BATCH = "gradient_norm", "batch_gradient_norm"

#: Share of its largest value below which a norm counts as zero: on a linear axis it cannot be told from it.
ZERO = 0.01
#: A share below which a norm is rounding; how far below, even down to zero, says nothing.
ROUNDING = float(np.finfo(np.float32).eps)
#: A rise that matters, in doublings: by a quarter. Mixup's norm in one epoch depends on a few draws of lam, and
#: varies by a tenth.
MIN_RISE = float(np.log2(1.25))
#: What still is level from one doubling of the epochs to the next, and how far above its end a norm may have been,
#: in doublings: by a fifth.
LEVEL = float(np.log2(1.2))
#: A fall of the expected gradient's norm that matters, as a share: an estimate below zero has no logarithm.
MIN_FALL = 0.2
#: Below this share of a squared norm, the rest is most of it.
HALF = 0.5
UNIT = "doublings"


def judge(results: Results, norm: str = FULL_BATCH) -> Verdict:
    """Judge FIG-8 on one of the two norms; the claim's verdict is that of the full batch.

    The paper's epochs, 130 for ERM's minimum and 400 for the end of Mixup's lead, belong to its network and its
    schedule. Mixup's turning epoch takes their place: there ERM is to be at its minimum and Mixup ahead.
    """
    epochs, mixup = results.curve("Mixup", norm)
    _, erm = results.curve("ERM", norm)
    _, accuracy = results.curve("Mixup", "test_accuracy")
    _, erm_accuracy = results.curve("ERM", "test_accuracy")
    before, last = doublings(epochs, mixup)
    erm_zero, mixup_zero = ZERO * largest(erm), ZERO * largest(mixup)
    above_zero = f"doublings above {100 * ZERO:g} % of its largest value"
    return Verdict(
        claim="FIG-8",
        title="ERM's gradient norm goes to zero; Mixup's rises to a plateau, and Mixup generalises better",
        parts=(
            stays_below(
                in_doublings(_end(erm), erm_zero), 0.0, f"ERM's norm ends at zero ({above_zero})", results, UNIT
            ),
            stays_above(
                in_doublings(last, mixup_zero),
                0.0,
                f"Mixup's norm does not end at zero ({above_zero})",
                results,
                UNIT,
            ),
            exceeds(rise(mixup), MIN_RISE, "Mixup's norm rises after its minimum", results, UNIT),
            stays_below(
                in_doublings(largest_since_smallest(mixup), last),
                LEVEL,
                "Mixup's norm ends at the maximum that follows its minimum (fall from it)",
                results,
                UNIT,
            ),
            lies_within(in_doublings(last, before), LEVEL, "Mixup's norm is level at the end", results, UNIT),
            stays_below(
                in_doublings(at_turn(erm, accuracy), erm_zero),
                0.0,
                f"when Mixup's test accuracy turns, ERM's norm already is zero ({above_zero})",
                results,
                UNIT,
            ),
            exceeds(
                at_turn(accuracy, accuracy) - at_turn(erm_accuracy, accuracy),
                MARGIN,
                "at that epoch Mixup's test accuracy is above ERM's",
                results,
            ),
        ),
    )


def judge_expected(measured: ExpectedGradient) -> Verdict:
    """Judge FIG-8+: at the snapshots, what of Mixup's norm is the expected loss's gradient, and what noise.

    The paper reads from a norm that stays up that Mixup is at no stationary point. One draw's norm would stay up
    at a stationary point, too.
    """
    first, last = (f"epoch {epoch:,}" for epoch in (measured.epochs[0], measured.epochs[-1]))
    # The estimate of a small square may be negative.
    norms = np.sign(measured.expected) * np.sqrt(np.abs(measured.expected))
    return Verdict(
        claim="FIG-8+",
        title="Mixup rests at no stationary point of its expected loss, but the plateau is noise of the draw",
        parts=(
            stays_above(
                norms[:, -1] / largest(measured.along_run),
                ZERO,
                f"at {last} the norm of the expected gradient is not zero (share of the largest norm of a draw)",
                measured,
                "share",
            ),
            stays_below(
                measured.expected[:, -1] / measured.one_draw[:, -1],
                HALF,
                f"at {last} the expected gradient is less than half of the squared norm of a draw",
                measured,
                "share",
            ),
            exceeds(
                1 - norms[:, -1] / norms[:, 0],
                MIN_FALL,
                f"from {first} to {last} the norm of the expected gradient falls",
                measured,
                "share",
            ),
        ),
    )


def largest(norms: np.ndarray) -> np.ndarray:
    """Return each seed's norm at the epoch at which the other half of the seeds has its largest.

    Args:
        norms: float64 [seeds, points].

    Returns:
        float64 [seeds]; NaN where the other half is empty or not complete.
    """
    return _at(norms, highest_of_others(norms))


def largest_since_smallest(norms: np.ndarray) -> np.ndarray:
    """Return each seed's largest norm from its smallest on; both epochs are the other seeds' choice.

    What lies before the minimum does not count: the first gradients of a network that has learned nothing. A curve
    that falls to its end is smallest there. Arguments and NaN as for `largest`.
    """
    smallest = highest_of_others(-norms)
    places = np.full(len(norms), -1)
    for start in np.unique(smallest[smallest >= 0]):
        since = start + highest_of_others(norms[:, start:])
        places = np.where(smallest == start, since, places)
    return _at(norms, places)


def rise(norms: np.ndarray) -> np.ndarray:
    """Return by how many doublings each seed rises after its smallest norm, at epochs of the other seeds' choice.

    A curve that falls to its end is smallest there, and rises by nothing. Arguments and NaN as for `largest`.
    """
    return in_doublings(largest_since_smallest(norms), _at(norms, highest_of_others(-norms)))


def in_doublings(norms: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Return how many doublings lie between two norms: positive where the first is larger.

    Args:
        norms: float64 [seeds].
        to: float64 [seeds].

    Returns:
        float64 [seeds]; no further below zero than `ROUNDING`, and NaN where one of them is.
    """
    return np.log2(np.maximum(norms / to, ROUNDING))


def doublings(epochs: np.ndarray, norms: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average each seed's norms over the last doubling of the epochs, and over the one before.

    Args:
        epochs: int64 [points], rising.
        norms: float64 [seeds, points].

    Returns:
        float64 [seeds] each: before, last; NaN where nothing was measured in one of them.
    """
    nothing = np.full(len(norms), np.nan)
    if not len(epochs):
        return nothing, nothing
    last = epochs > epochs[-1] / 2
    before = ~last & (epochs > epochs[-1] / 4)
    return tuple(norms[:, part].mean(1) if part.any() else nothing for part in (before, last))


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    erm, stays, rises, at_maximum, level, *_ = (part.verdict for part in verdict.parts)
    said = {"supported": "ERM's vanishes", "refuted": "ERM's does not vanish", "inconclusive": "ERM's may vanish"}
    if stays != "supported":
        return f"{said[erm]}; Mixup's {'does, too' if stays == 'refuted' else 'may, too'}"
    if rises == "supported" and level == "supported":
        ending = {"supported": "rises to a plateau", "refuted": "rises, falls and levels off"}
        return f"{said[erm]}; Mixup's {ending.get(at_maximum, 'rises and levels off')}"
    if rises == "supported":
        return f"{said[erm]}; Mixup's rises {'and is not level yet' if level == 'refuted' else 'and stays'}"
    return f"{said[erm]}; Mixup's {'does not rise but stays' if rises == 'refuted' else 'stays'}"


def _end(norms: np.ndarray) -> np.ndarray:
    return norms[:, -1] if norms.shape[1] else np.full(len(norms), np.nan)


def _at(norms: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return each seed's norm at a point of its own, float64 [seeds]; NaN where there is no point."""
    found = np.full(len(norms), np.nan)
    chosen = places >= 0
    found[chosen] = norms[chosen, places[chosen]]
    return found
