"""FIG-5 and FIG-5+ on constructed curves, and the check that draws the real ones."""

from dataclasses import replace

import numpy as np
import pytest

from mixrepro.checks import fig_5 as check
from mixrepro.checks import fig_5_far as far_check
from mixrepro.checks import fig_5_sensitivity as sensitivity_check
from mixrepro.claims import fig_5 as claim
from mixrepro.errors import ConfigError
from mixrepro.plots import teacher_student as figures
from mixrepro.plots import toy_map
from mixrepro.teacher_student.draws import PAIRINGS
from mixrepro.teacher_student.mean_path import MeanPath, turning_epochs
from mixrepro.teacher_student.moments import erm, fixed_lam, uniform_lam
from mixrepro.teacher_student.problem import Setting, draw

SEEDS, LAST = 40, 10_000
EPOCHS = np.arange(0, LAST + 1, 50)


def u_shape(turn, rise, level=1.0, noise=0.01, seed=0, until=LAST):
    """Make curves that fall by half until `turn` and then rise by a log factor, at each seed's own scale."""
    generator = np.random.default_rng(seed)
    fall = np.log(2) * (1 - np.clip(EPOCHS / turn, 0, 1))
    logs = fall + rise * np.clip((EPOCHS - turn) / (until - turn), 0, 1) if turn < LAST else fall
    scale = np.random.default_rng(99).normal(0, 1, (SEEDS, 1))  # the seed's own, the same in every arm
    return level * np.exp(logs + scale + generator.normal(0, noise, (SEEDS, 1)) * np.linspace(0, 1, len(EPOCHS)))


def constructed(erm=None, fixed=None, random=None):
    """Make the outcome of a check in which every pairing shows the paper's figure, unless told otherwise."""
    erm = u_shape(1000, 0.0, 1.3, seed=1) if erm is None else erm
    fixed = u_shape(3000, 0.3, seed=2) if fixed is None else fixed
    random = u_shape(5000, 0.15, seed=3) if random is None else random
    both = np.stack([fixed, random])
    return check.ToyCurves(
        profile="smoke",
        scale="constructed",
        setting=Setting(),
        pairings=PAIRINGS,
        epochs=EPOCHS,
        erm=erm,
        mixup=np.stack([both] * 4),
        mean_path=np.stack([both] * 2),
        mode_turns=np.full((2, SEEDS), 3.0),
        bound_turns=np.full((2, SEEDS), 50.0),
    )


def constructed_far(**curves):
    near = constructed(**curves)
    return far_check.FarPaths("smoke", "constructed", Setting(), EPOCHS, np.stack([near.erm, *near.mixup[0]]))


def verdicts(**curves):
    return [part.verdict for part in claim.judge(constructed(**curves)).parts]


JUDGES = {
    "FIG-5": lambda **curves: claim.judge(constructed(**curves)),
    "FIG-5+": lambda **curves: claim.judge_far(constructed_far(**curves)),
}


@pytest.mark.parametrize("name", JUDGES)
def test_supported_when_the_curves_are_the_papers(name):
    verdict = JUDGES[name]()
    assert verdict.claim == name
    assert [part.verdict for part in verdict.parts] == ["supported"] * 7
    assert claim.headline(verdict) == "Both Mixups beat ERM, and both rise again"
    effects = [part.effect for part in verdict.parts]
    assert effects[:2] == pytest.approx([np.log(1.3)] * 2, abs=0.02)
    assert effects[2:4] == pytest.approx([0.3, 0.15], abs=0.02)
    assert effects[6] == pytest.approx(np.log(5000 / 3000), abs=0.02)


@pytest.mark.parametrize("name", JUDGES)
@pytest.mark.parametrize(
    ("curves", "part"),
    [
        (dict(fixed=u_shape(3000, 0.3, 1.5)), 0),
        (dict(random=u_shape(5000, 0.15, 1.5)), 1),
        (dict(fixed=u_shape(3000, 0.005)), 2),
        (dict(random=u_shape(LAST, 0.0)), 3),
        (dict(erm=u_shape(1000, 0.05, 1.3, until=4000)), 4),
        (dict(erm=u_shape(LAST, 0.0, 1.3)), 5),
        (dict(fixed=u_shape(5000, 0.3), random=u_shape(3000, 0.3)), 6),
    ],
)
def test_refuted_by_the_part_that_fails(name, curves, part):
    verdict = JUDGES[name](**curves)
    words = [each.verdict for each in verdict.parts]
    assert words[part] == "refuted"
    assert words.count("refuted") == 1
    assert verdict.verdict == "refuted"


def test_margin_parts_a_rise_from_a_level():
    for rise, word in ((claim.LEVEL / 2, "refuted"), (2 * claim.LEVEL, "supported")):
        assert verdicts(fixed=u_shape(3000, rise, noise=0.001))[2] == word
    noisy = verdicts(fixed=u_shape(3000, claim.LEVEL, noise=0.1))[2]
    assert noisy == "inconclusive"


def test_lowest_point_of_noise_is_no_turn():
    # Without any trend a curve's own minimum lies below its end; that of the other seeds does not.
    flat = np.exp(np.random.default_rng(4).normal(0, 0.1, (SEEDS, len(EPOCHS))))
    own = np.log(flat[:, -1] / flat.min(1))
    assert own.mean() > 0.2
    assert abs(claim.rise(flat).mean()) < 4 * 0.1 * np.sqrt(2 / SEEDS)


def test_a_turn_that_is_cut_off_counts_as_the_end():
    falling, turning = u_shape(LAST, 0.0, noise=0.0), u_shape(3000, 0.3, noise=0.0)
    np.testing.assert_allclose(claim.rise(falling), 0, atol=1e-12)
    np.testing.assert_allclose(claim.lead(turning, falling, EPOCHS), np.log(LAST / 3000))
    np.testing.assert_allclose(claim.lead(falling, falling, EPOCHS), 0)
    # Had the second curve gone on falling, the lead could only have been larger.
    cut = 100
    np.testing.assert_array_less(claim.lead(turning[:, :cut], falling[:, :cut], EPOCHS[:cut]), np.log(LAST / 3000))


def test_a_lead_is_not_refuted_by_turns_that_are_cut_off():
    falling = u_shape(LAST, 0.0, noise=0.0)
    assert not claim.reached(falling)
    assert claim.reached(u_shape(3000, 0.3))
    assert verdicts(fixed=falling, random=falling)[6] == "inconclusive"
    assert verdicts(fixed=u_shape(3000, 0.3), random=u_shape(3000, 0.3))[6] == "refuted"
    assert verdicts(fixed=u_shape(3000, 0.3), random=falling)[6] == "supported"  # cut off, and still later


@pytest.mark.parametrize("arm", ["erm", "fixed", "random"])
def test_inconclusive_when_a_seed_diverges(arm):
    curves = {"erm": u_shape(1000, 0.0, 1.3), "fixed": u_shape(3000, 0.3), "random": u_shape(5000, 0.15)}
    curves[arm][3] = np.nan
    diverged = constructed(**curves)
    verdict = claim.judge(diverged)
    assert verdict.verdict == "inconclusive"
    assert min(part.n for part in verdict.parts) == SEEDS - 1
    assert all(part.n_declared == SEEDS for part in verdict.parts)
    # The other seeds' effects are what they are without the lost one.
    kept = claim.judge(diverged.without_lost())
    assert kept.verdict == "supported"
    assert {part.n_declared for part in kept.parts} == {SEEDS - 1}
    assert f"1 of {SEEDS} seeds diverged, left out" in kept.parts[0].scale
    assert verdict.parts[2].effect == pytest.approx(0.3, abs=0.02)


def test_headline_says_what_was_found():
    flat = u_shape(LAST, 0.0)
    assert claim.headline(claim.judge(constructed(fixed=flat, random=flat))) == (
        "Both Mixups beat ERM, but neither rises again"
    )
    assert claim.headline(claim.judge(constructed(random=flat))) == "Both Mixups beat ERM, and one rises again"
    worse = claim.judge(constructed(erm=u_shape(1000, 0.0, 0.5)))
    assert claim.headline(worse).startswith("Neither Mixup clearly beats ERM")


def test_shares_count_seeds_whose_own_curves_show_it():
    fixed = u_shape(3000, 0.3, noise=0.0)
    fixed[:10] = u_shape(LAST, 0.0, noise=0.0)[:10]
    shares = claim.share_showing(constructed(fixed=fixed, erm=u_shape(1000, 0.0, 1.3, noise=0.0)), "permutation")
    assert [share.mean() for share in shares] == [1.0, 0.75, 1.0, 0.75, 0.75]


def test_words_join_the_parts_of_a_statement():
    parts = claim.judge(constructed(random=u_shape(LAST, 0.0), erm=u_shape(1000, 0.05, 1.3))).parts
    assert claim.words(parts) == ("supported", "refuted", "refuted", "supported")


@pytest.fixture(scope="module")
def toy():
    return check.run("smoke")


@pytest.fixture(scope="module")
def cells():
    return sensitivity_check.run("smoke")


def test_check_holds_every_pairing_and_scheme(toy):
    size = check.SIZES["smoke"]
    assert toy.mixup.shape == (4, 2, size["seeds"], len(toy.epochs))
    assert toy.epochs[0] == 0
    assert toy.epochs[-1] == size["epochs"]
    assert np.isfinite(toy.mixup).all()
    # Every arm starts from the same theta_0, and no two end at the same place.
    np.testing.assert_allclose(toy.mixup[..., 0], np.broadcast_to(toy.erm[:, 0], toy.mixup.shape[:3]), rtol=1e-5)
    ends = toy.mixup[..., -1].reshape(8, -1)
    assert len({tuple(np.round(end, 9)) for end in ends}) == 8


def test_all_pairs_at_fixed_lam_are_their_own_mean_path(toy):
    np.testing.assert_array_equal(toy.curve("all pairs", "fixed"), toy.predicted("permutation", "fixed"))
    np.testing.assert_array_equal(toy.curve("all pairs, no self", "fixed"), toy.predicted("derangement", "fixed"))
    assert not np.allclose(toy.predicted("permutation", "fixed"), toy.predicted("derangement", "fixed"))


@pytest.mark.parametrize("pairing", PAIRINGS)
def test_drawn_paths_scatter_about_their_mean_path(toy, pairing):
    # Over 600 epochs the spread over draws is small against the loss, but it is there.
    ratio = np.log(toy.curve(pairing, "random")[:, 1:] / toy.predicted(pairing, "random")[:, 1:])
    assert abs(ratio.mean()) < 0.1
    assert ratio.std() > 1e-4


def test_fewer_pairings_are_those_of_all(toy):
    order = ("all pairs", "permutation")
    two = check.run("smoke", pairings=order)
    assert two.mixup.shape[0] == 2
    for pairing in order:
        for scheme in check.SCHEMES:
            np.testing.assert_allclose(two.curve(pairing, scheme), toy.curve(pairing, scheme), rtol=1e-5)


def test_another_seed_or_start_draws_other_toys():
    small = dict(seeds=2, epochs=200)
    base = check.run("smoke", **small).erm
    np.testing.assert_array_equal(base, check.run("smoke", **small).erm)
    for other in (check.run("smoke", seed=1, **small), check.run("smoke", first=2, **small)):
        assert not np.isclose(other.erm, base).all(1).any()


def test_far_paths_go_on_where_the_near_ones_end(toy):
    far = far_check.run("smoke", seeds=8, epochs=600)
    assert far.epochs[-1] == 100 * toy.epochs[-1]
    assert far.epochs[0] == 1
    problems = draw(Setting(), check.numbered(0, 8))
    for arm, means in enumerate((erm(problems), fixed_lam(problems, 0.5), uniform_lam(problems))):
        path = MeanPath(means, problems.theta_0, Setting().eta)
        np.testing.assert_allclose(far.risk[arm], path.risk(problems, far.epochs), rtol=1e-10)
        if arm:  # where both are known, they are the same
            near = toy.predicted("permutation", check.SCHEMES[arm - 1])
            np.testing.assert_allclose(path.risk(problems, toy.epochs), near, rtol=1e-10)


def test_sensitivity_map_holds_the_curves_of_each_setting(cells):
    assert len(cells.settings) == len(set(cells.settings)) == 3 * 3 * 3 * 2 * 2
    for setting in (
        Setting(),
        sensitivity_check.LARGER_FEATURES,
        Setting(student="fan-in", theta_0="zero", test_points=50),
    ):
        problems = draw(setting, check.numbered(0, 3))
        means = (erm(problems), fixed_lam(problems, 0.5), uniform_lam(problems))
        direct = [MeanPath(m, problems.theta_0, setting.eta).risk(problems, cells.epochs) for m in means]
        cell = cells.settings.index(setting)
        np.testing.assert_allclose(cells.loss[cell], direct, rtol=1e-4)


def test_sensitivity_map_tells_which_settings_diverge(cells):
    diverged = dict(zip(cells.settings, cells.diverged(), strict=True))
    assert diverged[Setting()] == 0
    assert diverged[Setting(student="unit", loss_factor=1.0)] == 1


def test_check_names_what_is_wrong():
    with pytest.raises(ConfigError, match="epochs: found 0"):
        check.run("smoke", epochs=0)
    with pytest.raises(ConfigError, match="profile: found 'paper'"):
        check.run("paper")
    with pytest.raises(ConfigError, match="divisor of epochs, 601"):
        check.run("smoke", epochs=601)


def test_figures_say_in_words_what_they_show():
    curves = constructed()
    drawn = {
        "dynamics": figures.dynamics(curves, constructed_far(), "a title"),
        "pairings": figures.pairings(curves),
        "prediction": figures.turning_prediction(curves),
    }
    end = np.exp(np.log(curves.curve("permutation", "fixed")[:, -1] / curves.erm[:, -1]).mean())
    assert f"it is {end:.2f} for Mixup at lam = 1/2" in drawn["dynamics"].alt
    assert f"n = {SEEDS}" in drawn["dynamics"].caption
    rise = claim.rise(curves.curve("derangement", "random")).mean()
    assert f"{rise:+.1%}" in drawn["pairings"].alt
    assert "rank correlation" in drawn["prediction"].alt
    for figure in drawn.values():
        assert len(figure.alt) > 50
        assert figure._repr_mimebundle_()["image/png"]


def test_figures_count_seeds_that_diverged():
    fixed = u_shape(3000, 0.3)
    fixed[:2] = np.nan
    assert (
        "Diverged in some arm: 2"
        in figures.dynamics(constructed(fixed=fixed), constructed_far(), "a title").caption
    )


def test_tables_compare_pairings_and_predictions():
    curves = constructed()
    parts = figures.parts_table(curves)
    assert len(parts.rows) == 7
    assert parts.head[1:] == list(PAIRINGS)
    measured = np.median(turning_epochs(curves.curve("permutation", "fixed"), EPOCHS))
    prediction = figures.prediction_table(curves)
    assert prediction.rows[0][2:] == [f"{measured:,.0f}", f"{measured:,.0f}", "not defined"]  # all seeds agree
    assert prediction.rows[1][2] == "3"
    # With turns of their own, the seeds' order is that of the prediction, which is the same curve here.
    places = np.random.default_rng(0).permutation(SEEDS)[:, None] * 100 + 1000
    own = np.exp(np.abs(EPOCHS - places) / LAST)
    assert figures.prediction_table(constructed(fixed=own)).rows[0][-1] == "1.00"
    assert [row[0] for row in figures.shares_table(curves).rows] == list(PAIRINGS)


def test_map_marks_each_word_and_lists_the_whole_picture():
    settings = sensitivity_check.all_settings()
    good = np.stack([u_shape(1000, 0.0, 1.3, seed=1), u_shape(3000, 0.3, seed=2), u_shape(5000, 0.15, seed=3)])
    bad = good[[1, 0, 2]]
    loss = np.stack([bad] * len(settings))
    loss[5] = good
    loss[6] = good
    loss[6, 1, 0] = np.nan  # one of forty: left out
    loss[7, 1, :3] = np.nan
    cells = sensitivity_check.SensitivityMap("smoke", "constructed", settings, EPOCHS, loss)
    words = toy_map.cell_words(cells)
    assert set(words[5]) == set(words[6]) == {"supported"}
    assert set(words[7]) == {""}
    assert words[0, 0] == "refuted"
    assert len(toy_map.whole_picture_table(cells).rows) == 2
    figure = toy_map.sensitivity(cells, (Setting(), sensitivity_check.LARGER_FEATURES))
    assert "all four at once in 2; 1 are not judged" in figure.alt
    nothing = replace(cells, loss=np.stack([bad] * len(settings)))
    assert toy_map.whole_picture_table(nothing).rows[0][0] == "none"
