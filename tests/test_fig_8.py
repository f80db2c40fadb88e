"""FIG-8 and FIG-8+ on simulated curves: each part follows what the norms do; figure and chapter at smoke."""

import numpy as np
import pytest

from mixrepro import expected_gradient, sweep
from mixrepro.claims import fig_8 as claim
from mixrepro.claims.intervals import lies_within, stays_above
from mixrepro.claims.rules import student_interval
from mixrepro.errors import ConfigError, StoreError
from mixrepro.experiments import fig_2, fig_8, fig_9
from mixrepro.plots import gradient_norm as figures
from mixrepro.results import collect
from mixrepro.training.schedule import evaluation_epochs

EPOCHS, SEEDS = 160, 5
TIME = np.arange(1, EPOCHS + 1)
#: Epochs at which the norms are given, between which they are straight lines in logarithms.
KNOTS = (1, 5, 20, 40, 160)
PAPER = dict(erm=(0.5, 0.5, 0.003, 0.001, 1e-4), mixup=(0.4, 0.2, 0.6, 1.0, 1.0), lead=0.04)


def course(values):
    return np.exp(np.interp(np.log(TIME), np.log(KNOTS), np.log(values)))


def curves(erm, mixup, lead, noise=0.05):
    """Simulate norms with multiplicative noise, and accuracies that turn at the middle epoch in logarithms."""
    generator = np.random.default_rng(0)

    def noisy(values):
        return course(values) * np.exp(generator.normal(0, noise, (SEEDS, EPOCHS)))

    turned = 0.5 - 0.1 * np.abs(np.log(TIME / 20)) * np.ones((SEEDS, 1))
    flat = 0.5 - lead + generator.normal(0, 0.002, (SEEDS, EPOCHS))
    arms = {"ERM": (noisy(erm), flat), "Mixup": (noisy(mixup), turned)}
    return {
        arm: {claim.FULL_BATCH: norms, claim.MINI_BATCH: 2 * norms, "test_accuracy": accuracy}
        for arm, (norms, accuracy) in arms.items()
    }


@pytest.fixture
def experiment():
    return fig_8.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)


def words(simulate, experiment, lost=frozenset(), **changes):
    return [part.verdict for part in claim.judge(simulate(experiment, curves(**PAPER | changes), lost)).parts]


def test_supported_when_norms_are_as_in_the_paper(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(**PAPER)))
    assert [part.verdict for part in verdict.parts] == ["supported"] * 7
    assert verdict.verdict == "supported"
    quiet = claim.judge(simulate(experiment, curves(**PAPER, noise=1e-4)))
    assert quiet.parts[2].effect == pytest.approx(np.log2(1.0 / 0.2), rel=0.01)


@pytest.mark.parametrize(
    ("changes", "refuted"),
    [
        (dict(erm=(0.5, 0.5, 0.003, 0.004, 0.05)), {0}),  # ERM's comes back up
        (dict(mixup=(0.4, 0.2, 1.0, 0.003, 0.003)), {1, 2}),  # Mixup's vanishes after a rise
        (dict(mixup=(1.0, 0.99, 0.97, 0.96, 0.95)), {2}),  # never rises
        (dict(mixup=(0.4, 0.2, 1.0, 0.3, 0.3)), {3}),  # rises, falls, levels off below its maximum
        (dict(mixup=(0.1, 0.2, 0.4, 0.5, 1.0)), {4}),  # is not level yet
        (dict(erm=(0.5, 0.5, 0.1, 0.001, 1e-4)), {5}),  # ERM is late
        (dict(lead=-0.02), {6}),  # ERM generalises better
    ],
)
def test_each_part_can_be_refuted(simulate, experiment, changes, refuted):
    found = words(simulate, experiment, **changes)
    assert {place for place, word in enumerate(found) if word == "refuted"} == refuted


def test_a_large_first_gradient_refutes_nothing(simulate, experiment):
    assert words(simulate, experiment, mixup=(8.0, 0.2, 0.6, 1.0, 1.0)) == ["supported"] * 7


@pytest.mark.parametrize(("part", "lowest", "highest"), [(3, -0.9, 0.0), (4, -1.0, 1.0)])
def test_ending_is_inconclusive_where_seeds_disagree_on_it(simulate, experiment, part, lowest, highest):
    simulated = curves(**PAPER)
    late = np.clip(np.log2(TIME / 40), 0, 1)
    factors = np.exp(np.linspace(lowest, highest, SEEDS)[:, None] * late)
    simulated["Mixup"][claim.FULL_BATCH] = simulated["Mixup"][claim.FULL_BATCH] * factors
    assert claim.judge(simulate(experiment, simulated)).parts[part].verdict == "inconclusive"


def test_a_share_that_differs_by_magnitudes_is_not_taken_for_zero(simulate, experiment):
    # From 4 to 60 % of the largest value: on the shares themselves an interval reaches below zero.
    simulated = curves(**PAPER | dict(mixup=(8.0, 0.2, 0.6, 1.0, 1.0)), noise=0.0)
    ends = 8.0 * np.array([0.04, 0.6, 0.05, 0.08, 0.06])
    simulated["Mixup"][claim.FULL_BATCH][:, TIME > EPOCHS // 2] = ends[:, None]
    part = claim.judge(simulate(experiment, simulated)).parts[1]
    assert student_interval(ends / 8.0)[0] < 0
    assert part.verdict == "supported"
    assert part.effect == pytest.approx(np.log2(ends / 8.0 / claim.ZERO).mean())


def test_a_norm_of_exactly_zero_counts_as_zero(simulate, experiment):
    simulated = curves(**PAPER)
    simulated["ERM"][claim.FULL_BATCH][:, -1] = 0.0
    assert claim.judge(simulate(experiment, simulated)).parts[0].verdict == "supported"


def test_falling_to_the_end_is_no_rise_and_is_judged(simulate, experiment):
    found = words(simulate, experiment, mixup=(1.0, 0.5, 0.3, 0.2, 0.15), noise=0.0)
    assert found[2] == "refuted"


@pytest.mark.parametrize("arm", ["ERM", "Mixup"])
def test_inconclusive_when_a_seed_is_lost(simulate, experiment, arm):
    found = words(simulate, experiment, lost={(arm, 2)})
    assert "refuted" not in found
    assert found.count("inconclusive") >= 2


def test_extremes_are_read_where_other_seeds_have_theirs():
    # Seeds 0 and 2 choose for seed 1, and it for them; its own maximum, 9, is not what it is compared with.
    norms = np.array([[1.0, 4.0, 2.0], [9.0, 3.0, 5.0], [1.0, 6.0, 2.0]])
    assert claim.largest(norms).tolist() == [1.0, 3.0, 1.0]
    # Minimum of the others for seed 1 at point 0, maximum after it at point 1; of seed 1 for the rest: 1, then 2.
    assert claim.largest_since_smallest(norms).tolist() == [2.0, 3.0, 2.0]
    assert claim.rise(norms) == pytest.approx(np.log2([2 / 4, 3 / 9, 2 / 6]))


def test_extremes_are_unknown_where_the_other_seeds_are_not_complete():
    norms = np.array([[1.0, 4.0], [2.0, 3.0], [np.nan, np.nan]])
    for found in (claim.largest(norms), claim.largest_since_smallest(norms), claim.rise(norms)):
        assert np.isfinite(found).tolist() == [True, False, False]
    assert np.isnan(claim.rise(np.empty((3, 0)))).all()
    assert np.isnan(claim.rise(np.ones((1, 4)))).all()


def test_doublings_average_the_last_two():
    epochs = np.array([1, 10, 20, 25, 40, 50, 80, 100])
    before, last = claim.doublings(epochs, np.arange(8.0)[None])
    # (25, 50] holds the points 4 and 5, (50, 100] the points 6 and 7.
    assert (before.tolist(), last.tolist()) == ([4.5], [6.5])


def test_no_rise_is_seldom_found_where_there_is_none(simulate, experiment):
    # Level curves with a tenth of noise, the smallest and largest of 160 points: 300 experiments, fixed seed.
    generator = np.random.default_rng(1)
    found = 0
    for _ in range(300):
        effect = claim.rise(np.exp(generator.normal(0, 0.1, (SEEDS, EPOCHS))))
        found += stays_above(effect, 0.0, "", collect(experiment, []), "share").verdict == "supported"
    assert found / 300 <= 0.05


def test_a_plateau_after_a_rise_is_seldom_said_to_lie_below_its_maximum(simulate, experiment):
    # The maximum of 120 noisy points lies a quarter above their mean; read on other seeds it does not.
    generator = np.random.default_rng(2)
    found, effects = 0, []
    for _ in range(100):
        simulated = curves(**PAPER, noise=0.0)
        norms = simulated["Mixup"][claim.FULL_BATCH]
        simulated["Mixup"][claim.FULL_BATCH] = norms * np.exp(generator.normal(0, 0.1, norms.shape))
        part = claim.judge(simulate(experiment, simulated)).parts[3]
        found += part.verdict == "refuted"
        effects.append(part.effect)
    assert found <= 5
    assert np.mean(effects) == pytest.approx(0, abs=0.03)


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({}, "ERM's vanishes; Mixup's rises to a plateau"),
        (dict(mixup=(0.4, 0.2, 1.0, 0.3, 0.3)), "ERM's vanishes; Mixup's rises, falls and levels off"),
        (dict(mixup=(0.4, 0.2, 1.0, 0.003, 0.003)), "ERM's vanishes; Mixup's does, too"),
        (dict(mixup=(0.1, 0.2, 0.4, 0.5, 1.0)), "ERM's vanishes; Mixup's rises and is not level yet"),
        (dict(mixup=(1.0, 0.99, 0.97, 0.96, 0.95)), "ERM's vanishes; Mixup's does not rise but stays"),
        (dict(erm=(0.5, 0.5, 0.4, 0.4, 0.4)), "ERM's does not vanish; Mixup's rises to a plateau"),
    ],
)
def test_headline_follows_the_verdict(simulate, experiment, changes, headline):
    assert claim.headline(claim.judge(simulate(experiment, curves(**PAPER | changes)))) == headline


def measured(first, last, one_draw=1.0):
    """Make squared norms of the expected gradient at two snapshots, and norms along the run of at most 1."""
    noise = np.exp(np.random.default_rng(0).normal(0, 0.02, (SEEDS, 1)))
    expected = np.array([first, last]) * noise
    along = np.ones((SEEDS, 3)) * (0.5, 1.0, 0.8)
    return expected_gradient.ExpectedGradient(
        "", "smoke", np.array([10, EPOCHS]), np.full((SEEDS, 2), one_draw), expected, along
    )


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (0.4, 0.1, ["supported", "supported", "supported"]),
        (0.4, 1e-6, ["refuted", "supported", "supported"]),  # a stationary point
        (0.4, -1e-6, ["refuted", "supported", "supported"]),  # the same, estimated from below
        (2.0, 0.9, ["supported", "refuted", "supported"]),  # no noise
        (0.1, 0.1, ["supported", "supported", "refuted"]),  # a plateau of the expected gradient
    ],
)
def test_expected_gradient_decides_fig_8_plus(first, last, found):
    verdict = claim.judge_expected(measured(first, last))
    assert [part.verdict for part in verdict.parts] == found
    assert f"at epoch {EPOCHS}" in verdict.parts[0].statement


@pytest.mark.parametrize(
    ("level", "within", "above"),
    [(0.0, "supported", "inconclusive"), (0.5, "refuted", "supported"), (-0.5, "refuted", "refuted")],
)
def test_rules_with_a_margin_and_a_floor_come_out_all_ways(experiment, level, within, above):
    values, evidence = level + np.array([-0.1, 0.0, 0.1, 0.05, -0.05]), collect(experiment, [])
    assert lies_within(values, 0.2, "", evidence, "share").verdict == within
    assert stays_above(values, 0.0, "", evidence, "share").verdict == above
    wide = 10 * (values - level)
    assert lies_within(wide, 0.2, "", evidence, "share").verdict == "inconclusive"


def test_a_difference_that_is_only_not_significant_is_no_agreement(experiment):
    values = np.array([-0.3, 0.3, 0.1])
    assert lies_within(values, 0.2, "", collect(experiment, [])).verdict == "inconclusive"
    assert lies_within(values[:2] * 0, 0.2, "", collect(experiment, [])).verdict == "inconclusive"


@pytest.mark.parametrize("profile", ["smoke", "quick", "small", "paper"])
def test_runs_are_those_of_fig_2(profile):
    ours = fig_8.declare(profile)
    theirs = fig_2.declare(profile, fig_8.MODELS[profile])
    assert ours.id == "FIG-8"
    for arm, config in ours.arms.items():
        assert config.family() == theirs.arms[arm].family()
        assert theirs.arms[arm].measures(config)
        assert config.epochs == theirs.arms[arm].epochs


@pytest.mark.parametrize(("data", "percent"), fig_8.PANELS)
def test_every_panel_of_the_paper_is_declared(data, percent):
    ours = fig_8.declare("paper", data=data, percent=percent)
    assert {(arm.data, arm.model, arm.width) for arm in ours.arms.values()} == {(data, "resnet18", 64)}
    assert len(ours.seeds) == 10
    assert 400 in evaluation_epochs(ours.arms["Mixup"])


def test_svhn_runs_are_those_of_fig_9():
    ours, theirs = fig_8.declare("paper", data="svhn"), fig_9.declare("paper")
    assert {*ours.arms.values()} <= {*theirs.arms.values()}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(profile="huge"), "profile: found 'huge'"),
        (dict(wdith=8), "did you mean 'width'"),
        (dict(alpha=0.0), "alpha: found 0.0"),
        (dict(profile="paper", data="mnist"), "data: found 'mnist'"),
        (dict(profile="paper", percent=50), "percent: found 50"),
    ],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_8.declare(**arguments)


def test_figure_reports_the_measured_norms(simulate, experiment):
    results = simulate(experiment, curves(**PAPER))
    shown = figures.along_training(results, "a title")
    _, erm = results.curve("ERM", claim.FULL_BATCH)
    assert f"full batch, ERM: largest {erm.mean(0).max():.2g} at epoch" in shown.alt
    assert f"at the end {erm.mean(0)[-1]:.2g}" in shown.alt
    assert "mini-batch, Mixup" in shown.alt
    assert f"{SEEDS} seeds" in shown.caption


def test_figure_of_missing_runs_says_what_is_missing(store):
    with pytest.raises(StoreError, match="FIG-8, Gradient norm, mlp, ERM: found no complete run"):
        figures.along_training(collect(fig_8.declare("smoke"), [store]), "")


def test_table_shows_both_norms(simulate, experiment):
    results = simulate(experiment, curves(**PAPER))
    full, mini = claim.judge(results), claim.judge(results, claim.MINI_BATCH)
    table = figures.both_norms_table(full, mini)
    assert [row[0] for row in table.rows] == [part.statement for part in full.parts]
    assert all(row[1].startswith("supported") for row in table.rows)


def test_runs_trained_at_smoke_are_judged_and_drawn(store):
    results = sweep.run(fig_8.declare("smoke", num_seeds=3, epochs=10, snapshots=(5, 10)), store)
    assert all(part.n == part.n_declared == 3 or part.effect is None for part in claim.judge(results).parts)
    assert len(figures.along_training(results, "a title").alt) > 50
    drawn = expected_gradient.measure(results, draws=2)
    assert all(part.n == 3 for part in claim.judge_expected(drawn).parts)
    assert np.array_equal(drawn.along_run, results.curve("Mixup", claim.FULL_BATCH)[1])
    table = figures.draws_table(drawn)
    assert [row[0] for row in table.rows] == ["5", "10"]
