"""LR-STAGE and LR-STAGE+: flow against a solver, exact moments against enumeration, each rule both ways."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from scipy import integrate, linalg, optimize

from mixrepro.checks import lr_stage as check
from mixrepro.checks.feature_regression import HORIZON, draw, draw_one
from mixrepro.checks.lowered_rate import FACTOR
from mixrepro.claims import lr_stage as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import learning_rate as figures
from mixrepro.rng import stream
from mixrepro.theory import learning_rate as flow
from mixrepro.theory import stochastic_mixup as moments
from mixrepro.theory.mixed_pairs import mixed_pairs, sample_paths


def small_problem():
    """Three points, two features, two values of lam: few enough to enumerate what training may draw."""
    generator = stream(5, "points")
    x, y, weights = (generator.standard_normal(shape) for shape in ((3, 2), 3, (2, 2)))
    pairs = mixed_pairs(x, y, lambda points: np.tanh(points @ weights), [0.2, 0.7], [0.4, 0.6])
    risk = flow.QuadraticRisk(np.array([[1.0, 0.2], [0.2, 0.5]]), np.array([0.3, -0.2]), 1.1)
    return pairs, risk, np.array([0.5, -1.0])


# Gradient flow.


def test_flow_time_is_the_integral_of_the_rate():
    rates, switches = np.array([0.5, 2.0, 0.1]), np.array([1.0, 1.5])

    def rate(t):
        return 0.5 if t < 1 else 2.0 if t < 1.5 else 0.1

    for t in (0.0, 0.7, 1.2, 1.5, 9.0):
        exact, _ = integrate.quad(rate, 0, t, points=[1.0, 1.5])
        assert flow.flow_time(np.array([t]), rates, switches)[0] == pytest.approx(exact, rel=1e-9)


def test_risk_along_flow_equals_a_solver_of_the_equation_with_a_switched_rate():
    pairs, risk, theta_0 = small_problem()
    modes = flow.modes(pairs.gram, pairs.target, theta_0, risk)

    def slope(t, theta):
        return -(0.8 if t < 2 else 0.08) * (pairs.gram @ theta - pairs.target)

    first = integrate.solve_ivp(slope, (0, 2), theta_0, rtol=1e-11, atol=1e-13, method="LSODA")
    second = integrate.solve_ivp(slope, (2, 30), first.y[:, -1], rtol=1e-11, atol=1e-13, method="LSODA")
    s = flow.flow_time(np.array([[2.0, 30.0]]), np.array([[0.8, 0.08]]), np.array([[2.0]]))
    ours = modes.risk(flow.flow_decay(modes.mu, s))[0]
    assert ours == pytest.approx([risk(first.y[:, -1]), risk(second.y[:, -1])], rel=1e-8)


def test_risk_in_the_eigenbasis_equals_the_matrix_exponential():
    pairs, risk, theta_0 = small_problem()
    modes = flow.modes(pairs.gram, pairs.target, theta_0, risk)
    end = np.linalg.solve(pairs.gram, pairs.target)
    for s in (0.0, 0.3, 5.0, 80.0):
        theta = end + linalg.expm(-pairs.gram * s) @ (theta_0 - end)
        assert modes.risk(flow.flow_decay(modes.mu, np.array([[s]])))[0, 0] == pytest.approx(
            risk(theta), rel=1e-11
        )


def test_quadratic_risk_is_the_mean_squared_error_on_points():
    generator = stream(6, "points")
    phi, y, theta = generator.standard_normal((50, 3)), generator.standard_normal(50), np.array([0.4, -1.0, 2.0])
    risk = flow.QuadraticRisk(phi.T @ phi / 50, phi.T @ y / 50, float(y @ y) / 50)
    assert risk(theta) == pytest.approx(
        np.mean([(f @ theta - label) ** 2 for f, label in zip(phi, y, strict=True)])
    )


def test_gram_and_target_are_means_over_all_pairs():
    pairs, _, _ = small_problem()
    gram, target = np.zeros((2, 2)), np.zeros(2)
    for lam, i, j in itertools.product(range(2), range(3), range(3)):
        phi = pairs.phi[lam, i, j]
        gram += [0.4, 0.6][lam] / 9 * np.outer(phi, phi)
        target += [0.4, 0.6][lam] / 9 * phi * pairs.y[lam, i, j]
    assert pairs.gram == pytest.approx(gram)
    assert pairs.target == pytest.approx(target)


def test_mixed_label_follows_the_weight_of_the_first_point():
    pairs = mixed_pairs([[0.0], [1.0]], [0.0, 1.0], lambda points: points, [0.2], [1.0])
    assert pairs.y[0, 0, 1] == pytest.approx(0.8)
    assert pairs.phi[0, 1, 0] == pytest.approx([0.2])


GRID = np.geomspace(0.01, 1000, 300)


@pytest.mark.parametrize("place", [0.05, 1.0, 321.0])
def test_bottom_finds_a_known_minimum(place):
    found = flow.bottom(lambda rows, s: 3 + np.log(s / place) ** 2, GRID[None])
    assert found[0][0] == pytest.approx(place, rel=1e-6)
    assert found[1][0] == pytest.approx(3.0, rel=1e-14)
    assert found[2][0]


def test_bottom_takes_the_deeper_of_two_valleys():
    def curve(rows, s):
        return np.minimum(1 + np.log(s / 0.1) ** 2, 0.99 + np.log(s / 100) ** 2)

    place, value, _ = flow.bottom(curve, GRID[None])
    assert place[0] == pytest.approx(100, rel=1e-6)
    assert value[0] == pytest.approx(0.99)


@pytest.mark.parametrize(("sign", "end"), [(1, 0.01), (-1, 1000)])
def test_bottom_is_an_end_of_the_grid_when_there_is_no_valley(sign, end):
    place, _, inside = flow.bottom(lambda rows, s: sign * np.log(s), GRID[None])
    assert place[0] == pytest.approx(end)
    assert not inside[0]


def test_one_mode_of_the_bound_turns_where_the_papers_formula_says():
    mu, a, c2 = np.array([[0.3], [2.0], [0.01]]), np.array([[4.0], [0.1], [50.0]]), np.array([1.0, 0.2, 3.0])
    grid = np.geomspace(1e-3, 1e4, 2000) * np.ones((3, 1))
    place, _, _ = flow.bottom(lambda rows, s: flow.bound_curve(mu[rows], a[rows], c2[rows], s), grid)
    assert place == pytest.approx(np.log(1 + a[:, 0] * mu[:, 0] / c2) / mu[:, 0], rel=1e-6)


def test_bound_is_the_sum_of_its_terms():
    mu, a, c2, s = np.array([[0.5, 2.0]]), np.array([[3.0, 1.0]]), np.array([0.7]), np.array([[0.0, 1.5]])
    expected = [
        sum(ak * np.exp(-2 * mk * t) + 0.7 / mk * (1 - np.exp(-mk * t)) ** 2 for mk, ak in ((0.5, 3), (2, 1)))
        for t in (0.0, 1.5)
    ]
    assert flow.bound_curve(mu, a, c2, s)[0] == pytest.approx(expected)


def test_counterexample_turns_later_when_every_eigenvalue_is_doubled():
    (mu, a, c2), s = figures.TWO_MODES, np.linspace(0.1, 60, 60_000)

    def turn(factor):
        parts = zip(factor * mu, a, strict=True)
        return s[np.argmin(sum(ak * np.exp(-2 * m * s) + c2 / m * (1 - np.exp(-m * s)) ** 2 for m, ak in parts))]

    assert turn(2) > 2 * turn(1)


# Exact moments.


def batches(pairs, kind):
    """List what one step may draw: probability, features and labels of its pairs."""
    lams, weights, n = range(2), (0.4, 0.6), 3
    ordered = list(itertools.product(range(n), range(n)))
    if kind == "one":
        drawn = [(weights[k] / 9, [(k, *pair)]) for k in lams for pair in ordered]
    elif kind == "two, shared lam":
        twos = itertools.product(ordered, ordered)
        drawn = [(weights[k] / 81, [(k, *p), (k, *q)]) for p, q in twos for k in lams]
    elif kind == "two, own lam":
        each = [(weights[k] / 9, (k, *pair)) for k in lams for pair in ordered]
        drawn = [(p * q, [first, second]) for p, first in each for q, second in each]
    else:
        perms = itertools.permutations(range(n))
        drawn = [(weights[k] / 6, [(k, i, perm[i]) for i in range(n)]) for perm in perms for k in lams]
    return [(p, [(pairs.phi[place], pairs.y[place]) for place in places]) for p, places in drawn]


def enumerated(risk, theta_0, eta, draws, steps):
    """Return the expected risk after each step, over every sequence of draws."""
    states, risks = [(1.0, theta_0)], [float(risk(theta_0))]
    for _ in range(steps):
        states = [
            (p * q, theta - eta * sum(phi * (phi @ theta - y) for phi, y in batch) / len(batch))
            for p, theta in states
            for q, batch in draws
        ]
        risks.append(sum(p * float(risk(theta)) for p, theta in states))
    return risks


def operator_of(pairs, kind, eta):
    if kind == "permutation":
        return moments.Moments(pairs).permutation_operator(eta)
    return moments.Moments(pairs, lam_per_step=kind != "two, own lam").operator(eta, 1 if kind == "one" else 2)


@pytest.mark.parametrize(
    ("kind", "steps"), [("one", 3), ("two, shared lam", 2), ("two, own lam", 1), ("permutation", 3)]
)
def test_exact_moments_equal_enumeration(kind, steps):
    pairs, risk, theta_0 = small_problem()
    exact = enumerated(risk, theta_0, 0.3, batches(pairs, kind), steps)
    operator, state, weights = operator_of(pairs, kind, 0.3), moments.state_of(theta_0), moments.weights_of(risk)
    assert moments.moment_path(operator, state, weights, steps) == pytest.approx(exact, rel=1e-12)
    wrong = operator + 0.01 * (operator - np.eye(len(operator)))
    assert moments.moment_path(wrong, state, weights, steps) != pytest.approx(exact, rel=1e-6)


def test_moment_recursion_equals_its_literal_transcription():
    problem = next(iter(draw(3, 1).values()))
    pairs, risk = problem.pairs, problem.risk
    eta, batch = 1 / problem.steepest, 4
    mean, second = np.zeros(16), np.zeros((16, 16))
    phi, y = pairs.phi.reshape(4, -1, 16), pairs.y.reshape(4, -1)
    expected = []
    for _ in range(60):
        expected.append(np.sum(risk.sigma * second) - 2 * risk.cross @ mean + risk.const)
        drift, noise = np.zeros((16, 16)), np.zeros((16, 16))
        for share, f, label in zip(pairs.weights, phi, y, strict=True):
            gram, target = f.T @ f / 256, f.T @ label / 256
            drift += share * (second @ gram - np.outer(mean, target))
            residual = np.einsum("pa,ab,pb->p", f, second, f) - 2 * label * (f @ mean) + label**2
            both = gram @ second @ gram - np.outer(gram @ mean, target) - np.outer(target, gram @ mean)
            both += np.outer(target, target)
            noise += share * ((f.T * residual) @ f / 256 / batch + (1 - 1 / batch) * both)
        second = second - eta * (drift + drift.T) + eta**2 * noise
        mean = mean - eta * (pairs.gram @ mean - pairs.target)
    operator = moments.Moments(pairs).operator(eta, batch)
    ours = moments.moment_path(operator, moments.state_of(np.zeros(16)), moments.weights_of(risk), 59)
    assert ours == pytest.approx(expected, rel=1e-10)


def test_infinite_batch_with_own_lam_is_gradient_descent():
    pairs, risk, theta = small_problem()
    operator = moments.Moments(pairs, lam_per_step=False).operator(0.5, np.inf)
    ours = moments.moment_path(operator, moments.state_of(theta), moments.weights_of(risk), 40)
    for value in ours:
        assert value == pytest.approx(float(risk(theta)), rel=1e-11)
        theta = theta - 0.5 * (pairs.gram @ theta - pairs.target)


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 15, 16, 17, 100])
def test_path_and_advance_equal_one_step_after_another(steps):
    pairs, risk, theta_0 = small_problem()
    operator, state = moments.Moments(pairs).operator(0.3, 2), moments.state_of(theta_0)
    weights = moments.weights_of(risk)
    path = moments.moment_path(operator, state, weights, steps)
    assert len(path) == steps + 1
    assert weights @ moments.advance(operator, state, steps) == pytest.approx(path[-1], rel=1e-12)
    for _ in range(steps):
        state = operator @ state
    assert weights @ state == pytest.approx(path[-1], rel=1e-12)


@pytest.mark.parametrize(("eta", "stable"), [(0.49, True), (0.51, False)])
def test_one_point_is_stable_up_to_two_over_its_square(eta, stable):
    pairs = mixed_pairs([[2.0]], [1.0], lambda points: points, [0.5], [1.0])
    assert moments.is_stable(moments.Moments(pairs).operator(eta, 1)) == stable


def test_sampled_training_lies_within_its_error_of_the_exact_expectation():
    pairs, risk, theta_0 = small_problem()
    risks = risk(sample_paths(pairs, np.full(30, 0.4), 2, theta_0, 20_000, stream(7, "partner")))
    operator = moments.Moments(pairs).operator(0.4, 2)
    exact = moments.moment_path(operator, moments.state_of(theta_0), moments.weights_of(risk), 30)
    error = risks.std(1, ddof=1) / np.sqrt(20_000)
    assert np.all(np.abs(risks.mean(1) - exact) <= 4.5 * error + 1e-12)  # false-alarm rate 2e-4; the seed is fixed


# Bad input.

ONE = np.ones((1, 1))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flow.flow_time(np.array([-1.0]), np.array([1.0])), "t: found"),
        (lambda: flow.flow_time(np.array([np.nan]), np.array([1.0])), "t: found"),
        (lambda: flow.flow_time(np.array([1.0]), np.array([0.0])), "rates: found"),
        (lambda: flow.flow_time(np.array([1.0]), np.array([np.inf])), "rates: found"),
        (lambda: flow.flow_time(np.array([1.0]), np.array([1.0, 2.0])), "switches: found 0"),
        (lambda: flow.flow_time(np.array([1.0]), np.ones(3), np.array([2.0, 1.0])), "switches: found"),
        (lambda: flow.bound_curve(0 * ONE, ONE, np.ones(1), ONE), "mu: found"),
        (lambda: flow.bound_curve(ONE, -ONE, np.ones(1), ONE), "a: found"),
        (lambda: flow.bound_curve(ONE, ONE, np.array([np.nan]), ONE), "c2: found"),
        (lambda: flow.bottom(lambda rows, s: s, np.array([[1.0, 0.5]])), "grid: found"),
        (
            lambda: flow.modes(np.diag([1.0, 0.0]), np.ones(2), np.ones(2), small_problem()[1]),
            "a least eigenvalue",
        ),
        (lambda: flow.modes(np.triu(np.ones((2, 2))), np.ones(2), np.ones(2), small_problem()[1]), "gram: found"),
        (lambda: mixed_pairs([[np.nan]], [1.0], np.tanh, [0.5], [1.0]), "x: found"),
        (lambda: mixed_pairs([[1.0]], [1.0, 2.0], np.tanh, [0.5], [1.0]), "y: found"),
        (lambda: mixed_pairs([[1.0]], [1.0], np.tanh, [1.5], [1.0]), "lam: found"),
        (lambda: mixed_pairs([[1.0]], [1.0], np.tanh, [0.5, 1.0], [0.5, 0.6]), "weights: found"),
        (lambda: moments.Moments(small_problem()[0]).operator(-0.1, 2), "eta: found -0.1"),
        (lambda: moments.Moments(small_problem()[0]).operator(np.nan, 2), "eta: found nan"),
        (lambda: moments.Moments(small_problem()[0]).operator(0.1, 0), "batch_size: found 0"),
        (
            lambda: moments.Moments(small_problem()[0], False).permutation_operator(0.1),
            "lam_per_step: found False",
        ),
        (lambda: moments.state_of(np.array([np.inf])), "theta_0: found"),
        (lambda: moments.moment_path(np.eye(3), np.ones(3), np.ones(3), -1), "steps: found -1"),
        (lambda: moments.advance(np.eye(3), np.ones(3), -1), "steps: found -1"),
        (lambda: sample_paths(small_problem()[0], [0.0], 1, np.ones(2), 1, stream(0, "pairs")), "rates: found"),
        (lambda: sample_paths(small_problem()[0], [0.1], 0, np.ones(2), 1, stream(0, "pairs")), "batch_size: "),
        (lambda: sample_paths(small_problem()[0], [0.1], 1, np.ones(3), 1, stream(0, "pairs")), "theta_0: found"),
        (lambda: check.run("smoke", rate=2.0), "rate: found 2.0"),
        (lambda: check.run("smoke", rate=-1.0), "rate: found -1.0"),
        (lambda: check.run("smoke", batch_size=0), "batch_size: found 0"),
        (lambda: check.run("smoke", problems=0), "problems: found 0"),
        (lambda: check.run("smoke", problems=1, rate=1.9, batch_size=1), "rate: found 1.9"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


def test_permutation_needs_two_points():
    pairs = mixed_pairs([[2.0]], [1.0], lambda points: points, [0.5], [1.0])
    with pytest.raises(ConfigError, match="only 1 point"):
        moments.Moments(pairs).permutation_operator(0.1)


# The check.


@pytest.fixture(scope="module")
def found():
    return check.run("smoke")


def test_problems_have_a_u():
    for problem in draw(0, 3).values():
        s = np.geomspace(1e-3, HORIZON, 1000)[None] / problem.steepest
        risk = problem.modes.risk(flow.flow_decay(problem.modes.mu, s))[0]
        assert risk.argmin() < np.searchsorted(s[0], 0.26 * s[0, -1])
        assert min(risk[0], risk[-1]) > 1.04 * risk.min()


def test_problem_is_the_same_when_drawn_again():
    drawn = draw(0, 2)
    for number, problem in drawn.items():
        assert np.array_equal(draw_one(0, number).pairs.phi, problem.pairs.phi)
        assert not np.array_equal(draw_one(1, number).pairs.phi, problem.pairs.phi)


def test_lowest_risk_of_flow_equals_a_search_in_the_original_coordinates(found):
    problem = next(iter(draw(0, 1).values()))
    end = np.linalg.solve(problem.pairs.gram, problem.pairs.target)

    def risk(log_s):
        return float(problem.risk(end - linalg.expm(-problem.pairs.gram * np.exp(log_s)) @ end))

    eta = found.rate / problem.steepest
    place = np.log(found.flow.turn[0, 0] * eta)
    searched = optimize.minimize_scalar(risk, (place - 0.3, place + 0.1, place + 0.4), tol=1e-12)
    assert found.flow.lowest[0] == pytest.approx(searched.fun, rel=1e-7)
    assert found.flow.turn[0, 1] * eta / FACTOR == pytest.approx(np.exp(searched.x), rel=1e-3)


def test_lowered_path_leaves_at_the_bottom_and_joins_the_lower_curve(found):
    detail = found.detail
    before = detail.marks < detail.turns[1, 0]
    assert detail.fresh[2, before] == pytest.approx(detail.fresh[0, before])
    assert detail.lowest[1, 2] < detail.lowest[1, 0]
    assert detail.fresh[2, -1] == pytest.approx(detail.fresh[1, -1], rel=0.01)


def test_excess_over_flow_falls_with_the_batch_size(found):
    assert np.all(np.diff(found.excess, axis=1) < 0)


# The claims.


@pytest.fixture(scope="module")
def many(found):
    """The same check as if of 120 problems, so that rules on every case have enough of them."""

    def tiled(stages):
        return check.Stages(np.tile(stages.turn, (40, 1)), np.tile(stages.lowest, (40, 1)))

    return replace(
        found,
        flow=tiled(found.flow),
        fresh=tiled(found.fresh),
        scheduled=np.tile(found.scheduled, 40),
        descent=np.tile(found.descent, (40, 1, 1)),
    )


def word(verdict, start):
    (part,) = [part for part in verdict.parts if part.statement.startswith(start)]
    return part.verdict


def test_claim_is_refuted_in_flow_and_supported_with_fresh_pairs(many):
    verdict = claim.judge(many)
    assert verdict.claim == "LR-STAGE"
    assert verdict.verdict == "refuted"
    assert word(verdict, "gradient flow: the larger") == "supported"
    assert word(verdict, "bound of Theorem 5.2, one mode") == "supported"
    assert word(verdict, "the whole bound") == "refuted"
    assert word(verdict, "gradient flow: the U") == "refuted"
    assert word(verdict, "gradient flow: with η lowered") == "refuted"
    fresh = [part for part in verdict.parts if part.statement.startswith("fresh pairs")]
    assert [part.verdict for part in fresh] == ["supported"] * 4


def test_claim_would_be_supported_if_flow_gained_as_fresh_pairs_do(many):
    earlier = np.stack([many.bound_turns[:, 0], many.bound_turns[:, 0] / 2], -1)
    assert claim.judge(replace(many, flow=many.fresh, bound_turns=earlier)).verdict == "supported"


def test_fresh_pairs_are_refuted_when_they_behave_as_flow(many):
    verdict = claim.judge(replace(many, fresh=many.flow))
    assert word(verdict, "fresh pairs: the U") == "refuted"
    assert word(verdict, "fresh pairs: with η lowered at the bottom the risk") == "refuted"


def test_shift_is_refuted_when_the_bottom_stays_or_moves_left(many):
    stays = check.Stages(many.fresh.turn[:, [0, 1, 0]], many.fresh.lowest)
    verdict = claim.judge(replace(many, fresh=stays))
    assert word(verdict, "fresh pairs: with η lowered at the bottom the new") == "refuted"
    left = check.Stages(many.fresh.turn[:, [1, 0, 2]], many.fresh.lowest)
    assert word(claim.judge(replace(many, fresh=left)), "fresh pairs: the larger") == "refuted"


def test_early_turn_is_refuted_by_one_counterexample(many):
    turn = many.flow.turn.copy()
    turn[3, 0] = turn[3, 1] * 1.01
    verdict = claim.judge(replace(many, flow=check.Stages(turn, many.flow.lowest)))
    assert word(verdict, "gradient flow: the larger") == "refuted"
    turns = np.tile([[1.0, 1.1]], (120, 1))
    assert word(claim.judge(replace(many, mode_turns=turns)), "bound of Theorem 5.2, one mode") == "refuted"


def test_a_problem_that_diverges_makes_fresh_pairs_inconclusive(many):
    lowest = many.fresh.lowest.copy()
    lowest[5] = np.nan
    verdict = claim.judge(replace(many, fresh=check.Stages(many.fresh.turn, lowest)))
    assert word(verdict, "fresh pairs: the U") == "inconclusive"


def test_sharpened_claim_holds_on_drawn_problems(many):
    verdict = claim.judge_sharpened(many)
    assert verdict.claim == "LR-STAGE+"
    assert word(verdict, "gradient flow: every positive schedule") == "supported"
    assert word(verdict, "fresh pairs: the exact expected risk") == "supported"
    assert word(verdict, "fresh pairs: the lowest risk exceeds") == "supported"
    assert word(verdict, "full-batch descent without noise") == "supported"


def exact_excess(power_of_eta, power_of_batch):
    by_batch = check.SWEPT_BATCHES[:, None] ** float(power_of_batch)
    return np.tile(0.1 * check.SWEPT_RATES**power_of_eta * by_batch, (4, 1, 1))


@pytest.mark.parametrize(
    ("powers", "words"),
    [
        ((1, -1), ("supported", "supported")),
        ((1.3, -1), ("refuted", "supported")),
        ((1, -0.5), ("supported", "refuted")),
    ],
)
def test_exponents_are_judged_by_their_distance_from_one(many, powers, words):
    verdict = claim.judge_sharpened(replace(many, excess=exact_excess(*powers)))
    assert word(verdict, "fresh pairs: the lowest risk exceeds") == words[0]
    assert word(verdict, "fresh pairs: and in inverse") == words[1]


def test_fitted_exponents_are_those_of_a_power_law(many):
    by_eta, by_batch = claim.slopes(replace(many, excess=exact_excess(1.2, -0.8)))
    assert by_eta == pytest.approx(1.2)
    assert by_batch == pytest.approx(-0.8)


def test_sharpened_claim_is_refuted_by_what_contradicts_it(many):
    detail = many.detail
    missed = detail.sampled.copy()
    missed[0, 5] = detail.expected[0, 5] + 5 * detail.errors[0, 5]
    steep, idle = many.descent.copy(), many.descent.copy()
    steep[..., 1] = 0.9 * steep[..., 0]
    idle[..., 1] = idle[..., 0]
    for start, changed in (
        ("gradient flow: every", replace(many, scheduled=many.scheduled * (1 - 1e-6))),
        ("fresh pairs: the exact", replace(many, detail=replace(detail, sampled=missed))),
        ("all n points", replace(many, permuted=np.tile([[1.0, 1.01], [1.0, 1.02]], (6, 1)))),
        ("full-batch descent without", replace(many, descent=steep)),
        ("full-batch descent near", replace(many, descent=idle)),
    ):
        assert word(claim.judge_sharpened(changed), start) == "refuted", start


def test_headline_words_what_was_found(many):
    assert claim.headline(many).startswith("Lowering η at the bottom gains nothing in flow, ")
    gained = 100 * np.mean(1 - many.fresh.lowest[:, 2] / many.fresh.lowest[:, 0])
    assert claim.headline(many).endswith(f"{gained:.1f} % with fresh pairs")
    assert "gains nothing in flow" not in claim.headline(replace(many, flow=many.fresh))


# The figures.


def test_figures_report_their_numbers(found):
    detail = found.detail
    alt = figures.two_settings(found).alt
    assert all(f"{value:.3f}" in alt for value in detail.lowest.ravel())
    assert f"{detail.after[1, -1]:.4f}" in figures.when_to_lower(found).alt
    assert f"{np.mean(1 - found.permuted[:, 1] / found.permuted[:, 0]):.2%}" in figures.gains(found).alt
    assert f"Slope {np.mean(claim.slopes(found)[0]):.2f} in eta" in figures.excess_scaling(found).alt
    assert "later" in figures.later_with_larger_mu().alt


def test_slider_has_a_frame_for_each_step_of_lowering(found):
    slider = figures.drop_slider(found)
    assert len(slider.frames) == len(found.detail.drops)
    assert found.detail.drops[slider.start] == found.detail.turns[1, 0]
    assert f"{found.detail.after[1, slider.start]:.4f} with fresh pairs" in slider.alt
