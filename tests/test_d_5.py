"""D-5: what R* is, by a case computed by hand and by verdicts both ways."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from mixrepro.checks import d_5 as check
from mixrepro.claims import d_5 as claim
from mixrepro.theory.population_risk import Population


def test_clean_pattern_of_the_smallest_case_is_not_the_best():
    # phi(x) = x, f(x) = x^2, X is 0 or 1, lam = 1/2: mixed inputs 0, 1/2, 1/2, 1 with clean labels 0, 1/4, 1/4, 1.
    x = np.array([0.0, 0.5, 0.5, 1.0])
    theta_star = (x @ x**2) / (x @ x)
    population = Population(np.array([[0.0, 1.0]]), np.array([0.0, 1.0]))
    assert theta_star == pytest.approx(5 / 6)
    assert population.risk(np.array([theta_star])) == pytest.approx(1 / 72)
    assert population.least_risk() == pytest.approx(0, abs=1e-15)


def test_smallest_case_in_fractions_is_the_one_by_hand():
    case = check.counterexample()
    assert (case.theta_star, case.r_star) == (Fraction(5, 6), Fraction(1, 72))
    # The mixed labels are 0, 1/2, 1/2, 1, as the mixed inputs: training ends at the best parameter.
    assert (case.theta_mixed, case.r_mixed) == (case.theta_best, case.r_least) == (1, 0)


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def test_name_is_refuted_and_what_it_is_supported(outcome):
    named, gap = claim.judge(outcome), claim.judge_gap(outcome)
    assert (named.claim, named.verdict) == ("D-5", "refuted")
    assert (gap.claim, gap.parts[0].verdict) == ("D-5+", "supported")


def test_name_would_be_upheld_if_nothing_lay_below(outcome):
    upheld = replace(outcome, least=outcome.r_star, best_on_path=outcome.r_star)
    assert claim.judge(upheld).verdict == "supported"


def test_gap_that_closes_with_more_points_is_told(outcome):
    assert claim.judge_gap(replace(outcome, mixed_gap=0 * outcome.mixed_gap)).verdict == "refuted"


def test_gap_of_drawn_inputs_is_told(outcome):
    assert claim.judge_gap(replace(outcome, drawn_gap=1 + outcome.drawn_gap)).verdict == "refuted"
