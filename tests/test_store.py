"""A record appears whole or not at all, and is what was written."""

import json
import os
import threading

import numpy as np
import pytest

from mixrepro import atomic
from mixrepro.config import RunConfig
from mixrepro.errors import StoreError
from mixrepro.record import CURVE, MANIFEST
from mixrepro.store import LOCKS, Store, code_digest

EPOCHS = 10
PROVENANCE = {
    "status": "complete",
    "diverged_at": None,
    "data": {"source": "made up", "sha256": ""},
    "device": "none",
    "started": "2026-01-01T00:00:00+00:00",
    "wall_seconds": 1.0,
    "trained_with": 1,
}


@pytest.fixture
def config():
    return RunConfig(epochs=EPOCHS)


def columns(epochs=EPOCHS, measured=(1, 5, 10)):
    test_loss = np.full(epochs, np.nan)
    test_loss[np.array([epoch - 1 for epoch in measured if epoch <= epochs])] = 0.5
    return {
        "epoch": np.arange(1, epochs + 1),
        "objective": np.linspace(2, 1, epochs),
        "test_loss": test_loss,
        "test_accuracy": test_loss,
    }


def test_record_survives_writing(store, config):
    store.write(config, columns(), PROVENANCE)
    record = store.find(config)
    assert record.config == config
    assert record.status == "complete"
    assert record.manifest["versions"]["torch"]
    for name, values in columns().items():
        assert np.array_equal(record.columns[name], values, equal_nan=True)


def test_nothing_but_the_record_is_left_behind(store, config):
    store.write(config, columns(), PROVENANCE)
    store.write(config, columns(), PROVENANCE)
    assert {path.name for path in store.root.iterdir()} == {config.run_id(), LOCKS}


def test_manifest_holds_no_path_and_no_name_of_the_machine(store, config):
    store.write(config, columns(), PROVENANCE)
    text = (store.root / config.run_id() / MANIFEST).read_text()
    assert str(store.root) not in text
    assert os.uname().nodename not in json.loads(text).values()


def test_longer_run_serves_a_shorter_one_where_it_was_measured(store, config):
    store.write(config, columns(), PROVENANCE)
    shorter = store.find(config.but(epochs=5))
    assert shorter.config.epochs == 5
    assert len(shorter.columns["epoch"]) == 5
    assert shorter.run_id == config.run_id()
    assert store.find(config.but(epochs=4)) is None  # not measured there
    assert store.find(config.but(epochs=11)) is None  # not trained there
    assert store.find(config.but(seed=1)) is None


def test_record_of_other_code_is_trained_anew_unless_asked_for(store, config, monkeypatch):
    store.write(config, columns(), PROVENANCE)
    monkeypatch.setattr("mixrepro.store.code_digest", lambda: "other")
    assert store.find(config) is None
    assert store.find(config, any_code=True) is not None


def test_code_digest_follows_the_library(tmp_path, monkeypatch):
    before = code_digest()
    code_digest.cache_clear()
    assert code_digest() == before
    code_digest.cache_clear()
    monkeypatch.setattr("mixrepro.store.SOURCES_OF_NUMBERS", ("config.py",))
    assert code_digest() != before
    code_digest.cache_clear()


def test_diverged_record_says_where(store, config):
    provenance = {**PROVENANCE, "status": "diverged", "diverged_at": 7}
    store.write(config, columns(7), provenance)
    assert store.find(config).status == "diverged"
    assert store.find(config.but(epochs=5)).status == "complete"  # its beginning is sound


@pytest.mark.parametrize("damage", ["flip", "truncate", "empty", "remove"])
@pytest.mark.parametrize("file", [CURVE, MANIFEST])
def test_damage_is_an_error_that_names_the_record(store, config, damage, file):
    store.write(config, columns(), PROVENANCE)
    path = store.root / config.run_id() / file
    raw = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
        if file == MANIFEST:
            assert store.find(config) is None  # no manifest, no record
            return
    else:
        raw[len(raw) // 2] ^= 0xFF
        path.write_bytes({"flip": raw, "truncate": raw[: len(raw) // 2], "empty": b""}[damage])
    with pytest.raises(StoreError, match=config.run_id()):
        store.read(config.run_id())


def test_table_of_another_record_is_refused(store, config):
    store.write(config, columns(), PROVENANCE)
    store.write(config.but(seed=1), {**columns(), "objective": np.ones(EPOCHS)}, PROVENANCE)
    other = (store.root / config.but(seed=1).run_id() / CURVE).read_bytes()
    (store.root / config.run_id() / CURVE).write_bytes(other)
    with pytest.raises(StoreError, match=f"{config.run_id()}/{CURVE}: found .*, expected SHA-256"):
        store.read(config.run_id())


def test_record_of_another_schema_is_refused(store, config):
    store.write(config, columns(), PROVENANCE)
    path = store.root / config.run_id() / MANIFEST
    path.write_text(path.read_text().replace('"schema": 2', '"schema": 99'))
    with pytest.raises(StoreError, match="schema: found 99, expected 2"):
        store.read(config.run_id())


def test_store_that_is_a_file_is_refused(tmp_path, config):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file: found a folder that refuses"):
        Store(tmp_path / "file").check_writable()


def test_failed_write_leaves_nothing(store, config):
    def no_room(step, path):
        raise OSError(28, "No space left on device", str(path))

    with atomic.observed(no_room), pytest.raises(StoreError, match=r"No space left .* bytes needed, .* free"):
        store.write(config, columns(), PROVENANCE)
    assert [path.name for path in store.root.iterdir()] == [LOCKS]


def test_record_of_the_first_schema_is_read(store, config):
    store.write(config, columns(), PROVENANCE)
    path = store.root / config.run_id() / MANIFEST
    manifest = json.loads(path.read_text()) | {"schema": 1}
    del manifest["sha256"]
    path.write_text(json.dumps(manifest))
    assert store.find(config).config == config


def test_manifest_that_says_something_else_than_was_written_is_refused(store, config):
    store.write(config, columns(), PROVENANCE)
    path = store.root / config.run_id() / MANIFEST
    path.write_text(path.read_text().replace('"trained_with": 1', '"trained_with": 2'))
    with pytest.raises(StoreError, match=rf"{MANIFEST}: found '\w{{64}}', expected SHA-256"):
        store.find(config)


def test_table_of_another_length_is_refused(store, config):
    with pytest.raises(StoreError, match="found 9, expected 10 epochs"):
        store.write(config, columns(9), PROVENANCE)


def test_holder_of_a_run_may_write_it_and_others_may_not_wait_for_each_other(store, config):
    ids = [config.but(seed=seed).run_id() for seed in range(3)]
    with store.locked(ids), store.locked(ids[1:]):
        store.write(config, columns(), PROVENANCE)
    held = threading.Event()

    def hold_backwards():
        with store.locked(reversed(ids)):
            held.set()

    other = threading.Thread(target=hold_backwards)
    with store.locked(ids):
        other.start()
        assert not held.wait(0.2)
    other.join(5)
    assert held.is_set()


def test_value_that_was_not_measured_is_an_error(store, config):
    record = store.write(config, columns(), PROVENANCE)
    assert record.at(5, "test_loss") == 0.5
    with pytest.raises(StoreError, match="no value at epoch 4"):
        record.at(4, "test_loss")


WEIGHTS = {5: {"weight": np.arange(6, dtype=np.float32).reshape(1, 2, 3), "bias": np.zeros(0, dtype=np.float32)}}


def test_snapshots_survive_writing(store, config):
    keeps = config.but(snapshots=(5,))
    store.write(keeps, columns(), PROVENANCE, WEIGHTS)
    kept = store.find(keeps).weights(5)
    assert {name: part.tolist() for name, part in kept.items()} == {
        name: part.tolist() for name, part in WEIGHTS[5].items()
    }


def test_weights_that_were_not_kept_are_named(store, config):
    store.write(config.but(snapshots=(5,)), columns(), PROVENANCE, WEIGHTS)
    record = store.find(config.but(snapshots=(5,)))
    with pytest.raises(StoreError, match=r"found no weights at epoch 7, expected one of 5"):
        record.weights(7)
    store.write(config.but(seed=1), columns(), PROVENANCE)
    with pytest.raises(StoreError, match=r"expected a run that keeps snapshots"):
        store.find(config.but(seed=1)).weights(5)


@pytest.mark.parametrize(
    "damage", [lambda raw: raw[:-1], lambda raw: bytes([raw[0] ^ 1]) + raw[1:], lambda raw: b""]
)
def test_damaged_weights_are_found_out(store, config, damage):
    keeps = config.but(snapshots=(5,))
    store.write(keeps, columns(), PROVENANCE, WEIGHTS)
    file = store.root / keeps.run_id() / "weights-5.safetensors"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(StoreError, match=r"weights-5.safetensors: found .*, expected SHA-256"):
        store.find(keeps).weights(5)


def test_a_record_that_measured_more_serves_a_run_that_asks_for_less(store, config):
    more = config.but(snapshots=(5,), shifted_sets=("shear-1",))
    store.write(more, columns(), PROVENANCE, WEIGHTS)
    assert store.find(config).run_id == more.run_id()
    assert store.find(config.but(snapshots=(5,))).run_id == more.run_id()
    assert store.find(config.but(shifted_sets=("shear-2",))) is None
    assert store.find(config.but(snapshots=(5, 10))) is None
    store.write(config, columns(), PROVENANCE)
    assert store.find(config).run_id == config.run_id()


def test_of_several_records_the_one_that_measured_least_is_taken(store, config):
    some, more = (config.but(shifted_sets=names) for names in (("shear-1",), ("shear-1", "scale-1")))
    assert more.run_id() < some.run_id()  # so the order of names would choose the other
    store.write(more, columns(), PROVENANCE)
    assert store.find(config).run_id == more.run_id()
    store.write(some, columns(), PROVENANCE)
    assert store.find(config).run_id == some.run_id()
    longer = config.but(epochs=20)
    store.write(longer, columns(20, (1, 5, 10, 20)), PROVENANCE)
    assert store.find(config).run_id == some.run_id()
    assert store.find(config.but(epochs=20)).run_id == longer.run_id()


def test_the_beginning_of_a_run_that_keeps_later_snapshots_serves_a_shorter_one(store, config):
    longer = config.but(epochs=20, snapshots=(5, 20))
    store.write(longer, columns(20, (1, 5, 10, 20)), PROVENANCE, WEIGHTS)
    found = store.find(config.but(snapshots=(5,)))
    assert found.run_id == longer.run_id()
    assert found.config == config.but(snapshots=(5,))
    assert found.weights(5)["weight"].shape == (1, 2, 3)
    assert store.find(config).config.epochs == config.epochs
