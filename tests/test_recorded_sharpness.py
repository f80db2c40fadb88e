"""Sharpness that is kept: what was measured comes back, of the declared seeds, and of these runs only."""

import contextlib
import hashlib
import json
from dataclasses import fields, replace

import numpy as np
import pytest

from mixrepro import cli, recorded_sharpness, sharpness, sweep
from mixrepro.claims import fig_2_land, registry
from mixrepro.errors import StoreError
from mixrepro.experiments import declare
from mixrepro.results import collect
from mixrepro.sharpness import Sharpness
from mixrepro.store import Store


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return tmp_path_factory.mktemp("records")


@pytest.fixture(scope="module")
def measured(root):
    """Two seeds of tiny runs, measured and kept."""
    experiment = declare("FIG-2-LAND", "smoke", num_seeds=2, epochs=20, shifted_sets=())
    results = sweep.run(experiment, Store(root))
    recorded_sharpness.record(results, root)
    return results


def test_what_was_measured_comes_back(measured, root):
    kept, again = recorded_sharpness.find(measured, [root]), sharpness.measure(measured)
    for field in fields(Sharpness):
        mine, theirs = getattr(kept["sharpness"], field.name), getattr(again, field.name)
        if isinstance(theirs, np.ndarray):
            assert mine.dtype == theirs.dtype
            np.testing.assert_allclose(mine, theirs, rtol=1e-5)
        else:
            assert mine == theirs
    assert kept["device"].startswith("CPU")
    assert kept["trained_on"] == [measured.all_records()[0].manifest["device"]]
    assert not any("/" in text for text in (kept["device"], *kept["versions"].values()))


def test_seeds_that_were_not_measured_are_missing(measured, root):
    more = collect(declare("FIG-2-LAND", "smoke", num_seeds=3, epochs=20), [Store(root)])
    kept = recorded_sharpness.find(more, [root])["sharpness"]
    assert kept.seeds == (0, 1, 2)
    assert np.isnan(kept.trace[:, 2]).all()
    assert np.isfinite(kept.trace[:, :2]).all()
    (part, *_) = fig_2_land.judge(kept).parts
    assert (part.n, part.n_declared) == (2, 3)


def test_a_seed_keeps_its_numbers_whichever_are_declared(measured, root):
    both = recorded_sharpness.find(measured, [root])["sharpness"]
    declared = replace(measured.experiment, seeds=(1, 3, 0))
    kept = recorded_sharpness.find(replace(measured, experiment=declared), [root])["sharpness"]
    np.testing.assert_array_equal(kept.trace[:, [2, 0]], both.trace)
    assert np.isnan(kept.trace[:, 1]).all()
    assert (both.trace[:, 0] != both.trace[:, 1]).all()


def test_a_file_of_other_runs_is_not_taken_for_these(measured, root, tmp_path):
    file = recorded_sharpness.file_of(tmp_path, measured)
    whole = json.loads(recorded_sharpness.file_of(root, measured).read_bytes())
    file.write_text(json.dumps(whole))
    assert recorded_sharpness.find(measured, [tmp_path])
    file.write_text(json.dumps({**whole, "families": dict.fromkeys(whole["families"], "0" * 16)}))
    assert recorded_sharpness.find(measured, [tmp_path]) is None


def test_other_runs_have_none(measured, root, tmp_path):
    other = collect(declare("FIG-2-LAND", "smoke", num_seeds=2, epochs=20, lr=0.02), [Store(root)])
    assert recorded_sharpness.find(other, [root]) is None
    assert recorded_sharpness.find(measured, [tmp_path]) is None
    nothing = recorded_sharpness.nothing(other)
    assert {part.n for part in fig_2_land.judge(nothing).parts} == {0}
    assert fig_2_land.judge(nothing).verdict == "inconclusive"


@pytest.mark.parametrize("damage", [b"{", b"[]", b'{"made": 1}'])
def test_a_damaged_file_is_named(measured, root, tmp_path, damage):
    file = recorded_sharpness.file_of(tmp_path, measured)
    file.write_bytes(damage)
    with pytest.raises(StoreError, match=f"{file.name}.*expected what `mixrepro sweep FIG-2-LAND` writes"):
        recorded_sharpness.find(measured, [tmp_path])
    whole = json.loads(recorded_sharpness.file_of(root, measured).read_bytes())
    del whole["sharpness"]["trace"]
    file.write_text(json.dumps(whole))
    with pytest.raises(StoreError, match=file.name):
        recorded_sharpness.find(measured, [tmp_path])


def test_recorded_sizes_are_judged_on_what_was_kept():
    claims = [claim for claim in registry.all_claims() if claim.id.startswith("FIG-2-LAND")]
    assert all("small" in claim.profiles for claim in claims)
    for claim in claims:
        assert claim.judge(claim.evidence("small", [])).parts[0].n_declared == 5


@pytest.fixture
def kept_elsewhere(tmp_path, monkeypatch):
    """A folder with the sharpness of `small`, in which Mixup's rise is e ** snapshot, and no record."""
    results = collect(declare("FIG-2-LAND", "small"), [Store(tmp_path)])
    nothing = recorded_sharpness.nothing(results)
    numbers = {name: np.ones_like(getattr(nothing, name)) for name in sharpness.NUMBERS}
    rises = np.exp(np.arange(len(nothing.epochs)))[:, None] * np.ones_like(nothing.rise)
    known = replace(nothing, **numbers, rise=rises, error_rise=rises / 100, surfaces=np.ones((2, 3, 1, 1)))
    monkeypatch.setattr(sharpness, "measure", lambda *_: known)
    recorded_sharpness.record(results, tmp_path)
    return tmp_path


def test_verdicts_read_the_sharpness_in_the_store_that_they_are_asked_about(kept_elsewhere, capsys, monkeypatch):
    command = ["mixrepro", "verdicts", "FIG-2-LAND", "--profile", "small", "--json", "--store"]
    found = {}
    (kept_elsewhere / "empty").mkdir()
    for store in (kept_elsewhere, kept_elsewhere / "empty"):
        monkeypatch.setattr("sys.argv", [*command, str(store)])
        with contextlib.suppress(SystemExit):
            cli.main()
        (verdict,) = json.loads(capsys.readouterr().out)
        found[store] = verdict["parts"][0]
    assert found[kept_elsewhere]["effect"] == pytest.approx(2 / np.log(2), rel=1e-4)
    assert found[kept_elsewhere / "empty"]["effect"] < 0  # that in `results/`


def test_kept_sharpness_is_looked_for_where_the_records_are_and_else_in_results(kept_elsewhere):
    experiment = declare("FIG-2-LAND", "small")
    recorded = recorded_sharpness.find(collect(experiment))
    assert recorded["trained_on"]
    for stores, there in ([Store(kept_elsewhere)], True), ([Store(kept_elsewhere / "empty")], False), ([], False):
        kept = recorded_sharpness.find(collect(experiment, stores))
        assert (kept is not None) == there
        assert not there or kept["trained_on"] == []


def test_the_digest_of_what_was_found_is_that_of_the_file_that_is_looked_for(kept_elsewhere, monkeypatch):
    results = collect(declare("FIG-2-LAND", "small"), [Store(kept_elsewhere)])
    kept = recorded_sharpness.find(results)
    ((name, digest),) = recorded_sharpness.looked_for(results, kept).items()
    file = kept_elsewhere / name
    assert digest == hashlib.sha256(file.read_bytes()).hexdigest()
    monkeypatch.setenv("MIXREPRO_STORE", str(kept_elsewhere))
    assert recorded_sharpness.file_digest(name, kept_elsewhere) == digest
    file.write_bytes(file.read_bytes() + b"\n")
    assert recorded_sharpness.file_digest(name, kept_elsewhere) not in (digest, None)
    file.rename(kept_elsewhere / "other.json")
    assert recorded_sharpness.file_digest(name, kept_elsewhere) is None
    assert recorded_sharpness.file_digest("other.json", kept_elsewhere) is None
    assert recorded_sharpness.looked_for(results, recorded_sharpness.find(results)) == {name: None}
