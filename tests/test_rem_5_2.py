"""REM-5.2: the three cases against their definition, drawn labels against their probability, both verdicts."""

from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import rem_5_2 as check
from mixrepro.claims import rem_5_2 as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import label_noise as figures
from mixrepro.rng import stream
from mixrepro.theory.known_labels import Certain, SoftmaxTeacher
from mixrepro.theory.label_noise import noise_of_pairs, remark_case


def test_cases_are_those_of_the_remark():
    for true in range(3):
        for a in range(3):
            for b in range(3):
                expected = 1 if true not in {a, b} else (3 if a == b else 2)
                assert remark_case(true, a, b) == expected


def test_threshold_on_a_line_knows_no_intrusion():
    # Two half-lines are convex, so a mixed point of two equal labels keeps them.
    problem = Certain(SoftmaxTeacher(np.array([[1.0, -1.0]])))
    generator = stream(0, "pairs")
    x_a, x_b = problem.sample(50_000, generator), problem.sample(50_000, generator)
    _, f_mixed = noise_of_pairs(problem, x_a, x_b, generator.uniform(0, 1, 50_000))
    case = remark_case(f_mixed.argmax(-1), problem.f(x_a).argmax(-1), problem.f(x_b).argmax(-1))
    assert not (case == 1).any()
    assert (case == 2).mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(50_000))  # false-alarm rate below 1e-4


@pytest.fixture(scope="module")
def cases():
    return check.run("smoke", pairs=1500)


def test_drawn_labels_are_wrong_as_often_as_the_weight_says(cases):
    second = cases.case == 2
    weight, wrong = cases.weight[second], cases.drawn_wrong[second]
    for low in np.arange(0, 1, 0.2):
        inside = (weight >= low) & (weight < low + 0.2)
        expected = 1 - weight[inside]
        error = np.sqrt((expected * (1 - expected)).sum()) / inside.sum()
        assert inside.sum() > 100
        assert abs(wrong[inside].mean() - expected.mean()) < 4 * error  # five cells: below 4e-4; the seed is fixed


def test_shares_add_up_and_rates_are_means(cases):
    assert sum(cases.share(case) for case in (1, 2, 3)) == pytest.approx(1)
    one = cases.case[0, 1]
    assert cases.share(2)[0, 1] == sum(case == 2 for case in one) / len(one)
    wrong = [w for w, case in zip(cases.argmax_wrong[0, 1], one, strict=True) if case == 2]
    assert cases.rate(cases.argmax_wrong, 2)[0, 1] == pytest.approx(np.mean(wrong))
    empty = replace(cases, case=np.full(cases.case.shape, 3))
    assert np.isnan(empty.rate(cases.argmax_wrong, 1)).all()


def test_remark_as_printed_is_refuted_in_its_second_case_alone(cases):
    verdict = claim.judge(cases)
    assert verdict.claim == "REM-5.2"
    assert [part.verdict for part in verdict.parts] == ["supported", "supported", "refuted", "supported"]


def test_remark_as_printed_can_come_out_otherwise(cases):
    always = replace(cases, argmax_wrong=cases.case != 3)
    assert claim.judge(always).verdict == "supported"
    never = replace(cases, argmax_wrong=np.full(cases.case.shape, False))
    assert claim.judge(never).parts[1].verdict == "refuted"
    third = replace(cases, argmax_wrong=np.full(cases.case.shape, True))
    assert claim.judge(third).parts[3].verdict == "refuted"
    assert claim.judge(replace(cases, case=np.where(cases.case == 1, 2, cases.case))).parts[0].verdict == "refuted"


def test_corrected_remark_is_supported(cases):
    verdict = claim.judge_corrected(cases)
    assert verdict.claim == "REM-5.2+"
    assert {part.verdict for part in verdict.parts} == {"supported"}


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (0, lambda cases: dict(drawn_wrong=cases.drawn_wrong & (cases.case != 1))),
        (1, lambda cases: dict(sampled_wrong=1.001 * cases.sampled_wrong)),
        (1, lambda cases: dict(weight=1 - cases.weight)),
        (2, lambda cases: dict(weight=cases.weight + 0.05)),
        (3, lambda cases: dict(drawn_wrong=cases.drawn_wrong | (cases.case == 3))),
    ],
)
def test_corrected_remark_is_refuted_by_a_wrong_constant_or_label(cases, part, change):
    assert claim.judge_corrected(replace(cases, **change(cases))).parts[part].verdict == "refuted"


def test_lam_nearer_to_one_half_makes_argmax_labels_wrong_more_often(cases):
    extreme = check.run("smoke", pairs=1500, alpha=0.1)
    assert extreme.argmax_wrong.mean() < cases.argmax_wrong.mean() - 0.05


@pytest.mark.parametrize("alpha", [0.0, -1.0, np.nan, np.inf])
def test_alpha_out_of_range_is_named(alpha):
    with pytest.raises(ConfigError, match="alpha: found"):
        check.run("smoke", alpha=alpha)


def test_figure_and_table_state_the_computed_shares(cases):
    share = cases.share(1)[0].mean()
    assert f"Gaussian mixture {share:.1%}" in figures.cases_bars(cases).alt
    assert figures.cases_table(cases).rows[0][1].startswith(f"{100 * share:.1f} ±")
