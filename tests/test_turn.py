"""Where a run's test accuracy is highest, in words and as data."""

import json

import numpy as np
import pytest

from conftest import simulated_record
from mixrepro.commands.summary import summary, turn, turn_line
from mixrepro.config import RunConfig
from test_cli import TINY, mixrepro


@pytest.mark.parametrize(
    ("accuracies", "said"),
    [
        ([[0.2, 0.5, 0.4], [0.2, 0.5, 0.2]], "mean of 2 seeds: highest at epoch 2 of 3, 50.0%; at the end 30.0%"),
        (
            [[0.1, 0.4, 0.5], [0.3, 0.4, 0.4]],
            "mean of 2 seeds: highest at epoch 3 of 3, 45.0%; no turn within the",
        ),
        ([[0.6, 0.1, 0.5]], "1 seed: highest at epoch 1 of 3, 60.0%; at the end 50.0%"),
        ([[0.2, 0.5, 0.5]], "1 seed: highest at epoch 3 of 3, 50.0%; no turn within the run"),
        ([[0.1, 0.3, 0.2], [0.2, 0.1, 0.2]], "mean of 2 seeds: highest at epoch 3 of 3, 20.0%; no turn"),
        ([], "no seed came to the end"),
    ],
)
def test_run_says_where_the_mean_over_seeds_turns(accuracies, said):
    config = RunConfig(epochs=3)
    records = [simulated_record(config, test_accuracy=np.array(curve)) for curve in accuracies]
    lost = simulated_record(config, status="diverged", test_accuracy=np.ones(3))
    assert said in turn_line([lost, *records])


def test_a_switched_run_says_when_it_was_switched():
    def said(switch_epoch, *accuracy):
        config = RunConfig(epochs=3, switch_epoch=switch_epoch)
        return turn_line([simulated_record(config, test_accuracy=np.array(accuracy))]).partition(", 1 seed: ")[2]

    assert said(2, 0.1, 0.2, 0.3) == "highest at epoch 3 of 3, 30.0%; switched from Mixup to ERM at epoch 2"
    assert said(1, 0.1, 0.3, 0.2) == (
        "highest at epoch 2 of 3, 30.0%; at the end 20.0%; switched from Mixup to ERM at epoch 1"
    )
    assert said(3, 0.1, 0.2, 0.3) == "highest at epoch 3 of 3, 30.0%; no turn within the run"  # after its end


def test_turn_and_each_seeds_highest_are_the_last_of_equals():
    record = simulated_record(
        RunConfig(epochs=4), test_accuracy=np.array([0.1, 0.5, 0.5, 0.2]), test_loss=np.ones(4),
        **{name: np.ones(4) for name in ("train_loss", "train_accuracy", "trial_epoch", "trial_test_accuracy")},
    )  # fmt: skip
    assert turn([record]) == {
        "seeds": 1, "epoch": 3, "mean_test_accuracy": 0.5, "last_epoch": 4, "mean_at_end": 0.2, "turned": True
    }  # fmt: skip
    assert summary(record)["highest_at"] == 3


def test_run_as_json_has_the_turn_of_its_mean(capsys, store):
    found = json.loads(mixrepro(capsys, "run", *TINY, "--seeds", "0:2", "--json")[1])
    assert found[0]["turn"] == found[1]["turn"]
    assert found[0]["turn"]["seeds"] == 2
    assert 1 <= found[0]["turn"]["epoch"] <= found[0]["turn"]["last_epoch"] == 3
    lost = json.loads(mixrepro(capsys, "run", *TINY, "--lr", 1e9, "--json")[1])
    assert lost[0]["turn"] is None


def test_a_device_that_is_none_is_refused_though_nothing_is_left_to_train(capsys, store):
    assert mixrepro(capsys, "run", *TINY)[0] == 0
    for command in (("run", *TINY), ("sweep", "FIG-2", "--profile", "smoke")):
        code, _, err = mixrepro(capsys, *command, "--device", "gpu")
        assert code == 1
        assert err == "error: device: found 'gpu', expected auto, cpu, cuda, cuda:1 or another device of torch\n"
