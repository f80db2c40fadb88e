"""Trains the runs of an experiment that are missing, and nothing else."""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .config import RunConfig
from .data import Dataset, load, shifted, train_subset
from .data.dataset import ShiftedSet
from .experiments.declaration import Experiment
from .progress import reporting
from .results import Results, collect
from .store import Record, Store
from .training.device import pick_device
from .training.trial import Outcome, stack_key, train_together


def run(
    experiment: Experiment, store: Store | None = None, data_root: Path | None = None, device: str = "auto"
) -> Results:
    """Make sure that every run of an experiment is recorded, and return the records.

    Args:
        experiment: Its declaration.
        store: Where records are kept; default: this machine's store.
        data_root: Where the data lie.
        device: What to train on.

    Returns:
        The records of all arms and seeds.

    Raises:
        DataError: The data are not there or cannot give what a run asks for; nothing was trained.
        StoreError: Records cannot be written; nothing was trained.
    """
    store = store or Store()
    label = f"{experiment.id}, {experiment.title}"
    arms = {name: identified(arm, data_root) for name, arm in experiment.arms.items()}
    experiment = replace(experiment, arms=arms)
    train_missing(experiment.runs(), store, data_root, device, label)
    return collect(experiment, [store])


def train_missing(
    configs: Sequence[RunConfig],
    store: Store,
    data_root: Path | None = None,
    device: str = "auto",
    label: str = "training",
    quiet: bool = False,
) -> list[Record]:
    """Train those runs that have no record yet, many at once, and record them.

    Returns:
        One record a run, in order.

    Raises:
        DataError: The data are not there or cannot give what a run asks for; nothing was trained.
        StoreError: Records cannot be written; nothing was trained.
    """
    configs = [identified(config, data_root) for config in configs]
    missing = [config for config in dict.fromkeys(configs) if store.find(config) is None]
    if missing:
        pick_device(device)
        store.check_writable()
        for config in missing:
            dataset = load(config, data_root)  # what raises does so before anything is trained
            train_subset(dataset, config)
            for name in config.shifted_sets:
                shifted.load(name, dataset, data_root)
    for group in stacks(missing):
        dataset = load(group[0], data_root)
        with reporting(f"{label} ({len(group)} runs)", quiet, unit="epoch") as progress:
            started = datetime.now(UTC).isoformat(timespec="seconds")
            further = [shifted.load(name, dataset, data_root) for name in group[0].shifted_sets]
            outcomes = train_together(group, dataset, device, progress, further)
        for outcome in outcomes:
            provenance = _provenance(outcome, dataset, started) | _sources(further)
            store.write(outcome.config, outcome.columns, provenance, outcome.snapshots)
    return [store.find(config) for config in configs]


def train(
    config: RunConfig,
    seeds: Iterable[int],
    store: Store | None = None,
    data_root: Path | None = None,
    device: str = "auto",
) -> list[Record]:
    """Train one configuration with many seeds at once, or read the records if they are there already.

    Args:
        config: The run; its own seed is not used.
        seeds: One run a seed.
        store: Where records are kept; default: this machine's store.
        data_root: Where the data lie.
        device: What to train on.

    Returns:
        One record a seed, in order.

    Raises:
        DataError: The data are not there or cannot give what the run asks for; nothing was trained.
        StoreError: Records cannot be written; nothing was trained.
    """
    name = f"{config.data}, {config.model}, {'ERM' if config.is_erm else 'Mixup'}"
    configs = [config.but(seed=seed) for seed in seeds]
    return train_missing(configs, store or Store(), data_root, device, name)


def identified(config: RunConfig, data_root: Path | None = None) -> RunConfig:
    """Fill in what a run's files contain, where its configuration does not tell (`arrays`)."""
    if config.data != "arrays":
        return config
    return config.but(data_sha256=load(config, data_root).sha256)


def stacks(configs: Iterable[RunConfig]) -> list[list[RunConfig]]:
    """Group runs by what must be equal for them to be trained together."""
    keyed = sorted(((stack_key(config).run_id(), index, config) for index, config in enumerate(configs)))
    return [[config for *_, config in group] for _, group in itertools.groupby(keyed, key=lambda item: item[0])]


def _sources(further: Sequence[ShiftedSet]) -> dict[str, Any]:
    if not further:
        return {}
    return {"shifted_sets": {which.name: {"source": which.source, "sha256": which.sha256} for which in further}}


def _provenance(outcome: Outcome, dataset: Dataset, started: str) -> dict[str, Any]:
    return {
        "status": "complete" if outcome.diverged_at is None else "diverged",
        "diverged_at": outcome.diverged_at,
        "data": {"source": dataset.source, "sha256": dataset.sha256},
        "device": outcome.device,
        "started": started,
        "wall_seconds": round(outcome.wall_seconds, 2),
        "trained_with": outcome.trained_with,
    }
