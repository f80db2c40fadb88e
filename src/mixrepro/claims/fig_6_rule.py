"""FIG-6+ (ours): does the turn of other runs tell when to switch Mixup off?

Nobody knows the right epoch of a run beforehand. So the switch is chosen by the other half of the seeds, and so is
the best one that it is held against: nothing is judged by the runs that chose it. The runs are those of FIG-6.
"""

from dataclasses import dataclass

import numpy as np

from ..experiments.fig_6 import arm_name
from ..results import Results
from . import fig_6
from .fig_2 import MARGIN, MIN_DROP
from .rules import Verdict, at_turn, exceeds, highest_of_others, stays_below


@dataclass(frozen=True)
class Choice:
    """What a practitioner would have done with each seed, told by the other half of the seeds (FIG-6+).

    Attributes:
        turn: Epoch at which the others' Mixup curve is highest, float64 [seeds]; NaN if it does not turn.
        switch: Declared switch epoch nearest to it, as a ratio.
        best: Declared switch epoch after which the others end highest; NaN if one of their runs is not there.
        stopped: Accuracy where Mixup is stopped at `turn`.
        switched: Accuracy at the end where it is switched off at `switch`.
        best_switched: Accuracy at the end where it is switched off at `best`.
    """

    turn: np.ndarray
    switch: np.ndarray
    best: np.ndarray
    stopped: np.ndarray
    switched: np.ndarray
    best_switched: np.ndarray


def choose(results: Results) -> Choice:
    """Choose each seed's switch by the turn of the others' Mixup curves, and the best one by where they end."""
    _, mixup = results.curve("Mixup", "test_accuracy")
    switches = np.array(fig_6.switch_epochs(results))
    ends = np.stack([results.final(arm_name(epoch), "test_accuracy") for epoch in switches], axis=1)
    seeds = np.arange(results.n_declared)
    turn = fig_6.turns(results)
    turned = np.isfinite(turn)
    nearest = np.abs(np.log(switches[:, None] / np.where(turned, turn, 1.0))).argmin(0)
    highest = highest_of_others(ends)  # ends: [seeds, switches]
    known = highest >= 0
    return Choice(
        turn=turn,
        switch=np.where(turned, switches[nearest], np.nan),
        best=np.where(known, switches[highest], np.nan),
        stopped=at_turn(mixup, mixup),
        switched=np.where(turned, ends[seeds, nearest], np.nan),
        best_switched=np.where(known, ends[seeds, highest], np.nan),
    )


def judge(results: Results) -> Verdict:
    """Judge FIG-6+: what comes of switching at the declared epoch nearest to the turn of other runs."""
    chosen = choose(results)
    final = {arm: results.final(arm, "test_accuracy") for arm in ("ERM", "Mixup")}
    switched = "switched where the Mixup curve of the other seeds turns, a run ends"
    return Verdict(
        claim="FIG-6+",
        title="The turn of other Mixup runs tells when to switch",
        parts=(
            exceeds(chosen.switched - final["Mixup"], MIN_DROP, f"{switched} above Mixup throughout", results),
            exceeds(chosen.switched - final["ERM"], MIN_DROP, f"{switched} above ERM throughout", results),
            stays_below(
                chosen.stopped - chosen.switched, MARGIN, f"{switched} not below Mixup stopped there", results
            ),
            stays_below(
                chosen.best_switched - chosen.switched,
                MARGIN,
                f"{switched} not below the declared switch that is best for the other seeds",
                results,
            ),
        ),
    )
