"""Trains the runs of an experiment that are missing, and nothing else."""

import contextlib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock

from .config import RunConfig
from .data import Dataset, load, shifted, train_subset
from .data.dataset import ShiftedSet
from .errors import ConfigError, found_expected
from .experiments.declaration import Experiment
from .progress import reporting
from .record import Record
from .results import Results, collect
from .store import Store, code_digest, versions
from .training.checkpoint import unfinished
from .training.checkpoints import Checkpoints
from .training.device import pick_device
from .training.forks import epochs_computed
from .training.trial import Outcome, stack_key, train_together

Progress = Callable[[int, int], None]
#: Trains stacks somewhere: called with (stacks, store, root of the data, device, label, quiet).
Place = Callable[[Sequence[Sequence[RunConfig]], Store, Path | None, str, str, bool], None]


def run(
    experiment: Experiment,
    store: Store | Path | str | None = None,
    data_root: Path | None = None,
    device: str = "auto",
    place: Place | None = None,
    any_code: bool = False,
) -> Results:
    """Make sure that every run of an experiment is recorded, and return the records.

    Args:
        experiment: Its declaration.
        store: Where records are kept, a store or its folder; default: this machine's store.
        data_root: Where the data lie.
        device: What to train on.
        place: Where to train (see `placing`); default: in this process.
        any_code: Accept records made by other code than today's: a recorded sweep is completed, not redone.

    Returns:
        The records of all arms and seeds; runs for which a place had no time are missing.

    Raises:
        DataError: The data are not there or cannot give what a run asks for; nothing was trained.
        StoreError: Records cannot be written; nothing was trained.
    """
    store = store_at(store)
    label = f"{experiment.id}, {experiment.title}"
    arms = {name: identified(arm, data_root) for name, arm in experiment.arms.items()}
    experiment = replace(experiment, arms=arms)
    runs = experiment.runs()
    if any_code:
        runs = [config for config in runs if store.find(config, any_code) is None]
    train_missing(runs, store, data_root, device, label, place=place)
    return collect(experiment, [store], any_code)


def train_missing(
    configs: Sequence[RunConfig],
    store: Store,
    data_root: Path | None = None,
    device: str = "auto",
    label: str = "training",
    quiet: bool = False,
    place: Place | None = None,
) -> list[Record | None]:
    """Train those runs that have no record yet, many at once, and record them.

    Args:
        configs: The runs.
        store: Where records are kept.
        data_root: Where the data lie.
        device: What to train on.
        label: What to call it.
        quiet: Show no progress.
        place: Where to train (see `placing`); default: in this process.

    Returns:
        One record a run, in order; None where a place had no time for it.

    Raises:
        DataError: The data are not there or cannot give what a run asks for; nothing was trained.
        StoreError: Records cannot be written; nothing was trained.
    """
    configs = [identified(config, data_root) for config in configs]
    there = {config: store.find(config) for config in configs}
    missing = [config for config, record in there.items() if record is None]
    if missing:
        if place is None:
            pick_device(device)
        store.check_writable()
        _drop_finished(store)
        for config in missing:
            dataset = load(config, data_root)  # what raises does so before anything is trained
            train_subset(dataset, config)
            for name in config.shifted_sets:
                shifted.load(name, dataset, data_root)
        (place or _here)(stacks(missing), store, data_root, device, label, quiet)
    return [there[config] or store.find(config) for config in configs]


def _here(
    groups: Sequence[Sequence[RunConfig]],
    store: Store,
    data_root: Path | None,
    device: str,
    label: str,
    quiet: bool,
) -> None:
    for group in groups:
        with reporting(f"{label} ({len(group)} runs)", quiet, unit="epoch") as progress:
            train_stack(group, store, data_root, device, progress)


def train_stack(
    configs: Sequence[RunConfig],
    store: Store,
    data_root: Path | None = None,
    device: str = "auto",
    progress: Progress | None = None,
    checkpoint_seconds: float = 60,
) -> None:
    """Train those runs of one stack that have no record yet, and record them: the unit of work anywhere.

    Who trains a run holds its lock; another process that wants it waits, and then finds the record. A stack that a
    process left unfinished goes on from its newest checkpoint, with all its runs, so that the numbers are those of
    training without a break.

    Args:
        configs: Runs that can be trained together; the order does not matter.
        store: Where records are kept.
        data_root: Where the data lie.
        device: What to train on.
        progress: Called with (epochs done, epochs to do), summed over the runs.
        checkpoint_seconds: Time of training between two checkpoints.

    Raises:
        DataError: The data are not there.
        StoreError: A record or a checkpoint cannot be written.
        KeyboardInterrupt: SIGINT came; what was done is kept.
        SystemExit: SIGTERM came; what was done is kept.
    """
    dataset = load(configs[0], data_root)
    further = [shifted.load(name, dataset, data_root) for name in configs[0].shifted_sets]
    stamp = {"code": code_digest(), **versions(), "data": dataset.sha256, **{s.name: s.sha256 for s in further}}
    parts = _around_checkpoints(configs, store, stamp)
    sizes = [epochs_computed(part) for part in parts]
    for index, part in enumerate(parts):
        # A family as well: a longer run that is being trained now will serve a shorter one.
        with store.locked(name for config in part for name in (config.run_id(), config.family())):
            kept = Checkpoints.of(store.checkpoints, part, stamp, checkpoint_seconds)
            missing = [config for config in part if store.find(config) is None]
            if missing and len(missing) < len(part) and not kept.exist():
                part, kept = missing, Checkpoints.of(store.checkpoints, missing, stamp, checkpoint_seconds)
            sizes[index] = epochs_computed(part) if missing else 0  # others may have trained some of it
            report = progress and _shifted_by(progress, sum(sizes[:index]), sum(sizes))
            if missing:
                for outcome in train_together(part, dataset, device, report, further, kept):
                    if store.find(outcome.config) is None:
                        provenance = _provenance(outcome, dataset) | _sources(further)
                        store.write(outcome.config, outcome.columns, provenance, outcome.snapshots)
            kept.remove()


def _around_checkpoints(
    configs: Sequence[RunConfig], store: Store, stamp: Mapping[str, str]
) -> list[list[RunConfig]]:
    """Split a stack so that each checkpoint that saves work goes on with the runs that it was written for."""
    left = {config: None for config in sorted(configs, key=RunConfig.run_id)}
    parts = []
    for state in sorted(unfinished(store.checkpoints), key=lambda state: -state.epoch):
        runs = state.runs()
        wanted = [run for run in runs if run in left]
        if state.stamp != stamp or not wanted:
            continue
        if epochs_computed(runs) - epochs_computed(runs, state.epoch) <= epochs_computed(wanted):
            parts.append(runs)
            for run in wanted:
                del left[run]
    return [*parts, list(left)] if left else parts


def _drop_finished(store: Store) -> None:
    """Remove checkpoints of which every run is recorded: their process died before it could."""
    for state in unfinished(store.checkpoints):
        runs = state.runs()
        with contextlib.suppress(filelock.Timeout), store.locked([run.run_id() for run in runs], wait=False):
            if all(store.find(run) for run in runs):
                Checkpoints.of(store.checkpoints, runs, state.stamp).remove()


def _shifted_by(progress: Progress, done_before: int, to_do: int) -> Progress:
    return lambda done, _: progress(done_before + done, to_do)


def train(
    config: RunConfig,
    seeds: Iterable[int],
    store: Store | Path | str | None = None,
    data_root: Path | None = None,
    device: str = "auto",
) -> list[Record]:
    """Train one configuration with many seeds at once, or read the records if they are there already.

    Args:
        config: The run; its own seed is not used.
        seeds: One run a seed, as range(3).
        store: Where records are kept, a store or its folder; default: this machine's store.
        data_root: Where the data lie.
        device: What to train on.

    Returns:
        One record a seed, in order.

    Raises:
        ConfigError: The seeds are none, or not several.
        DataError: The data are not there or cannot give what the run asks for; nothing was trained.
        StoreError: Records cannot be written; nothing was trained.
    """
    name = f"{config.data}, {config.model}, {'ERM' if config.is_erm else 'Mixup'}"
    if not isinstance(seeds, Iterable) or isinstance(seeds, str):
        several = f"several, as range({seeds}) or [{seeds}]" if isinstance(seeds, int) else "integers, as range(3)"
        raise ConfigError(found_expected("seeds", seeds, several))
    configs = [config.but(seed=seed) for seed in seeds]
    return train_missing(configs, store_at(store), data_root, device, name)


def store_at(store: Store | Path | str | None) -> Store:
    """Return a store, which may be given by its folder; None is this machine's."""
    return store if isinstance(store, Store) else Store(store)


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


def _provenance(outcome: Outcome, dataset: Dataset) -> dict[str, Any]:
    return {
        "status": "complete" if outcome.diverged_at is None else "diverged",
        "diverged_at": outcome.diverged_at,
        "diverged_step": outcome.diverged_step,
        "last_finite_loss": outcome.last_finite_loss,
        "data": {"source": dataset.source, "sha256": dataset.sha256},
        "device": outcome.device,
        "started": outcome.started,
        "resumed": outcome.resumed,
        "wall_seconds": round(outcome.wall_seconds, 2),
        "trained_with": outcome.trained_with,
    }
