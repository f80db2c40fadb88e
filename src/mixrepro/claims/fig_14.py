"""FIG-14: does the gradient norm drop to zero at once when Mixup is switched off?

The paper says that the norm "instantly" becomes zero when training was switched after a while. Both words are
made precise: *at once*, it loses more than half within one epoch; *to zero*, it falls below a hundredth within a
hundred epochs. Both are shares of the norm at the switch, which is measured before the run leaves Mixup. "After a
while" are the switches that FIG-6 declares as in time and too late. FIG-14+ asks about the early one, and takes
"instantly" at its word.
"""

import numpy as np

from ..experiments.fig_6 import arm_name
from ..results import Results
from .fig_6 import roles
from .fig_8 import FULL_BATCH, ZERO
from .intervals import stays_above
from .rules import Part, Verdict, exceeds, stays_below

#: A drop within one epoch that can be seen at once: more than half.
HALF = 0.5
#: Epochs after the switch by which the norm has to be zero.
LATER = 100
#: A difference in accuracy on the training points that matters.
MIN_LEARNED = 0.1


def judge(results: Results, norm: str = FULL_BATCH) -> Verdict:
    """Judge FIG-14 on one of the two norms; the claim's verdict is that of the full batch."""
    _, *declared = roles(results)
    return Verdict(
        claim="FIG-14",
        title="Switched from Mixup to ERM after a while, the gradient norm drops at once, and to zero",
        parts=tuple(
            stays_below(
                left_after(results, epoch, after, norm),
                below,
                f"switched at epoch {epoch:,}, {_after(results, epoch, after)} later the norm is {word}",
                results,
                "share",
            )
            for epoch in declared
            for after, below, word in ((1, HALF, "less than half"), (LATER, ZERO, "zero"))
        ),
    )


def judge_sharpened(results: Results, norm: str = FULL_BATCH) -> Verdict:
    """Judge FIG-14+: no drop while the points are not learned yet, and no zero within an epoch."""
    early, in_time, late = roles(results)
    return Verdict(
        claim="FIG-14+",
        title="The norm drops at once only where the training points are learned already, and to zero only later",
        parts=(
            stays_above(
                left_after(results, early, 1, norm),
                HALF,
                f"switched at epoch {early:,}, an epoch later the norm still is more than half",
                results,
                "share",
            ),
            exceeds(
                learned(results, in_time) - learned(results, early),
                MIN_LEARNED,
                f"at epoch {in_time:,} more training points are learned than at epoch {early:,} (accuracy)",
                results,
            ),
            *(_not_yet(results, epoch, norm) for epoch in (in_time, late)),
        ),
    )


def left_after(results: Results, epoch: int, after: int, norm: str = FULL_BATCH) -> np.ndarray:
    """Return which share of its norm at the switch each seed has left some epochs later.

    Args:
        results: Records of FIG-14.
        epoch: The switch.
        after: Epochs since; where the run ends before or was not measured there, the last measurement until then.
        norm: Which of the two.

    Returns:
        float64 [seeds]; NaN for seeds that are missing or diverged, and where nothing was measured in between.
    """
    epochs, norms = results.curve(arm_name(epoch), norm)
    there = np.flatnonzero((epochs > epoch) & (epochs <= epoch + after))
    at_switch = np.flatnonzero(epochs == epoch)
    if not len(there) or not len(at_switch):
        return np.full(results.n_declared, np.nan)
    return norms[:, there[-1]] / norms[:, at_switch[0]]


def epochs_to_zero(results: Results, epoch: int, norm: str = FULL_BATCH) -> np.ndarray:
    """Return how many epochs after the switch each seed's norm first was measured below `ZERO`; NaN if never."""
    epochs, norms = results.curve(arm_name(epoch), norm)
    since, share = epochs[epochs > epoch] - epoch, norms[:, epochs > epoch] / norms[:, epochs == epoch]
    below = share < ZERO
    if not below.size:
        return np.full(results.n_declared, np.nan)
    return np.where(below.any(1), since[below.argmax(1)], np.nan)


def learned(results: Results, epoch: int) -> np.ndarray:
    """Return each seed's accuracy on its training points at the switch, float64 [seeds]."""
    epochs, accuracy = results.curve(arm_name(epoch), "train_accuracy")
    place = np.flatnonzero(epochs == epoch)
    return accuracy[:, place[0]] if len(place) else np.full(results.n_declared, np.nan)


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    drops = {part.verdict for part in verdict.parts[0::2]}
    zeros = {part.verdict for part in verdict.parts[1::2]}
    first = "does not drop at once" if "refuted" in drops else "may drop at once"
    if drops == {"supported"}:
        first = "drops at once"
    second = "not to zero" if "refuted" in zeros else "perhaps to zero"
    if zeros == {"supported"}:
        second = "is zero soon" if drops == {"supported"} else "but is zero soon"
    return f"After a switch the norm {first}, {second}"


def _not_yet(results: Results, epoch: int, norm: str) -> Part:
    statement = f"switched at epoch {epoch:,}, an epoch later the norm is not zero yet"
    return stays_above(left_after(results, epoch, 1, norm), ZERO, statement, results, "share")


def _after(results: Results, epoch: int, after: int) -> str:
    """Word the time after a switch at which it is judged, which is shorter where the run ends."""
    if after == 1:
        return "an epoch"
    return f"{min(after, results.experiment.arms[arm_name(epoch)].epochs - epoch)} epochs"
