"""Training that was broken off goes on as if it never had been, and says what it could not use."""

import signal
import time

import numpy as np
import pytest

from mixrepro import sweep
from mixrepro.data import load
from mixrepro.errors import CheckpointError
from mixrepro.reliability import cost, resume
from mixrepro.store import Store
from mixrepro.training import checkpoint, evaluation, trial
from mixrepro.training.checkpoints import Checkpoints, DamagedCheckpoint
from reached import reached


def test_mlp_resumes_bit_by_bit():
    reached(resume.bitwise(["mlp"]))


def test_network_with_batch_norm_resumes_bit_by_bit():
    reached(resume.bitwise(["resnet18"], methods=[]))  # Mixup, with a switch; `--full` has the rest


def test_every_part_of_a_checkpoint_is_needed():
    reached(resume.left_out())


def test_signals_end_training_in_time_and_keep_it():
    reached(resume.stopped(2))


def test_damaged_checkpoints_are_noticed_and_the_one_before_is_used():
    reached(resume.damaged(20))


@pytest.fixture
def kept(tmp_path):
    """A stack that was broken off, with two checkpoints."""
    configs = resume.runs("mlp", "Mixup")
    with resume.broken_after((resume.EPOCHS - 1) * resume.STEPS):
        resume.train(configs, tmp_path / "kept")
    return configs, tmp_path / "kept"


def test_two_checkpoints_are_kept(kept):
    _, folder = kept
    assert [checkpoint.read(file).state.epoch for file in checkpoint.files(folder)] == [3, 2]
    assert len(list(folder.iterdir())) == 2


def test_training_starts_over_when_no_checkpoint_is_sound_and_says_so(kept, tmp_path):
    configs, folder = kept
    for file in checkpoint.files(folder):
        file.write_bytes(file.read_bytes()[:-1])
    with pytest.warns(DamagedCheckpoint, match=r"found '\w{64}', expected the SHA-256 in its name") as warned:
        ours = resume.train(configs, folder)
    assert len(warned) == 2
    assert resume.equal(ours, resume.train(configs, tmp_path / "whole"))


def test_a_checkpoint_of_other_code_is_not_used(kept):
    configs, folder = kept
    with pytest.warns(DamagedCheckpoint, match="stamp"):
        assert Checkpoints(folder, {"code": "other"}).newest(configs) is None


def test_a_checkpoint_of_another_network_is_refused(kept):
    configs, folder = kept
    wider = [config.but(width=16) for config in configs]
    state = checkpoint.read(checkpoint.files(folder)[0])
    lie = state.state.model_copy(update={"configs": checkpoint.described(wider)})
    checkpoint.write(folder, checkpoint.Checkpoint(lie, state.tensors))
    with pytest.raises(CheckpointError, match="found a difference in layers"):
        resume.train(wider, folder)


def test_a_signal_while_measuring_keeps_the_stack_and_measures_again(tmp_path, monkeypatch):
    configs = resume.runs("mlp", "Mixup")
    expected = resume.train(configs, tmp_path / "whole")
    original, calls = evaluation.on_train, []

    def slow(*arguments):
        calls.append(1)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGTERM)
            time.sleep(5)
        return original(*arguments)

    monkeypatch.setattr(evaluation, "on_train", slow)
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped:
        resume.train(configs, tmp_path / "kept", seconds=60)
    assert stopped.value.code == 143
    assert signal.getsignal(signal.SIGTERM) == before
    (file,) = checkpoint.files(tmp_path / "kept")
    assert (checkpoint.read(file).state.epoch, checkpoint.read(file).state.measured) == (3, False)
    assert resume.equal(resume.train(configs, tmp_path / "kept", seconds=60), expected)


def test_whatever_progress_raises_the_stack_is_kept(tmp_path):
    configs = resume.runs("mlp", "Mixup")

    def enough(done, to_do):
        if done >= to_do // 2:
            raise TimeoutError

    kept = Checkpoints(tmp_path, resume.STAMP, 60)
    with pytest.raises(TimeoutError):
        trial.train_together(configs, load(configs[0]), "cpu", enough, checkpoints=kept)
    assert len(checkpoint.files(tmp_path)) == 1


def test_checkpoints_become_rarer_where_they_take_long(tmp_path, monkeypatch):
    kept = Checkpoints(tmp_path, {}, seconds=0.001)
    monkeypatch.setattr(checkpoint, "write", lambda *_: time.sleep(0.05))
    kept.write(None)
    assert not kept.due()
    assert kept._next - time.monotonic() > 2  # fifty times as long as it took


def test_train_stack_goes_on_from_a_checkpoint_and_removes_it(store):
    configs = resume.runs("mlp", "Mixup", switch=True)
    seen = []
    with resume.broken_after((resume.EPOCHS - 1) * resume.STEPS):
        sweep.train_stack(configs, store, device="cpu", checkpoint_seconds=0)
    assert len(list(store.checkpoints.iterdir())) == 1
    sweep.train_stack(configs, store, device="cpu", progress=lambda *epochs: seen.append(epochs))
    assert seen == [(10, 10)]  # two runs for 4 epochs, and one that left after 2 for 2 more
    assert all(store.find(config).manifest["resumed"] == 1 for config in configs)
    assert list(store.checkpoints.iterdir()) == []


def test_runs_left_of_a_recorded_stack_go_on_with_all_of_it(store, tmp_path):
    """A process died while it wrote the records of a stack: those that are missing are not trained alone."""
    configs = resume.runs("mlp", "Mixup", switch=True)
    whole = Store(tmp_path / "whole")
    sweep.train_stack(configs, whole, device="cpu")
    written, original = [], Store.write

    def die_at_the_second(self, config, *rest):
        if written:
            raise resume.Broken
        written.append(config)
        return original(self, config, *rest)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Store, "write", die_at_the_second)
        with pytest.raises(resume.Broken):
            sweep.train_stack(configs, store, device="cpu")
    missing = [config for config in configs if store.find(config) is None]
    assert len(missing) == 2
    sweep.train_stack(missing, store, device="cpu")
    for config in configs:
        ours, theirs = store.find(config), whole.find(config)
        assert ours.manifest["curve_sha256"] == theirs.manifest["curve_sha256"]
        assert ours.manifest["trained_with"] == 3
    assert list(store.checkpoints.iterdir()) == []


def test_checkpoints_of_recorded_runs_are_removed(store):
    configs = resume.runs("mlp", "Mixup")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Checkpoints, "remove", lambda self: None)
        sweep.train_stack(configs, store, device="cpu")
    assert len(list(store.checkpoints.iterdir())) == 1
    sweep.train_missing([configs[0].but(seed=7)], store, device="cpu", quiet=True)
    assert list(store.checkpoints.iterdir()) == []


def test_snapshots_and_statistics_of_resumed_runs_are_recorded(store):
    configs = resume.runs("mlp", "ERM")
    with resume.broken_after(3 * resume.STEPS):
        sweep.train_stack(configs, store, device="cpu", checkpoint_seconds=0)
    sweep.train_stack(configs, store, device="cpu")
    weights = store.find(configs[0]).weights(1)
    assert all(np.isfinite(part).all() for part in weights.values())


def test_a_change_of_device_is_recorded(tmp_path):
    from mixrepro.training.interruption import Stop
    from mixrepro.training.resume import Course

    course = Course(resume.runs("mlp", "ERM"), "CPU, 2 threads", None, Stop())
    course.ran_on = [(0, "CPU, 1 threads"), (10, "CPU, 1 threads"), (20, "CPU, 2 threads")]
    assert course.devices() == "CPU, 1 threads; from epoch 20 on CPU, 2 threads"


def test_keeping_a_stack_costs_little():
    reached(cost.checkpoints(("10 runs of the MLP",)))
