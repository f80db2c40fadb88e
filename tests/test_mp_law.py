"""MP-LAW: the law against quadrature, scipy and simulated matrices, what it says of the risk, and its rule."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad

from mixrepro.checks import mp_law as check
from mixrepro.checks import spectra_by_gamma
from mixrepro.checks.columns import ARMS, KINDS, TanhFeatures, draw, spectrum, whitening
from mixrepro.checks.converged_risk import iid_risk
from mixrepro.claims import mp_law as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import spectrum as figures
from mixrepro.plots.spectrum_slider import gamma_slider
from mixrepro.rng import stream
from mixrepro.theory import marchenko_pastur as law

GAMMAS = [0.001, 0.1, 0.5, 0.9, 1.5, 4.0, 900.0]


def integral(function, gamma, scale=1.0, up_to=np.inf):
    """Integrate against the density in the angle u = 1 + gamma - 2 sqrt(gamma) cos(a), in which it is smooth."""

    def integrand(angle):
        u = scale * (1 + gamma - 2 * np.sqrt(gamma) * np.cos(angle))
        return function(u) * float(law.density(u, gamma, scale)) * scale * 2 * np.sqrt(gamma) * np.sin(angle)

    end = np.arccos(np.clip((1 + gamma - up_to / scale) / (2 * np.sqrt(gamma)), -1, 1))
    return quad(integrand, 0, end, epsabs=1e-12)[0]


@pytest.mark.parametrize("gamma", GAMMAS)
def test_density_integrates_to_what_is_not_at_zero(gamma):
    assert integral(lambda u: 1.0, gamma) == pytest.approx(1 - max(0, 1 - 1 / gamma), rel=1e-8)


def test_density_is_the_papers_formula():
    gamma, u = 0.3, 0.8
    low, high = (1 - np.sqrt(gamma)) ** 2, (1 + np.sqrt(gamma)) ** 2
    assert float(law.density(u, gamma)) == pytest.approx(
        np.sqrt((high - u) * (u - low)) / (2 * np.pi * gamma * u), rel=1e-14
    )


@pytest.mark.parametrize("gamma", GAMMAS)
def test_moments_are_those_of_the_density(gamma):
    for order in range(1, 5):
        expected = integral(lambda u, k=order: u**k, gamma, 1.7)
        assert law.moment(order, gamma, 1.7) == pytest.approx(expected, rel=1e-8)
    assert law.inverse_moment(gamma, 1.7) == pytest.approx(integral(lambda u: 1 / u, gamma, 1.7), rel=1e-7)


def test_first_moments_are_the_known_polynomials():
    gamma = 0.7
    known = [1, 1, 1 + gamma, 1 + 3 * gamma + gamma**2, 1 + 6 * gamma + 6 * gamma**2 + gamma**3]
    assert [law.moment(order, gamma) for order in range(5)] == pytest.approx(known, rel=1e-14)


@pytest.mark.parametrize("gamma", [0.3, 3.0])
def test_moments_are_those_of_simulated_matrices(gamma):
    d = 200
    traces = []
    for number in range(20):
        phi = stream(number, "instances").standard_normal((d, round(d / gamma)))
        values = np.linalg.eigvalsh(phi @ phi.T / phi.shape[1])
        traces.append([np.mean(values**order) for order in (1, 2, 3)])
    expected = [law.moment(order, gamma) for order in (1, 2, 3)]
    assert np.mean(traces, 0) == pytest.approx(expected, rel=0.02)
    assert np.mean(traces, 0)[1] != pytest.approx(1 + 1.2 * gamma, rel=0.02)  # a wrong constant shows


@pytest.mark.parametrize("gamma", [*GAMMAS, 1.0, 0.0024, 0.0026])
@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_distribution_function_is_the_integral_of_the_density(gamma, scale):
    for u in np.linspace(*law.support(gamma, scale), 7):
        expected = law.mass_at_zero(gamma) + integral(lambda u: 1.0, gamma, scale, up_to=u)
        assert float(law.cdf(u, gamma, scale)) == pytest.approx(expected, abs=1e-8)
    assert float(law.cdf(0, gamma)) == law.mass_at_zero(gamma)


def test_mass_lies_at_zero_only_where_features_outnumber_columns():
    assert law.mass_at_zero(0.8) == law.mass_at_zero(1.0) == 0
    assert law.mass_at_zero(4.0) == 0.75
    assert float(law.density(0.0, 1.0)) == np.inf
    assert float(law.density(0.0, 2.0)) == 0


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_simulated_spectrum_lies_near_the_law_of_its_own_gamma_only(gamma):
    d = 300
    phi = stream(0, "instances").standard_normal((d, int(d / gamma)))
    eigenvalues = np.linalg.eigvalsh(phi @ phi.T / phi.shape[1])
    assert float(law.ks_distance(eigenvalues, gamma)) < 0.02
    assert float(law.ks_distance(eigenvalues, 1.3 * gamma)) > 0.04
    assert float(law.ks_distance(eigenvalues, gamma, 1.3)) > 0.04


def test_ks_distance_is_scipys_where_no_eigenvalue_is_zero():
    values = stream(1, "instances").uniform(0.1, 3, (2, 50))
    expected = [stats.kstest(row, lambda u: law.cdf(u, 0.5)).statistic for row in values]
    assert law.ks_distance(values, 0.5) == pytest.approx(expected, rel=1e-12)


def test_ks_distance_is_the_largest_gap_on_a_fine_grid_with_zeros():
    values = np.array([0.0, -1e-17, 0.0, 0.5, 2.0, 2.0])
    grid = np.concatenate([np.linspace(0, 12, 200_001), values[3:], values[3:] - 1e-9])
    shares = np.mean(np.clip(values, 0, None)[:, None] <= grid, axis=0)
    assert float(law.ks_distance(values, 3.0)) == pytest.approx(
        np.abs(shares - law.cdf(grid, 3.0)).max(), abs=1e-6
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: law.support(0.0), "gamma: found 0.0"),
        (lambda: law.support(np.inf), "gamma: found inf"),
        (lambda: law.support(True), "gamma: found True"),
        (lambda: law.mass_at_zero(np.nan), "gamma: found nan"),
        (lambda: law.density(1.0, -1.0), "gamma: found -1.0"),
        (lambda: law.density(1.0, 1.0, 0.0), "scale: found 0.0"),
        (lambda: law.density(np.nan, 1.0), "u: found"),
        (lambda: law.cdf(-0.1, 1.0), "u: found"),
        (lambda: law.moment(-1, 1.0), "order: found -1"),
        (lambda: law.moment(1.5, 1.0), "order: found 1.5"),
        (lambda: law.converged_noise_risk(0.5, -1.0), "noise_variance: found -1.0"),
        (lambda: law.ks_distance(np.array([]), 1.0), "eigenvalues: found a shape"),
        (lambda: law.ks_distance(np.array([1.0, np.nan]), 1.0), "eigenvalues: found a value that is NaN"),
        (lambda: law.ks_distance(np.array([1.0, -0.1]), 1.0), "eigenvalues: found -0.1"),
    ],
)
def test_law_names_what_is_wrong(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


@pytest.mark.parametrize(("d", "m"), [(20, 60), (90, 30)])
def test_noise_at_convergence_is_that_of_simulated_regressions(d, m):
    # Exactly, for normal entries, E tr (Phi Phi^T)^+ is d / (m - d - 1) below m and m / (d - m - 1) above.
    low, high = min(d, m), max(d, m)
    generator = stream(5, "noise")
    risks, traces = [], []
    for _ in range(400):
        phi = generator.standard_normal((d, m))
        theta = np.linalg.lstsq(phi.T, generator.standard_normal(m), rcond=None)[0]
        risks.append(theta @ theta)
        traces.append(iid_risk(generator, d, m))
    exact = low / (high - low - 1)
    for sample in (risks, traces):
        # Four standard errors: a false alarm in 16,000.
        assert abs(np.mean(sample) - exact) < 4 * np.std(sample) / np.sqrt(400)
    assert law.converged_noise_risk(d / m) == pytest.approx(exact, rel=2 / (high - low))


def test_noise_at_convergence_is_infinite_at_one_and_scales_with_the_noise():
    assert law.converged_noise_risk(1.0) == np.inf
    assert law.converged_noise_risk(0.25, 3.0) == pytest.approx(1.0)


def test_drawn_columns_of_fresh_points_and_of_pairs_have_the_same_variance():
    features = TanhFeatures(stream(0, "init"), "toy features", 300, 0.5, 3.0)
    drawn = {
        arm: np.mean([np.mean(draw(stream(k, "pairs"), arm, features, 12) ** 2) for k in range(40)])
        for arm in ARMS
    }
    assert drawn["all pairs"] == pytest.approx(drawn["fresh points"], rel=0.03)
    assert drawn["i.i.d. entries"] == pytest.approx(1, rel=0.03)
    mixed = features.fresh(stream(1, "points"), 20_000, 0)
    assert np.mean(mixed**2) == pytest.approx(1, rel=0.01)
    assert abs(mixed.mean()) < 0.01


def test_whitened_features_are_uncorrelated():
    features = TanhFeatures(stream(0, "init"), "toy features", 20, 0.5, 3.0)
    white = whitening(stream(2, "points"), features, 10**9)
    fresh = features.fresh(stream(3, "points"), 50_000, 0)
    before, after = (np.linalg.eigvalsh(phi @ phi.T / 50_000) for phi in (fresh, white @ fresh))
    # The matrix comes from 20 columns a feature, so what is left is the inverse of a matrix with gamma = 1/20.
    low, high = law.support(1 / 20)
    assert 0.9 / high < after.min() < after.max() < 1.1 / low
    assert before.max() / before.min() > 3 * high / low


@pytest.mark.parametrize("shape", [(5, 9), (9, 5)])
def test_spectrum_is_that_of_the_large_matrix(shape):
    phi = stream(4, "points").standard_normal(shape)
    np.testing.assert_allclose(spectrum(phi), np.linalg.eigvalsh(phi @ phi.T / shape[1]), atol=1e-12)


@pytest.mark.parametrize(("arguments", "message"), [(dict(points=3), "points: found 3"), (dict(seeds=0), "seeds")])
def test_check_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        check.run("smoke", **arguments)


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def words(outcome):
    verdict = claim.judge(outcome)
    return verdict.verdict, [part.verdict for part in verdict.parts]


def test_claim_is_supported(outcome):
    assert words(outcome)[0] == "supported"


@pytest.mark.parametrize(
    ("changed", "part"),
    [
        (lambda c: dict(iid=c.iid[:, :, ::-1]), 0),
        (lambda c: dict(iid=c.iid + 0.1), 2),
        (lambda c: dict(tiny=c.tiny[[1, 0, 2]]), 3),
        (lambda c: dict(risk=1.2 * c.risk), 4),
        (lambda c: dict(risk=np.roll(c.risk, 7, axis=0)), 5),
        (lambda c: dict(risk=c.risk[::-1] * 0 + 1), 6),
        (lambda c: dict(departure=c.departure[:, ::-1]), 7),
    ],
)
def test_claim_is_refuted_by_its_opposite(outcome, changed, part):
    verdict, parts = words(replace(outcome, **changed(outcome)))
    assert parts[part] == "refuted"
    assert verdict == "refuted"


def test_power_is_that_of_a_drawn_power_law():
    sizes = np.array([10, 20, 40])
    distance = np.array([[3.0], [5.0]])[:, :, None] * sizes[None, :, None] ** -0.75 * np.ones((2, 3, 4))
    assert claim.power(sizes, distance) == pytest.approx([-0.75] * 4)


def test_figures_word_what_they_show(outcome):
    shown = figures.iid_entries(outcome)
    assert f"{outcome.iid[:, :, -1].mean():.2g}" in shown.alt
    departures = figures.departures(outcome)
    assert all(kind in departures.alt for kind in KINDS)
    assert f"{outcome.departure[0, 3].mean():.3f}" in departures.alt
    assert f"{outcome.departure.shape[-1]} seeds" in departures.caption


def test_slider_has_a_frame_for_each_gamma_and_starts_at_one():
    histograms = spectra_by_gamma.run("smoke")
    slider = gamma_slider(histograms)
    assert len(slider.frames) == len(histograms.d)
    assert slider.labels[slider.start].startswith("γ = 1 ")
    assert f"d = {histograms.n**2}" in slider.alt
    assert max(map(len, slider.frames)) < 25_000


def test_histograms_count_every_eigenvalue():
    histograms = spectra_by_gamma.run("smoke")
    total = histograms.shares.sum(-1) + histograms.zeros + histograms.tiny
    assert total == pytest.approx(np.ones_like(total))
    n, half = histograms.n, histograms.n * (histograms.n + 1) // 2
    expected = [np.maximum(0, 1 - rank / histograms.d) for rank in (n * n, half)]
    assert histograms.zeros == pytest.approx(np.array(expected))
