"""Rules for statements about every case: one counterexample refutes, and few cases support nothing."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from mixrepro.claims.rules import effect_text
from mixrepro.claims.universal import FEWEST_CASES, agrees, happens, holds_in_every_case

EVIDENCE = SimpleNamespace(scale="drawn", profile="quick")


def flags(cases, found):
    return np.arange(cases) < found


@pytest.mark.parametrize(
    ("cases", "found", "word"),
    [(1000, 0, "supported"), (1000, 1, "refuted"), (FEWEST_CASES - 1, 0, "inconclusive"), (3, 1, "refuted"),
     (0, 0, "inconclusive")],
)  # fmt: skip
def test_universal_statement_is_judged_by_its_counterexamples(cases, found, word):
    part = holds_in_every_case(flags(cases, found), "it holds", EVIDENCE)
    assert (part.verdict, part.n) == (word, cases)


def test_interval_is_clopper_pearson_by_beta_quantiles():
    part = holds_in_every_case(flags(400, 3), "it holds", EVIDENCE)
    expected = stats.beta.ppf(0.025, 3, 398), stats.beta.ppf(0.975, 4, 397)
    assert part.interval == pytest.approx(expected, rel=1e-9)
    assert part.effect == 3 / 400


def test_no_counterexample_leaves_three_over_n_possible():
    part = holds_in_every_case(flags(10_000, 0), "it holds", EVIDENCE)
    assert part.interval[1] == pytest.approx(-np.log(0.025) / 10_000, rel=1e-3)
    assert effect_text(part) == "0 % [0, 0.037] of cases contradict it"
    assert effect_text(happens(flags(10_000, 0), "it happens", EVIDENCE)) == "0 % [0, 0.037] of cases show it"


@pytest.mark.parametrize(
    ("cases", "found", "least", "word"),
    [(1000, 5, 0.0, "supported"), (1000, 0, 0.0, "refuted"), (1000, 600, 0.5, "supported"),
     (1000, 400, 0.5, "refuted"), (1000, 505, 0.5, "inconclusive"), (10, 10, 0.0, "inconclusive")],
)  # fmt: skip
def test_happens_needs_a_share_above_the_least(cases, found, least, word):
    assert happens(flags(cases, found), "it happens", EVIDENCE, least).verdict == word


@pytest.mark.parametrize(
    ("errors", "word"),
    [
        ([1e-12, -2e-11], "supported"),
        ([1e-12, -2e-9], "refuted"),
        ([np.nan, 0.0], "refuted"),
        ([], "inconclusive"),
    ],
)
def test_agreement_is_judged_by_the_largest_error(errors, word):
    part = agrees(np.array(errors), 1e-10, "they agree", EVIDENCE)
    assert (part.verdict, part.n) == (word, len(errors))
    if errors and np.isfinite(errors).all():
        assert part.effect == pytest.approx(np.abs(errors).max())


def test_agreement_is_worded_by_its_order_of_magnitude():
    assert (
        effect_text(agrees(np.array([2.34e-13]), 1e-10, "they agree", EVIDENCE))
        == "2.3e-13 relative [no interval]"
    )
