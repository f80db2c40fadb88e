"""REM-5.1: noise rates against closed forms, truths with and without noise, and both verdicts."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from mixrepro.checks import rem_5_1 as check
from mixrepro.claims import rem_5_1 as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import label_noise as figures
from mixrepro.rng import stream
from mixrepro.theory.known_labels import AffineLabels, Certain, Dominant, SoftmaxTeacher, Tempered, two_moons
from mixrepro.theory.label_noise import noise_of_pairs


def mean_noise_of_a_threshold(lam):
    """Return E TV for the certain label sign(x), x standard normal, derived by hand.

    Labels differ with probability 1/2. Then the mixed sign is X's iff |X'| / |X| < lam / (1 - lam), a ratio of
    half-normal variables, and the noise is the weight of the other label.
    """
    own = 2 / np.pi * np.arctan(lam / (1 - lam))
    return 0.5 * (own * (1 - lam) + (1 - own) * lam)


@pytest.mark.parametrize("lam", [0.1, 0.3, 0.5, 0.8])
def test_noise_rate_of_a_threshold_is_the_closed_form(lam):
    problem = Certain(SoftmaxTeacher(np.array([[1.0, -1.0]])))
    generator = stream(0, "pairs")
    x_a, x_b = problem.sample(100_000, generator), problem.sample(100_000, generator)
    bounds, _ = noise_of_pairs(problem, x_a, x_b, np.full(100_000, lam))
    error = bounds.tv.std() / np.sqrt(100_000)
    assert abs(bounds.tv.mean() - mean_noise_of_a_threshold(lam)) < 4 * error  # false-alarm rate below 1e-4


def test_affine_truth_has_no_noise_and_its_powers_have():
    problem = AffineLabels(np.eye(3))
    generator = stream(1, "pairs")
    x_a, x_b = problem.sample(200, generator), problem.sample(200, generator)
    lam = generator.uniform(0, 1, 200)
    assert noise_of_pairs(problem, x_a, x_b, lam)[0].tv.max() < 1e-15
    for beta in (0.5, 2.0):
        assert noise_of_pairs(Tempered(problem, beta), x_a, x_b, lam)[0].tv.mean() > 0.01


@dataclass(frozen=True)
class Cubic:
    """A curved truth whose curve meets its chord from 0 to 1 in the middle."""

    dim: int = 1
    num_classes: int = 2

    def sample(self, n, generator):
        return generator.integers(0, 2, (n, 1)).astype(float)

    def f(self, x):
        first = 0.5 + x[..., 0] * (1 - x[..., 0]) * (1 - 2 * x[..., 0])
        return np.stack([first, 1 - first], -1)


def test_curved_truth_can_be_without_noise_at_one_lam_when_the_support_is_not_convex():
    x_a, x_b = np.array([0.0]), np.array([1.0])
    assert noise_of_pairs(Cubic(), x_a, x_b, 0.5)[0].tv == pytest.approx(0, abs=1e-15)
    assert noise_of_pairs(Cubic(), x_a, x_b, 0.25)[0].tv > 0.05
    # On the whole interval, where the theorem speaks, the same lam meets noise.
    assert noise_of_pairs(Cubic(), x_a, np.array([0.5]), 0.5)[0].tv > 0.05


def test_dominated_truth_is_curved_and_no_argmax_is_wrong():
    problem = Dominant(two_moons(), 0.6)
    generator = stream(2, "pairs")
    x_a, x_b = problem.sample(2000, generator), problem.sample(2000, generator)
    bounds, _ = noise_of_pairs(problem, x_a, x_b, generator.uniform(0, 1, 2000))
    assert bounds.tv.mean() > 0.05
    assert not bounds.argmax_differs.any()


@pytest.fixture(scope="module")
def rates():
    return check.run("smoke")


def test_rates_are_the_means_over_a_seeds_pairs(rates):
    pairs, seeds = (check.SIZES["smoke"][name] for name in ("pairs", "seeds"))
    assert rates.by_lam.shape == (4, seeds, len(check.LAMS), 2)
    problem = check.four_problems(stream(0, "teacher", 2))["softmax teacher"]
    generator = stream(0, "pairs", 2)
    x_a, x_b = problem.sample(pairs, generator), problem.sample(pairs, generator)
    tv, differs = [], []
    for a, b in zip(x_a, x_b, strict=True):
        f_mixed, g = problem.f(0.35 * a + 0.65 * b), 0.35 * problem.f(a) + 0.65 * problem.f(b)
        tv.append(sum(max(p - q, 0) for p, q in zip(f_mixed, g, strict=True)))
        differs.append(list(f_mixed).index(max(f_mixed)) != list(g).index(max(g)))
    place = int(np.abs(check.LAMS - 0.35).argmin())
    assert rates.by_lam[2, 2, place] == pytest.approx([np.mean(tv), np.mean(differs)], rel=1e-12)


def test_rates_vanish_at_the_ends_and_mirror_each_other(rates):
    assert rates.by_lam[..., [0, -1], :] == pytest.approx(0, abs=1e-14)
    many = check.run("smoke", seeds=10, pairs=300)
    tv = claim.tv(many.by_lam).mean(1)
    assert tv == pytest.approx(tv[:, ::-1], abs=0.02)  # exchanging lam and 1 - lam exchanges X and X'


def test_remark_as_printed_is_refuted_by_argmax_labels_alone():
    verdict = claim.judge(check.run("smoke", seeds=8, pairs=200))
    assert verdict.claim == "REM-5.1"
    assert [part.verdict for part in verdict.parts] == ["supported"] * 3 + ["refuted"]


def test_remark_as_printed_would_be_supported_if_every_curved_truth_had_wrong_argmaxes(rates):
    obeying = replace(rates, dominated_differs=np.full(rates.dominated_differs.shape, True))
    assert claim.judge(obeying).parts[-1].verdict == "supported"


def test_dependence_is_refuted_when_nothing_changes(rates):
    generator = stream(3, "instances")
    same = 0.2 + 1e-6 * generator.standard_normal(rates.wide.shape)
    parts = claim.judge(replace(rates, narrow=rates.wide + same - 0.2)).parts
    assert parts[0].verdict == "refuted"
    flipped = replace(rates, wide=rates.narrow, narrow=rates.wide, by_beta=rates.by_beta[:, :, ::-1])
    assert [part.verdict for part in claim.judge(flipped).parts[:2]] == ["refuted", "refuted"]


def test_corrected_remark_is_supported_and_refuted_by_one_case(rates):
    assert claim.judge_corrected(rates).claim == "REM-5.1+"
    assert claim.judge_corrected(rates).verdict == "supported"
    affine = rates.affine_largest.copy()
    affine[3] = 1e-6
    assert claim.judge_corrected(replace(rates, affine_largest=affine)).parts[0].verdict == "refuted"
    curved = rates.curved_largest.copy()
    curved[5, 2] = 0
    assert claim.judge_corrected(replace(rates, curved_largest=curved)).parts[1].verdict == "refuted"


def test_figure_states_the_computed_rates(rates):
    at_half = claim.tv(rates.by_lam)[0, :, check.LAMS == 0.5].mean()
    hard = claim.argmax(rates.by_lam)[0, :, check.LAMS == 0.5].mean()
    shown = figures.noise_rates(rates)
    assert f"Gaussian mixture {at_half:.1%} and {hard:.1%}" in shown.alt
    assert f"{check.SIZES['smoke']['seeds']} seeds" in shown.caption
    row = figures.averages_table(rates, lams=(0.5,)).rows[0]
    assert row[1].startswith(f"{100 * hard:.1f} ±")
    assert row[2].startswith(f"{100 * at_half:.1f} ±")


def test_unknown_profile_is_named():
    with pytest.raises(ConfigError, match="profile: found 'gigantic'"):
        check.run("gigantic")
