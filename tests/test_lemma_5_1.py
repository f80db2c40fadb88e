"""LEMMA-5.1: the closed form against eq. (3) written out, a stiff solver and descent; verdicts both ways."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from mixrepro.checks import lemma_5_1 as check
from mixrepro.claims import lemma_5_1 as claim
from mixrepro.errors import ConfigError
from mixrepro.rng import stream
from mixrepro.theory.gradient_flow import GradientFlow, paths

ETA = 0.3
TIMES = np.array([0.0, 0.1, 1.0, 10.0, 300.0])


def instance(d=4, m=9, number=0):
    generator = stream(7, "instances", number)
    phi = generator.standard_normal((d, m))
    return phi, generator.standard_normal(m), generator.standard_normal(m), generator.standard_normal(d)


def literal(phi, y_clean, noise, theta_0, t):
    """Write eq. (3) out: the paper's pseudo-inverse and a matrix exponential, no eigenvectors."""
    d, m = phi.shape
    inverse = np.linalg.inv(phi @ phi.T) @ phi
    decay = expm(-ETA / m * phi @ phi.T * t)
    return inverse @ y_clean + decay @ (theta_0 - inverse @ y_clean) + (np.eye(d) - decay) @ inverse @ noise


def test_closed_form_is_equation_3_written_out():
    arguments = instance()
    flow = GradientFlow(*arguments, ETA)
    expected = np.stack([literal(*arguments, t) for t in TIMES])
    np.testing.assert_allclose(flow.theta(TIMES), expected, rtol=1e-11, atol=1e-12)


def test_closed_form_is_what_a_stiff_solver_finds():
    phi, y_clean, noise, theta_0 = instance()
    gradient = lambda t, theta: -ETA / phi.shape[1] * phi @ (theta @ phi - y_clean - noise)  # noqa: E731
    solution = solve_ivp(gradient, (0, 300), theta_0, method="Radau", t_eval=TIMES, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(GradientFlow(*instance(), ETA).theta(TIMES), solution.y.T, rtol=1e-8, atol=1e-10)


def test_descent_is_the_literal_loop():
    phi, y_clean, noise, theta = instance()
    flow = GradientFlow(phi, y_clean, noise, theta, ETA)
    for _ in range(50):
        theta = theta - ETA / phi.shape[1] * phi @ (theta @ phi - y_clean - noise)
    np.testing.assert_allclose(flow.descent(50), theta, rtol=1e-11)


def test_terms_add_up_and_start_and_end_where_they_should():
    flow = GradientFlow(*instance(), ETA)
    np.testing.assert_allclose(flow.theta_star + flow.clean(TIMES) + flow.noise(TIMES), flow.theta(TIMES))
    np.testing.assert_allclose(flow.theta(0.0), flow.theta_0, rtol=1e-12)
    assert np.all(flow.noise(0.0) == 0)
    phi, y_clean, noise, _ = instance()
    solution = np.linalg.lstsq(phi.T, y_clean + noise, rcond=None)[0]
    np.testing.assert_allclose(flow.theta(1e6), solution, rtol=1e-9)


def test_instances_are_computed_together_as_one_by_one():
    several = [instance(number=number) for number in range(5)]
    stacked = [np.stack(column) for column in zip(*several, strict=True)]
    together = GradientFlow(*stacked, ETA).theta(TIMES)
    assert together.shape == (5, len(TIMES), 4)
    alone = np.stack([GradientFlow(*arguments, ETA).theta(TIMES) for arguments in several])
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    np.testing.assert_allclose(paths(TIMES, *stacked, ETA, chunk=2), alone, rtol=1e-12)


def test_minimum_norm_leaves_alone_what_no_sample_sees():
    phi, y_clean, noise, theta_0 = instance(d=9, m=4)
    flow = GradientFlow(phi, y_clean, noise, theta_0, ETA, minimum_norm=True)
    unseen = np.eye(9) - phi @ np.linalg.pinv(phi)
    np.testing.assert_allclose(unseen @ flow.theta(1e9), unseen @ theta_0, atol=1e-12)
    np.testing.assert_allclose(flow.theta(1e9) @ phi, y_clean + noise, rtol=1e-8)


def test_minimum_norm_ends_and_descends_to_its_limit():
    phi, y_clean, noise, theta_0 = instance(d=9, m=4)
    flow = GradientFlow(phi, y_clean, noise, theta_0, ETA, minimum_norm=True)
    # Of all solutions the nearest to the start: least squares for what is left of the labels there.
    nearest = theta_0 + np.linalg.lstsq(phi.T, y_clean + noise - theta_0 @ phi, rcond=None)[0]
    for end in (flow.limit, flow.theta(1e9), flow.descent(100_000)):
        np.testing.assert_allclose(end, nearest, rtol=1e-8)


def test_small_singular_values_are_rank_not_rounding():
    generator = stream(8, "instances")
    left, right = (np.linalg.qr(generator.standard_normal((rows, 3)))[0] for rows in (3, 7))
    phi = left * [1.0, 1e-4, 1e-7] @ right.T
    truth = left @ [1.0, 2.0, 3.0]
    flow = GradientFlow(phi, truth @ phi, np.zeros(7), np.zeros(3), ETA)
    np.testing.assert_allclose(np.sqrt(7 * flow.mu), [1e-7, 1e-4, 1.0], rtol=1e-7)
    np.testing.assert_allclose(flow.theta_star, truth, rtol=1e-7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(eta=0.0), "eta: found 0.0, expected a finite number above 0"),
        (dict(eta=float("nan")), "eta: found nan"),
        (dict(noise=np.zeros(3)), r"noise: found a shape \(3,\)"),
        (dict(theta_0=np.full(4, np.nan)), "theta_0: found a value that is NaN"),
        (dict(phi=np.ones((4, 9))), r"phi: found a 4 x 9 matrix of rank 1, expected .* minimum_norm=True"),
        (dict(phi=np.full((4, 9), np.inf)), "phi: found a value that is NaN or infinite"),
    ],
)
def test_flow_names_what_is_wrong(changes, message):
    names = ("phi", "y_clean", "noise", "theta_0")
    arguments = dict(zip(names, instance(), strict=True)) | {"eta": ETA} | changes
    with pytest.raises(ConfigError, match=message):
        GradientFlow(**arguments)


def test_flow_refuses_fewer_samples_than_features_by_default():
    with pytest.raises(ValueError, match="phi: found a 9 x 4 matrix of rank 4, expected m >= d"):
        GradientFlow(*instance(d=9, m=4), ETA)


@pytest.mark.parametrize("t", [-1.0, np.array([0.0, np.nan])])
def test_flow_refuses_times_before_the_start(t):
    with pytest.raises(ConfigError, match=r"t: found .*, expected finite times, at least 0"):
        GradientFlow(*instance(), ETA).theta(t)


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def test_claims_are_supported(outcome):
    assert claim.judge(outcome).verdict == "supported"
    verdict = claim.judge_minimum_norm(outcome)
    assert (verdict.claim, verdict.verdict) == ("LEMMA-5.1+", "supported")


@pytest.mark.parametrize("column", ["solver", "exponential", "descent", "small_steps"])
def test_claim_is_refuted_by_one_path_that_differs(outcome, column):
    errors = getattr(outcome, column).copy()
    errors[0] = 1e-3
    assert claim.judge(replace(outcome, **{column: errors})).verdict == "refuted"


@pytest.mark.parametrize("column", ["deficient", "deficient_solver", "unseen"])
def test_extension_is_refuted_by_one_path_that_differs(outcome, column):
    errors = getattr(outcome, column).copy()
    errors[0] = 1e-3
    assert claim.judge_minimum_norm(replace(outcome, **{column: errors})).verdict == "refuted"
