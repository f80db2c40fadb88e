"""FIG-1 and FIG-2 on simulated curves: the verdict follows what the curves do."""

import numpy as np
import pytest

from mixrepro.claims import fig_2 as claim
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_2

EPOCHS = 60
SEEDS = 6


def curves(generator, mixup_drop=0.0, erm_drop=0.0, noise=0.005, erm_noise=0.0024):
    """Simulate ERM and Mixup: rise until the middle, then fall by the given amounts."""
    epochs = np.arange(1, EPOCHS + 1)
    turned = np.clip((epochs - EPOCHS / 2) / (EPOCHS / 2), 0, 1)
    rise = 0.5 * np.clip(epochs / (EPOCHS / 2), 0, 1)

    def arm(drop, noise):
        accuracy = rise - drop * turned + generator.normal(0, noise, (SEEDS, EPOCHS))
        return {"test_accuracy": accuracy, "objective": np.geomspace(2, 0.01, EPOCHS) * np.ones((SEEDS, 1))}

    return {"Mixup": arm(mixup_drop, noise), "ERM": arm(erm_drop, erm_noise)}


@pytest.fixture
def experiment():
    return fig_2.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS)


def share_supported(simulate, experiment, **drops):
    # Noise of a seed's accuracy at one epoch, as seen on MNIST-1D: a drop varied by 1.5 points for Mixup over
    # seeds, by 0.33 for ERM.
    generator = np.random.default_rng(0)
    simulated = (curves(generator, noise=0.0106, **drops) for _ in range(300))
    verdicts = [claim.judge(simulate(experiment, each)).verdict for each in simulated]
    return np.mean([verdict == "supported" for verdict in verdicts])


def test_supported_when_mixup_falls_and_erm_does_not(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(np.random.default_rng(0), mixup_drop=0.06)))
    assert verdict.verdict == "supported"
    assert verdict.parts[0].effect == pytest.approx(0.06, abs=0.01)


def test_refuted_when_nothing_falls(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(np.random.default_rng(0))))
    assert verdict.verdict == "refuted"
    assert [part.verdict for part in verdict.parts] == ["refuted", "supported", "refuted"]


def test_refuted_when_erm_falls_as_well(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(np.random.default_rng(0), mixup_drop=0.06, erm_drop=0.06)))
    assert [part.verdict for part in verdict.parts] == ["supported", "refuted", "refuted"]


def test_inconclusive_when_the_noise_is_larger_than_the_effect(simulate, experiment):
    verdict = claim.judge(simulate(experiment, curves(np.random.default_rng(0), mixup_drop=0.02, noise=0.08)))
    assert verdict.verdict == "inconclusive"


def test_seldom_supported_without_an_effect(simulate, experiment):
    assert share_supported(simulate, experiment) <= 0.05


def test_nearly_always_supported_with_the_planned_effect(simulate, experiment):
    assert share_supported(simulate, experiment, mixup_drop=claim.PLANNED_DROP) >= 0.90


def test_inconclusive_when_mixup_has_not_turned_yet(simulate, experiment):
    rising = curves(np.random.default_rng(0), noise=0.0)
    rising["Mixup"]["test_accuracy"] = np.linspace(0.1, 0.6, EPOCHS) * np.ones((SEEDS, 1))
    verdict = claim.judge(simulate(experiment, rising))
    assert verdict.verdict == "inconclusive"
    assert claim.headline(verdict) == "No turn was found within the run"


@pytest.mark.parametrize("arm", ["ERM", "Mixup"])
def test_inconclusive_when_a_seed_is_lost(simulate, experiment, arm):
    results = simulate(experiment, curves(np.random.default_rng(0), mixup_drop=0.06), lost={(arm, 2)})
    verdict = claim.judge(results)
    assert verdict.verdict == "inconclusive"
    assert min(part.n for part in verdict.parts) < SEEDS
    assert all(part.n_declared == SEEDS for part in verdict.parts)
    assert results.lost() == [f"{arm}, seed 2: not run"]


def test_a_single_seed_gets_no_estimate(simulate):
    experiment = fig_2.declare("smoke", num_seeds=1, epochs=EPOCHS)
    simulated = {
        arm: {k: v[:1] for k, v in columns.items()}
        for arm, columns in curves(np.random.default_rng(0), 0.06).items()
    }
    verdict = claim.judge(simulate(experiment, simulated))
    assert verdict.verdict == "inconclusive"
    assert verdict.parts[0].effect is None


def test_fig_1_asks_that_erm_goes_on_falling(simulate, experiment):
    falls_on = curves(np.random.default_rng(0), mixup_drop=0.06, erm_drop=-0.06)
    stays = curves(np.random.default_rng(0), mixup_drop=0.06)
    assert claim.judge_fig_1(simulate(experiment, falls_on)).verdict == "supported"
    flat = claim.judge_fig_1(simulate(experiment, stays))
    assert flat.verdict == "refuted"
    assert [part.verdict for part in flat.parts] == ["supported", "supported", "supported", "refuted"]


@pytest.mark.parametrize("arm", ["ERM", "Mixup"])
def test_fig_1_is_refuted_when_a_training_loss_rises(simulate, experiment, arm):
    rising = curves(np.random.default_rng(0), mixup_drop=0.06, erm_drop=-0.06)
    rising[arm]["objective"] = np.linspace(1, 2, EPOCHS) * np.ones((SEEDS, 1))
    assert claim.judge_fig_1(simulate(experiment, rising)).verdict == "refuted"


def test_recent_mean_averages_the_last_tenth():
    objective = np.arange(1.0, 101.0)[None]
    assert claim.recent_mean(objective, np.array([1, 10, 100])).tolist() == [[1.0, 10.0, 95.5]]


def test_headline_follows_the_verdict(simulate, experiment):
    fallen = claim.judge(simulate(experiment, curves(np.random.default_rng(0), mixup_drop=0.06)))
    flat = claim.judge(simulate(experiment, curves(np.random.default_rng(0))))
    assert claim.headline(fallen) == "Mixup turns and falls; ERM does not"
    assert claim.headline(flat) == "Mixup does not fall; neither does ERM"


def test_declaration_pairs_arms_that_differ_in_alpha_only():
    experiment = fig_2.declare("quick", alpha=0.2)
    assert experiment.arms["ERM"] == experiment.arms["Mixup"].but(alpha=0.0)
    assert experiment.arms["Mixup"].alpha == 0.2
    assert len(experiment.runs()) == 2 * len(experiment.seeds)


def test_quick_is_the_setting_that_the_chapter_promises():
    mixup = fig_2.declare("quick").arms["Mixup"]
    assert (mixup.n, mixup.width, mixup.depth, mixup.lr, mixup.momentum, mixup.batch_size) == (
        1000, 256, 2, 0.05, 0.9, 100,
    )  # fmt: skip
    assert len(fig_2.declare("quick").seeds) >= 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(profile="huge"), "profile: found 'huge'"),
        (dict(profile="paper"), "profile: found 'paper', expected one of smoke, quick"),
        (dict(model="vit"), "model: found 'vit'"),
        (dict(wdith=8), "did you mean 'width'"),
        (dict(num_seeds=0), "num_seeds: found 0"),
        (dict(alpha=-1.0), "alpha: found -1.0"),
    ],
)
def test_declaration_names_what_is_wrong(arguments, message):
    with pytest.raises(ConfigError, match=message):
        fig_2.declare(**arguments)
