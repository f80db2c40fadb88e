"""FIG-6: does switching from Mixup to ERM at the right epoch avoid the damage?"""

import numpy as np

from ..experiments.fig_6 import arm_name
from ..results import Results
from .fig_2 import MARGIN, MIN_DROP
from .rules import Verdict, at_turn, exceeds, stays_below, turning_epochs


def switch_epochs(results: Results) -> list[int]:
    """Return the declared switch epochs, in order."""
    return sorted(a.switch_epoch for a in results.experiment.arms.values() if a.switch_epoch is not None)


def roles(results: Results) -> tuple[int, int, int]:
    """Return the switch epochs declared as too early, in time and too late: first, middle and last.

    Of an even number the earlier of the two in the middle is meant.
    """
    epochs = switch_epochs(results)
    return epochs[0], epochs[(len(epochs) - 1) // 2], epochs[-1]


def turns(results: Results) -> np.ndarray:
    """Return where Mixup turns, for each seed by the curve of the other half of the seeds.

    Returns:
        float64 [seeds] epochs; NaN where the others do not turn within the run, or are not complete.
    """
    epochs, mixup = results.curve("Mixup", "test_accuracy")
    places = turning_epochs(mixup)
    return np.where(places >= 0, epochs[places] if len(epochs) else np.nan, np.nan)


def turn(results: Results) -> float:
    """Return the median over seeds of `turns`, in epochs; NaN if it is not known of every seed."""
    return float(np.median(turns(results)))


def judge(results: Results) -> Verdict:
    """Judge FIG-6 on test accuracy after the last epoch.

    Which switch is which was declared before the runs, and can miss the turn; so the epoch at which Mixup turned
    stands beside the switch that was declared as in time.
    """
    early, in_time, late = roles(results)
    final = {arm: results.final(arm, "test_accuracy") for arm in results.experiment.arms}
    switched = {epoch: final[arm_name(epoch)] for epoch in (early, in_time, late)}
    _, mixup = results.curve("Mixup", "test_accuracy")
    peak = at_turn(mixup, mixup)
    turned = "no turn known" if np.isnan(turn(results)) else f"Mixup turns at {turn(results):,.0f}"
    in_time_said = f"switched in time (epoch {in_time:,}; {turned})"
    return Verdict(
        claim="FIG-6",
        title="Switching Mixup off in time avoids the damage; too early gains nothing; too late it is done",
        parts=(
            exceeds(
                switched[in_time] - final["Mixup"],
                MIN_DROP,
                f"{in_time_said}, the run ends above Mixup throughout",
                results,
            ),
            stays_below(
                peak - switched[in_time],
                MARGIN,
                f"{in_time_said}, it does not end below Mixup's own peak",
                results,
            ),
            stays_below(
                switched[early] - final["ERM"],
                MARGIN,
                f"switched too early (epoch {early:,}), it gains nothing over ERM",
                results,
            ),
            exceeds(
                switched[in_time] - switched[late],
                MIN_DROP,
                f"switched too late (epoch {late:,}), it ends below the switch in time",
                results,
            ),
        ),
    )


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    gains, keeps, _, too_late = (part.verdict for part in verdict.parts)
    if gains == "refuted":
        return "Switching in time gains nothing over Mixup"
    if gains == "inconclusive":
        return "Whether switching in time helps is unclear"
    first = {
        "supported": "Switched in time, the fall is avoided",
        "refuted": "Switched in time, part of the fall stays",
        "inconclusive": "Switched in time, the run ends above Mixup",
    }[keeps]
    last = {"supported": "too late, less", "refuted": "late does as well", "inconclusive": "late is unclear"}
    return f"{first}; {last[too_late]}"
