"""THM-5.1: every quantity against another derivation, the errata as counterexamples, and both verdicts."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from mixrepro.checks import thm_5_1 as check
from mixrepro.claims import thm_5_1 as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import label_noise as figures
from mixrepro.rng import stream
from mixrepro.theory.known_labels import AffineLabels
from mixrepro.theory.label_noise import (
    agree_below,
    differ_above,
    lead,
    maximal_coupling,
    noise_bounds,
    noise_of_pairs,
    tv_distance,
)


def drawn(num_classes, cases=40, number=0):
    """Draw pairs of distributions, some far apart."""
    generator = stream(number, "instances", num_classes)
    return generator.dirichlet(np.full(num_classes, 0.5), (2, cases))


@pytest.mark.parametrize("num_classes", [2, 3, 6])
def test_total_variation_is_the_largest_difference_over_events(num_classes):
    events = np.array(list(itertools.product([0, 1], repeat=num_classes)))
    for p, q in zip(*drawn(num_classes), strict=True):
        assert tv_distance(p, q) == pytest.approx(max(abs(event @ p - event @ q) for event in events), abs=1e-15)


def test_bounds_are_the_theorem_written_out():
    f_mixed, f_a, f_b = np.array([[0.2, 0.5, 0.3], [0.9, 0.1, 0.0], [0.1, 0.1, 0.8]])
    lam = 0.3
    g = [lam * f_a[j] + (1 - lam) * f_b[j] for j in range(3)]
    printed = [(1 - lam) * f_a[j] + lam * f_b[j] for j in range(3)]
    bounds = noise_bounds(f_mixed, f_a, f_b, lam)
    assert bounds.induced == pytest.approx(g)
    assert bounds.tv == pytest.approx(sum(abs(f_mixed[j] - g[j]) for j in range(3)) / 2)
    assert bounds.largest_gap == pytest.approx(max(abs(f_mixed[j] - g[j]) for j in range(3)))
    assert bounds.mended_right == pytest.approx(max(abs(f_mixed[j] - g[j]) for j in range(3)) / 2)
    assert bounds.printed_right == pytest.approx(max(abs(f_mixed[j] - printed[j]) for j in range(3)) / 2)
    assert bounds.argmax_differs
    differ = sum(f_mixed[i] * g[j] for i in range(3) for j in range(3) if i != j)
    assert bounds.independent_differs == pytest.approx(differ)
    assert bounds.coupled_differs == pytest.approx(bounds.tv)


def test_bounds_of_a_batch_are_those_of_its_members():
    f_a, f_b = drawn(4)
    f_mixed, _ = drawn(4, number=1)
    lam = stream(0, "lam").uniform(0, 1, (3, 1))
    together = noise_bounds(f_mixed, f_a, f_b, lam)
    assert together.tv.shape == (3, 40)
    alone = noise_bounds(f_mixed[7], f_a[7], f_b[7], lam[2, 0])
    for name in vars(alone):
        assert getattr(together, name)[2, 7] == pytest.approx(getattr(alone, name))


@pytest.mark.parametrize("num_classes", [2, 3, 5])
def test_maximal_coupling_is_the_optimum_of_a_linear_program(num_classes):
    p, q = drawn(num_classes, cases=10)
    coupling = maximal_coupling(p, q)
    assert coupling.sum(-1) == pytest.approx(p, abs=1e-14)
    assert coupling.sum(-2) == pytest.approx(q, abs=1e-14)
    assert np.all(coupling >= 0)
    off = 1 - np.eye(num_classes)
    rows = np.kron(np.eye(num_classes), np.ones(num_classes))
    columns = np.kron(np.ones(num_classes), np.eye(num_classes))
    for first, second, mine in zip(p, q, coupling, strict=True):
        best = linprog(off.ravel(), A_eq=np.vstack([rows, columns]), b_eq=np.concatenate([first, second]))
        assert (mine * off).sum() == pytest.approx(best.fun, abs=1e-9)


def test_labels_sampled_independently_differ_as_often_as_stated():
    p, q = np.array([0.5, 0.3, 0.2]), np.array([0.1, 0.2, 0.7])
    generator = stream(1, "noise")
    differ = generator.choice(3, 200_000, p=p) != generator.choice(3, 200_000, p=q)
    expected = noise_bounds(p, q, q, 0.5).independent_differs
    assert abs(differ.mean() - expected) < 4 * differ.std() / np.sqrt(200_000)  # false-alarm rate below 1e-4


def test_random_couplings_keep_both_laws_and_reach_far():
    p, q = drawn(4, cases=2000)
    joint = np.array(check.random_coupling(p, q, stream(2, "noise")))
    assert joint.sum(-1) == pytest.approx(p, abs=1e-12)
    assert joint.sum(-2) == pytest.approx(q, abs=1e-12)
    assert joint.min() > -1e-15
    differ = 1 - np.trace(joint, axis1=1, axis2=2)
    independent, least = 1 - (p * q).sum(-1), tv_distance(p, q)
    assert np.all(differ >= least - 1e-12)
    assert (differ > independent + 0.01).mean() > 0.2
    assert (differ < (independent + least) / 2).mean() > 0.1


def test_argmax_labels_can_agree_though_the_distributions_differ():
    case = noise_bounds([1, 0], [1, 0], [0, 1], 0.7)
    assert not case.argmax_differs
    assert case.tv == pytest.approx(0.3)


def test_printed_weights_give_a_positive_right_side_where_the_total_variation_is_zero():
    case = noise_bounds([0.75, 0.25], [0, 1], [1, 0], 0.25)  # f(x) = (x, 1 - x), X = 0, X' = 1
    assert case.tv == 0
    assert case.printed_right == pytest.approx(0.25)
    assert noise_bounds([0.5, 0.5], [0, 1], [1, 0], 0.5).printed_right == 0


def test_exchanged_weights_keep_signed_sums_over_both_orders_but_not_absolute_ones():
    problem, lam = AffineLabels(np.eye(3)), 0.2
    x_a, x_b = problem.sample(2, stream(3, "pairs"))
    orders = [noise_of_pairs(problem, *pair, lam) for pair in ((x_a, x_b), (x_b, x_a))]
    exchanged = [(1 - lam) * problem.f(a) + lam * problem.f(b) for a, b in ((x_a, x_b), (x_b, x_a))]
    right = sum(f_mixed - bounds.induced for bounds, f_mixed in orders)
    printed = sum(f_mixed - wrong for (_, f_mixed), wrong in zip(orders, exchanged, strict=True))
    assert printed == pytest.approx(right, abs=1e-15)
    for bounds, _ in orders:
        assert bounds.tv == pytest.approx(0, abs=1e-15)
        expected = 0.5 * abs(1 - 2 * lam) * np.abs(problem.f(x_a) - problem.f(x_b)).max()
        assert bounds.printed_right == pytest.approx(expected)
        assert expected > 0.01


@given(st.floats(0.01, 0.5), st.floats(0.01, 0.5))
def test_threshold_of_agreement_is_reached_by_two_classes_that_differ(s, t):
    p, q = np.array([0.5 + s, 0.5 - s]), np.array([0.5 - t, 0.5 + t])
    gap = np.abs(p - q).max()
    assert p.argmax() != q.argmax()
    assert agree_below(p, q) == pytest.approx(gap, rel=1e-12)  # any larger threshold is contradicted


@pytest.mark.parametrize("num_classes", [2, 5, 10])
def test_threshold_of_difference_is_reached_by_argmaxes_that_agree(num_classes):
    p = np.full(num_classes, (1 - 1e-6) / num_classes)
    p[0] += 1e-6
    q = np.eye(num_classes)[0]
    assert p.argmax() == q.argmax()
    assert tv_distance(p, q) == pytest.approx(differ_above(p, q), rel=1e-12)
    assert tv_distance(p, q) == pytest.approx(1 - 1 / num_classes, abs=1e-5)


def test_total_variation_can_be_half_the_number_of_classes_times_the_largest_gap():
    delta = 0.05 * np.array([1, -1, 1, -1, 1, -1])
    p, q = np.full(6, 1 / 6), np.full(6, 1 / 6) + delta
    assert tv_distance(p, q) == pytest.approx(3 * 0.05)


def test_lead_is_largest_minus_second():
    assert lead(np.array([[0.2, 0.5, 0.3], [0.4, 0.2, 0.4]])) == pytest.approx([0.2, 0.0])


GOOD = np.array([0.5, 0.5])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: tv_distance(np.array([0.5, 0.6]), GOOD),
            "p: found a sum of 1.1, expected probabilities that sum",
        ),
        (lambda: tv_distance(GOOD, np.array([1.5, -0.5])), "q: found -0.5, expected probabilities, at least 0"),
        (lambda: tv_distance(GOOD, np.array([np.nan, 1.0])), "q: found a NaN"),
        (lambda: tv_distance(GOOD, np.full(4, 0.25)), r"q: found a shape \[4\], expected that of p, \[2\]"),
        (lambda: tv_distance(np.tile(GOOD, (3, 1)), np.tile(GOOD, (2, 1))), "q: found a shape"),
        (lambda: tv_distance(np.float64(1), GOOD), "p: found"),
        (lambda: noise_bounds(GOOD, GOOD, np.array([1.0, 0.1]), 0.5), "f_b: found a sum of 1.1"),
        (lambda: noise_bounds(GOOD, GOOD, GOOD, 1.1), "lam: found"),
        (lambda: noise_bounds(GOOD, GOOD, GOOD, np.nan), "lam: found"),
        (lambda: noise_bounds(np.tile(GOOD, (3, 1)), GOOD, GOOD, np.full(2, 0.5)), r"lam: found a shape \[2\]"),
        (lambda: lead(np.ones(1)), r"p: found a shape \[1\], expected two classes or more"),
        (lambda: check.run("gigantic"), "profile: found 'gigantic'"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.fixture(scope="module")
def noise():
    return check.run("smoke")


def test_theorem_as_printed_is_refuted_in_both_steps(noise):
    verdict = claim.judge(noise)
    assert verdict.claim == "THM-5.1"
    assert [part.verdict for part in verdict.parts] == ["refuted", "refuted"]
    assert {part.n for part in verdict.parts} == {6 * check.SIZES["smoke"]["cases"]}


def test_theorem_as_printed_would_be_supported_without_counterexamples(noise):
    obeying = replace(noise, argmax_differs=np.full(noise.tv.shape, True), printed_right=0.5 * noise.largest_gap)
    assert claim.judge(obeying).verdict == "supported"
    tiny = replace(
        obeying, **{name: getattr(obeying, name)[:1, :50] for name in ("tv", "argmax_differs", "printed_right")}
    )
    assert claim.judge(tiny).verdict == "inconclusive"


def test_corrected_theorem_is_supported(noise):
    verdict = claim.judge_corrected(noise)
    assert verdict.claim == "THM-5.1+"
    assert {part.verdict for part in verdict.parts} == {"supported"}


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        (0, dict(tv=1.001)),
        (1, dict(coupled_differs=1.001)),
        (2, dict(largest_gap=1.001)),
        (2, dict(largest_gap=0.999)),
        (3, dict(largest_gap=0.999)),
        (4, dict(agree_below=1.001)),
        (5, dict(differ_above=0.999)),
    ],
    ids=str,
)
def test_corrected_theorem_is_refuted_by_a_wrong_constant(noise, part, wrong):
    changed = replace(noise, **{name: factor * getattr(noise, name) for name, factor in wrong.items()})
    assert claim.judge_corrected(changed).parts[part].verdict == "refuted"


def test_cases_between_the_thresholds_would_be_missed_if_there_were_none(noise):
    words = [part.verdict for part in claim.judge_corrected(replace(noise, differ_above=0 * noise.tv)).parts]
    assert words[6:] == ["inconclusive", "inconclusive"]


def test_affine_truth_contradicts_the_printed_weights_alone(noise):
    place = noise.sources.index("affine f")
    failed = {reading: where[place].mean() for reading, where in claim.violations(noise).items()}
    assert failed["TV ≥ ½ sup, weights as printed"] == 1
    assert failed["P ≥ TV, argmax labels (printed)"] == 0
    assert failed["TV ≥ ½ sup, weights mended"] == failed["TV ≥ sup, no factor ½"] == 0


def test_figure_and_table_state_the_computed_shares(noise):
    share = f"{claim.below(noise.argmax_differs, noise.tv).mean():.0%}"
    shown = figures.theorem_sides(noise)
    assert f"argmax labels: fails in {share}" in shown.alt
    assert f"n = {noise.tv.size:,}" in shown.caption
    rows = figures.violations_table(noise).rows
    assert [row[0] for row in rows] == list(noise.sources)
    row = figures.counterexamples({"a case": noise_bounds([1, 0], [1, 0], [0, 1], 0.7)}).rows[0]
    assert row == ["a case", "no: 0", "0.3", "0.3", "0.3", "0.35"]
