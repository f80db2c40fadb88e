"""Rules with a floor, and with a margin on both sides, on one number a seed; see `rules`."""

import numpy as np

from .rules import Evidence, Part, Word, enough, shown, student_interval


def stays_above(
    effects: np.ndarray, floor: float, statement: str, evidence: Evidence, unit: str = "points"
) -> Part:
    """Judge that a number stays above a floor: supported if its interval does, refuted if it lies below.

    Args:
        effects: One number a declared seed, NaN where a run is missing or diverged.
        floor: In the unit of `effects`.
        statement: What is claimed.
        evidence: Where the effects come from.
        unit: As in `rules.exceeds`.
    """
    low, high = student_interval(effects)
    word: Word = "inconclusive"
    if enough(effects):
        word = "supported" if low > floor else "refuted" if high < floor else "inconclusive"
    rule = f"mean above {shown(floor, unit)} with 95 % confidence; refuted if below"
    return _part(effects, statement, word, unit, rule, evidence)


def lies_within(
    effects: np.ndarray, margin: float, statement: str, evidence: Evidence, unit: str = "points"
) -> Part:
    """Judge that a number is as good as zero: nearer to it than a margin, on either side.

    A difference that is merely not significant is no evidence of equality; the whole interval has to lie within
    the margin. Refuted if it lies outside. Arguments as for `stays_above`.
    """
    low, high = student_interval(effects)
    word: Word = "inconclusive"
    if enough(effects):
        if -margin < low and high < margin:
            word = "supported"
        elif low > margin or high < -margin:
            word = "refuted"
    rule = f"mean within ±{shown(margin, unit)} with 95 % confidence; refuted if outside"
    return _part(effects, statement, word, unit, rule, evidence)


def _part(effects: np.ndarray, statement: str, word: Word, unit: str, rule: str, evidence: Evidence) -> Part:
    there = effects[np.isfinite(effects)]
    return Part(
        statement=statement,
        verdict=word,
        effect=float(there.mean()) if len(there) else None,
        interval=student_interval(effects) if len(there) > 1 else None,
        unit=unit,
        n=len(there),
        n_declared=len(effects),
        rule=rule,
        scale=evidence.scale,
        profile=evidence.profile,
    )
