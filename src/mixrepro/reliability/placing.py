"""Where and in which order runs are trained changes no record (R10); nor does a worker that dies (cluster)."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch

from ..config import RunConfig
from ..placing.choice import choose
from ..record import CURVE
from ..store import Store
from ..sweep import train_missing
from .figure import Figure, stopwatch
from .processes import wait_for


def small_runs(seeds: int, epochs: int) -> list[RunConfig]:
    """Return runs of four stacks, two networks at two rates: ERM, Mixup and Mixup that is switched off."""
    base = RunConfig(n=60, width=8, batch_size=30, epochs=epochs)
    kinds = [base.but(model=model, lr=lr) for model in ("mlp", "conv1d") for lr in (0.05, 0.1)]
    arms = [{"alpha": 0.0}, {"alpha": 1.0}, {"alpha": 1.0, "switch_epoch": epochs // 2}]
    return [kind.but(seed=seed, **arm) for kind in kinds for arm in arms for seed in range(seeds)]


def image_runs(folder: Path) -> list[RunConfig]:
    """Write a small image set, and return runs of narrow ResNets on it: one stack."""
    images = np.random.default_rng(0).integers(0, 256, (60, 32, 32, 3), dtype=np.uint8)
    np.savez(folder / "images.npz", images=images, labels=np.arange(60) % 3)
    base = RunConfig(data="arrays", n=30, test_size=15, model="resnet18", width=2, batch_size=10, epochs=2)
    return [base.but(seed=seed, alpha=alpha) for seed in (0, 1) for alpha in (0.0, 1.0)]


def curves(store: Store) -> dict[str, str]:
    """Return the SHA-256 of every run's curve file."""
    files = store.root.glob(f"*/{CURVE}")
    return {file.parent.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def orders(repeats: int, workers: Sequence[int] = (1, 2), epochs: int = 10) -> Figure:
    """Train the same runs in random orders, in this process and by several numbers of workers.

    Args:
        repeats: How many orders.
        workers: Numbers of worker processes; each order is tried with each.
        epochs: Length of the runs.
    """
    seconds, draw = stopwatch(), random.Random(0)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder, threads_of_torch(1):
        runs = [*small_runs(2, epochs), *image_runs(Path(folder))]
        reference = Store(Path(folder) / "in process")
        train_missing(runs, reference, Path(folder), quiet=True)
        expected, same, tried = curves(reference), 0, 0
        for repeat in range(repeats):
            shuffled = draw.sample(runs, len(runs))
            for count in workers:
                store = Store(Path(folder) / f"{repeat}-{count}")
                train_missing(shuffled, store, Path(folder), quiet=True, place=choose(workers=count))
                tried += 1
                same += curves(store) == expected
    return Figure(
        "R10",
        f"{len(runs)} runs in {repeats} random orders, each by {' and by '.join(map(str, workers))} processes",
        "every curve file byte-identical to that of a sweep in process, with as many threads",
        f"{same} of {tried} sweeps",
        same == tried and len(expected) == len(runs),
        seconds(),
    )


@contextmanager
def threads_of_torch(count: int) -> Iterator[None]:
    """Give torch as many threads as a worker has."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def dask_cluster(folder: Path, workers: int, *options: str) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """Start a scheduler and workers on the loopback interface, as one would by hand.

    Args:
        folder: For their files.
        workers: How many.
        options: More options of each worker.

    Yields:
        The scheduler's address, and the workers' processes, each the leader of a group.
    """
    dask = [sys.executable, "-m", "dask"]
    file = folder / "scheduler.json"
    local = ["--host", "127.0.0.1", "--no-dashboard"]
    processes = [_start([*dask, "scheduler", "--port", "0", "--scheduler-file", str(file), *local], folder)]
    try:
        if not wait_for(file.exists, 60):
            raise TimeoutError("the scheduler did not start")
        for number in range(workers):
            command = [*dask, "worker", "--scheduler-file", str(file), "--nthreads", "1", "--name", str(number)]
            processes.append(_start([*command, *local, "--local-directory", str(folder), *options], folder))
        import json

        wait_for(lambda: file.read_text().endswith("}"), 5)
        yield json.loads(file.read_text())["address"], processes[1:]
    finally:
        for process in processes:
            _kill(process)


def _start(command: Sequence[str], folder: Path) -> subprocess.Popen:
    with (folder / "cluster.log").open("ab") as log:
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)  # noqa: S603


def _kill(process: subprocess.Popen) -> None:
    """Kill a process and all that it started: a Dask worker has a nanny that would start it again."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def cluster(epochs: int = 200) -> Figure:
    """Kill one of two workers of a Dask cluster in the middle of a sweep.

    Args:
        epochs: Length of the runs.
    """
    what = "a scheduler and 2 workers on loopback, one worker and its nanny killed in the middle of a sweep"
    target = "the sweep completes, every curve file byte-identical to that of a sweep in process"
    if find_spec("distributed") is None:
        return Figure("cluster", what, target, "distributed is not installed: mixrepro[cluster]", None, 0.0)
    seconds, runs = stopwatch(), small_runs(2, epochs)
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        folder = Path(name)
        reference, store = Store(folder / "in process"), Store(folder / "cluster")
        with threads_of_torch(1):  # a Dask worker's nanny sees to it that it has one
            train_missing(runs, reference, quiet=True)
        with dask_cluster(folder, 2) as (address, workers):
            place = choose(scheduler=address)
            killed, over = threading.Event(), threading.Event()

            def kill_one() -> None:
                # Some runs are recorded, others are not: the cluster is in the middle of it.
                wait_for(lambda: over.is_set() or len(curves(store)) > 0, 300)
                if len(curves(store)) < len(runs):
                    _kill(workers[0])
                    killed.set()

            killer = threading.Thread(target=kill_one)
            killer.start()
            try:
                train_missing(runs, store, quiet=True, place=place)
            finally:
                over.set()
                killer.join()
        same = sum(curves(store).get(run) == digest for run, digest in curves(reference).items())
    found = (
        f"{same} of {len(runs)} records identical, {'a worker killed' if killed.is_set() else 'nothing killed'}"
    )
    return Figure("cluster", what, target, found, same == len(runs) and killed.is_set(), seconds())
