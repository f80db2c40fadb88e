"""Verdict rules: calibrated on simulated seeds, and honest about what is missing."""

import numpy as np
import pytest

from mixrepro.claims.fig_2 import MARGIN, MIN_DROP, PLANNED_DROP
from mixrepro.claims.rules import (
    at_turn,
    effect_text,
    exceeds,
    never_negative,
    stays_below,
    student_interval,
    turning_epochs,
)
from mixrepro.experiments import fig_2

SIMULATIONS = 1000
SEEDS = 5
# Standard deviation over seeds of the fall of accuracy, as seen on MNIST-1D: for Mixup, and for ERM.
SPREAD, ERM_SPREAD = 0.015, 0.0033


@pytest.fixture
def results(simulate):
    experiment = fig_2.declare("smoke", num_seeds=SEEDS, epochs=2)
    curves = {arm: {"test_accuracy": np.zeros((SEEDS, 2))} for arm in experiment.arms}
    return simulate(experiment, curves)


def share(rule, word, effect, results, threshold, spread):
    generator = np.random.default_rng(0)
    drawn = generator.normal(effect, spread, (SIMULATIONS, SEEDS))
    return np.mean([rule(effects, threshold, "", results).verdict == word for effects in drawn])


def test_exceeds_supports_nothing_without_an_effect(results):
    assert share(exceeds, "supported", 0.0, results, MIN_DROP, SPREAD) <= 0.05


def test_exceeds_finds_the_effect_that_the_seeds_are_planned_for(results):
    assert share(exceeds, "supported", PLANNED_DROP, results, MIN_DROP, SPREAD) >= 0.90


def test_exceeds_seldom_refutes_an_effect_that_matters(results):
    assert share(exceeds, "refuted", MIN_DROP, results, MIN_DROP, SPREAD) <= 0.05


def test_exceeds_refutes_when_the_effect_is_not_there_and_seeds_agree(results):
    assert share(exceeds, "refuted", 0.0, results, MIN_DROP, ERM_SPREAD) >= 0.90


def test_exceeds_supports_a_small_effect_that_is_certain(results):
    effects = np.array([0.014, 0.015, 0.016, 0.015, 0.015])
    small, large = (exceeds(factor * effects, MIN_DROP, "", results) for factor in (1, 3))
    assert (small.verdict, large.verdict) == ("supported", "supported")
    assert small.rule.endswith(" Here it is above 0, but 2.0 points is excluded, too")
    assert large.rule.endswith("; if not, refuted where 2.0 points is excluded")


def test_no_value_is_worded_as_minus_zero(results):
    part = exceeds(np.array([-0.0004, 0.0001, 0.0002, 0.0, 0.0]), MIN_DROP, "", results)
    assert effect_text(part) == "0.0 points [0.0, 0.0]"
    assert effect_text(exceeds(np.array([-0.03] * 5), MIN_DROP, "", results)) == "-3.0 points [-3.0, -3.0]"
    assert effect_text(exceeds(np.array([-1.25] * 5), 0.0, "", results, "doublings")).startswith("-1.25 doublings")


def test_stays_below_supports_when_there_is_no_effect(results):
    assert share(stays_below, "supported", 0.0, results, MARGIN, ERM_SPREAD) >= 0.90


def test_stays_below_seldom_supports_an_effect_of_the_margin(results):
    assert share(stays_below, "supported", MARGIN, results, MARGIN, ERM_SPREAD) <= 0.05


def test_stays_below_seldom_refutes_an_effect_of_the_margin(results):
    assert share(stays_below, "refuted", MARGIN, results, MARGIN, ERM_SPREAD) <= 0.05


def test_stays_below_refutes_a_large_effect(results):
    assert share(stays_below, "refuted", 0.03, results, MARGIN, ERM_SPREAD) >= 0.90


@pytest.mark.parametrize("rule", [exceeds, stays_below, never_negative])
def test_a_lost_seed_is_inconclusive(rule, results):
    effects = np.array([0.5, 0.5, 0.51, 0.5, np.nan])
    assert rule(effects, 10.0 if rule is stays_below else 0.02, "", results).verdict == "inconclusive"


@pytest.mark.parametrize("rule", [exceeds, stays_below, never_negative])
def test_two_seeds_are_inconclusive(rule, results):
    effects = np.array([0.5, 0.5])
    assert rule(effects, 10.0 if rule is stays_below else 0.02, "", results).verdict == "inconclusive"


def test_one_counterexample_refutes_a_statement_about_every_case(results):
    assert never_negative(np.array([1.0, 1.0, 1.0, 1.0, -0.1]), 1e-5, "", results).verdict == "refuted"
    assert never_negative(np.array([1.0, np.nan, 1.0, 1.0, -0.1]), 1e-5, "", results).verdict == "refuted"
    assert never_negative(np.array([1.0, 1.0, 1.0, 1.0, -1e-6]), 1e-5, "", results).verdict == "supported"


def test_student_interval_agrees_with_the_textbook():
    # 1, 2, 3, 4, 5: mean 3, s = sqrt(2.5), t(0.975, 4) = 2.776445
    low, high = student_interval(np.arange(1.0, 6.0))
    half = 2.776445 * np.sqrt(2.5 / 5)
    assert (low, high) == pytest.approx((3 - half, 3 + half), rel=1e-6)


def test_turning_epoch_comes_from_the_other_seeds():
    accuracy = np.zeros((4, 5))
    accuracy[[0, 2], 1] = 1.0  # even seeds peak at place 1, odd ones at place 3
    accuracy[[1, 3], 3] = 1.0
    assert turning_epochs(accuracy).tolist() == [3, 1, 3, 1]
    assert at_turn(accuracy, accuracy).tolist() == [0.0, 0.0, 0.0, 0.0]


def test_drop_after_the_turn_is_not_flattered_by_noise():
    # Flat curves: the maximum of a curve minus its end is positive on average; chosen elsewhere, it is not.
    generator = np.random.default_rng(1)
    flattered, honest = [], []
    for _ in range(300):
        accuracy = generator.normal(0.5, 0.01, (4, 40))
        flattered.append((accuracy.max(1) - accuracy[:, -1]).mean())
        honest.append(np.nanmean(at_turn(accuracy, accuracy) - accuracy[:, -1]))
    assert np.mean(flattered) > 0.015
    assert abs(np.mean(honest)) < 4 * np.std(honest) / np.sqrt(300)


def test_a_single_seed_has_no_turning_epoch():
    assert np.isnan(at_turn(np.ones((1, 5)), np.ones((1, 5)))).all()


def test_a_curve_that_still_rises_has_no_turning_epoch():
    rising = np.linspace(0, 1, 5) * np.ones((4, 1))
    assert turning_epochs(rising).tolist() == [-1] * 4
    assert np.isnan(at_turn(rising, rising)).all()


def test_a_lost_seed_leaves_the_other_half_without_turning_epoch():
    accuracy = np.zeros((4, 5))
    accuracy[:, 2] = 1.0
    accuracy[1] = np.nan
    assert turning_epochs(accuracy).tolist() == [-1, 2, -1, 2]


def test_effect_text_words_points_and_missing_estimates(results):
    part = exceeds(np.array([0.05, 0.06, 0.07, 0.06, 0.06]), 0.02, "", results)
    assert effect_text(part) == "6.0 points [5.1, 6.9]"
    assert effect_text(exceeds(np.full(5, np.nan), 0.02, "", results)) == "no estimate"
