"""FIG-1 and FIG-2: does over-training with Mixup hurt, and over-training with ERM not?"""

import numpy as np

from ..results import Results
from .rules import Part, Verdict, at_turn, exceeds, stays_below

#: A fall of test accuracy that matters. The number of seeds is planned for one of twice the size, which is found
#: in nine of ten experiments with the spread over seeds that MNIST-1D shows.
MIN_DROP = 0.02
PLANNED_DROP = 0.04
#: A difference of test accuracy that does not matter.
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
            mixup_falls(mixup, results),
            erm_stays(erm, results),
            exceeds(mixup - erm, MIN_DROP, "Mixup falls by more than ERM (same seeds)", results),
        ),
    )


def mixup_falls(
    falls: np.ndarray, results: Results, where: str = "", when: str = "after its turning epoch"
) -> Part:
    """Judge that Mixup's test accuracy falls.

    Args:
        falls: float64 [seeds].
        results: Where they come from.
        where: Opens the statement, as in `n = 1,000: `.
        when: Ends it: between which epochs the fall was taken.
    """
    return exceeds(falls, MIN_DROP, f"{where}Mixup's test accuracy falls {when}", results)


def erm_stays(falls: np.ndarray, results: Results, where: str = "", when: str = "between the same epochs") -> Part:
    """Judge that ERM's test accuracy does not fall. Arguments as for `mixup_falls`."""
    return stays_below(falls, MARGIN, f"{where}ERM's test accuracy does not fall {when}", results)


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
    _, mixup = results.curve("Mixup", "test_accuracy")
    _, erm = results.curve("ERM", "test_accuracy")
    return tuple(
        at_turn(curve, mixup) - results.final(arm, "test_accuracy")
        for arm, curve in (("Mixup", mixup), ("ERM", erm))
    )


def turning_epoch(results: Results) -> int:
    """Return the epoch at which Mixup's mean test accuracy is highest (for the figure, not for the verdict)."""
    epochs, accuracy = results.curve("Mixup", "test_accuracy")
    return int(epochs[np.nanmean(accuracy, axis=0).argmax()])


def _loss_falls(arm: str, results: Results) -> Part:
    """Judge that the training loss falls between the turn and the end, as a share of the loss at the turn."""
    epochs, accuracy = results.curve("Mixup", "test_accuracy")
    _, objective = results.curve(arm, "objective")
    smooth = recent_mean(objective, epochs) if objective.shape[1] else objective
    fall = 1 - (smooth[:, -1] if smooth.shape[1] else np.nan) / at_turn(smooth, accuracy)
    return exceeds(fall, 0.0, f"{arm}'s training loss is lower at the end than at the turn", results, unit="share")


def recent_mean(objective: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """Average the objective over the last tenth of the epochs up to each of `epochs`.

    A few draws of lam decide the Mixup loss of a single epoch, so one epoch says little.

    Args:
        objective: float64 [seeds, all epochs].
        epochs: int64 [points], from 1.

    Returns:
        float64 [seeds, points].
    """
    starts = [epoch - max(1, epoch // 10) for epoch in epochs]
    return np.stack([objective[:, start:end].mean(1) for start, end in zip(starts, epochs, strict=True)], axis=1)


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    if verdict.parts[0].effect is None:
        return "No turn was found within the run"
    mixup, erm, _ = (part.verdict for part in verdict.parts)
    said = {"supported": "turns and falls", "refuted": "does not fall", "inconclusive": "may fall"}[mixup]
    erm_said = {"supported": "does not", "refuted": "falls too", "inconclusive": "may, too"}[erm]
    if mixup == "refuted":
        erm_said = {"supported": "neither does ERM", "refuted": "ERM falls", "inconclusive": "ERM may"}[erm]
        return f"Mixup {said}; {erm_said}"
    return f"Mixup {said}; ERM {erm_said}"
