"""What FIG-6's runs say of a monitor that watches each of them."""

import numpy as np
import pytest

from mixrepro import plots
from mixrepro.claims import fig_6_monitor
from mixrepro.experiments import fig_6

EPOCHS, SEEDS = 40, 4
ENDS = {5: 0.51, 20: 0.53, 30: 0.50}
MEASURED = [2, 4, 6, 8, 10, 12, 15, 18, 22, 26, 32, EPOCHS]


@pytest.fixture
def results(simulate):
    """Four seeds: two fall from epoch 8 on, one from epoch 26 on, one never."""
    experiment = fig_6.declare("smoke", num_seeds=SEEDS, epochs=EPOCHS, switch_epochs=tuple(ENDS))
    mixup = np.full((SEEDS, EPOCHS), np.nan)
    for seed, turn in enumerate((8, 8, 26, EPOCHS)):
        for epoch in MEASURED:
            mixup[seed, epoch - 1] = 0.4 + 0.005 * min(epoch, turn) - 0.01 * max(epoch - turn, 0)
    curves = {"Mixup": mixup, "ERM": np.full((SEEDS, EPOCHS), 0.5)}
    curves |= {fig_6.arm_name(epoch): np.full((SEEDS, EPOCHS), end) for epoch, end in ENDS.items()}
    return simulate(experiment, {arm: {"test_accuracy": each} for arm, each in curves.items()}, set())


def test_each_seed_is_judged_by_the_next_declared_switch(results):
    watched = fig_6_monitor.watch(results)
    # The mean of three is .43 after epochs 8 and 10, .42 after epoch 12 and .397 after epoch 15.
    np.testing.assert_array_equal(watched.said, [15, 15, EPOCHS, np.nan])
    np.testing.assert_array_equal(watched.switch, [20, 20, np.nan, np.nan])
    mixup = results.final("Mixup", "test_accuracy")
    # The third was told after the last declared switch: nobody knows. The fourth never was: Mixup throughout.
    np.testing.assert_array_equal(watched.ended, [ENDS[20], ENDS[20], np.nan, mixup[3]])


def test_monitor_sees_nothing_of_what_comes_after_it_has_spoken(results, simulate):
    before = fig_6_monitor.watch(results)
    experiment = results.experiment
    epochs, mixup = results.curve("Mixup", "test_accuracy")
    later = np.full((SEEDS, EPOCHS), np.nan)
    later[:, epochs - 1] = np.where(epochs > 15, 0.9, mixup)
    curves = {arm: {"test_accuracy": np.full((SEEDS, EPOCHS), 0.5)} for arm in experiment.arms}
    after = fig_6_monitor.watch(simulate(experiment, curves | {"Mixup": {"test_accuracy": later}}, set()))
    np.testing.assert_array_equal(after.said[:2], before.said[:2])


def test_table_of_strategies_has_the_monitor_in_its_last_row(results):
    strategy, epoch, ended = plots.strategies_table(results).rows[-1]
    assert "own monitor" in strategy
    assert epoch == "20"
    assert ended.endswith("(3 of 4 seeds)")
