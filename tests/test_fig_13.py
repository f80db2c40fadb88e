"""FIG-13: declaration, rules on simulated curves, figure and chapter's run."""

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims import fig_13 as claim
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_13
from mixrepro.experiments.panels import Panels
from mixrepro.plots import variants

EPOCHS, SEEDS = 60, 6


def arm(generator, drop):
    """Simulate a run that rises until the middle, then falls by `drop`."""
    turned = np.clip(np.linspace(-1, 1, EPOCHS), 0, 1)
    rise = np.clip(np.linspace(0, 2, EPOCHS), 0, 1)
    accuracy = 0.5 * rise - drop * turned + generator.normal(0, 0.004, (SEEDS, EPOCHS))
    return {"test_accuracy": accuracy, "objective": np.geomspace(0.09, 0.01, EPOCHS) * np.ones((SEEDS, 1))}


def curves(mixup_drop=0.06, erm_drop=0.0, where=""):
    generator = np.random.default_rng(0)
    return {f"ERM, {where}n = 100": arm(generator, erm_drop), f"Mixup, {where}n = 100": arm(generator, mixup_drop)}


@pytest.fixture
def experiment():
    return fig_13.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)


@pytest.fixture
def two_panels():
    mixup = RunConfig(data="cifar10", model="resnet18", n=100, epochs=EPOCHS, loss="mse")
    arms = {
        f"{name}, {data}, n = 100": mixup.but(data=data, alpha=alpha)
        for data in ("cifar10", "svhn")
        for name, alpha in (("ERM", 0.0), ("Mixup", 1.0))
    }
    return Panels("FIG-13", "two panels", "paper", arms, tuple(range(SEEDS)))


def words(verdict):
    return [part.verdict for part in verdict.parts]


@pytest.mark.parametrize(
    ("falls", "expected", "headline"),
    [
        ((0.06, 0.0), ["supported", "supported"], "On the squared error, Mixup turns and falls"),
        ((0.0, 0.0), ["refuted", "refuted"], "On the squared error, Mixup does not fall"),
        ((0.06, 0.06), ["supported", "refuted"], "On the squared error, Mixup turns and falls"),
    ],
)
def test_verdict_follows_the_falls(simulate, experiment, falls, expected, headline):
    verdict = claim.judge(simulate(experiment, curves(*falls)))
    assert words(verdict) == expected
    assert claim.headline(verdict) == headline


def test_each_data_set_is_judged_by_itself(simulate, two_panels):
    both = curves(where="cifar10, ") | curves(mixup_drop=0.0, where="svhn, ")
    verdict = claim.judge(simulate(two_panels, both))
    assert words(verdict) == ["supported", "supported", "refuted", "refuted"]
    assert verdict.parts[2].statement.startswith("svhn: ")
    assert claim.headline(verdict) == "On the squared error, Mixup may fall"


def test_inconclusive_without_a_turn_and_with_a_lost_seed(simulate, experiment):
    rising = curves()
    rising["Mixup, n = 100"]["test_accuracy"] = np.linspace(0.1, 0.6, EPOCHS) * np.ones((SEEDS, 1))
    verdict = claim.judge(simulate(experiment, rising))
    assert (verdict.verdict, verdict.parts[0].effect) == ("inconclusive", None)
    assert claim.headline(verdict) == "No turn was found within the run"
    lost = claim.judge(simulate(experiment, curves(), lost={("ERM, n = 100", 0)}))
    assert words(lost) == ["supported", "inconclusive"]


def test_constant_rate_is_a_claim_of_its_own(simulate):
    experiment = fig_13.declare("smoke", constant_lr=True, num_seeds=SEEDS, epochs=EPOCHS)
    assert {run.milestones for run in experiment.arms.values()} == {()}
    scheduled = fig_13.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    for name, run in experiment.arms.items():
        assert scheduled.arms[name].but(milestones=()) == run
    quick = fig_13.declare("quick", constant_lr=True).arms["Mixup, n = 200"]
    assert quick.epochs == fig_13.SIZES["quick"]["constant_epochs"]
    fallen, flat = (claim.judge_constant(simulate(experiment, curves(drop))) for drop in (0.06, 0.0))
    assert (fallen.claim, fallen.verdict, flat.verdict) == ("FIG-13+", "supported", "refuted")
    assert claim.headline(fallen) == "On the squared error, Mixup turns and falls (constant rate)"


@pytest.mark.parametrize("profile", fig_13.SIZES)
def test_every_profile_trains_on_the_squared_error_with_two_milestones(profile):
    experiment = fig_13.declare(profile)
    for run in experiment.arms.values():
        assert run.loss == "mse"
        assert len(run.milestones) == 2
        assert run.milestones[-1] < run.epochs
    erm, mixup = list(experiment.arms.values())[:2]
    assert erm == mixup.but(alpha=0.0)


def test_paper_has_both_data_sets_and_the_stated_schedule():
    experiment = fig_13.declare("paper")
    assert experiment.panels() == [("cifar10", 50_000), ("svhn", 73_257)]
    assert {run.milestones for run in experiment.arms.values()} == {(100, 150)}
    assert "squared error" in experiment.scale()
    assert len(experiment.seeds) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(dict(profile="huge"), "profile"), (dict(alpha=0.0), "alpha: found 0"), (dict(epoch=3), "mean 'epochs'")],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_13.declare(**arguments)


def test_figure_says_where_mixup_is_highest_and_ends(simulate, experiment, two_panels):
    simulated = curves()
    shown = variants.squared_error(simulate(experiment, simulated), "title")
    mean = simulated["Mixup, n = 100"]["test_accuracy"].mean(0)
    assert f"highest, {mean.max():.1%}, at epoch {mean.argmax() + 1:,} and ends at {mean[-1]:.1%}" in shown.alt
    assert "divided by ten at epoch" in shown.caption
    both = curves(where="cifar10, ") | curves(where="svhn, ")
    shown = variants.squared_error(simulate(two_panels, both), "title")
    assert "cifar10, n = 100:" in shown.alt
    assert "svhn, n = 100:" in shown.alt
    assert "learning rate" not in shown.caption  # the title says that it is constant
    assert "rey" not in shown.caption


def test_smoke_runs_and_is_judged(store):
    results = sweep.run(fig_13.declare("smoke", epochs=12, milestones=(4, 8)), store)
    assert results.lost() == []
    verdict = claim.judge(results)
    assert (verdict.claim, len(verdict.parts)) == ("FIG-13", 2)
    _, objective = results.curve("Mixup, n = 100", "objective")
    assert (objective <= 0.2).all()  # two probability vectors are at most sqrt(2) apart; mean over ten classes
    assert variants.squared_error(results, claim.headline(verdict)).alt
