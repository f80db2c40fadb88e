"""FIG-1 and FIG-2: does over-training with Mixup hurt, and over-training with ERM not?"""

import numpy as np

from ..results import Results
from .rules import Part, Verdict, after_turn, exceeds, stays_below, turning_epochs

#: Differences of test accuracy smaller than this do not matter; declared before the runs.
MIN_DROP = 0.02
MARGIN = 0.01


def judge(results: Results) -> Verdict:
    """Judge FIG-2: Mixup's test accuracy falls from some epoch on; ERM's does not.

    The drop is measured on seeds that had no part in choosing the epoch (`turning_epochs`); ERM's is taken
    between the same epochs.
    """
    mixup, erm = drops(results)
    return Verdict(
        claim="FIG-2",
        title="Over-training with Mixup lowers test accuracy; over-training with ERM does not",
        parts=(
            exceeds(mixup, MIN_DROP, "Mixup's test accuracy falls after its turning epoch", results),
            stays_below(erm, MARGIN, "ERM's test accuracy does not fall between the same epochs", results),
            exceeds(mixup - erm, MIN_DROP, "Mixup falls by more than ERM (same seeds)", results),
        ),
    )


def judge_fig_1(results: Results) -> Verdict:
    """Judge FIG-1: past the turn both training losses keep falling, Mixup's test error rises, ERM's falls on."""
    mixup, erm = drops(results)
    return Verdict(
        claim="FIG-1",
        title="Past the turn, training losses fall on; Mixup's test error rises, ERM's goes on falling",
        parts=(
            _loss_falls("ERM", results),
            _loss_falls("Mixup", results),
            exceeds(mixup, MIN_DROP, "Mixup's test error rises after its turning epoch", results),
            exceeds(-erm, MARGIN, "ERM's test error goes on falling between the same epochs", results),
        ),
    )


def drops(results: Results) -> tuple[np.ndarray, np.ndarray]:
    """Return each seed's fall of test accuracy from Mixup's turning epoch to the end, for Mixup and ERM."""
    epochs, mixup = results.curve("Mixup", "test_accuracy")
    erm_epochs, erm = results.curve("ERM", "test_accuracy")
    if not len(epochs) or not np.array_equal(epochs, erm_epochs):
        missing = np.full(results.n_declared, np.nan)
        return missing, missing
    places = turning_epochs(epochs, mixup)
    return after_turn(mixup, places), after_turn(erm, places)


def turning_epoch(results: Results) -> int:
    """Return the epoch at which Mixup's mean test accuracy is highest (for the figure, not for the verdict)."""
    epochs, accuracy = results.curve("Mixup", "test_accuracy")
    return int(epochs[accuracy.mean(0).argmax()])


def _loss_falls(arm: str, results: Results) -> Part:
    """Judge that the smallest objective so far falls between the turn and the end, relative to the turn."""
    epochs, accuracy = results.curve("Mixup", "test_accuracy")
    _, objective = results.curve(arm, "trial_objective")
    if not len(epochs) or objective.shape != accuracy.shape:
        fall = np.full(results.n_declared, np.nan)
    else:
        at_turn = objective[np.arange(len(objective)), turning_epochs(epochs, accuracy)]
        fall = 1 - objective[:, -1] / at_turn
    statement = f"{arm}'s smallest training loss is lower at the end than at the turn"
    return exceeds(fall, 0.0, statement, results, unit="of the loss at the turn")
