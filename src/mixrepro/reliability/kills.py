"""Sweeps whose processes are killed, and processes that want the same runs (R1, R7, R16, R17, R18, soak)."""

import os
import random
import signal
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from .. import sweep
from ..config import RunConfig
from ..errors import StoreError
from ..record import MANIFEST
from ..store import Store
from ..training.checkpoint import unfinished
from . import victims
from .determinism import curve_bytes, same_records
from .disk import leftovers
from .figure import Figure, stopwatch
from .processes import wait_for

#: Long enough for a kill to fall into the middle of it, short enough to be done within seconds.
EPOCHS = 60
#: How long a process works before it is killed, in seconds.
WORKS = (0.02, 1.0)


def twelve_runs(epochs: int = EPOCHS) -> list[RunConfig]:
    """Return twelve runs of two stacks: ERM, Mixup and Mixup that is switched off, two seeds, two networks."""
    base = RunConfig(n=60, width=16, batch_size=20, epochs=epochs, snapshots=(epochs // 2,))
    arms = [{"alpha": 0.0}, {"alpha": 1.0}, {"alpha": 1.0, "switch_epoch": epochs // 2}]
    return [
        base.but(model=model, seed=seed, **arm) for model in ("mlp", "conv1d") for arm in arms for seed in (0, 1)
    ]


def train_all(
    runs: Sequence[RunConfig], root: Path, backwards: bool = False, began: Path | None = None, every: float = 0.0
) -> None:
    """Train what is missing of some runs, stack after stack; for a process of its own.

    Args:
        runs: The runs.
        root: Of the store.
        backwards: Begin with the last stack, so that two processes seldom want the same.
        began: A file to make when the work begins.
        every: Seconds between checkpoints.
    """
    store = Store(root)
    store.check_writable()
    stacks = sweep.stacks([run for run in runs if store.find(run) is None])
    if began is not None:
        began.touch()
    for stack in reversed(stacks) if backwards else stacks:
        sweep.train_stack(stack, store, device="cpu", checkpoint_seconds=every)


def killed_sweeps(kills: int, seed: int = 0) -> Figure:
    """Kill two processes that share a sweep at random instants, start them anew, and compare the records.

    Args:
        kills: How many processes are killed; as many sweeps as that takes.
        seed: Of the instants.
    """
    seconds, draw, runs = stopwatch(), random.Random(seed), twelve_runs()  # noqa: S311
    done = sweeps = lost = changed = whole = litter = epochs = 0
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        reference = Store(Path(name) / "whole")
        _finish(runs, reference.root)
        while done < kills:
            store = Store(Path(name) / f"{sweeps}")
            sweeps += 1
            there: dict[str, bytes] = {}
            while done < kills and not _complete(runs, store):
                done += _round(runs, store.root, draw, kills - done)
                now = _manifests(store)
                lost += len(there.keys() - now.keys())
                changed += sum(now[run] != there[run] for run in there.keys() & now.keys())
                there = now
            epochs += len(there) * EPOCHS + sum(len(s.configs) * s.epoch for s in unfinished(store.checkpoints))
            _finish(runs, store.root)
            whole += same_records(reference, store, runs)
            litter += len(leftovers(store.root)) + len(list(store.checkpoints.glob("*")))
    return Figure(
        "R1",
        f"{done} SIGKILLs at random instants of sweeps of {len(runs)} runs by 2 processes",
        "0 records lost, 0 written twice, nothing left over, all equal to the sweep that was never killed",
        f"{lost} lost, {changed} written twice, {litter} left over, {whole} of {sweeps * len(runs)} equal; "
        f"{epochs / (sweeps * len(runs) * EPOCHS):.0%} of the training was done between kills",
        lost == changed == litter == 0 and whole == sweeps * len(runs),
        seconds(),
    )


def _round(runs: Sequence[RunConfig], root: Path, draw: random.Random, most: int) -> int:
    """Start two processes, kill one or both at a random instant, and return how many were killed."""
    began = [root.with_name(f"{root.name}-{name}") for name in ("forwards", "backwards")]
    for file in began:
        file.unlink(missing_ok=True)
    pair = [victims.launch(train_all, runs, root, bool(place), file) for place, file in enumerate(began)]
    wait_for(lambda: all(file.exists() for file in began) or not all(p.is_alive() for p in pair), 60, 0.005)
    time.sleep(draw.uniform(*WORKS))
    killed = 0
    for process in draw.sample(pair, draw.choice((1, 2))):
        if killed < most and process.is_alive():
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            killed += process.exitcode == -signal.SIGKILL
            time.sleep(draw.uniform(0, 0.1))
    victims.end(*pair) if most - killed <= 0 else _end_gently(pair)
    return killed


def _end_gently(pair: Sequence) -> None:
    """Tell who still works to stop, so that only kills that are counted happen."""
    for process in pair:
        if process.is_alive():
            process.terminate()
    for process in pair:
        process.join(20)
    victims.end(*pair)


def _finish(runs: Sequence[RunConfig], root: Path) -> None:
    process = victims.launch(train_all, runs, root)
    process.join()
    if process.exitcode:
        raise StoreError(f"a process that finishes a sweep ended with {process.exitcode}")


def _complete(runs: Sequence[RunConfig], store: Store) -> bool:
    return all(store.find(run) for run in runs)


def _manifests(store: Store) -> dict[str, bytes]:
    return {file.parent.name: file.read_bytes() for file in store.root.glob(f"[0-9a-f]*/{MANIFEST}")}


def shared_store(processes: int, runs: int, rounds: int) -> Figure:
    """Let processes want the same runs at once, in different orders, while another one reads.

    Args:
        processes: How many.
        runs: How many runs they all want.
        rounds: How often, with an empty store each time.
    """
    seconds, once, partial, polls = stopwatch(), 0, 0, 0
    base = RunConfig(n=20, width=4, batch_size=10, epochs=1)
    configs = [base.but(seed=seed) for seed in range(runs)]
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        for number in range(rounds):
            root, log = Path(name) / f"{number}", Path(name) / f"{number}.log"
            log.touch()
            orders = [random.Random(p).sample(configs, runs) for p in range(processes)]  # noqa: S311
            workers = [victims.launch(train_each, order, root, log) for order in orders]
            while any(worker.is_alive() for worker in workers):
                for config in configs:
                    polls += 1
                    try:
                        Store(root).find(config)
                    except StoreError:
                        partial += 1
            victims.end(*workers)
            trained = log.read_text().split()
            complete = _complete(configs, Store(root)) and all(worker.exitcode == 0 for worker in workers)
            once += sum(trained.count(config.run_id()) == 1 for config in configs) if complete else 0
    return Figure(
        "R16",
        f"{processes} processes, one store, the same {runs} runs in different orders, {rounds} rounds; a reader",
        "each run trained exactly once; no read finds part of a record",
        f"{once} of {runs * rounds} trained once, {partial} of {polls:,} reads partial",
        once == runs * rounds and partial == 0,
        seconds(),
    )


def train_each(configs: Sequence[RunConfig], root: Path, log: Path) -> None:
    """Train runs one by one; for a process of its own."""
    original = sweep.train_together

    def logged(configs: Sequence[RunConfig], *arguments: object) -> list:
        with log.open("a") as file:
            file.write("".join(f"{config.run_id()}\n" for config in configs))
        return original(configs, *arguments)

    with mock.patch.object(sweep, "train_together", logged):
        for config in configs:
            sweep.train_stack([config], Store(root), device="cpu")


def finished_again(runs: int) -> Figure:
    """Ask for a sweep that is complete.

    Args:
        runs: Of how many runs.
    """
    seconds = stopwatch()
    base = RunConfig(n=20, width=4, batch_size=10, epochs=2)
    configs = [base.but(seed=seed) for seed in range(runs)]
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        store = Store(name)
        sweep.train_missing(configs, store, device="cpu", quiet=True)
        before = _state(store.root)
        with mock.patch.object(sweep, "train_together", side_effect=AssertionError("trained")):
            started = time.perf_counter()
            sweep.train_missing(configs, store, device="cpu", quiet=True)
            took = time.perf_counter() - started
        untouched = _state(store.root) == before
    return Figure(
        "R18",
        f"a complete sweep of {runs} runs asked for again",
        "nothing trained, nothing written, less than 1 s for 100 runs",
        f"{'nothing' if untouched else 'something'} written, {took * 100 / runs:.2f} s for 100 runs",
        untouched and took * 100 / runs < 1,
        seconds(),
    )


def _state(root: Path) -> dict[Path, tuple[int, int]]:
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in root.rglob("*")}


def soak(epochs: int, kills: int, seed: int = 0) -> Figure:
    """Over-train one stack while its process is killed again and again; watch memory and open files.

    Args:
        epochs: Length of the runs.
        kills: How often.
        seed: Of the instants.
    """
    seconds, draw = stopwatch(), random.Random(seed)  # noqa: S311
    base = RunConfig(n=60, width=16, batch_size=20, epochs=epochs)
    runs = [base, base.but(alpha=0.0)]
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        whole, store, notes = Store(Path(name) / "whole"), Store(Path(name) / "killed"), Path(name) / "notes"
        watched = victims.launch(train_watched, runs, whole.root, notes)
        watched.join()
        killed_at = [_kill_after((place + 1) * epochs // (kills + 2), runs, store, draw) for place in range(kills)]
        done, last = len(killed_at) - killed_at.count(None), max([at for at in killed_at if at], default=0)
        _finish(runs, store.root)
        same = sum(curve_bytes(whole, run) == curve_bytes(store, run) for run in runs)
        memory, files = ([int(n) for n in line.split()] for line in notes.read_text().splitlines())
    growth = max(memory[len(memory) // 10 :]) / memory[len(memory) // 10] - 1
    return Figure(
        "R38",
        f"{len(runs)} runs of {epochs:,} epochs, their process killed {done} times",
        f"{kills} kills; curves equal bit by bit; memory grows by at most 5 %, open files by none",
        f"{done} kills, the last in epoch {last:,} or later; {same} of {len(runs)} curves equal, "
        f"memory {growth:+.1%}, open files {min(files)} to {max(files)}",
        done == kills and same == len(runs) and growth <= 0.05 and min(files) == max(files),
        seconds(),
    )


def _kill_after(epoch: int, runs: Sequence[RunConfig], store: Store, draw: random.Random) -> int | None:
    """Train until a checkpoint of some epoch is there, kill the process a little later, and return where."""
    process = victims.launch(train_all, runs, store.root)

    def reached() -> int:
        return max((int(file.name[:8]) for file in store.checkpoints.glob("*/[0-9]*")), default=0)

    wait_for(lambda: reached() >= epoch or not process.is_alive(), 300, 0.002)
    time.sleep(draw.uniform(0, 0.02))
    at = reached()
    process.kill()
    process.join()
    return at if process.exitcode == -signal.SIGKILL else None


def train_watched(runs: Sequence[RunConfig], root: Path, notes: Path) -> None:
    """Train one stack that is kept often; note memory (kB) and open files after each epoch."""
    memory, files = [], []

    def watch(done: int, to_do: int) -> None:
        status = Path("/proc/self/status").read_text()
        memory.append(int(status.split("VmRSS:")[1].split()[0]))
        files.append(len(os.listdir("/proc/self/fd")))

    sweep.train_stack(runs, Store(root), device="cpu", progress=watch, checkpoint_seconds=0.1)
    notes.write_text(f"{' '.join(map(str, memory))}\n{' '.join(map(str, files))}\n")
