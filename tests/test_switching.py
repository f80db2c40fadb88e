"""The monitor for anybody's training loop: it tells a fall from noise, and says so once."""

import json
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mixrepro import paths
from mixrepro.errors import ConfigError
from mixrepro.store import Store
from mixrepro.switching import SwitchMonitor

#: Measured at some forty epochs, as recorded runs are.
EPOCHS = np.unique(np.geomspace(1, 1000, 40).round().astype(int))
#: Standard deviation of one measurement: that of 10,000 images, of which four in ten are classified rightly.
NOISE = (0.4 * 0.6 / 10_000) ** 0.5


def fed(accuracies, epochs=EPOCHS, **settings):
    monitor = SwitchMonitor(**settings)
    for epoch, accuracy in zip(epochs, accuracies, strict=True):
        monitor.update(int(epoch), accuracy)
    return monitor


def rising(turn=None, fall=0.0):
    """Accuracy that saturates at a half; from `turn` on it falls with the logarithm of the epoch."""
    fallen = 0.0 if turn is None else fall * np.log(np.maximum(EPOCHS / turn, 1)) / np.log(EPOCHS[-1] / turn)
    return 0.5 - 0.3 / EPOCHS - fallen


def share_that_switches(accuracy, draws=400):
    generator = np.random.default_rng(0)
    noisy = accuracy + generator.normal(0, NOISE, (draws, len(accuracy)))
    return np.mean([fed(each).switched for each in noisy])


def test_says_nothing_while_accuracy_rises_or_stays():
    assert fed(rising()).switch_epoch is None
    assert share_that_switches(rising()) == 0


def test_finds_a_fall_that_matters_after_it_has_begun():
    monitor = fed(rising(turn=100, fall=0.05))
    assert 100 <= monitor.turn < monitor.switch_epoch < 1000
    assert share_that_switches(rising(turn=100, fall=0.05)) == 1
    assert share_that_switches(rising(turn=100, fall=0.005)) < 0.05


def test_switch_comes_once_the_mean_of_the_window_is_lower_by_the_fall_that_matters():
    accuracies = [0.50, 0.60, 0.70, 0.69, 0.68, 0.66, 0.64]  # means of two: .55 .65 .695 .685 .67 .65
    for min_drop, switch_epoch in ((0.005, 5), (0.02, 6), (0.04, 7), (0.05, None)):
        monitor = fed(accuracies, range(1, 8), min_drop=min_drop, window=2)
        assert (monitor.turn, monitor.switch_epoch) == (4, switch_epoch)
    assert fed(accuracies, range(1, 8), window=8).turn is None


def test_turn_is_the_first_of_equally_high_epochs():
    assert fed([0.5, 0.7, 0.7, 0.6], [1, 2, 3, 4], window=1).turn == 2


def test_what_comes_later_changes_nothing():
    monitor = fed([0.7, 0.6, 0.9, 0.1], [3, 5, 8, 9], window=1)
    assert (monitor.turn, monitor.switch_epoch) == (3, 5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"min_drop": 0}, "min_drop: found 0, expected a share above 0"),
        ({"min_drop": 2.0}, "min_drop: found 2.0"),
        ({"min_drop": float("nan")}, "min_drop: found nan"),
        ({"window": 0}, "window: found 0, expected a number of measurements, at least 1"),
        ({"window": 2.5}, "window: found 2.5"),
    ],
)
def test_settings_that_are_none_are_named(settings, message):
    with pytest.raises(ConfigError, match=message):
        SwitchMonitor(**settings)


@pytest.mark.parametrize(
    ("measurement", "message"),
    [
        ((5, 0.5), "epoch: found 5, expected a later one than 5"),
        ((6, 93.5), "accuracy after epoch 6: found 93.5, expected a share from 0 to 1"),
        ((6, float("nan")), "accuracy after epoch 6: found nan"),
    ],
)
def test_measurement_that_is_none_is_named_and_changes_nothing(measurement, message):
    monitor = fed([0.3, 0.4], [4, 5])
    before = monitor.state_dict()
    with pytest.raises(ConfigError, match=message):
        monitor.update(*measurement)
    assert monitor.state_dict() == before
    assert monitor.update(6, 0.5) is False


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30), st.integers(0, 30))
def test_goes_on_from_a_checkpoint_as_if_never_interrupted(accuracies, kept):
    through, first = SwitchMonitor(), SwitchMonitor()
    for epoch, accuracy in enumerate(accuracies[:kept]):
        first.update(epoch, accuracy)
    resumed = SwitchMonitor()
    resumed.load_state_dict(json.loads(json.dumps(first.state_dict())))
    for epoch, accuracy in enumerate(accuracies):
        through.update(epoch, accuracy)
        if epoch >= kept:
            assert resumed.update(epoch, accuracy) == through.switched
    if kept < len(accuracies):
        assert resumed.state_dict() == through.state_dict()


def test_checkpoint_of_another_monitor_is_refused():
    with pytest.raises(ConfigError, match=r"window of the checkpoint: found 5, expected 3"):
        SwitchMonitor().load_state_dict(SwitchMonitor(window=5).state_dict())
    with pytest.raises(ConfigError, match=r"state of a SwitchMonitor: found .*, expected also .*turn"):
        SwitchMonitor().load_state_dict({"window": 3})


def test_loop_of_the_readme_trains_and_switches_once_its_accuracy_falls():
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    (loop,) = re.findall(r"```python\n(import numpy as np\nimport torch\n.*?)```", readme, re.DOTALL)
    torch.manual_seed(0)
    network = torch.nn.Linear(4, 3)
    x = torch.randn(30, 4)
    y = torch.nn.functional.one_hot(x[:, :3].argmax(1), 3).float()
    seen, accuracies = [], iter([0.5, 0.6, 0.7, 0.7, 0.7, 0.6, 0.5, 0.5])

    def batches():
        seen.append(scope["monitor"].switched)
        return [(x[:20], y[:20]), (x[20:], y[20:])]

    scope = {
        "epochs": 8, "batches": batches, "network": network, "accuracy_on_held_out": lambda _: next(accuracies),
        "optimiser": torch.optim.SGD(network.parameters(), lr=0.1),
    }  # fmt: skip
    before = torch.nn.functional.cross_entropy(network(x), y).item()
    exec(loop, scope)
    assert torch.nn.functional.cross_entropy(network(x), y).item() < before
    assert seen == [False] * 6 + [True] * 2
    assert (scope["monitor"].turn, scope["monitor"].switch_epoch) == (5, 6)


@cache
def recorded():
    """Return recorded runs on images, cross-entropy throughout, each with what the monitor makes of it."""
    root = paths.results_root()
    assert root is not None
    folders = [each for each in root.iterdir() if each.is_dir() and not each.name.startswith(".")]
    records = [Store(root).read(each.name) for each in folders]
    kept = [
        r for r in records if r.status == "complete" and r.config.loss == "ce" and r.config.switch_epoch is None
    ]
    return [(r, fed(*reversed(r.measured("test_accuracy")))) for r in kept]


def test_recorded_runs_without_mixup_are_seldom_taken_for_a_fall():
    switched = [monitor.switched for record, monitor in recorded() if record.config.alpha == 0]
    assert len(switched) > 50
    assert np.mean(switched) < 0.05


def test_every_recorded_fall_of_a_fully_connected_network_is_found_and_mostly_after_the_highest_epoch():
    found, later = [], []
    for record, monitor in recorded():
        if record.config.alpha and record.config.model == "mlp" and record.config.augment == "none":
            epochs, accuracy = record.measured("test_accuracy")
            found.append(monitor.switched)
            later.append(monitor.switched and monitor.switch_epoch > epochs[accuracy.argmax()])
    assert len(found) > 40
    assert all(found)
    assert np.mean(later) > 0.95


def test_most_recorded_networks_of_convolutions_fall_too_little_to_be_noticed():
    switched = [m.switched for r, m in recorded() if r.config.alpha and r.config.model != "mlp"]
    assert len(switched) > 20
    assert np.mean(switched) < 0.5
