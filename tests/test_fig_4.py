"""FIG-4: declaration, rules on simulated curves, figure and chapter's run."""

from dataclasses import replace

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims import fig_4 as claim
from mixrepro.claims import later
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_4, fig_7
from mixrepro.plots import augmentation
from mixrepro.training.schedule import evaluation_epochs

EPOCHS, SEEDS = 400, 6
ARMS = ("ERM", "Mixup", "ERM, augmented", "Mixup, augmented")


def arm(generator, turn, drop, height=0.4):
    """Simulate a run that rises in log epochs to its turn, and falls by `drop` from there to its end."""
    logs = np.log(np.arange(1, EPOCHS + 1))
    turns = np.log(turn) + generator.normal(0, 0.05, (SEEDS, 1))
    rising, falling = np.minimum(logs / turns, 1), np.clip((logs - turns) / (logs[-1] - turns), 0, 1)
    accuracy = height * rising - drop * falling + generator.normal(0, 0.002, (SEEDS, EPOCHS))
    accuracy[:, ~np.isin(np.arange(1, EPOCHS + 1), evaluation_epochs(RunConfig(epochs=EPOCHS)))] = np.nan
    return {"test_accuracy": accuracy}


def curves(plain_turn=30, later_turn=120, plain_drop=0.06, later_drop=0.05):
    generator = np.random.default_rng(0)
    return {
        "ERM": arm(generator, 20, 0.0),
        "Mixup": arm(generator, plain_turn, plain_drop),
        "ERM, augmented": arm(generator, 40, 0.0, 0.5),
        "Mixup, augmented": arm(generator, later_turn, later_drop, 0.6),
    }


@pytest.fixture
def experiment():
    return fig_4.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)


def words(verdict):
    return [part.verdict for part in verdict.parts]


def test_supported_when_the_augmented_run_turns_later_and_falls(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves()))
    assert words(verdict) == ["supported"] * 3
    assert verdict.parts[1].effect == pytest.approx(0.05, abs=0.01)
    # From epoch 30 to 120: twice doubled.
    assert verdict.parts[2].effect == pytest.approx(2.0, abs=0.4)
    assert claim.headline(verdict) == "Augmented, Mixup turns much later and still falls"


@pytest.mark.parametrize(
    ("changes", "refuted", "headline"),
    [
        (dict(plain_drop=0.0), 0, None),
        (dict(later_drop=0.0), 1, None),
        (dict(later_turn=33), 2, "Augmented, Mixup does not turn much later and still falls"),
    ],
)
def test_each_part_can_be_refuted(simulate, experiment, changes, refuted, headline):
    verdict = claim.judge(simulate(experiment, curves(**changes)))
    assert words(verdict)[refuted] == "refuted"
    assert verdict.verdict == "refuted"
    assert headline in (None, claim.headline(verdict))


def test_a_turn_half_again_as_late_is_not_much_later(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(plain_turn=60, later_turn=90)))
    assert verdict.parts[2].effect > 0
    assert verdict.parts[2].verdict == "refuted"


def test_a_run_that_still_rises_supports_but_never_refutes(simulate, experiment):
    far = claim.judge(simulate(experiment, curves(later_turn=10**6)))
    assert words(far)[2] == "supported"
    assert f"{SEEDS} seeds had not turned" in far.parts[2].rule
    # The plain run turns so late that the end of the other is less than a doubling away.
    near = claim.judge(simulate(experiment, curves(plain_turn=170, later_turn=10**6)))
    assert near.parts[2].effect < claim.MUCH_LATER
    assert words(near)[2] == "inconclusive"


def test_nothing_is_known_when_the_plain_run_still_rises(simulate, experiment):
    results = simulate(experiment, curves(plain_turn=10**6))
    number, bounds = later.doublings(results, claim.AUGMENTED_MIXUP, claim.MIXUP)
    assert np.isnan(number).all()
    assert not bounds.any()
    part = claim.judge(results).parts[2]
    assert (part.verdict, part.effect) == ("inconclusive", None)


@pytest.mark.parametrize("lost", ["Mixup", "Mixup, augmented"])
def test_inconclusive_when_a_seed_is_lost(simulate, experiment, lost):
    verdict = claim.judge(simulate(experiment, curves(), lost={(lost, 2)}))
    assert verdict.verdict == "inconclusive"
    assert verdict.parts[2].n == SEEDS - 1


@pytest.mark.parametrize(("model", "profile"), [(model, p) for model, sizes in fig_4.SIZES.items() for p in sizes])
def test_arms_differ_in_alpha_and_augmentation_only(model, profile):
    experiment = fig_4.declare(profile, model)
    assert tuple(experiment.arms) == ARMS
    whole = experiment.arms["Mixup, augmented"]
    assert whole.augment == ("shift" if whole.data == "mnist1d" else "crop_flip")
    plain = dict(augment="none", epochs=experiment.arms["ERM"].epochs)
    assert experiment.arms["ERM, augmented"].but(epochs=whole.epochs) == whole.but(alpha=0.0)
    assert experiment.arms["Mixup"] == whole.but(**plain)
    assert experiment.arms["ERM"] == whole.but(alpha=0.0, **plain)


def test_paper_is_the_papers_setting():
    for model, data in (("resnet18", "cifar10"), ("resnet34", "cifar100")):
        experiment = fig_4.declare("paper", model)
        mixup = experiment.arms["Mixup, augmented"]
        assert (mixup.data, mixup.n, mixup.epochs, mixup.width) == (data, 5000, 7000, 64)
        assert experiment.scale().endswith("lr = 0.1, random crop and flip")
        assert len(experiment.seeds) == 10


def test_small_shares_its_plain_mixup_runs_with_fig_7():
    ours, theirs = fig_4.declare("small").arms["Mixup"], fig_7.declare("small").arms["Mixup, n = 500"]
    assert ours.family() == theirs.family()
    assert ours.epochs <= theirs.epochs


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(model="vit"), "model: found 'vit'"),
        (dict(profile="small", model="resnet18"), "profile: found 'small', expected one of paper"),
        (dict(augment="crop_flip"), "augment: found 'crop_flip'"),
        (dict(alpha=0.0), "alpha: found 0"),
        (dict(plain_epoch=3), "did you mean 'plain_epochs'"),
    ],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_4.declare(**arguments)


def test_figure_says_where_mixup_is_highest_and_ends(simulate, experiment):
    simulated = curves()
    shown = augmentation.with_and_without(simulate(experiment, simulated), "title")
    mean = simulated["Mixup, augmented"]["test_accuracy"].mean(0)
    assert (
        f"highest, {np.nanmax(mean):.1%}, at epoch {np.nanargmax(mean) + 1:,} and ends at {mean[-1]:.1%}"
        in shown.alt
    )
    assert "times that without" in shown.alt
    assert "at least" not in shown.alt
    assert "at least" in augmentation.with_and_without(simulate(experiment, curves(later_turn=10**6)), "").alt


def test_the_dotted_line_is_the_median_of_the_turns_on_the_right(simulate, experiment, drawn):
    results = simulate(experiment, curves())
    shown = augmentation.with_and_without(results, "")
    for axes, arm in zip(drawn[0].axes, (claim.MIXUP, claim.AUGMENTED_MIXUP), strict=False):
        middle = np.median(later.turn(results, arm).epochs)
        assert [line.get_xdata()[0] for line in axes.get_lines() if line.get_linestyle() == ":"] == [middle]
        assert f"turns have the median {middle:,.0f}" in shown.alt


def test_no_dotted_line_where_most_seeds_have_not_turned(simulate, experiment, drawn):
    shown = augmentation.with_and_without(simulate(experiment, curves(later_turn=10**6)), "")
    _, rich, _ = drawn[0].axes
    assert not [line for line in rich.get_lines() if line.get_linestyle() == ":"]
    assert "not within the run" in shown.alt


def test_caption_says_why_erm_ends_early(simulate, experiment):
    def caption(length):
        arms = experiment.arms | {"ERM, augmented": experiment.arms["ERM, augmented"].but(epochs=length)}
        cut = curves()
        cut["ERM, augmented"] = {name: values[:, :length] for name, values in cut["ERM, augmented"].items()}
        return augmentation.with_and_without(simulate(replace(experiment, arms=arms), cut), "").caption

    whole = experiment.arms["Mixup, augmented"].epochs
    assert f"was trained for {whole // 2:,} epochs only" in caption(whole // 2)
    assert "only" not in caption(whole)


def test_smoke_runs_and_is_judged(store):
    results = sweep.run(fig_4.declare("smoke", epochs=12), store)
    assert results.lost() == []
    verdict = claim.judge(results)
    assert (verdict.claim, len(verdict.parts)) == ("FIG-4", 3)
    augmented, plain = (results.curve(name, "objective")[1] for name in ("ERM, augmented", "ERM"))
    assert not np.array_equal(augmented, plain)
    assert augmentation.with_and_without(results, claim.headline(verdict)).alt
