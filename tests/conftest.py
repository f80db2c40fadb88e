"""What many tests share: tiny runs, simulated records, and a store of their own."""

from collections.abc import Callable
from multiprocessing import forkserver

import numpy as np
import pytest
from hypothesis import settings
from matplotlib.figure import Figure

from mixrepro.config import RunConfig
from mixrepro.experiments.declaration import Experiment
from mixrepro.record import Record
from mixrepro.results import Results
from mixrepro.store import Store

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("mixrepro", deadline=None)
settings.load_profile("mixrepro")


@pytest.fixture(scope="module")
def own_server() -> None:
    """Stop the server that processes are forked from, so that the next one loads what this module's need.

    One that another test started, for chapters, has no torch loaded: every process would spend seconds on it.
    """
    forkserver._forkserver._stop()


@pytest.fixture
def store(tmp_path, monkeypatch) -> Store:
    """A store of this test's own, also where code looks by itself."""
    monkeypatch.setenv("MIXREPRO_STORE", str(tmp_path / "runs"))
    return Store()


@pytest.fixture
def tiny() -> RunConfig:
    """A run of well under a second."""
    return RunConfig(n=40, width=8, batch_size=15, epochs=6)


def simulated_record(config: RunConfig, status: str = "complete", **columns: np.ndarray) -> Record:
    """Make a record whose columns are given at every epoch; nothing is trained."""
    epochs = np.arange(1, config.epochs + 1)
    manifest = {
        "run_id": config.run_id(),
        "status": status,
        "diverged_at": None if status == "complete" else 1,
        "data": {"source": "simulated", "sha256": ""},
        "device": "none",
        "versions": {},
        "started": "",
        "wall_seconds": 0.0,
    }
    return Record(config, {"epoch": epochs, **columns}, manifest, digest="")


@pytest.fixture
def simulate() -> Callable[..., Results]:
    """Make the results of an experiment from curves: arm -> column -> float64 [seeds, epochs]."""

    def make(experiment: Experiment, curves: dict[str, dict[str, np.ndarray]], lost: set = frozenset()) -> Results:
        records = {
            arm: [
                None
                if (arm, seed) in lost
                else simulated_record(
                    config.but(seed=seed), **{name: values[row] for name, values in curves[arm].items()}
                )
                for row, seed in enumerate(experiment.seeds)
            ]
            for arm, config in experiment.arms.items()
        }
        return Results(experiment, records)

    return make


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Collect the figures that are drawn; a page gets their images only."""
    figures = []
    real = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, *it, **kw: figures.append(figure) or real(figure, *it, **kw)
    )
    return figures
