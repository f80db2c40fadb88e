"""A loss that is not finite ends a run with step and last finite loss; the run stays listed, in no average."""

import json

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.claims.judged import judged
from mixrepro.data import load
from mixrepro.experiments import fig_2
from mixrepro.record import MANIFEST
from mixrepro.results import collect
from mixrepro.training import evaluation, trial
from mixrepro.training.checkpoints import Checkpoints
from mixrepro.training.units import ChainUnit

STEPS = 3  # of an epoch of `tiny`: 40 points, 15 at once


def poisoned(monkeypatch, value, at, replica=0):
    """Make the loss of one run `value` from update `at` on."""
    original, made = ChainUnit.gradient, []

    def gradient(unit, batch, eta):
        loss = original(unit, batch, eta)
        place = replica - unit.replicas.start
        if not 0 <= place < loss.numel():
            return loss  # a stack is several units where there are several threads
        made.append(1)
        if len(made) >= at:
            loss = loss.clone()
            loss[place] = value
            for part in unit.gradients:
                part[place] = value
        return loss

    monkeypatch.setattr(ChainUnit, "gradient", gradient)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("at", [1, 8])
def test_step_and_last_finite_loss_are_recorded_and_the_others_train_on(store, tiny, monkeypatch, value, at):
    healthy = trial.train_together([tiny, tiny.but(seed=1)], load(tiny))
    poisoned(monkeypatch, value, at)
    sweep.train_stack([tiny, tiny.but(seed=1)], store, device="cpu")
    first = min((tiny, tiny.but(seed=1)), key=lambda run: run.run_id())  # the first replica
    lost, other = store.find(first), store.find(tiny.but(seed=1 - first.seed))
    assert lost.status == "diverged"
    assert (lost.manifest["diverged_step"], lost.manifest["diverged_at"]) == (at, (at - 1) // STEPS + 1)
    assert len(lost.columns["epoch"]) == lost.manifest["diverged_at"]
    if at == 1:
        assert lost.manifest["last_finite_loss"] is None
    else:
        assert 0 < lost.manifest["last_finite_loss"] < 10
    assert other.status == "complete"
    assert other.columns["objective"] == pytest.approx(healthy[other.config.seed].columns["objective"], rel=1e-5)
    assert "NaN" not in (lost.folder / MANIFEST).read_text()
    assert "Infinity" not in (lost.folder / MANIFEST).read_text()


def test_last_finite_loss_is_that_of_the_step_before(tiny, monkeypatch):
    seen, original = [], ChainUnit.gradient

    def gradient(unit, batch, eta):
        loss = original(unit, batch, eta)
        seen.append(float(loss[0]))
        return loss

    monkeypatch.setattr(ChainUnit, "gradient", gradient)
    poisoned(monkeypatch, float("nan"), 8)
    (outcome,) = trial.train_together([tiny], load(tiny), "cpu")
    assert (outcome.diverged_step, outcome.last_finite_loss) == (8, pytest.approx(seen[6]))


def test_loss_of_a_first_batch_follows_the_mean_of_the_epoch_before(tiny, monkeypatch):
    poisoned(monkeypatch, float("inf"), 2 * STEPS + 1)
    (outcome,) = trial.train_together([tiny], load(tiny), "cpu")
    assert outcome.diverged_step == 2 * STEPS + 1
    assert outcome.last_finite_loss == outcome.columns["objective"][1]


def test_training_stops_where_every_run_is_lost(tiny, monkeypatch):
    epochs = []
    poisoned(monkeypatch, float("nan"), STEPS + 1)
    outcomes = trial.train_together([tiny.but(epochs=100)], load(tiny), "cpu", lambda done, _: epochs.append(done))
    assert epochs == [1, 2]
    assert outcomes[0].diverged_at == 2


def test_runs_that_leave_a_lost_prefix_are_lost_with_it(tiny, monkeypatch):
    poisoned(monkeypatch, float("nan"), STEPS + 1)
    outcomes = trial.train_together([tiny.but(switch_epoch=4), tiny.but(switch_epoch=5)], load(tiny), "cpu")
    assert [(o.config.switch_epoch, o.diverged_at, o.diverged_step) for o in outcomes] == [(4, 2, 4), (5, 2, 4)]


def test_test_loss_that_is_not_finite_is_a_divergence(store, tiny, monkeypatch):
    original = evaluation.on_test

    def on_test(model, points):
        figures = original(model, points)
        figures[0] = float("nan")
        return figures

    monkeypatch.setattr(evaluation, "on_test", on_test)
    sweep.train_stack([tiny], store, device="cpu")
    record = store.find(tiny)
    assert record.status == "diverged"
    assert (record.manifest["diverged_at"], record.manifest["diverged_step"]) == (1, STEPS)
    assert record.manifest["last_finite_loss"] == record.columns["objective"][0]


def test_overflow_is_a_divergence(tiny):
    (outcome,) = trial.train_together([tiny.but(lr=1e6, epochs=20)], load(tiny), "cpu")
    assert outcome.diverged_at < 20
    assert (outcome.diverged_at - 1) * STEPS < outcome.diverged_step <= outcome.diverged_at * STEPS
    assert np.isfinite(outcome.last_finite_loss)


def test_checkpoint_before_the_divergence_is_kept(tiny, tmp_path, monkeypatch):
    poisoned(monkeypatch, float("nan"), 2 * STEPS + 2)
    kept = Checkpoints(tmp_path, {}, seconds=0)
    trial.train_together([tiny], load(tiny), "cpu", checkpoints=kept)
    newest = kept.newest([tiny])
    assert newest.state.epoch == 2
    assert all(part.isfinite().all() for name, part in newest.tensors.items() if name.startswith("model."))


def test_lost_seeds_are_listed_counted_and_in_no_average(store, monkeypatch):
    experiment = fig_2.declare("smoke", num_seeds=3, epochs=5)
    poisoned(monkeypatch, float("nan"), 4)
    results = sweep.run(experiment, store, device="cpu")
    assert len(results.all_records()) == 6
    (line,) = results.lost()
    assert "diverged in epoch" in line
    assert "step 4" in line
    assert "last finite loss" in line
    arm = line.partition(",")[0]
    _, curves = results.curve(arm, "test_accuracy")
    assert curves.shape[0] == 3
    assert np.isnan(curves).all(axis=1).sum() == 1
    assert np.isnan(curves.mean(axis=0)).all()
    again = collect(experiment, [store])
    assert again.lost() == [line]
    shown = [each.as_dict() for each in judged("smoke", [store], ["FIG-2"])]
    assert shown
    json.dumps(shown, allow_nan=False)
