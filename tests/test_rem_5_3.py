"""REM-5.3: what the two terms do, and verdicts both ways."""

from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import rem_5_3 as check
from mixrepro.claims import rem_5_3 as claim


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def test_remark_is_supported(outcome):
    verdict = claim.judge(outcome)
    assert (verdict.claim, verdict.verdict) == ("REM-5.3", "supported")
    assert "100 %" in claim.headline(outcome)


@pytest.mark.parametrize(
    ("column", "value", "part"),
    [("clean_growth", 1e-3, 0), ("vanished", 1e-3, 1), ("noise_at_start", 1e-3, 2), ("noise_loss", 1e-3, 2),
     ("crossings", 3, 3), ("crossings", 0, 3), ("clean_leads", False, 3), ("end_errors", 1e-3, 4)],
)  # fmt: skip
def test_remark_is_refuted_by_one_path_that_does_otherwise(outcome, column, value, part):
    changed = getattr(outcome, column).copy()
    changed[1] = value
    verdict = claim.judge(replace(outcome, **{column: changed}))
    assert verdict.verdict == "refuted"
    assert [i for i, judged in enumerate(verdict.parts) if judged.verdict == "refuted"] == [part]


def test_remark_is_refuted_where_no_path_leaves_the_clean_pattern(outcome):
    at_end = np.ones_like(outcome.nearest_at_end)
    assert claim.judge(replace(outcome, nearest_at_end=at_end)).parts[-1].verdict == "refuted"
