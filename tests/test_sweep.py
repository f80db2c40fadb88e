"""A sweep trains what is missing, once, and stops before training when something is wrong."""

import threading

import pytest

import mixrepro
from mixrepro import sweep
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError, DataError, StoreError
from mixrepro.experiments import fig_2, fig_6
from mixrepro.record import MANIFEST
from mixrepro.store import Store


@pytest.fixture
def counted(monkeypatch):
    """Count the runs that are trained."""
    trained = []
    original = sweep.train_together

    def count(configs, *arguments):
        trained.extend(configs)
        return original(configs, *arguments)

    monkeypatch.setattr(sweep, "train_together", count)
    return trained


def test_sweep_trains_only_what_is_missing(store, counted):
    sweep.run(fig_2.declare("smoke", num_seeds=2, epochs=3))
    assert len(counted) == 4
    sweep.run(fig_2.declare("smoke", num_seeds=3, epochs=3))
    assert {(run.seed, run.alpha) for run in counted[4:]} == {(2, 0.0), (2, 1.0)}


def test_what_other_code_recorded_is_kept_if_asked_for(store, counted, monkeypatch):
    first = sweep.run(fig_2.declare("smoke", num_seeds=2, epochs=3))
    for module in ("mixrepro.store", "mixrepro.sweep"):
        monkeypatch.setattr(f"{module}.code_digest", lambda: "of another day")
    more = fig_2.declare("smoke", num_seeds=3, epochs=3)
    counted.clear()
    completed = sweep.run(more, any_code=True)
    assert {(run.seed, run.alpha) for run in counted} == {(2, 0.0), (2, 1.0)}
    assert not completed.lost()
    assert {record.digest for record in first.all_records()} < {
        record.digest for record in completed.all_records()
    }
    counted.clear()
    sweep.run(more)
    assert len(counted) == 4


def test_some_arms_can_be_trained_alone(store, counted):
    experiment = fig_2.declare("smoke", num_seeds=2, epochs=3)
    sweep.run(experiment.only(["Mixup"]))
    assert {(run.seed, run.alpha) for run in counted} == {(0, 1.0), (1, 1.0)}
    with pytest.raises(ConfigError, match="arm: found 'Mixdown', expected one of ERM; Mixup"):
        experiment.only(["Mixup", "Mixdown"])


def test_finished_sweep_trains_and_writes_nothing(store, counted):
    experiment = fig_2.declare("smoke", num_seeds=2, epochs=3)
    first = sweep.run(experiment)
    stamps = {path: path.stat().st_mtime_ns for path in store.root.rglob("*")}
    counted.clear()
    second = sweep.run(experiment)
    assert counted == []
    assert {path: path.stat().st_mtime_ns for path in store.root.rglob("*")} == stamps
    assert [r.digest for r in first.all_records()] == [r.digest for r in second.all_records()]


def test_fig_6_reads_its_erm_and_mixup_runs_off_fig_2(store, counted):
    sweep.run(fig_2.declare("smoke", num_seeds=2, epochs=10))
    counted.clear()
    sweep.run(fig_6.declare("smoke", num_seeds=2, epochs=8, switch_epochs=(1, 2, 4)))
    assert all(run.switch_epoch is not None for run in counted)
    assert len(counted) == 6


def test_train_returns_one_record_a_seed(store, tiny):
    records = mixrepro.train(tiny, [3, 1])
    assert [record.config.seed for record in records] == [3, 1]
    assert all((store.root / record.run_id / MANIFEST).is_file() for record in records)


def test_n_that_cannot_be_balanced_stops_before_training(store, counted, tiny):
    with pytest.raises(DataError, match="n: found 45, expected a positive multiple of the 10 classes"):
        mixrepro.train(tiny.but(n=45), [0])
    assert counted == []
    assert list(store.root.iterdir()) == []


def test_missing_data_folder_stops_before_training(store, counted, tmp_path):
    config = RunConfig(data="arrays", n=20, batch_size=10, epochs=1)
    with pytest.raises(DataError, match="no-such-folder"):
        mixrepro.train(config, [0], data_root=tmp_path / "no-such-folder")
    assert counted == []
    assert not store.root.exists()


def test_store_that_cannot_be_written_stops_before_training(counted, tiny, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="expected a writable folder"):
        mixrepro.train(tiny, [0], store=Store(tmp_path / "file"))
    assert counted == []


def test_diverged_seed_is_recorded_and_listed(store):
    results = sweep.run(fig_2.declare("smoke", num_seeds=3, epochs=5, lr=1e6))
    assert len(results.lost()) == 6
    assert all("diverged in epoch" in line for line in results.lost())
    assert len(results.all_records()) == 6


def test_progress_is_written_for_the_books_driver(store, tiny, tmp_path, monkeypatch):
    import json

    monkeypatch.setenv("MIXREPRO_PROGRESS", str(tmp_path / "progress"))
    mixrepro.train(tiny, [0, 1])
    lines = [json.loads(line) for line in (tmp_path / "progress").read_text().splitlines()]
    assert lines[-1]["done"] == lines[-1]["total"] == 2 * tiny.epochs
    assert set(lines[-1]) == {"run", "done", "total", "seconds_left"}


def test_progress_leaves_out_what_another_process_trained_meanwhile(store, tiny):
    sweep.train_stack([tiny], store)
    told = []
    sweep.train_stack(
        [tiny, tiny.but(seed=1)], store, progress=lambda *done_and_total: told.append(done_and_total)
    )
    assert told[-1] == (tiny.epochs, tiny.epochs)


def test_a_shorter_run_waits_for_the_longer_one_that_is_being_trained(store, tiny):
    longer, shorter = tiny.but(epochs=8), tiny
    waiting = threading.Thread(target=sweep.train_stack, args=([shorter], store))
    with store.locked([longer.family()]):
        waiting.start()
        waiting.join(1.0)
        assert waiting.is_alive()
        sweep.train_stack([longer], store)
    waiting.join(30.0)
    assert not waiting.is_alive()
    assert [file.parent.name for file in store.root.glob("*/manifest.json")] == [longer.run_id()]
    assert store.find(shorter) is not None
