"""FIG-5: do both Mixups beat ERM, turn and rise, lam = 1/2 first, while ERM levels off?

Test losses differ from teacher to teacher by their scale, so changes are judged as logarithms of ratios: 0.02 is
2 %.
"""

from dataclasses import replace

import numpy as np

from ..checks.fig_5 import SCHEMES, ToyCurves
from ..checks.fig_5_far import FarPaths
from ..teacher_student.draws import Pairing
from ..teacher_student.mean_path import turning_epochs
from .rules import Evidence, Part, Verdict, Word, exceeds, shown, stays_below
from .rules import turning_epochs as cross_fitted_turns

#: A curve that rises by less from its turn to its end is level, and one that rises by more is not.
LEVEL = 0.02
#: Change over the last fifth of the axis that counts as none.
SETTLED = 0.01
#: Smallest gain over ERM, and smallest lead of one turning epoch over the other, that matter.
MIN_GAIN, MIN_LEAD = 0.05, 0.1
UNIT = "log ratio"
SAID = {"fixed": "Mixup at 1/2", "random": "Mixup at random lam"}


def judge(check: ToyCurves) -> Verdict:
    """Judge FIG-5 on partners by a random permutation an epoch, the most literal reading."""
    return Verdict(
        claim="FIG-5",
        title="Both Mixups beat ERM, turn and rise, lam = 1/2 first; ERM levels off",
        parts=judge_pairing(check, "permutation"),
    )


def judge_far(check: FarPaths) -> Verdict:
    """Judge FIG-5+ (ours): the same of the exact mean paths, followed a hundred times as far."""
    return Verdict(
        claim="FIG-5+",
        title=f"The figure is right on a longer axis: mean paths, followed to epoch {check.epochs[-1]:,} (ours)",
        parts=judge_curves(*check.risk, check.epochs, check),
    )


def judge_pairing(check: ToyCurves, pairing: Pairing) -> tuple[Part, ...]:
    """Judge every part of FIG-5 on one pairing."""
    fixed, random = (check.curve(pairing, scheme) for scheme in SCHEMES)
    return judge_curves(check.erm, fixed, random, check.epochs, check)


def judge_curves(
    erm: np.ndarray, fixed: np.ndarray, random: np.ndarray, epochs: np.ndarray, evidence: Evidence
) -> tuple[Part, ...]:
    """Judge every part of FIG-5.

    Args:
        erm: float64 [S, points], ERM's test loss; NaN throughout where a seed diverged.
        fixed: float64 [S, points], Mixup's at lam = 1/2.
        random: float64 [S, points], Mixup's at lam ~ Beta(1, 1).
        epochs: int64 [points].
        evidence: Where the curves come from.
    """
    mixups = {"fixed": fixed, "random": random}
    gains = [
        exceeds(
            lowest(erm) - lowest(curve),
            MIN_GAIN,
            f"{SAID[name]} at its best is below ERM at its best",
            evidence,
            UNIT,
        )
        for name, curve in mixups.items()
    ]
    rises = [
        exceeds_margin(rise(curve), LEVEL, f"{SAID[name]} rises from its turn to the end", evidence)
        for name, curve in mixups.items()
    ]
    first = "Mixup at 1/2 turns earlier than at random lam"
    return (
        *gains,
        *rises,
        stays_below(rise(erm), LEVEL, "ERM does not rise from its lowest point to the end", evidence, UNIT),
        stays_below(last_change(erm), SETTLED, "ERM no longer changes in the last fifth", evidence, UNIT),
        not_refuted_unless_reached(
            exceeds(lead(fixed, random, epochs), MIN_LEAD, first, evidence, UNIT),
            reached(fixed) and reached(random),
        ),
    )


def rise(loss: np.ndarray) -> np.ndarray:
    """Return each seed's log rise from the turn to the end: float64 [S].

    The lowest point of a noisy curve flatters the rise after it. So the turn is where the mean of the *other*
    half of the seeds is lowest, which is the last epoch where that mean still falls: then there is no rise.
    """
    return np.log(loss[:, -1]) - lowest(loss)


def lowest(loss: np.ndarray) -> np.ndarray:
    """Return each seed's log loss at the turn that the other half of the seeds shows: float64 [S].

    A seed that diverged is NaN, and has no part in any turn.
    """
    there = np.isfinite(loss).all(1)
    logs = np.log(loss[there])
    places = cross_fitted_turns(-logs)  # -1, the last place, where the mean curve still falls
    at_turn = np.full(len(loss), np.nan)
    at_turn[there] = logs[np.arange(len(logs)), places]
    return at_turn


def last_change(loss: np.ndarray) -> np.ndarray:
    """Return the size of each seed's log change over the last fifth of the recorded points: float64 [S]."""
    logs = np.log(loss)
    return np.abs(logs[:, -1] - logs[:, -1 - (logs.shape[1] - 1) // 5])


def lead(early: np.ndarray, late: np.ndarray, epochs: np.ndarray) -> np.ndarray:
    """Return by what log factor a seed's first curve turns before its second: float64 [S].

    A curve turns where it is lowest. One that still falls at the end is taken to turn there. Where the second
    curve is cut off, that makes the lead smaller than it is: conservative.
    """
    earlier, later = (np.maximum(turning_epochs(curve, epochs), epochs[1]) for curve in (early, late))
    return np.log(later / earlier)


def reached(loss: np.ndarray) -> bool:
    """Tell whether the mean curve turns before the last tenth of the recorded points."""
    logs = np.log(loss[np.isfinite(loss).all(1)])
    return bool(len(logs)) and int(logs.mean(0).argmin()) < 0.9 * (logs.shape[1] - 1)


def not_refuted_unless_reached(part: Part, in_time: bool) -> Part:
    """Return the verdict on a lead, which turns that are cut off can support but not refute."""
    rule = f"{part.rule}; undecided where turns are cut off"
    return replace(
        part, rule=rule, verdict="inconclusive" if part.verdict == "refuted" and not in_time else part.verdict
    )


def share_showing(check: ToyCurves, pairing: Pairing) -> tuple[np.ndarray, ...]:
    """Tell which seeds' own curves show what the figure shows; one run is all that a single figure has.

    Returns:
        bool [S] each: both Mixups' lowest loss is below ERM's; both rise by more than `LEVEL` from their own
        lowest point; ERM does not; lam = 1/2 turns earlier; all of these.
    """
    fixed, random = (check.curve(pairing, scheme) for scheme in SCHEMES)
    rises = [np.log(curve[:, -1] / curve.min(1)) for curve in (fixed, random, check.erm)]
    below = np.maximum(fixed.min(1), random.min(1)) < check.erm.min(1)
    both_rise = (rises[0] > LEVEL) & (rises[1] > LEVEL)
    level, earlier = rises[2] < LEVEL, lead(fixed, random, check.epochs) > 0
    return below, both_rise, level, earlier, below & both_rise & level & earlier


def exceeds_margin(effects: np.ndarray, margin: float, statement: str, evidence: Evidence) -> Part:
    """Judge that an effect is larger than a margin: the mirror of `stays_below`, one margin for both."""
    mirrored = stays_below(-effects, -margin, statement, evidence, UNIT)
    return replace(
        mirrored,
        effect=None if mirrored.effect is None else -mirrored.effect,
        interval=None if mirrored.interval is None else (-mirrored.interval[1], -mirrored.interval[0]),
        rule=f"mean above {shown(margin, UNIT)} with 95 % confidence; refuted if below",
    )


def words(parts: tuple[Part, ...]) -> tuple[Word, ...]:
    """Return one word for each of FIG-5's four statements: below ERM, U-shaped, ERM level, lam = 1/2 first."""
    return tuple(Verdict("", "", parts[first:last]).verdict for first, last in ((0, 2), (2, 4), (4, 6), (6, 7)))


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    below, rises = ([part.verdict for part in verdict.parts[first : first + 2]] for first in (0, 2))
    beats = {2: "Both Mixups beat ERM", 1: "One Mixup beats ERM", 0: "Neither Mixup clearly beats ERM"}
    turns = {
        2: "and both rise again",
        1: "and one rises again",
        0: "but neither rises again" if set(rises) == {"refuted"} else "but no rise is certain",
    }
    return f"{beats[below.count('supported')]}, {turns[rises.count('supported')]}"
