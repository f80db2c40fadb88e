"""FIG-6 on simulated endings: each part follows where the switched runs end."""

import numpy as np
import pytest

from mixrepro.claims import fig_6 as claim
from mixrepro.errors import ConfigError
from mixrepro.experiments import fig_2, fig_6

EPOCHS, SEEDS = 20, 5
PAPER = {"ERM": 0.50, "Mixup": 0.44, 2: 0.50, 5: 0.53, 10: 0.45}


def judge(simulate, ends, peak=0.51, lost=frozenset()):
    experiment = fig_6.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, switch_epochs=(2, 5, 10))
    generator = np.random.default_rng(0)
    curves = {}
    for arm, config in experiment.arms.items():
        end = ends[config.switch_epoch] if config.switch_epoch else ends[arm]
        accuracy = np.full((SEEDS, EPOCHS), 0.3)
        accuracy[:, EPOCHS // 2] = peak if arm == "Mixup" else 0.3
        accuracy[:, -1] = end
        curves[arm] = {"test_accuracy": accuracy + generator.normal(0, 0.002, accuracy.shape)}
    return claim.judge(simulate(experiment, curves, lost))


def test_supported_when_runs_end_as_in_the_paper(simulate):
    assert judge(simulate, PAPER).verdict == "supported"


@pytest.mark.parametrize(
    ("part", "change"),
    [
        (0, {"Mixup": 0.53}),  # nothing was lost, so nothing is gained
        (1, {5: 0.47}),  # better than Mixup throughout, but below its peak
        (2, {2: 0.54}),  # even the early switch gains
        (3, {10: 0.54}),  # even the late switch recovers
    ],
)
def test_each_part_can_be_refuted(simulate, part, change):
    verdict = judge(simulate, {**PAPER, **change})
    assert verdict.parts[part].verdict == "refuted"
    assert verdict.verdict == "refuted"


def test_inconclusive_when_a_switched_run_is_lost(simulate):
    assert judge(simulate, PAPER, lost={("switch at 5", 3)}).verdict == "inconclusive"


@pytest.mark.parametrize(
    ("change", "headline"),
    [
        ({}, "Switched in time, the fall is avoided; too late, less"),
        ({10: 0.54}, "Switched in time, the fall is avoided; late does as well"),
        ({5: 0.47}, "Switched in time, part of the fall stays; too late, less"),
        ({"Mixup": 0.53}, "Switching in time gains nothing over Mixup"),
    ],
)
def test_headline_follows_the_verdict(simulate, change, headline):
    assert claim.headline(judge(simulate, {**PAPER, **change})) == headline


def test_erm_and_mixup_are_the_runs_of_fig_2():
    ours, theirs = fig_6.declare("quick"), fig_2.declare("quick")
    for arm in ("ERM", "Mixup"):
        assert ours.arms[arm].family() == theirs.arms[arm].family()
        assert ours.arms[arm].epochs <= theirs.arms[arm].epochs


@pytest.mark.parametrize("epochs", [(5, 10), (10, 5, 20), (5, 5, 10)])
def test_switch_epochs_must_be_three_and_rising(epochs):
    with pytest.raises(ConfigError, match="switch_epochs: found"):
        fig_6.declare("smoke", switch_epochs=epochs)
