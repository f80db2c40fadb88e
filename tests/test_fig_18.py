"""FIG-18 and FIG-18+ on constructed curves, and the check that draws the real ones."""

import numpy as np
import pytest

from mixrepro.checks import fig_5
from mixrepro.checks import fig_18 as check
from mixrepro.checks import fig_18_far as far_check
from mixrepro.claims import fig_18 as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import teacher_student as figures
from mixrepro.teacher_student.mean_path import MeanPath
from mixrepro.teacher_student.moments import fixed_lam
from mixrepro.teacher_student.problem import Setting, draw

SEEDS = 30
EPOCHS = np.arange(0, 10_001, 50)
LAMS = np.array(check.LAMS)


def jitter():
    return np.exp(np.random.default_rng(0).normal(0, 0.1, (len(LAMS), SEEDS)))


def sweep(turns):
    """Make an outcome whose curves turn at given epochs, [lams], a tenth off from seed to seed."""
    own = np.asarray(turns)[:, None] * jitter()
    loss = np.exp(np.abs(np.log((EPOCHS + 1) / own[..., None])))
    return check.LamSweep("smoke", "constructed", LAMS, EPOCHS, loss)


def far_turns(turns):
    return far_check.LamTurns("smoke", "constructed", LAMS, np.asarray(turns)[:, None] * jitter(), 1_000_000)


LATER = [2000, 2500, 3200, 4500, 7000]
SAME = [3000] * 5


@pytest.mark.parametrize(
    ("judge", "outcome", "name"),
    [(claim.judge, sweep(LATER), "FIG-18"), (claim.judge_far, far_turns(LATER), "FIG-18+")],
)
def test_supported_when_every_turn_comes_later(judge, outcome, name):
    verdict = judge(outcome)
    assert verdict.claim == name
    assert {part.verdict for part in verdict.parts} == {"supported"}
    assert verdict.parts[0].effect == pytest.approx(np.polyfit(LAMS, np.log10(LATER), 1)[0], abs=0.05)
    assert claim.headline(verdict) == "A λ nearer to 1/2 turns earlier"


@pytest.mark.parametrize(("judge", "make"), [(claim.judge, sweep), (claim.judge_far, far_turns)])
@pytest.mark.parametrize("turns", [SAME, LATER[::-1]])
def test_refuted_when_turns_come_together_or_earlier(judge, make, turns):
    verdict = judge(make(turns))
    assert verdict.parts[0].verdict == "refuted"
    assert verdict.verdict == "refuted"
    assert claim.headline(verdict) == "A λ nearer to 1/2 does not turn earlier"


def test_undecided_when_turns_are_cut_off():
    verdict = claim.judge(sweep([9000, 12_000, 15_000, 20_000, 40_000]))
    assert {part.verdict for part in verdict.parts} <= {"supported", "inconclusive"}
    assert claim.judge(sweep([20_000] * 5)).verdict == "inconclusive"
    assert "cut off" in verdict.parts[0].rule


def test_one_pair_out_of_order_refutes():
    words = [part.verdict for part in claim.judge_far(far_turns([2000, 3200, 2500, 4500, 7000])).parts]
    assert words == ["supported"] * 2 + ["refuted"] + ["supported"] * 2


def test_slope_is_that_of_least_squares():
    turns = np.exp(np.random.default_rng(1).normal(7, 1, (5, SEEDS)))
    expected = [np.polyfit(LAMS, np.log10(turns[:, seed]), 1)[0] for seed in range(SEEDS)]
    np.testing.assert_allclose(claim.slope(turns, LAMS), expected, rtol=1e-9)


def test_a_turn_that_is_cut_off_makes_the_slope_smaller():
    later = np.array([[2000.0], [4000.0], [8000.0], [16_000.0], [32_000.0]])
    assert claim.slope(np.minimum(later, 10_000), LAMS) < claim.slope(later, LAMS)


def test_a_lost_seed_is_inconclusive():
    lost = sweep(LATER)
    lost.loss[2, 4] = np.nan
    assert claim.judge(lost).parts[0].verdict == "inconclusive"


@pytest.fixture(scope="module")
def drawn():
    return check.run("smoke")


def test_half_is_the_toy_of_fig_5(drawn):
    size = check.SIZES["smoke"]
    curves = fig_5.run("smoke", seeds=size["seeds"], epochs=size["epochs"])
    np.testing.assert_allclose(drawn.loss[0], curves.curve("permutation", "fixed"), rtol=1e-4)


def test_far_turns_are_where_the_mean_paths_risk_is_lowest():
    far = far_check.run("smoke", seeds=3, epochs=1000)
    assert far.end == 100_000
    problems = draw(Setting(), fig_5.numbered(0, 3))
    dense = np.unique(np.geomspace(1, far.end, 3000).astype(np.int64))
    for lam, turns in zip(far.lams, far.turns, strict=True):
        path = MeanPath(fixed_lam(problems, lam), problems.theta_0, Setting().eta)
        for seed in range(3):
            lowest = path.risk(problems, dense)[seed].min()
            at_turn = path.risk(problems, np.array([int(turns[seed])]))[seed, 0]
            assert at_turn == pytest.approx(lowest, rel=1e-3)


@pytest.mark.parametrize("lams", [(0.5,), (0.4, 0.5), (0.6, 0.5), (0.5, 1.1), (0.5, float("nan"))])
def test_lams_out_of_range_are_named(lams):
    for module in (check, far_check):
        with pytest.raises(ConfigError, match="lams: found"):
            module.run("smoke", lams=lams)


def test_another_setting_is_named_in_the_scale():
    other = check.run("smoke", setting=Setting(teacher="unit", loss_factor=1.0), seeds=2, epochs=200)
    assert "teacher unit" in other.scale
    assert "a permutation an epoch" in other.scale


def test_figure_reports_the_median_turns():
    shown = figures.lam_turns(sweep(LATER), far_turns(SAME), "a title")
    assert "at 0.5" in shown.alt
    assert len(shown.alt) > 50
    assert shown._repr_mimebundle_()["image/png"]
