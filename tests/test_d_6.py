"""D-6 and MP-LAW+: columns counted and summed one by one, laws against simulation, risks against least squares."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid
from scipy.sparse.linalg import eigsh

from mixrepro.checks import converged_risk, mixup_spectra, ranks
from mixrepro.checks import d_6 as check
from mixrepro.claims import d_6 as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import spectrum as figures
from mixrepro.rng import stream
from mixrepro.theory import column_groups as groups
from mixrepro.theory import marchenko_pastur as law
from mixrepro.theory import mixup_columns as columns


def listed_columns(points, lam, self_pairs=True):
    n = points.shape[1]
    return [
        lam * points[:, i] + (1 - lam) * points[:, j] for i in range(n) for j in range(n) if self_pairs or i != j
    ]


@given(st.integers(1, 6), st.integers(2, 7), st.floats(0, 1), st.booleans(), st.integers(0, 1000))
def test_second_moment_is_the_mean_over_all_columns(d, n, lam, self_pairs, seed):
    points = stream(seed, "points").standard_normal((d, n)) + 1
    expected = np.mean([np.outer(column, column) for column in listed_columns(points, lam, self_pairs)], axis=0)
    found = columns.second_moment(points, columns.shrinkage(lam), self_pairs)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)


def test_second_moment_is_the_briefer_form_with_the_mean():
    points, lam = stream(0, "points").standard_normal((4, 6)), 0.3
    s, mean = points @ points.T / 6, points.mean(1)
    expected = (lam**2 + (1 - lam) ** 2) * s + 2 * lam * (1 - lam) * np.outer(mean, mean)
    np.testing.assert_allclose(columns.second_moment(points, columns.shrinkage(lam)), expected, rtol=1e-13)
    without = (36 * expected - 6 * s) / (6 * 5)
    np.testing.assert_allclose(columns.second_moment(points, columns.shrinkage(lam), False), without, rtol=1e-12)


def test_second_moment_takes_many_instances_at_once():
    points = stream(0, "points").standard_normal((3, 4, 5))
    each = [columns.second_moment(one, 0.6) for one in points]
    np.testing.assert_allclose(columns.second_moment(points, 0.6), each, rtol=1e-14)


@pytest.mark.parametrize("self_pairs", [True, False])
@pytest.mark.parametrize("lam", [0.0, 0.5, 0.8, 1.0])
@pytest.mark.parametrize("n", [2, 7])
def test_distinct_columns_are_those_of_a_list(n, lam, self_pairs):
    listed = np.array(listed_columns(stream(1, "points").standard_normal((5, n)), lam, self_pairs))
    assert columns.distinct_columns(n, lam, self_pairs) == len(np.unique(np.round(listed, 12), axis=0))


@pytest.mark.parametrize("self_pairs", [True, False])
@pytest.mark.parametrize("lam", [0.5, 0.8])
def test_distinct_pairs_weigh_as_all_columns_do(lam, self_pairs):
    points = stream(1, "points").standard_normal((4, 6))
    first, second, weights = columns.distinct_pairs(6, lam, self_pairs)
    assert len(first) == columns.distinct_columns(6, lam, self_pairs)
    mixed = lam * points[:, first] + (1 - lam) * points[:, second]
    expected = columns.second_moment(points, columns.shrinkage(lam), self_pairs)
    np.testing.assert_allclose(mixed * weights @ mixed.T, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 5.0])
def test_mean_shrinkage_is_that_of_drawn_lam(alpha):
    lam = stream(2, "lam").beta(alpha, alpha, 200_000)
    drawn = lam**2 + (1 - lam) ** 2
    error = drawn.std() / np.sqrt(len(lam))
    # Four standard errors: a false alarm in 16,000.
    assert abs(drawn.mean() - columns.mean_shrinkage(alpha)) < 4 * error
    assert abs(drawn.mean() - (alpha + 1) / (2 * alpha + 2)) > 4 * error  # a wrong constant is caught


def test_linear_columns_have_the_rank_of_the_points_however_many_there_are():
    mixed = columns.mixed_columns(stream(3, "points").standard_normal((20, 6)), 0.3)
    assert mixed.shape == (20, 36)
    assert np.linalg.matrix_rank(mixed) == 6


@pytest.mark.parametrize(("ratio", "c"), [(4.0, 0.5), (6.0, 0.6), (0.5, 0.5), (2.0, 0.8)])
def test_largest_eigenvalue_is_that_of_large_matrices(ratio, c):
    n, found = 200, []
    for number in range(8):
        points = stream(number, "points").standard_normal((round(ratio * n), n))
        found.append(eigsh(columns.second_moment(points, c), 1, return_eigenvectors=False)[0])
    assert np.mean(found) == pytest.approx(columns.largest_eigenvalue(ratio, c), rel=0.04)
    bulk = c * (1 + np.sqrt(ratio)) ** 2
    assert columns.has_outlier(ratio, c) == (columns.largest_eigenvalue(ratio, c) > bulk)


@given(st.floats(0.5, 0.95))
def test_outlier_leaves_the_bulk_at_the_threshold(c):
    threshold = (c / (1 - c)) ** 2
    below, above = (columns.largest_eigenvalue(threshold * factor, c) for factor in (1 - 1e-9, 1 + 1e-9))
    assert below == pytest.approx(above, rel=1e-8)
    assert not columns.has_outlier(0.99 * threshold, c)
    assert columns.has_outlier(1.01 * threshold, c)


def test_one_group_is_marchenko_pastur():
    one = groups.Groups(np.array([1.0]), np.array([20.0]), 1.0)
    u = np.linspace(0.01, 8, 60)
    np.testing.assert_allclose(groups.grouped_density(u, 30, one), law.density(u, 1.5), atol=1e-7)
    np.testing.assert_allclose(groups.grouped_cdf(u, 30, one), law.cdf(u, 1.5), atol=1e-3)
    assert groups.grouped_cdf(0.0, 30, one) == pytest.approx(1 / 3)


def test_groups_have_the_spectrum_of_a_simulated_sum():
    two = groups.Groups(np.array([0.7, 0.3]), np.array([100.0, 700.0]), 0.7)
    generator, d = stream(5, "instances"), 250
    total = 0.0
    for share, count in zip(two.shares, (100, 700), strict=True):
        z = generator.standard_normal((d, count))
        total = total + share * (z @ z.T) / count
    values = np.linalg.eigvalsh(total)
    assert law.ks_distance_to(values, lambda u: groups.grouped_cdf(u, d, two)) < 0.02
    swapped = replace(two, shares=two.shares[::-1])
    assert law.ks_distance_to(values, lambda u: groups.grouped_cdf(u, d, swapped)) > 0.1


def test_groups_have_the_moments_of_free_cumulants():
    # The k-th free cumulant of a share p of N columns is p^k (d/N)^(k-1), and cumulants add.
    three = groups.Groups(np.array([0.6, 0.1, 0.3]), np.array([40.0, 39.0, 780.0]), 0.7)
    d = 100
    u = np.geomspace(1e-6, 40, 60_000)
    density = groups.grouped_density(u, d, three)
    variance = float(np.sum(three.shares**2 * d / three.columns))
    assert trapezoid(density * u, u) == pytest.approx(1, rel=1e-3)
    assert trapezoid(density * u**2, u) == pytest.approx(1 + variance, rel=1e-3)


def test_groups_leave_at_zero_what_exceeds_the_distinct_columns():
    for lam in (0.5, 0.7):
        found = groups.tanh_groups(10, lam, 3.0)
        assert found.columns.sum() == columns.distinct_columns(10, lam)
        assert found.shares.sum() == pytest.approx(1)
        assert groups.grouped_cdf(0.0, 150, found) == pytest.approx(1 - found.columns.sum() / 150)


def test_groups_of_a_linear_feature_are_one_of_n_columns():
    found = groups.tanh_groups(10, 0.3, 1e-3)
    assert found.additive == pytest.approx(1, abs=1e-5)
    assert found.shares[0] == pytest.approx(1, abs=1e-5)
    assert found.columns[0] == 10


@pytest.mark.parametrize("lam", [0.5, 0.7])
def test_additive_share_is_that_of_drawn_points(lam):
    # Two features that share their first point have the covariance of h1, and the same for the second.
    x, y, z = stream(6, "points").standard_normal((3, 400_000))
    feature = [np.tanh(3 * (lam * a + (1 - lam) * b)) for a, b in ((x, y), (x, z), (z, y))]
    products = feature[0] * feature[1] + feature[0] * feature[2]
    variance = np.mean(feature[0] ** 2)
    assert groups.tanh_variance(lam, 3.0) == pytest.approx(variance, rel=5e-3)
    error = products.std() / np.sqrt(len(x)) / variance
    assert abs(products.mean() / variance - groups.tanh_groups(5, lam, 3.0).additive) < 4 * error + 2e-3


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: columns.shrinkage(1.1), "lam: found 1.1"),
        (lambda: columns.shrinkage(np.nan), "lam: found nan"),
        (lambda: columns.mean_shrinkage(0.0), "alpha: found 0.0"),
        (lambda: columns.pairs(0), "n: found 0"),
        (lambda: columns.pairs(2.5), "n: found 2.5"),
        (lambda: columns.mixed_columns(np.zeros(3), 0.5), "points: found a shape"),
        (lambda: columns.mixed_columns(np.full((2, 2), np.nan), 0.5), "points: found a value that is NaN"),
        (lambda: columns.second_moment(np.ones((2, 1)), 0.5, False), "points: found a single column"),
        (lambda: columns.second_moment(np.ones((2, 3)), 0.4), "c: found 0.4"),
        (lambda: columns.distinct_columns(3, -0.1), "lam: found -0.1"),
        (lambda: columns.largest_eigenvalue(0.0, 0.5), "gamma: found 0.0"),
        (lambda: groups.tanh_groups(1, 0.5, 1.0), "n: found 1"),
        (lambda: groups.tanh_groups(5, 0.5, 0.0), "gain: found 0.0"),
        (lambda: groups.grouped_density(-1.0, 3, groups.tanh_groups(5, 0.5, 1.0)), "u: found"),
        (lambda: groups.grouped_cdf(1.0, 0, groups.tanh_groups(5, 0.5, 1.0)), "d: found 0"),
    ],
)
def test_columns_name_what_is_wrong(call, message):
    with pytest.raises(ConfigError, match=message):
        call()


@pytest.mark.parametrize("d", [6, 40])
def test_noise_risk_is_that_of_least_squares_on_all_columns(d):
    n, lam = 5, 0.5
    points = stream(7, "points").standard_normal((d, n))
    all_phi = np.tanh(np.array(listed_columns(points, lam)).T)
    labels = np.array(
        [[lam * (k == i) + (1 - lam) * (k == j) for k in range(n)] for i in range(n) for j in range(n)]
    )
    theta = np.linalg.pinv(all_phi.T, rcond=1e-10) @ labels
    root = stream(8, "points").standard_normal((30, d))
    first, second, weights = columns.distinct_pairs(n, lam)
    keep = first * n + second
    found = converged_risk.noise_risk(all_phi[:, keep], weights, labels[keep], root)
    np.testing.assert_allclose(found, np.sum((root @ theta) ** 2, axis=0), rtol=1e-9)
    diagonal = converged_risk.noise_risk(all_phi[:, keep], weights, labels[keep], np.full(d, 2.0))
    np.testing.assert_allclose(diagonal, 4 * np.sum(theta**2, axis=0), rtol=1e-9)


def test_mixup_with_linear_features_ends_where_erm_does_once_it_interpolates():
    points, y = stream(9, "points").standard_normal((12, 7)), stream(9, "noise").standard_normal(7)
    mixed = columns.mixed_columns(points, 0.3)
    first, second = columns.pairs(7)
    mixup = np.linalg.pinv(mixed.T, rcond=1e-10) @ (0.3 * y[first] + 0.7 * y[second])
    np.testing.assert_allclose(mixup, np.linalg.pinv(points.T) @ y, rtol=1e-9)


def test_sizes_hold_the_places_where_a_peak_can_be():
    assert {14, 105, 196} <= set(converged_risk.sizes(14).tolist())


@pytest.mark.parametrize(("arguments", "message"), [(dict(points=9), "points: found 9"), (dict(seeds=0), "seeds")])
def test_check_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        check.run("smoke", **arguments)


@pytest.fixture(scope="module")
def outcome():
    return check.run("smoke")


def test_ranks_are_those_expected(outcome):
    assert (outcome.ranks.rank == outcome.ranks.expected).all()
    # The gap makes the tolerance harmless.
    assert outcome.ranks.kept.min() > 1e3 * ranks.TOLERANCE
    assert outcome.ranks.dropped.max() < 1e-2 * ranks.TOLERANCE


def parts_of(verdict):
    return {part.statement: part.verdict for part in verdict.parts}


def test_printed_assumption_is_refuted_and_what_holds_is_not(outcome):
    verdict = claim.judge(outcome)
    parts = parts_of(verdict)
    assert verdict.verdict == "refuted"
    assert parts["linear features: with m > d columns Φ Φᵀ has an inverse"] == "refuted"
    assert parts["tanh features, λ ≠ ½: with m > d columns Φ Φᵀ has an inverse"] != "refuted"
    assert parts["tanh, λ = 0.7: the noise at convergence is worst near γ = d/m = 1"] == "supported"


def test_printed_assumption_would_be_supported_by_independent_columns(outcome):
    """Give every paired design what as many independent columns have."""
    measured, spectra, risks = outcome.ranks, outcome.spectra, outcome.risks
    cases = measured.rank[np.tile(np.arange(measured.rank.size), 2)]
    doubled = {name: np.tile(getattr(measured, name), 2) for name in ("linear", "half", "m", "d")}
    full = replace(measured, **doubled, rank=np.maximum(cases, doubled["d"]))
    fresh = np.repeat(risks.risk[-1:], len(risks.risk), axis=0)
    alike = replace(
        outcome,
        ranks=full,
        spectra=replace(spectra, linear_printed=spectra.linear_fresh),
        risks=replace(risks, risk=np.exp(np.log(fresh).mean(-1, keepdims=True)) * np.linspace(0.99, 1.01, 3)),
    )
    assert claim.judge(alike).verdict == "supported"


def with_a_clear_peak(risks):
    """Replace the risks by ones that are worst where the law says, in every seed."""
    half = columns.distinct_columns(risks.n, 0.5)
    risk = np.full_like(risks.risk, 1.0)
    for design, place in zip(converged_risk.DESIGNS, (risks.n, half, risks.m, half, risks.m), strict=True):
        risk[converged_risk.DESIGNS.index(design), 0, risks.d == place] = [50.0, 60.0, 70.0]
    return replace(risks, risk=risk)


def test_spectrum_is_supported(outcome):
    parts = claim.judge_spectrum(outcome).parts
    assert all(part.verdict == "supported" for part in parts if "worst" not in part.statement)
    clear = replace(outcome, risks=with_a_clear_peak(outcome.risks))
    assert claim.judge_spectrum(clear).verdict == "supported"


@pytest.mark.parametrize(
    "changed",
    [
        lambda c: replace(c, ranks=replace(c.ranks, moment_errors=c.ranks.moment_errors + 1e-9)),
        lambda c: replace(c, ranks=replace(c.ranks, expected=c.ranks.expected + (c.ranks.d == c.ranks.d.max()))),
        lambda c: replace(c, spectra=replace(c.spectra, linear_own=c.spectra.linear_own[::-1])),
        lambda c: replace(c, spectra=replace(c.spectra, linear_printed=0.5 * c.spectra.linear_own)),
        lambda c: replace(c, spectra=replace(c.spectra, tanh_own=c.spectra.tanh_own[:, ::-1])),
        lambda c: replace(c, spectra=replace(c.spectra, largest=1.2 * c.spectra.largest)),
        lambda c: replace(c, spectra=replace(c.spectra, random_lam_errors=c.spectra.random_lam_errors + 1e-3)),
        lambda c: replace(c, risks=replace(c.risks, risk=c.risks.risk[:, :, ::-1])),
    ],
)
def test_spectrum_is_refuted_by_its_opposite(outcome, changed):
    clear = replace(outcome, risks=with_a_clear_peak(outcome.risks))
    assert claim.judge_spectrum(changed(clear)).verdict == "refuted"


def test_peak_functions_see_a_drawn_peak(outcome):
    risks = with_a_clear_peak(outcome.risks)
    assert claim.worst(risks, "linear, λ = ½") == risks.n
    assert claim.above_others(risks, "tanh, λ = 0.7", risks.m) == pytest.approx(np.log10([50, 60, 70]))
    assert claim.alleviation(risks, "linear, λ = ½") == pytest.approx([0, 0, 0])
    assert claim.alleviation(risks, "tanh, λ = ½") == pytest.approx(np.log10([50, 60, 70]))


def test_figures_word_what_they_show(outcome):
    laws = figures.laws_by_size(outcome)
    assert f"{outcome.spectra.linear_own[-1].mean():.3f} to MP(d/n)" in laws.alt
    risk = figures.risk_by_features(replace(outcome, risks=with_a_clear_peak(outcome.risks)))
    assert f"linear, λ = ½: d = {outcome.risks.n}" in risk.alt
    table = figures.effective_rank_table(outcome)
    assert len(table.rows) == len(mixup_spectra.COUNTINGS)
    assert f"{outcome.spectra.effective[0, 1].mean():.1f}" in table.rows[1][1]
