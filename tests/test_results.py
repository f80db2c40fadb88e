"""Recorded runs: small, whole, named after their configuration, and the beginning of one comes out again."""

from pathlib import Path

import numpy as np
import pytest

from mixrepro.config import RunConfig
from mixrepro.data import load
from mixrepro.store import Store
from mixrepro.training.trial import train_together

ROOT = Path(__file__).parents[1]
STORE = Store(ROOT / "results")
IDS = sorted(folder.name for folder in STORE.root.iterdir() if folder.is_dir() and folder.name[0] != ".")
IMAGES = ROOT.parent / "shared" / "data"

#: Bytes of one record, without weights, which are not tracked; and of all.
MOST_EACH, MOST_IN_ALL = 200_000, 20_000_000
#: Kind of network -> steps of the beginning, and by how much its loss may differ. Rounding, as of another number
#: of threads, grows: in a network of convolutions at a high learning rate to a hundredth within ten steps.
BEGINNING = {"fully connected": (50, 1e-3), "of convolutions": (4, 1e-3)}


def tracked_bytes(run_id: str) -> int:
    return sum(file.stat().st_size for file in (STORE.root / run_id).iterdir() if file.suffix != ".safetensors")


def test_there_are_records_and_they_are_small():
    assert IDS
    sizes = [tracked_bytes(run_id) for run_id in IDS]
    assert max(sizes) < MOST_EACH
    assert sum(sizes) < MOST_IN_ALL


@pytest.mark.parametrize("run_id", IDS)
def test_each_reads_back_says_where_it_comes_from_and_names_no_folder(run_id):
    record = STORE.read(run_id)
    assert record.config.run_id() == run_id
    manifest = record.manifest
    assert manifest["device"]
    assert manifest["started"]
    assert manifest["wall_seconds"] > 0
    assert {"torch", "numpy", "mixrepro", "python"} <= manifest["versions"].keys()
    assert len(manifest["data"]["sha256"]) == 64
    assert not any(text.startswith("/") for text in texts(manifest))


def texts(part: object) -> list[str]:
    if isinstance(part, dict):
        return [text for value in part.values() for text in texts(value)]
    if isinstance(part, list):
        return [text for value in part for text in texts(value)]
    return [part] if isinstance(part, str) else []


def cheapest(kind: str) -> RunConfig:
    """Return the recorded run in single precision whose steps cost least, of a kind of network."""
    configs = [STORE.read(run_id).config for run_id in IDS]
    those = [c for c in configs if (c.model == "mlp") == (kind == "fully connected") and c.precision == "fp32"]
    return min(those, key=lambda config: (config.width**2, config.n, config.run_id()))


@pytest.mark.skipif(not IMAGES.is_dir(), reason=f"needs the images in {IMAGES.name}/ beside the project")
@pytest.mark.parametrize("kind", BEGINNING)
def test_the_beginning_of_one_is_computed_again(kind):
    recorded, (steps, tolerance) = cheapest(kind), BEGINNING[kind]
    epochs = steps * recorded.batch_size // recorded.n
    assert epochs >= 2
    again = recorded.but(epochs=epochs, shifted_sets=(), snapshots=())
    (outcome,) = train_together([again], load(again, IMAGES), "cpu")
    theirs = STORE.read(recorded.run_id()).columns
    np.testing.assert_allclose(outcome.columns["objective"], theirs["objective"][:epochs], rtol=tolerance)
    assert np.ptp(outcome.columns["objective"]) > 10 * tolerance  # training has gone somewhere
