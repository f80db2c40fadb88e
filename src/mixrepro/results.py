"""The records of an experiment, arranged for judging and drawing. Reads; never trains."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import paths
from .errors import StoreError, found_expected
from .experiments.declaration import Experiment
from .record import Record
from .store import Store


@dataclass(frozen=True)
class Results:
    """What is known of an experiment's runs.

    Attributes:
        experiment: Its declaration.
        records: Arm -> one record a seed, None where the run is missing.
        roots: Folders in which they were looked for, in order; None where none was named.
    """

    experiment: Experiment
    records: dict[str, list[Record | None]]
    roots: tuple[Path, ...] | None = None

    @property
    def scale(self) -> str:
        """What was trained, in words."""
        return self.experiment.scale()

    @property
    def profile(self) -> str:
        """Size of the experiment."""
        return self.experiment.profile

    @property
    def n_declared(self) -> int:
        """How many seeds were declared."""
        return len(self.experiment.seeds)

    def lost(self) -> list[str]:
        """Say which runs are missing or diverged, one line each."""
        lines = []
        for arm, records in self.records.items():
            for seed, record in zip(self.experiment.seeds, records, strict=True):
                if record is None:
                    lines.append(f"{arm}, seed {seed}: not run")
                elif record.status != "complete":
                    lines.append(f"{arm}, seed {seed}: diverged in epoch {_where(record)}")
        return lines

    def require_runs(self) -> None:
        """Make sure that every arm has a complete run, so that there is something to draw.

        Raises:
            StoreError: An arm has none.
        """
        for arm, records in self.records.items():
            if not any(record and record.status == "complete" for record in records):
                run_ids = [self.experiment.arms[arm].but(seed=seed).run_id() for seed in self.experiment.seeds]
                found = f"no complete run ({'; '.join(self.lost())})"
                what = f"{self.experiment.id}, {self.experiment.title}, {arm}"
                raise StoreError(found_expected(what, found, f"a record of one of {', '.join(run_ids)}"))

    def curve(self, arm: str, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Return a column of every seed at the epochs at which any seed was measured.

        Returns:
            int64 [points] rising epochs, and float64 [seeds, points]; NaN where a seed was not measured or its
            value is not finite. A seed that is missing or diverged is NaN throughout, so that no average is taken
            over fewer seeds unnoticed.
        """
        complete = {row: r for row, r in enumerate(self.records[arm]) if r and r.status == "complete"}
        # An overflow was measured too: its epoch keeps its place beside the other arms and columns.
        there = [r.columns["epoch"][~np.isnan(r.columns[column])] for r in complete.values()]
        epochs = np.unique(np.concatenate([np.array([], dtype=np.int64), *there]))
        values = np.full((self.n_declared, len(epochs)), np.nan)
        for row, record in complete.items():
            own_epochs, own_values = record.measured(column)
            values[row, np.searchsorted(epochs, own_epochs)] = own_values
        return epochs, values

    def final(self, arm: str, column: str) -> np.ndarray:
        """Return a column after the last epoch, float64 [seeds], NaN for seeds that are missing or diverged."""
        _, values = self.curve(arm, column)
        return values[:, -1] if values.shape[1] else np.full(self.n_declared, np.nan)

    def all_records(self) -> list[Record]:
        """Return the records that are there."""
        return [record for records in self.records.values() for record in records if record]


def recorded(experiment: Experiment) -> Results:
    """Look up runs that are kept: in this machine's store and in `results/`, whatever code made them."""
    root = paths.results_root()
    return collect(experiment, [Store(), *([Store(root)] if root and root.is_dir() else [])], any_code=True)


def _where(record: Record) -> str:
    """Say where a run diverged, as far as its record knows."""
    step, last = (record.manifest.get(name) for name in ("diverged_step", "last_finite_loss"))
    parts = [f"step {step:,}"] if step is not None else []
    parts += [f"last finite loss {last:.4g}"] if last is not None else []
    return f"{record.manifest['diverged_at']}" + (f" ({', '.join(parts)})" if parts else "")


def collect(experiment: Experiment, stores: Sequence[Store] | None = None, any_code: bool = False) -> Results:
    """Look up the records of an experiment.

    Args:
        experiment: Its declaration.
        stores: Where to look, in order; default: this machine's store.
        any_code: Accept records made by other code than today's (recorded runs).
    """
    roots = None if stores is None else tuple(store.root for store in stores)
    stores = stores if stores is not None else [Store()]

    def find(config: object) -> Record | None:
        return next((found for store in stores if (found := store.find(config, any_code))), None)

    records = {
        arm: [find(config.but(seed=seed)) for seed in experiment.seeds] for arm, config in experiment.arms.items()
    }
    return Results(experiment, records, roots)
