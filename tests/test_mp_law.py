"""MP-LAW: the law against quadrature and simulated matrices; Mixup's columns counted and summed one by one."""

import numpy as np
import pytest
from scipy.integrate import quad

from mixrepro.errors import ConfigError
from mixrepro.rng import stream
from mixrepro.theory import marchenko_pastur as law
from mixrepro.theory import mixup_columns as columns

GAMMAS = [0.1, 0.5, 0.9, 1.5, 4.0]


def integral(function, gamma, up_to=np.inf):
    """Integrate against the density in the angle u = 1 + gamma - 2 sqrt(gamma) cos(a), in which it is smooth."""

    def integrand(angle):
        u = 1 + gamma - 2 * np.sqrt(gamma) * np.cos(angle)
        return function(u) * float(law.density(u, gamma)) * 2 * np.sqrt(gamma) * np.sin(angle)

    end = np.arccos(np.clip((1 + gamma - up_to) / (2 * np.sqrt(gamma)), -1, 1))
    return quad(integrand, 0, end, epsabs=1e-12)[0]


@pytest.mark.parametrize("gamma", GAMMAS)
def test_density_integrates_to_what_is_not_at_zero(gamma):
    assert integral(lambda u: 1.0, gamma) == pytest.approx(1 - law.mass_at_zero(gamma), rel=1e-8)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_moments_are_those_of_the_density(gamma):
    for order in range(1, 5):
        assert law.moment(order, gamma) == pytest.approx(integral(lambda u, k=order: u**k, gamma), rel=1e-8)
    assert law.inverse_moment(gamma) == pytest.approx(integral(lambda u: 1 / u, gamma), rel=1e-7)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_distribution_function_is_the_integral_of_the_density(gamma):
    for u in np.linspace(*law.support(gamma), 7):
        expected = law.mass_at_zero(gamma) + integral(lambda u: 1.0, gamma, up_to=u)
        assert float(law.cdf(u, gamma)) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_simulated_spectrum_lies_near_the_law_of_its_own_gamma_only(gamma):
    d = 300
    phi = stream(0, "instances").standard_normal((d, int(d / gamma)))
    eigenvalues = np.linalg.eigvalsh(phi @ phi.T / phi.shape[1])
    assert float(law.ks_distance(eigenvalues, gamma)) < 0.02
    assert float(law.ks_distance(eigenvalues, 1.3 * gamma)) > 0.04


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: law.support(0.0), "gamma: found 0.0"),
        (lambda: law.density(1.0, -1.0), "gamma: found -1.0"),
        (lambda: law.density(np.nan, 1.0), "u: found"),
        (lambda: law.cdf(-0.1, 1.0), "u: found"),
        (lambda: law.moment(-1, 1.0), "order: found -1"),
        (lambda: columns.mean_shrinkage(-1.0), "alpha: found -1.0"),
    ],
)
def test_law_names_what_is_wrong(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


@pytest.mark.parametrize("self_pairs", [True, False])
@pytest.mark.parametrize("lam", [0.5, 0.8])
def test_second_moment_is_the_mean_over_all_columns(lam, self_pairs):
    points = stream(1, "points").standard_normal((5, 7))
    listed = [
        lam * points[:, i] + (1 - lam) * points[:, j] for i in range(7) for j in range(7) if self_pairs or i != j
    ]
    expected = np.mean([np.outer(column, column) for column in listed], axis=0)
    found = columns.second_moment(points, columns.shrinkage(lam), self_pairs)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
    distinct = np.unique(np.round(np.array(listed), 12), axis=0)
    assert columns.distinct_columns(7, lam, self_pairs) == len(distinct)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 5.0])
def test_mean_shrinkage_is_that_of_drawn_lam(alpha):
    lam = stream(2, "lam").beta(alpha, alpha, 200_000)
    drawn = lam**2 + (1 - lam) ** 2
    # Four standard errors: a false alarm in 16,000.
    assert abs(drawn.mean() - columns.mean_shrinkage(alpha)) < 4 * drawn.std() / np.sqrt(len(lam))


def test_linear_columns_have_the_rank_of_the_points_however_many_there_are():
    points = stream(3, "points").standard_normal((20, 6))
    mixed = columns.mixed_columns(points, 0.3)
    assert mixed.shape == (20, 36)
    assert np.linalg.matrix_rank(mixed) == 6
