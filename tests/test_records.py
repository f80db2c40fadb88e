"""What a store holds can be listed; what is damaged is named whole, with the remedy."""

import json
from pathlib import Path

import pytest

import mixrepro
from mixrepro.config import RunConfig
from mixrepro.errors import ConfigError, StoreError, found_expected
from mixrepro.record import CURVE, MANIFEST
from mixrepro.store import Store
from test_cli import mixrepro as command
from test_store import PROVENANCE, columns

BEGUN = ("2026-01-02T00:00:00+00:00", "2026-01-01T00:00:00+00:00")


@pytest.fixture
def two(store):
    """Two records, the one with the larger seed begun first."""
    config = RunConfig(epochs=10, alpha=0.4, switch_epoch=5)
    return [
        store.write(config.but(seed=seed), columns(), {**PROVENANCE, "started": begun})
        for seed, begun in enumerate(BEGUN)
    ]


def test_store_lists_what_is_there(store, two):
    (store.root / "notes").mkdir()
    (store.root / "notes" / MANIFEST).write_text("")
    assert store.run_ids() == sorted(record.run_id for record in two)
    assert [record.config.seed for record in store.records()] == [1, 0]
    assert Store(store.root / "nowhere").run_ids() == Store(store.root / "nowhere").records() == []


def test_records_are_listed_newest_last(capsys, store, two):
    code, out, _ = command(capsys, "records")
    head, *lines = out.splitlines()
    assert code == 0
    assert head.split() == "run_id model n alpha switch_epoch loss epochs seed status test_accuracy".split()
    assert [line.split() for line in lines] == [
        [two[seed].run_id, *f"mlp 1000 0.4 5 ce 10 {seed} complete 50.0%".split()] for seed in (1, 0)
    ]
    rows = json.loads(command(capsys, "records", "--store", store.root, "--json")[1])
    assert [(row["seed"], row["test_accuracy"], row["started"]) for row in rows] == [
        (1, 0.5, BEGUN[1]),
        (0, 0.5, BEGUN[0]),
    ]


def test_an_empty_store_and_one_that_is_not_there(capsys, store, tmp_path):
    assert command(capsys, "records")[:2] == (0, f"no records in {store.root}\n")
    assert json.loads(command(capsys, "records", "--json")[1]) == []
    code, _, err = command(capsys, "records", "--store", tmp_path / "none")
    assert code == 1
    assert "none: found no such folder, expected a folder of run records" in err


def deep(tmp_path):
    return Store(tmp_path / ("a-folder-with-a-long-name-" * 4) / ("and-another-one-" * 6))


@pytest.mark.parametrize("file", [CURVE, MANIFEST])
@pytest.mark.parametrize("damage", ["empty", "flip", "directory"])
def test_damage_is_named_whole_and_with_the_remedy(capsys, tmp_path, file, damage):
    store = deep(tmp_path)
    folder = store.write(RunConfig(epochs=10), columns(), PROVENANCE).folder
    raw = bytearray((folder / file).read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    (folder / file).unlink()
    if damage == "directory":
        (folder / file).mkdir()
    else:
        (folder / file).write_bytes(raw if damage == "flip" else b"")
    with pytest.raises(StoreError) as caught:
        store.find(RunConfig(epochs=10))
    said = str(caught.value)
    assert said.startswith(f"{folder / file}: found ")
    assert said.endswith(f"; remove the folder {folder}, and the run is trained again")
    assert "..." not in said
    assert "\n" not in said
    code, _, err = command(capsys, "records", "--store", store.root)
    assert code == 1
    assert str(folder / file) in err


def test_a_record_that_lost_its_table_says_so(store, two):
    (two[0].folder / CURVE).unlink()
    with pytest.raises(StoreError, match=f"{CURVE}: found no such file, expected a complete record; remove"):
        store.read(two[0].run_id)
    with pytest.raises(StoreError, match=f"{MANIFEST}: found no such file, expected a complete record$"):
        store.read(RunConfig(epochs=7).run_id())


def test_our_own_words_for_what_was_found_are_not_cut():
    assert found_expected("x", "a " + "b" * 300, "c") == f"x: found a {'b' * 300}, expected c"
    assert len(found_expected("x", "d" * 300, "c")) < 150


def test_a_column_that_is_none_is_named_with_the_nearest(two):
    with pytest.raises(
        StoreError, match=r"column: found 'test_acc', .* objective, .*did you mean 'test_accuracy'"
    ):
        two[0].measured("test_acc")
    with pytest.raises(StoreError, match="did you mean 'test_loss'"):
        two[0].at(5, "test_los")


def test_train_takes_a_folder_and_names_seeds_that_are_none(tmp_path, tiny):
    for store in (tmp_path / "runs", str(tmp_path / "runs"), Store(tmp_path / "runs")):
        (record,) = mixrepro.train(tiny, range(1), store=store)
        assert record.folder.parent == tmp_path / "runs"
    with pytest.raises(ConfigError, match=r"seeds: found 3, expected several, as range\(3\) or \[3\]"):
        mixrepro.train(tiny, 3, store=tmp_path / "runs")
    with pytest.raises(ConfigError, match=r"seeds: found '0:3', expected integers, as range\(3\)"):
        mixrepro.train(tiny, "0:3", store=tmp_path / "runs")


def test_the_package_says_its_version():
    import tomllib

    project = Path(__file__).parents[1] / "pyproject.toml"
    assert mixrepro.__version__ == tomllib.loads(project.read_text())["project"]["version"]
