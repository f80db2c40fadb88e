"""CONV-NOISE: the bounds' constants against Hessians, the mean against sampling, and both verdicts."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import beta

from mixrepro.checks import conv_noise as check
from mixrepro.claims import conv_noise as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import convexity as figures
from mixrepro.rng import stream
from mixrepro.theory.convexity import ConvexFunction, chord_height, expected_noise, mixup_noise


def hessian(f, x, step=1e-3):
    """Differentiate twice by central differences."""
    dim = len(x)
    shift = step * np.eye(dim)
    return np.array(
        [
            [
                sum(s * t * f.value(x + s * shift[i] + t * shift[j]) for s in (1, -1) for t in (1, -1))
                / (4 * step**2)
                for j in range(dim)
            ]
            for i in range(dim)
        ]
    )


@pytest.mark.parametrize("number", range(6))
def test_eigenvalues_of_the_hessian_lie_between_the_constants(number):
    generator = stream(number, "instances")
    dim = 1 + number % 4
    f = check.random_function(dim, generator)
    for x in generator.standard_normal((5, dim)):
        eigenvalues = np.linalg.eigvalsh(hessian(f, x))
        assert eigenvalues[0] >= f.rho - 1e-5
        assert eigenvalues[-1] <= f.smoothness + 1e-5


def test_smoothness_is_reached_so_that_no_smaller_constant_serves():
    # Two opposite columns: at x = 0 the softmax is (1/2, 1/2) and the variance its greatest.
    f = ConvexFunction(np.array([[0.3]]), np.zeros(1), np.array([[2.0, -2.0]]), share=1.5)
    assert hessian(f, np.zeros(1))[0, 0] == pytest.approx(f.smoothness, rel=1e-5)


def test_function_is_the_formula_written_out():
    a, b, w = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([0.1, -0.2]), np.array([[1.0, 0, 2], [0, 1, -1]])
    x = np.array([0.4, -0.7])
    expected = 0.5 * sum(x[i] * a[i, j] * x[j] for i in range(2) for j in range(2)) + b @ x
    expected += 0.8 * logsumexp([w[:, k] @ x for k in range(3)])
    assert ConvexFunction(a, b, w, 0.8).value(x) == pytest.approx(expected, rel=1e-13)


def test_noise_is_mixed_label_minus_truth():
    def f(x):
        return x**4

    assert mixup_noise(f(0.3 * 2 + 0.7 * 1), f(2), f(1), 0.3) == pytest.approx(0.3 * 16 + 0.7 * 1 - 1.3**4)


@pytest.mark.parametrize("lam", [0.0, 0.2, 0.5, 1.0])
def test_quadratic_has_the_height_of_the_chord(lam):
    x_a, x_b = stream(1, "pairs").standard_normal((2, 3))
    rho = 1.7
    values = [0.5 * rho * (x**2).sum() for x in (lam * x_a + (1 - lam) * x_b, x_a, x_b)]
    squared = sum((a - b) ** 2 for a, b in zip(x_a, x_b, strict=True))
    assert mixup_noise(*values, lam) == pytest.approx(0.5 * rho * lam * (1 - lam) * squared, abs=1e-14)
    assert chord_height(rho, squared, lam) == pytest.approx(0.5 * rho * lam * (1 - lam) * squared)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_mean_noise_lies_within_sampling_error_and_has_the_moments_of_scipy(alpha):
    generator = stream(2, "pairs")
    n, root = 200_000, np.array([[1.0, 0.0], [0.5, 2.0]])
    x_a, x_b = generator.standard_normal((2, n, 2)) @ root.T
    lam = generator.beta(alpha, alpha, n)[:, None]
    squares = [(x**2).sum(-1) for x in (lam * x_a + (1 - lam) * x_b, x_a, x_b)]
    noise = 0.5 * 0.7 * (lam[:, 0] * squares[1] + (1 - lam[:, 0]) * squares[2] - squares[0])
    trace = np.trace(root @ root.T)
    expected = expected_noise(0.7, alpha, trace)
    assert abs(noise.mean() - expected) < 4 * noise.std() / np.sqrt(n)  # false-alarm rate below 1e-4
    second = beta(alpha, alpha).mean() - beta(alpha, alpha).moment(2)
    assert expected == pytest.approx(0.5 * 0.7 * second * 2 * trace, rel=1e-10)


def test_erm_has_no_noise():
    assert expected_noise(1.0, 0.0, 3.0) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: expected_noise(-1.0, 1.0, 1.0), "rho: found -1.0"),
        (lambda: expected_noise(1.0, -0.5, 1.0), "alpha: found -0.5"),
        (lambda: expected_noise(1.0, 1.0, np.nan), "trace_covariance: found nan"),
        (lambda: chord_height(np.nan, np.ones(2), 0.5), "constant: found nan"),
        (lambda: chord_height(1.0, np.array([-1.0]), 0.5), "squared_distance: found"),
        (lambda: chord_height(1.0, np.ones(2), 1.5), "lam: found"),
        (lambda: mixup_noise(0.0, 1.0, 1.0, np.nan), "lam: found"),
        (lambda: ConvexFunction(-np.eye(2), np.zeros(2), np.eye(2)), "curvature: found"),
        (lambda: ConvexFunction(np.triu(np.ones((2, 2))), np.zeros(2), np.eye(2)), "curvature: found"),
        (lambda: ConvexFunction(np.eye(2), np.zeros(2), np.eye(2), -1.0), "share: found -1.0"),
        (lambda: check.run("gigantic"), "profile: found 'gigantic'"),
    ],
)
def test_bad_input_is_named(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.fixture(scope="module")
def noise():
    return check.run("smoke")


def test_claim_is_supported(noise):
    verdict = claim.judge(noise)
    assert {part.verdict for part in verdict.parts} == {"supported"}
    assert verdict.parts[0].n == noise.noise.size


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        (0, dict(lower=2.0)),
        (0, dict(lower=1.001)),
        (2, dict(upper=0.5)),
        (0, dict(noise=-1.0)),
    ],
    ids=str,
)
def test_claim_is_refuted_by_a_wrong_constant(noise, part, wrong):
    changed = replace(noise, **{name: factor * getattr(noise, name) for name, factor in wrong.items()})
    assert claim.judge(changed).parts[part].verdict == "refuted"


@pytest.mark.parametrize(("part", "name"), [(1, "quadratic_errors"), (3, "mean_errors")])
def test_claim_is_refuted_by_one_error(noise, part, name):
    errors = getattr(noise, name).copy()
    errors.flat[4] = 1e-6
    assert claim.judge(replace(noise, **{name: errors})).parts[part].verdict == "refuted"


def test_figures_state_the_computed_numbers(noise):
    f = ConvexFunction(np.array([[2.0]]), np.zeros(1), np.zeros((1, 1)))
    shown = figures.chord(f, -1.0, 2.0, 0.5)
    assert "2.25 above the curve; the bound from strong convexity is 2.25" in shown.alt  # x^2: 2.5 - 0.25
    shown = figures.bounds(noise, rho=1.0, trace=2.0, alphas=np.array([0.1, 1.0]))
    assert f"0 of {noise.noise.size:,} cases" in shown.alt
    assert f"{2 / 6:.2f}" in shown.alt
