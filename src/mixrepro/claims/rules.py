"""How a verdict is reached: declared rules on one number a seed (`universal` has those on every case).

Seeds are the unit. A rule looks at the 95 % Student interval of the mean over seeds:

- `exceeds(min_effect)`: supported if the interval lies above zero; refuted if it does not and lies below
  `min_effect`, so that an effect of the size that matters is excluded; otherwise inconclusive. An interval between
  the two supports, and the part's rule says that the effect is smaller than one that matters.
- `stays_below(margin)`: supported if the interval lies below `margin`; refuted if it lies above; otherwise
  inconclusive.

Without an effect, `exceeds` supports in 2.5 % of experiments. Fewer than three seeds, or fewer than declared
(a run is missing or diverged), is always inconclusive.
"""

from dataclasses import asdict, dataclass
from typing import Any, Literal, Protocol

import numpy as np
from scipy import stats

Word = Literal["supported", "refuted", "inconclusive"]
CONFIDENCE = 0.95
FEWEST_SEEDS = 3


class Evidence(Protocol):
    """What a verdict rests on: the records of an experiment, or a numerical check.

    Attributes:
        scale: What was trained or drawn, in words.
        profile: Its size.
    """

    @property
    def scale(self) -> str: ...  # noqa: D102

    @property
    def profile(self) -> str: ...  # noqa: D102


@dataclass(frozen=True)
class Part:
    """One part of a claim, judged.

    Attributes:
        statement: What is claimed, in words that can come out wrong.
        verdict: The rule's word.
        effect: Mean over seeds, in `unit`; None without any seed.
        interval: 95 % interval of the mean; None with fewer than two seeds.
        unit: Unit of effect and interval.
        n: Seeds that gave an estimate.
        n_declared: Seeds that should have been there.
        rule: The rule, in words.
        scale: What was trained.
        profile: Size of the experiment.
    """

    statement: str
    verdict: Word
    effect: float | None
    interval: tuple[float, float] | None
    unit: str
    n: int
    n_declared: int
    rule: str
    scale: str
    profile: str


@dataclass(frozen=True)
class Verdict:
    """A claim, judged: supported if every part is, refuted if any part is."""

    claim: str
    title: str
    parts: tuple[Part, ...]

    @property
    def verdict(self) -> Word:
        """The word for the whole claim."""
        words = {part.verdict for part in self.parts}
        if "refuted" in words:
            return "refuted"
        return "supported" if words == {"supported"} else "inconclusive"

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        return {**asdict(self), "verdict": self.verdict}


def exceeds(
    effects: np.ndarray, min_effect: float, statement: str, evidence: Evidence, unit: str = "points"
) -> Part:
    """Judge that an effect is positive and of a size that matters.

    Args:
        effects: One number a declared seed, NaN where a run is missing or diverged.
        min_effect: Smallest effect that matters, in the unit of `effects`.
        statement: What is claimed.
        evidence: Where the effects come from.
        unit: `points` for differences of accuracy, which are shown in percentage points.
    """
    low, high = student_interval(effects)
    word: Word = "inconclusive"
    if enough(effects):
        if low > 0:
            word = "supported"
        elif high < min_effect or high < 0:
            word = "refuted"
    rule = "mean above 0 with 95 % confidence"
    if min_effect:
        rule += f"; if not, refuted where {shown(min_effect, unit)} is excluded"
        if word == "supported" and high < min_effect:
            rule += f". Here it is above 0, but {shown(min_effect, unit)} is excluded, too"
    return _part(statement, word, effects, rule, evidence, unit)


def stays_below(
    effects: np.ndarray, margin: float, statement: str, evidence: Evidence, unit: str = "points"
) -> Part:
    """Judge that an effect, if any, is smaller than a margin. Arguments as for `exceeds`."""
    low, high = student_interval(effects)
    word: Word = "inconclusive"
    if enough(effects):
        if high < margin:
            word = "supported"
        elif low > margin:
            word = "refuted"
    rule = f"mean below {shown(margin, unit)} with 95 % confidence; refuted if above"
    return _part(statement, word, effects, rule, evidence, unit)


def never_negative(
    margins: np.ndarray, tolerance: float, statement: str, evidence: Evidence, unit: str = "nats"
) -> Part:
    """Judge a statement about every case: one counterexample refutes it, whatever the average.

    Args:
        margins: One number a declared seed: the smallest margin by which the statement held; NaN if missing.
        tolerance: Rounding that is not a counterexample.
        statement: What is claimed.
        evidence: Where the margins come from.
        unit: Unit of the margins.
    """
    if np.nanmin(margins, initial=np.inf) < -tolerance:
        word: Word = "refuted"
    else:
        word = "supported" if enough(margins) else "inconclusive"
    return _part(statement, word, margins, f"no margin below -{tolerance:g} {unit}", evidence, unit)


def student_interval(effects: np.ndarray) -> tuple[float, float]:
    """Return the 95 % Student interval of the mean, over the seeds that are there; infinite for fewer than two."""
    there = effects[np.isfinite(effects)]
    if len(there) < 2:
        return -np.inf, np.inf
    error = stats.sem(there)
    if error == 0:
        return float(there.mean()), float(there.mean())
    low, high = stats.t.interval(CONFIDENCE, len(there) - 1, loc=there.mean(), scale=error)
    return float(low), float(high)


def enough(effects: np.ndarray) -> bool:
    """Tell whether every declared seed is there, and there are at least three."""
    return len(effects) >= FEWEST_SEEDS and bool(np.isfinite(effects).all())


#: What a rate over cases counts, by its unit: those in which something happens, or those against a statement.
RATES = {"cases": " of cases show it", "contradictions": " of cases contradict it"}


def shown(value: float, unit: str) -> str:
    """Word a value: differences of accuracy as percentage points, shares and rates as per cent."""
    if unit in ("points", "share"):
        return f"{_digits(value, unit)} {'points' if unit == 'points' else '%'}"
    return f"{_digits(value, unit)} {'%' if unit in RATES else unit}"


def effect_text(part: Part) -> str:
    """Word an effect and its interval, as in `5.9 points [4.8, 7.0]`."""
    if part.effect is None:
        return "no estimate"
    text = shown(part.effect, part.unit)
    if part.interval is None:
        return f"{text} [no interval]"
    low, high = (_digits(end, part.unit) for end in part.interval)
    return f"{text} [{low}, {high}]{RATES.get(part.unit, '')}"


def _digits(value: float, unit: str) -> str:
    if unit in RATES:  # a rate of violations may be tiny, and its bound is what counts
        return f"{100 * value:.{2 if value < 0.1 else 3}g}"
    if unit == "relative":
        return f"{value:.1e}"
    digits = {"points": 1, "share": 1, "doublings": 2}.get(unit, 3)
    text = f"{100 * value if unit in ('points', 'share') else value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text  # no minus zero


def highest_of_others(accuracy: np.ndarray) -> np.ndarray:
    """Find, for each seed, where the mean over the other half of the seeds is highest.

    Args:
        accuracy: float64 [seeds, places]: points of a curve, or ways to train.

    Returns:
        int64 [seeds], the first such place; -1 where the other half is empty or not complete.
    """
    half = np.arange(len(accuracy)) % 2
    places = np.full(len(accuracy), -1)
    for mine in (0, 1):
        others = accuracy[half != mine]
        if others.size and np.isfinite(others).all():
            places[half == mine] = others.mean(0).argmax()
    return places


def turning_epochs(accuracy: np.ndarray) -> np.ndarray:
    """Find where the test curve turns, for each seed from the other half of the seeds.

    The maximum of a noisy curve flatters the drop after it. So the seeds are split in two halves; the epoch at
    which the mean curve of one half is highest is the turning epoch of the other half's seeds.

    Args:
        accuracy: float64 [seeds, points].

    Returns:
        int64 [seeds], positions on the curve; -1 where the other half is empty or not complete, and where its
        curve is highest at its end: then the run was too short to turn.
    """
    places = highest_of_others(accuracy)
    return np.where(places < accuracy.shape[1] - 1, places, -1)


def at_turn(values: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Return each seed's value at the turning epoch of its accuracy curve (see `turning_epochs`).

    Args:
        values: float64 [seeds, points].
        accuracy: float64 [seeds, points], at the same epochs.

    Returns:
        float64 [seeds]; NaN where the points differ or there is no turning epoch.
    """
    if values.shape != accuracy.shape or not accuracy.size:
        return np.full(len(accuracy), np.nan)
    places = turning_epochs(accuracy)
    return np.where(places < 0, np.nan, values[np.arange(len(values)), places])


def _part(statement: str, word: Word, effects: np.ndarray, rule: str, evidence: Evidence, unit: str) -> Part:
    there = effects[np.isfinite(effects)]
    interval = student_interval(effects)
    return Part(
        statement=statement,
        verdict=word,
        effect=float(there.mean()) if len(there) else None,
        interval=interval if len(there) > 1 else None,
        unit=unit,
        n=len(there),
        n_declared=len(effects),
        rule=rule,
        scale=evidence.scale,
        profile=evidence.profile,
    )
