"""Regressions made by Mixup: pairs, clean labels and noise against a loop; and the example in one dimension."""

import numpy as np
import pytest
from scipy.optimize import brentq

from mixrepro.checks import mixup_regression, one_dimension
from mixrepro.errors import ConfigError
from mixrepro.rng import stream


@pytest.fixture(scope="module")
def problem():
    return mixup_regression.problems(stream(0, "points"), 6, 2, 3)


def test_pairs_are_mixed_as_a_loop_does(problem):
    x = problem.points(stream(1, "points"), 4)
    batch = problem.mixed(x, 0.3, np.zeros(6), problem.population(x))
    y = problem.f(x)
    for i in range(4):
        for j in range(4):
            x_mix = 0.3 * x[:, i] + 0.7 * x[:, j]
            clean = problem.f(x_mix[:, None])[:, 0]
            column = 4 * i + j
            np.testing.assert_allclose(batch.y_clean[:, column], clean, rtol=1e-12)
            np.testing.assert_allclose(
                batch.y_clean[:, column] + batch.noise[:, column], 0.3 * y[:, i] + 0.7 * y[:, j]
            )
            np.testing.assert_allclose(
                batch.phi[:, :, column], problem.features(x_mix[:, None])[:, :, 0], rtol=1e-12
            )


def test_self_pairs_carry_no_noise_and_convex_labels_only_positive_noise(problem):
    x = problem.points(stream(1, "points"), 5)
    batch = problem.mixed(x, 0.5, np.zeros(6), problem.population(x))
    np.testing.assert_allclose(batch.noise[:, ::6], 0, atol=1e-14)
    convex = problem.teacher == mixup_regression.TEACHERS.index("convex")
    assert convex.sum() == 2
    assert np.all(batch.noise[convex] >= -1e-14)
    assert np.any(batch.noise[~convex] < -1e-3)


def test_example_ends_at_least_squares_on_its_pairs():
    example = one_dimension.example(seed=3)
    columns = one_dimension.features(example.x_mix, waves=2)
    solution = np.linalg.lstsq(columns.T, example.y_mix, rcond=None)[0]
    np.testing.assert_allclose(example.flow.limit, solution, rtol=1e-9)
    np.testing.assert_allclose(example.y_clean, np.cos(3 * example.x_mix))


def test_example_changes_the_lead_where_a_root_search_says():
    example = one_dimension.example(seed=3)
    flow = example.flow
    apart = lambda t: np.linalg.norm(flow.clean(t)) - np.linalg.norm(flow.noise(t))  # noqa: E731
    assert example.crossing_time() == pytest.approx(brentq(apart, 0.0, 1e7), rel=1e-8)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(lam=1.5), "lam: found 1.5, expected a number from 0 to 1"),
        (dict(lam=float("nan")), "lam: found nan"),
        (dict(n=0), "n: found 0, expected an integer"),
        (dict(waves=0), "waves: found 0"),
        (dict(n=2, waves=3), "phi: found a 7 x 4 matrix"),
    ],
)
def test_example_names_what_is_wrong(changes, message):
    with pytest.raises(ConfigError, match=message):
        one_dimension.example(**changes)
