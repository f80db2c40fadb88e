"""FIG-15 and FIG-16 on simulated accuracies: each part follows its test set; figure and chapter at smoke."""

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims import fig_15 as claim_on_all
from mixrepro.claims import fig_16 as claim
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_2, fig_15, fig_16
from mixrepro.plots import covariate_shift as figures
from mixrepro.training.curve import shifted_column

EPOCHS, SEEDS, TURN = 60, 5, 30
NAMES = fig_2.SHIFTED_SEQUENCES
#: Falls in the order of the sets, after that on the standard one.
PAPER = (0.06, 0.06, 0.058, 0.0, -0.05)


def curves(falls, noise=0.002, turns=(TURN,) * 5):
    """Simulate accuracies of Mixup that rise to a turn and then fall; ERM's do not change after it."""
    generator = np.random.default_rng(0)
    time = np.arange(1, EPOCHS + 1)

    def arm(falls, turns):
        accuracies = [
            0.4 * np.clip(time / turn, 0, 1)
            - fall * np.clip((time - turn) / (EPOCHS - turn), 0, 1)
            + generator.normal(0, noise, (SEEDS, EPOCHS))
            for fall, turn in zip(falls, turns, strict=True)
        ]
        return dict(zip(["test_accuracy", *map(shifted_column, NAMES)], accuracies, strict=True))

    return {"Mixup": arm(falls, turns), "ERM": arm((0.0,) * 5, (TURN,) * 5)}


@pytest.fixture
def experiment():
    return fig_16.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)


def words(verdict):
    return [part.verdict for part in verdict.parts]


def test_supported_when_sets_behave_as_in_the_paper(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(PAPER)))
    assert words(verdict) == ["supported"] * 7
    assert [part.effect for part in verdict.parts] == pytest.approx(
        [0.06, 0.06, 0.0, 0.058, -0.002, 0.0, 0.05], abs=0.004
    )


@pytest.mark.parametrize(
    ("place", "fall", "refuted"),
    [
        (0, 0.0, {0, 2, 4}),  # nothing falls on the standard set, so no fall can be as there
        (1, 0.0, {1, 2}),  # new images do not fall
        (1, 0.12, {2}),  # they fall by another amount
        (2, 0.03, {4}),
        (3, 0.03, {5}),  # weak noise: a trend, down
        (3, -0.03, {5}),  # or up
        (4, 0.03, {6}),  # strong noise falls
        (4, 0.0, {6}),  # or stays
    ],
)
def test_each_part_can_be_refuted(simulate, experiment, place, fall, refuted):
    falls = tuple(fall if index == place else value for index, value in enumerate(PAPER))
    found = words(claim.judge(simulate(experiment, curves(falls))))
    assert {index for index, word in enumerate(found) if word == "refuted"} == refuted


def test_no_trend_needs_evidence(simulate, experiment):
    found = words(claim.judge(simulate(experiment, curves(PAPER, noise=0.03))))
    assert found[5] == "inconclusive"


def test_every_set_is_judged_from_the_standard_turning_epoch(simulate, experiment):
    # The first shifted set turns ten epochs earlier: a quarter of its fall is over when the standard one turns.
    turns = (TURN, TURN - 10, TURN, TURN, TURN)
    verdict = claim.judge(simulate(experiment, curves((0.06, 0.08, 0.06, 0.0, -0.05), 1e-5, turns)))
    assert verdict.parts[1].effect == pytest.approx(0.08 * 0.75, abs=1e-3)


def test_inconclusive_when_a_seed_is_lost(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(PAPER), lost={("Mixup", 1)}))
    assert set(words(verdict)) == {"inconclusive"}


def test_columns_are_those_that_runs_record():
    # Judging must not load what trains, so the name is spelled twice.
    assert claim.column_of("cifar10.2") == shifted_column("cifar10.2")
    assert claim.column_of(claim.STANDARD) == "test_accuracy"


@pytest.mark.parametrize(
    ("falls", "headline"),
    [
        (PAPER, "Past the turn, accuracy falls on 2 of 4 shifted sets, rises on 1"),
        ((0.06,) * 5, "Past the turn, accuracy falls on every shifted set"),
        ((0.06, 0.06, 0.06, 0.06, 0.0), "Past the turn, accuracy falls on 3 of 4 shifted sets"),
    ],
)
def test_headline_counts_what_falls(simulate, experiment, falls, headline):
    assert claim.headline(simulate(experiment, curves(falls, noise=1e-4))) == headline


def test_fig_15_is_judged_by_the_same_rules_under_its_own_name(simulate):
    results = simulate(fig_15.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS), curves(PAPER))
    ours, theirs = claim_on_all.judge(results), claim.judge(results)
    assert (ours.claim, theirs.claim) == ("FIG-15", "FIG-16")
    assert ours.parts == theirs.parts
    assert "all of the data" in ours.title
    assert "30 %" in theirs.title


def test_only_noise_is_judged_where_there_are_no_new_images(simulate):
    experiment = fig_16.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, shifted_sets=NAMES[2:])
    assert claim.roles(simulate(experiment, curves(PAPER))) == ((), NAMES[2:3], NAMES[3:])
    assert len(claim.judge(simulate(experiment, curves(PAPER))).parts) == 3


def test_published_sets_are_taken_for_what_they_are(simulate):
    experiment = fig_16.declare("paper", num_seeds=3, epochs=1)
    results = simulate(experiment, {arm: {"test_accuracy": np.zeros((3, 1))} for arm in experiment.arms})
    assert claim.roles(results) == (
        ("cifar10.1-v6", "cifar10.2"),
        ("cifar10_c-noise-1",),
        ("cifar10_c-noise-5",),
    )


def test_runs_without_shifted_sets_are_refused(simulate):
    experiment = fig_16.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, shifted_sets=())
    with pytest.raises(ConfigError, match="shifted_sets: found"):
        claim.judge(simulate(experiment, curves(PAPER)))


@pytest.mark.parametrize("profile", ["smoke", "quick", "small", "paper"])
@pytest.mark.parametrize(("module", "percent"), [(fig_15, 100), (fig_16, 30)])
def test_runs_are_those_of_fig_2(module, percent, profile):
    ours = module.declare(profile)
    theirs = fig_2.declare(profile, **({"model": "resnet18", "percent": percent} if profile == "paper" else {}))
    assert ours.id == module.__name__.rsplit(".", 1)[-1].upper().replace("_", "-")
    for arm, config in ours.arms.items():
        assert config.but(shifted_sets=()) == theirs.arms[arm].but(shifted_sets=(), snapshots=())
        assert config.shifted_sets
        assert profile == "paper" or theirs.arms[arm].measures(config)


def test_declaration_names_what_is_wrong():
    with pytest.raises(ConfigError, match="profile: found 'huge'"):
        fig_15.declare("huge")
    with pytest.raises(ConfigError, match="percent: found 50"):
        fig_16.declare("paper", percent=50)


def test_figure_and_table_report_the_measured_changes(simulate, experiment):
    results = simulate(experiment, curves(PAPER))
    shown = figures.along_training(results, "a title")
    rise = -100 * claim.fall(results, "Mixup", "iid_noise-5").mean()
    assert f"iid_noise-5 {rise:+.1f} for Mixup" in shown.alt
    assert f"{SEEDS} seeds" in shown.caption
    rows = figures.sets_table(results).rows
    assert [row[0] for row in rows] == [claim.STANDARD, *NAMES]
    assert rows[4][2].startswith(f"{100 * results.final('Mixup', shifted_column('iid_noise-5')).mean():.1f} ±")


def test_runs_trained_at_smoke_are_judged_and_drawn(store):
    results = sweep.run(fig_16.declare("smoke", num_seeds=3, epochs=10), store)
    assert len(claim.judge(results).parts) == 7
    assert "shear-1" in figures.along_training(results, claim.headline(results)).alt
    again = sweep.run(fig_15.declare("smoke", num_seeds=3, epochs=10), store)
    assert [r.digest for r in again.all_records()] == [r.digest for r in results.all_records()]
