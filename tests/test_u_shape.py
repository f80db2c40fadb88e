"""U-SHAPE: courses of curves told by hand, and verdicts both ways."""

from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import u_shape as check
from mixrepro.checks.courses import COURSES, courses
from mixrepro.claims import u_shape as claim


@pytest.mark.parametrize(
    ("curve", "course"),
    [([1, 1.001, 1], "hardly moves"), ([3, 2, 1], "only falls"), ([1, 2, 3], "only rises"),
     ([3, 1, 2], "falls, then rises"), ([1, 2, 1], "turns otherwise"), ([3, 1, 2, 1], "turns otherwise"),
     ([3, 1, 1.001, 0.9995, 2], "falls, then rises")],
)  # fmt: skip
def test_course_is_told_as_one_sees_it(curve, course):
    assert COURSES[courses(np.array([curve], dtype=float)).place()[0]] == course


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def test_claims_come_out_as_the_modes_say(outcome):
    risk, modes = claim.judge(outcome), claim.judge_modes(outcome)
    assert (risk.claim, risk.verdict) == ("U-SHAPE", "refuted")
    assert (modes.claim, modes.verdict) == ("U-SHAPE+", "supported")


def test_u_shape_would_be_upheld_if_every_curve_had_it(outcome):
    course = np.full_like(outcome.course, COURSES.index("falls, then rises"))
    both = replace(
        outcome, course=course, rise=np.ones_like(outcome.rise), best_time=np.ones_like(outcome.best_time)
    )
    assert claim.judge(both).verdict == "supported"


@pytest.mark.parametrize("column", ["mode_errors", "bound_errors"])
def test_a_wrong_turning_time_is_caught(outcome, column):
    assert claim.judge_modes(replace(outcome, **{column: getattr(outcome, column) + 0.01})).verdict == "refuted"
