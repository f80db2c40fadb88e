"""FIG-17: declaration, rules on simulated curves, figure and chapter's run."""

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims import fig_17 as claim
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_17
from mixrepro.plots import variants
from mixrepro.training.schedule import evaluation_epochs

EPOCHS, SEEDS = 400, 6
PEAK = 0.5
#: One in which a curve that hardly falls is not highest at its very end, where it would not have turned.
SEED = 1
#: Arm -> turning epoch, accuracy at the end: as in the paper.
PAPER = {"ERM": (20, 0.50), "Mixup": (40, 0.44), "eta = 0.1": (100, 0.47), "eta = 2": (40, 0.44)}


def curves(**changes):
    """Simulate curves that rise in log epochs to PEAK, turn and fall to their end."""
    generator = np.random.default_rng(SEED)
    logs = np.log(np.arange(1, EPOCHS + 1))
    measured = np.isin(np.arange(1, EPOCHS + 1), evaluation_epochs(RunConfig(epochs=EPOCHS)))
    simulated = {}
    for arm, (turn, end) in (PAPER | changes).items():
        turns = np.log(turn) + generator.normal(0, 0.05, (SEEDS, 1))
        rising, falling = np.minimum(logs / turns, 1), np.clip((logs - turns) / (logs[-1] - turns), 0, 1)
        accuracy = PEAK * rising - (PEAK - end) * falling + generator.normal(0, 0.002, (SEEDS, EPOCHS))
        simulated[arm] = {"test_accuracy": np.where(measured, accuracy, np.nan)}
    return simulated


@pytest.fixture
def judged(simulate):
    def judge(lost=frozenset(), **changes):
        experiment = fig_17.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
        return claim.judge(simulate(experiment, curves(**changes), lost))

    return judge


def words(verdict):
    return [part.verdict for part in verdict.parts]


def test_supported_when_runs_end_as_in_the_paper(judged):
    verdict = judged()
    assert words(verdict) == ["supported"] * 5
    assert verdict.parts[1].effect == pytest.approx(np.log2(100 / 40), abs=0.4)
    assert verdict.parts[2].effect == pytest.approx(0.03, abs=0.003)
    assert claim.headline(verdict) == "Large η ends where Mixup does; small η turns later and ends better"


@pytest.mark.parametrize(
    ("refuted", "changes", "headline"),
    [
        (
            0,
            {"eta = 2": (40, 0.475)},
            "Large η does not end where Mixup does; small η turns later and ends better",
        ),
        (1, {"eta = 0.1": (30, 0.47)}, "Large η ends where Mixup does; small η ends better"),
        (2, {"eta = 0.1": (100, 0.44)}, "Large η ends where Mixup does; small η turns later"),
        (3, {"eta = 2": (40, 0.499)}, None),
        (4, {"eta = 0.1": (100, 0.499)}, None),
    ],
)
def test_each_part_can_be_refuted(judged, refuted, changes, headline):
    verdict = judged(**changes)
    assert words(verdict)[refuted] == "refuted"
    assert verdict.verdict == "refuted"
    assert headline in (None, claim.headline(verdict))


def test_headline_says_when_nothing_falls(judged):
    verdict = judged(**{"eta = 0.1": (100, 0.499), "eta = 2": (40, 0.499)})
    assert claim.headline(verdict) == "RegMixup does not fall"


def test_ends_on_either_side_of_mixup_are_not_where_mixup_ends(judged):
    assert words(judged(**{"eta = 2": (40, 0.405)}))[0] == "refuted"


def test_a_small_weight_that_still_rises_supports_but_never_refutes(judged):
    assert words(judged(**{"eta = 0.1": (10**6, 0.5)}))[1] == "supported"
    # Mixup, too, turns so late that the end of the run is hardly later.
    late = judged(**{"eta = 0.1": (10**6, 0.5), "Mixup": (280, 0.44)})
    assert words(late)[1] in ("supported", "inconclusive")


@pytest.mark.parametrize("arm", ["Mixup", "eta = 0.1", "eta = 2"])
def test_inconclusive_when_a_seed_is_lost(judged, arm):
    verdict = judged(lost={(arm, 1)})
    assert verdict.verdict == "inconclusive"
    assert min(part.n for part in verdict.parts) < SEEDS


@pytest.mark.parametrize("profile", fig_17.SIZES)
def test_arms_differ_in_loss_only_and_share_their_seeds(profile):
    experiment = fig_17.declare(profile)
    mixup = experiment.arms["Mixup"]
    assert list(experiment.arms) == list(PAPER)
    assert experiment.arms["ERM"] == mixup.but(alpha=0.0)
    for eta in (0.1, 2.0):
        assert experiment.arms[fig_17.arm_name(eta)] == mixup.but(loss="regmixup", eta=eta)
    assert mixup.augment == "none"


def test_paper_is_the_papers_setting():
    experiment = fig_17.declare("paper")
    mixup = experiment.arms["Mixup"]
    assert (mixup.data, mixup.model, mixup.width, mixup.n, mixup.epochs) == (
        "cifar10", "resnet18", 64, 50_000, 1200,
    )  # fmt: skip
    assert experiment.scale().endswith("alpha = 1, lr = 0.1, eta = 0.1 and 2")
    assert len(experiment.seeds) == 10


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(etas=(0.1,)), "etas: found"),
        (dict(etas=(2.0, 0.1)), "etas: found"),
        (dict(etas=(-0.1, 2.0)), "eta: found -0.1"),
        (dict(alpha=0.0), "alpha: found 0"),
        (dict(profile="huge"), "profile: found 'huge'"),
    ],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_17.declare(**arguments)


def test_figure_names_every_arm_its_best_and_its_end(simulate):
    simulated = curves()
    experiment = fig_17.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)
    shown = variants.regmixup(simulate(experiment, simulated), "title")
    for arm, label in (("ERM", "ERM"), ("Mixup", "Mixup"), ("eta = 0.1", "RegMixup, η = 0.1")):
        mean = simulated[arm]["test_accuracy"].mean(0)
        best = np.nanargmax(mean)
        assert f"{label} highest, {mean[best]:.1%}, at epoch {best + 1:,}, at the end {mean[-1]:.1%}" in shown.alt


def test_smoke_runs_and_is_judged(store):
    results = sweep.run(fig_17.declare("smoke", epochs=12), store)
    assert results.lost() == []
    verdict = claim.judge(results)
    assert (verdict.claim, len(verdict.parts)) == ("FIG-17", 5)
    mixup, large = (results.curve(arm, "objective")[1] for arm in ("Mixup", "eta = 2"))
    assert (large > mixup).all()  # the mixed term counts twice, and the clean one comes on top
    assert variants.regmixup(results, claim.headline(verdict)).alt
