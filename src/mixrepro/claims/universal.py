"""Rules for statements about every case: a lemma holds on all instances, and one counterexample refutes it.

Drawn instances can refute such a statement, never prove it; a proof stands in the chapter. `supported` says that
none of n cases was a counterexample, and the interval (Clopper-Pearson, 95 %) how frequent they can be among cases
drawn in the same way.
"""

import numpy as np
from scipy import stats

from .rules import CONFIDENCE, Evidence, Part, Word

#: With fewer cases the interval reaches past three per cent, and "no counterexample" says little.
FEWEST_CASES = 100


def holds_in_every_case(violated: np.ndarray, statement: str, evidence: Evidence, margin: str = "") -> Part:
    """Judge a statement about every case by its counterexamples.

    Args:
        violated: bool, any shape: True where a case contradicts the statement.
        statement: What is claimed of every case.
        evidence: The check that the cases come from.
        margin: What counts as a contradiction, where rounding has to be allowed for.

    Returns:
        Supported if no case contradicts and there are at least `FEWEST_CASES`, refuted if one does, otherwise
        inconclusive. The effect is the share of contradictions.
    """
    cases, found = int(np.size(violated)), int(np.sum(violated))
    word: Word = "refuted" if found else ("supported" if cases >= FEWEST_CASES else "inconclusive")
    rule = "one counterexample refutes" + (f"; {margin}" if margin else "")
    return _part(statement, word, _rate(found, cases), "contradictions", cases, rule, evidence)


def happens(occurred: np.ndarray, statement: str, evidence: Evidence, least: float = 0.0) -> Part:
    """Judge that something happens, in a share of cases that is above `least`.

    Args:
        occurred: bool, any shape: True where it did.
        statement: What is claimed.
        evidence: The check that the cases come from.
        least: Share of cases that has to be exceeded.

    Returns:
        Supported if the 95 % interval of the share lies above `least`, refuted if it lies at or below or nothing
        happened in `FEWEST_CASES` cases, otherwise inconclusive. The effect is the share.
    """
    cases, found = int(np.size(occurred)), int(np.sum(occurred))
    share = _rate(found, cases)
    word: Word = "inconclusive"
    if share is not None and cases >= FEWEST_CASES:
        _, low, high = share
        if low > least:
            word = "supported"
        elif high <= least or not found:
            word = "refuted"
    return _part(statement, word, share, "cases", cases, f"share above {100 * least:g} % of cases", evidence)


def agrees(errors: np.ndarray, tolerance: float, statement: str, evidence: Evidence) -> Part:
    """Judge that two computations of one thing agree.

    Args:
        errors: float64, any shape: relative error of each case; NaN counts as disagreement.
        tolerance: Largest error that is rounding.
        statement: What is claimed.
        evidence: The check that the cases come from.

    Returns:
        Supported if every error is within the tolerance, refuted if one is not, inconclusive without a case. The
        effect is the largest error.
    """
    errors = np.abs(np.asarray(errors, dtype=np.float64))
    rule = f"every relative error at most {tolerance:.0e}"
    if not errors.size:
        return _part(statement, "inconclusive", None, "relative", 0, rule, evidence)
    largest = float(np.max(np.where(np.isnan(errors), np.inf, errors)))
    word: Word = "supported" if largest <= tolerance else "refuted"
    return _part(statement, word, (largest, None, None), "relative", errors.size, rule, evidence)


def _rate(found: int, cases: int) -> tuple[float, float, float] | None:
    if not cases:
        return None
    interval = stats.binomtest(found, cases).proportion_ci(CONFIDENCE, method="exact")
    return found / cases, float(interval.low), float(interval.high)


def _part(
    statement: str,
    word: Word,
    estimate: tuple[float, float | None, float | None] | None,
    unit: str,
    cases: int,
    rule: str,
    evidence: Evidence,
) -> Part:
    effect, low, high = estimate if estimate is not None else (None, None, None)
    return Part(
        statement=statement,
        verdict=word,
        effect=effect,
        interval=None if low is None or high is None else (low, high),
        unit=unit,
        n=cases,
        n_declared=cases,
        rule=rule,
        scale=evidence.scale,
        profile=evidence.profile,
    )
