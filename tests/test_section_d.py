"""D-1, D-2, D-3: each point of Theorem 5.1's print is refuted by its own counterexample, and could be upheld."""

from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import thm_5_1
from mixrepro.claims.section_d import judge_d_1, judge_d_2, judge_d_3


@pytest.fixture(scope="module")
def check():
    return thm_5_1.run("smoke")


@pytest.mark.parametrize(("judge", "claim"), [(judge_d_1, "D-1"), (judge_d_2, "D-2"), (judge_d_3, "D-3")])
def test_print_is_refuted_and_its_correction_is_not(check, judge, claim):
    verdict = judge(check)
    assert (verdict.claim, verdict.verdict) == (claim, "refuted")
    assert [part.verdict for part in verdict.parts[1:]] == ["supported"] * (len(verdict.parts) - 1)


def test_counterexample_to_the_printed_weights_by_hand():
    # f(x) = (x, 1 - x) on [0, 1], X = 0, X' = 1, lam = 1/4: f(X~) = (3/4, 1/4) is what Mixup says.
    f_mixed, mixup, printed = np.array([0.75, 0.25]), np.array([0.75, 0.25]), np.array([0.25, 0.75])
    assert np.abs(f_mixed - mixup).sum() / 2 == 0
    assert np.abs(f_mixed - printed).max() / 2 == 0.25


def test_d_1_is_upheld_where_both_orders_of_the_weights_agree(check):
    same = replace(check, printed_right=check.mended_right)
    assert judge_d_1(same).verdict == "supported"


def test_d_2_is_upheld_where_the_argmaxes_always_differ(check):
    assert judge_d_2(replace(check, argmax_differs=np.ones_like(check.argmax_differs))).verdict == "supported"


def test_d_3_is_upheld_by_a_case_that_needs_the_factor(check):
    gap = check.largest_gap.copy()
    gap[0, 0] = check.tv[0, 0] + 0.1
    assert judge_d_3(replace(check, largest_gap=gap)).verdict == "supported"


def test_a_wrong_constant_in_either_correction_is_caught(check):
    assert judge_d_1(replace(check, mended_right=1.1 * check.largest_gap)).parts[1].verdict == "refuted"
    assert judge_d_2(replace(check, tv=1.1 * check.tv)).parts[1].verdict == "refuted"
