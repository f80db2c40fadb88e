"""THM-5.2: the bound against its formula written out, where it is reached, and wrong constants."""

import math
from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import instances as drawn
from mixrepro.checks import mixup_regression, tight_instances
from mixrepro.checks import thm_5_2 as check
from mixrepro.claims import thm_5_2 as claim
from mixrepro.errors import ConfigError
from mixrepro.rng import stream
from mixrepro.theory.gradient_flow import GradientFlow
from mixrepro.theory.population_risk import Population
from mixrepro.theory.risk_bound import (
    error_turning_times,
    risk_bound,
    sharpened_bound,
    triangle_bound,
    turning_times,
)

TERMS = dict(
    mu=np.array([0.2, 0.9, 3.0]),
    theta_star=np.array([1.0, -0.4, 0.1]),
    xi=0.5,
    c1=4.0,
    c2=0.3,
    eta=0.1,
    r_star=0.7,
)
TIMES = np.array([0.0, 1.0, 7.0, 400.0])


def written_out(t, mu, theta_star, xi, c1, c2, eta, r_star):
    total = zeta = 0.0
    for mu_k, theta_k in zip(mu, theta_star, strict=True):
        signal = xi**2 + theta_k**2
        total += signal * math.exp(-2 * eta * mu_k * t) + c2 / mu_k * (1 - math.exp(-eta * mu_k * t)) ** 2
        zeta += max(signal, c2 / mu_k)
    return c1 * total + 2 * math.sqrt(c1 * r_star * zeta)


def test_bound_is_the_theorem_written_out():
    expected = [written_out(t, **TERMS) for t in TIMES]
    np.testing.assert_allclose(risk_bound(TIMES, **TERMS), expected, rtol=1e-13)


def test_sharper_bounds_are_never_looser():
    printed, sharp, short = (bound(TIMES, **TERMS) for bound in (risk_bound, sharpened_bound, triangle_bound))
    assert np.all(sharp <= printed * (1 + 1e-14))
    assert sharp[-1] < printed[-1]
    assert np.all(short <= sharp * (1 + 1e-14))


def test_modes_of_the_bound_turn_where_a_search_says():
    grid = np.geomspace(1e-3, 1e3, 400_001)
    turns = turning_times(**{name: TERMS[name] for name in ("mu", "theta_star", "xi", "c2", "eta")})
    for mu, theta, turn in zip(TERMS["mu"], TERMS["theta_star"], turns, strict=True):
        u = np.exp(-TERMS["eta"] * mu * grid)
        value = (TERMS["xi"] ** 2 + theta**2) * u**2 + TERMS["c2"] / mu * (1 - u) ** 2
        assert turn == pytest.approx(grid[value.argmin()], rel=1e-3)


@pytest.mark.parametrize(("theta_noise", "turns"), [(0.5, True), (-0.5, False), (-1.5, False)])
def test_true_error_of_a_mode_turns_only_for_some_signs(theta_noise, turns):
    # theta* = 1, xi = 0: noise of the same sign overshoots; weaker noise of the other sign never turns; stronger
    # noise of the other sign only rises.
    (time,) = error_turning_times(
        mu=np.ones(1), theta_star=np.ones(1), theta_noise=np.array([theta_noise]), xi=0.0, eta=1.0
    )
    t = np.linspace(0, 20, 20_001)
    error = ((-1) * np.exp(-t) + (1 - np.exp(-t)) * theta_noise) ** 2
    assert (0 < time < np.inf) == turns == (0 < error.argmin() < len(t) - 1)
    if turns:
        assert time == pytest.approx(t[error.argmin()], abs=2e-3)


def test_expected_risk_over_starts_lies_within_sampling_error():
    generator = stream(3, "instances")
    phi, y_clean, noise = generator.standard_normal((3, 8)), generator.standard_normal(8), generator.normal(size=8)
    population = Population(generator.standard_normal((3, 20)), generator.standard_normal(20))
    exact = GradientFlow(phi, y_clean, noise, np.zeros(3), 0.1).risk(TIMES, population, xi=0.8)
    starts = 0.8 * generator.standard_normal((20_000, 3))
    drawn = [np.broadcast_to(value, (20_000, *value.shape)) for value in (phi, y_clean, noise)]
    theta = GradientFlow(*drawn, starts, 0.1).theta(TIMES)
    risks = ((theta @ population.phi - population.y) ** 2).mean(-1)
    error = risks.std(0) / np.sqrt(len(risks))
    assert np.all(np.abs(risks.mean(0) - exact) <= 4.5 * error + 1e-9)  # false-alarm rate below 1e-4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(mu=np.array([0.0, 1.0, 2.0])), "mu: found .*, expected above 0"),
        (dict(c2=-1.0), "c2: found .*, expected at least 0"),
        (dict(eta=0.0), "eta: found .*, expected above 0"),
        (dict(r_star=np.nan), "r_star: found .*, expected finite numbers"),
        (dict(theta_star=np.ones(2)), "theta_star: found a shape"),
        (dict(t=-1.0), "t: found .*, expected at least 0"),
    ],
)
def test_bound_names_what_is_wrong(changes, message):
    arguments = {"t": 1.0} | TERMS | changes
    with pytest.raises(ConfigError, match=message):
        risk_bound(arguments.pop("t"), **arguments)


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def test_claims_are_supported(outcome):
    assert claim.judge(outcome).verdict == "supported"
    verdict = claim.judge_sharpened(outcome)
    assert (verdict.claim, verdict.verdict) == ("THM-5.2+", "supported")


def test_claim_is_refuted_by_one_excess_above_the_bound(outcome):
    excess = outcome.excess.copy()
    excess[3, 5] = 1.001 * outcome.printed[3, 5]
    assert claim.judge(replace(outcome, excess=excess)).verdict == "refuted"


@pytest.mark.parametrize(("c1", "c2"), [(0.99, 1.0), (1.0, 0.99), (0.5, 1.0), (1.0, 0.5)])
def test_too_small_a_constant_is_violated_by_the_tight_families(c1, c2):
    reached = check.reached(0, 40, c1, c2)
    # At the turn both terms are equal, so half of the bound comes with C2; R* = 0 leaves C1 as a factor.
    for ratio in (reached.printed, reached.sharpened):
        np.testing.assert_allclose(ratio, c1 * (1 + c2) / 2, rtol=1e-9)
    assert np.all(reached.triangle < 1 - 1e-3)


@pytest.mark.parametrize("c1", [1.0, 0.01])
def test_the_check_itself_finds_violations_of_a_wrong_constant(c1):
    batch = tight_instances.draw(stream(0, "noise"), 50, 3)
    flow = batch.flow()
    terms = batch.bound_terms(flow)
    terms["c1"] = c1 * terms["c1"]
    excess = flow.excess_risk(batch.turn, batch.population, batch.xi)
    violated = claim.crossed(excess, risk_bound(batch.turn, **terms))
    assert violated.any() == (c1 < 1)


def test_excess_of_tight_instances_is_their_squared_error_by_hand():
    batch = tight_instances.draw(stream(1, "noise"), 20, 1)
    phi, x = batch.phi[:, 0], batch.population.phi[:, 0, 0]
    theta_star, theta_noise = batch.y_clean[:, 0] / phi[:, 0], batch.noise[:, 0] / phi[:, 0]
    u = np.exp(-drawn.ETA * np.mean(phi**2, axis=1) * batch.turn[:, 0])
    expected = x**2 * ((1 - u) * theta_noise - u * theta_star) ** 2
    excess = batch.flow().excess_risk(batch.turn, batch.population, batch.xi)[:, 0]
    np.testing.assert_allclose(excess, expected, rtol=1e-11)


def test_least_constants_are_taken_over_points_and_noise():
    batch = next(iter(mixup_regression.batches(0, 12)))
    terms = batch.bound_terms(batch.flow())
    longest = [max(np.linalg.norm(column) ** 2 for column in phi.T) for phi in batch.population.phi]
    np.testing.assert_allclose(terms["c1"], 2 * np.array(longest), rtol=1e-12)
    np.testing.assert_allclose(terms["c2"], [max(abs(z) for z in noise) ** 2 for noise in batch.noise])


def test_instances_have_the_condition_numbers_they_claim():
    batch = drawn.draw(stream(2, "instances"), 40, 6, 9)
    by_svd = np.array([np.linalg.cond(phi) ** 2 for phi in batch.phi])
    np.testing.assert_allclose(by_svd, batch.condition, rtol=1e-6)
    flow = batch.flow()
    np.testing.assert_allclose(flow.mu[:, -1] / flow.mu[:, 0], batch.condition, rtol=1e-6)
    assert batch.condition.max() > 1e7


@pytest.mark.parametrize("factor", [0.99, 0.5])
def test_a_wrong_constant_is_caught_where_the_bound_is_reached(outcome, factor):
    reached = replace(outcome.reached, printed=factor * outcome.reached.printed)
    assert claim.judge(replace(outcome, reached=reached)).verdict == "refuted"
    sharper = replace(outcome.reached, sharpened=factor * outcome.reached.sharpened)
    assert claim.judge_sharpened(replace(outcome, reached=sharper)).verdict == "refuted"
