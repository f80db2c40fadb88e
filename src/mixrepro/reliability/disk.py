"""A disk that fails, and a process that dies, at every step of every write (R2, R3, R26, R27, R28)."""

import errno
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import atomic
from ..config import RunConfig
from ..errors import CheckpointError, StoreError
from ..store import Store
from .figure import Figure, stopwatch

CONFIG = RunConfig(epochs=4, snapshots=(2,))
OLD, NEW = 0.25, 0.75
FAILURES = ("ENOSPC", "EIO", "EACCES", "EROFS")
DIED = 86


def write_record(store: Store, value: float) -> None:
    """Write the record of a run whose measured values are all `value`."""
    provenance = {
        "status": "complete",
        "diverged_at": None,
        "data": {"source": "made up", "sha256": ""},
        "device": "none",
        "started": "2026-01-01T00:00:00+00:00",
        "wall_seconds": 1.0,
        "trained_with": 1,
    }
    values = np.full(CONFIG.epochs, value)
    columns = {"epoch": np.arange(1, CONFIG.epochs + 1), "objective": values, "test_loss": values}
    store.write(CONFIG, columns, provenance, {2: {"weight": np.full((1, 2, 3), value, dtype=np.float32)}})


def value_of(store: Store) -> float | None:
    """Return the value of the record that is there, checked throughout; None if there is none."""
    record = store.find(CONFIG)
    if record is None:
        return None
    value = record.at(4, "test_loss")
    if not (record.weights(2)["weight"] == value).all():
        raise StoreError("weights of another record")
    return value


def leftovers(root: Path) -> list[str]:
    """Return what lies in a folder or below it under no final name."""
    marks = (atomic.DRAFT, atomic.OUTDATED)
    return [path.name for path in root.rglob("*") if path.name.startswith(marks)]


@dataclass(frozen=True)
class Write:
    """Something that is written.

    Attributes:
        name: What, in words.
        prepare: Puts there what was written before.
        write: Writes.
        state: Reads what is there: OLD, NEW, or None where nothing is.
        before: What `state` returns before.
    """

    name: str
    prepare: Callable[[Path], None]
    write: Callable[[Path], None]
    state: Callable[[Path], float | None]
    before: float | None


def _prepare_draft(root: Path) -> None:
    """Leave what a process leaves that dies between the two renames of a replacement."""
    write_record(Store(root), OLD)
    try:
        with atomic.observed(_Nth(lambda name, path: name == "rename", 2, _raise_died)):
            write_record(Store(root), NEW)
    except _Died:
        pass


class _Died(BaseException):
    """Stands for the end of a process."""


def _raise_died() -> None:
    raise _Died


def _checkpoint_folder(root: Path) -> Path:
    return root / "stack"


def _write_checkpoint(root: Path, value: float, epoch: int) -> None:
    import torch

    from ..training import checkpoint
    from ..training.checkpoint import Checkpoint, State

    state = State(
        stamp={},
        configs=[],
        epoch=epoch,
        batch=0,
        measured=True,
        seconds=0.0,
        started="",
        ran_on=[],
        measured_names=[],
        curves=[],
    )
    checkpoint.write(_checkpoint_folder(root), Checkpoint(state, {"value": torch.tensor([value])}))


def _write_old_checkpoints(root: Path) -> None:
    for epoch in (1, 2):
        _write_checkpoint(root, OLD, epoch)


def _newest_checkpoint(root: Path) -> float | None:
    from ..training.checkpoints import Checkpoints

    kept = Checkpoints(_checkpoint_folder(root), {}).newest([])
    return None if kept is None else float(kept.tensors["value"])


WRITES = (
    Write(
        "a new record",
        lambda root: None,
        lambda root: write_record(Store(root), NEW),
        lambda root: value_of(Store(root)),
        None,
    ),
    Write(
        "a record in place of another",
        lambda root: write_record(Store(root), OLD),
        lambda root: write_record(Store(root), NEW),
        lambda root: value_of(Store(root)),
        OLD,
    ),
    Write(
        "a record after a process died while replacing it",
        _prepare_draft,
        lambda root: write_record(Store(root), NEW),
        lambda root: value_of(Store(root)),
        OLD,
    ),
    Write(
        "a checkpoint after two others",
        _write_old_checkpoints,
        lambda root: _write_checkpoint(root, NEW, 3),
        _newest_checkpoint,
        OLD,
    ),
)


class _Nth:
    """Acts at the N-th step that counts."""

    def __init__(self, counts: Callable[[str, Path], bool], number: int, act: Callable[[], None]) -> None:
        self.counts, self.number, self.act, self.seen = counts, number, act, 0

    def __call__(self, name: str, path: Path) -> None:
        if self.counts(name, path):
            self.seen += 1
            if self.seen == self.number:
                self.act()


def steps_of(write: Write) -> list[tuple[str, str]]:
    """Return the steps of a write, by name and file name."""
    steps = []
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        write.prepare(Path(name))
        with atomic.observed(lambda step, path: steps.append((step, path.name))):
            write.write(Path(name))
    return steps


def deaths() -> Figure:
    """Kill a process before every step of every write; then read, tidy up and write again."""
    seconds, good, total, again = stopwatch(), 0, 0, 0
    for write in WRITES:
        for number in range(1, len(steps_of(write)) + 1):
            total += 1
            with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
                root = Path(name)
                write.prepare(root)
                if _in_child(lambda write=write, root=root, number=number: _die_at(write, root, number)) != DIED:
                    continue
                found = write.state(root)
                Store(root).check_writable()
                tidy = not leftovers(root) and write.state(root) == found
                good += found in (write.before, NEW) and tidy
                write.write(root)
                again += write.state(root) == NEW and not leftovers(root)
    return Figure(
        "R2",
        f"a process that dies before each of the {total} steps of writing {', '.join(w.name for w in WRITES)}",
        "the old content or the new, whole; opening the store leaves nothing half-written; the next write works",
        f"{good} of {total} whole, {again} written again",
        good == again == total,
        seconds(),
    )


def _die_at(write: Write, root: Path, number: int) -> None:
    with atomic.observed(_Nth(lambda name, path: True, number, lambda: os._exit(DIED))):
        write.write(root)


def _in_child(work: Callable[[], None]) -> int:
    """Do something in a forked process, and return its exit status."""
    process = os.fork()
    if process == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def failures(codes: Sequence[str] = FAILURES) -> Figure:
    """Let every step of every write fail, once for each error; then read and write again.

    Args:
        codes: Names of the errors.
    """
    seconds, good, total = stopwatch(), 0, 0
    for write in WRITES:
        steps = steps_of(write)
        counted = [index + 1 for index, (step, _) in enumerate(steps) if step != "done"]
        for code in codes:
            for number in counted:
                total += 1
                with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
                    root = Path(name)
                    write.prepare(root)
                    named = _fails_at(write, root, number, getattr(errno, code))
                    whole = write.state(root) in (write.before, NEW)
                    write.write(root)
                    good += named and whole and write.state(root) == NEW and not leftovers(root)
    return Figure(
        "R27",
        f"each step of the {len(WRITES)} writes of R2 fails with {', '.join(codes)}",
        "a StoreError each time; the old content or the new, whole; the next write works and leaves nothing",
        f"{good} of {total}",
        good == total,
        seconds(),
    )


def _fails_at(write: Write, root: Path, number: int, code: int) -> bool:
    """Let a step fail; return whether an error of ours said so."""

    def fail() -> None:
        raise OSError(code, os.strerror(code), str(root / "file"))

    try:
        with atomic.observed(_Nth(lambda name, path: True, number, fail)):
            write.write(root)
    except StoreError as error:
        return os.strerror(code) in str(error) and str(root) in str(error)
    return False


def order() -> Figure:
    """Record the steps of every write, and read at each of them what stands there."""
    seconds, good, reads, whole = stopwatch(), 0, 0, 0
    for write in WRITES:
        with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
            root = Path(name)
            write.prepare(root)
            steps = []

            def look(step: str, path: Path, write: Write = write, root: Path = root, steps: list = steps) -> None:
                nonlocal reads, whole
                steps.append((step, path))
                if "record" in write.name:
                    reads += 1
                    whole += write.state(root) in (write.before, NEW)

            with atomic.observed(look):
                write.write(root)
            good += _in_order(steps)
    return Figure(
        "R28",
        f"the steps of {len(WRITES)} writes, with a reader at each of them",
        "files are on the disk before a rename shows them, the folder after; readers find old or new, whole",
        f"{good} of {len(WRITES)} in order, {whole} of {reads} reads whole",
        good == len(WRITES) and whole == reads,
        seconds(),
    )


def _in_order(steps: Sequence[tuple[str, Path]]) -> bool:
    """Tell whether each write is forced to the disk before the last rename, and the folder after it."""
    names = [name for name, _ in steps]
    shown = len(names) - 1 - names[::-1].index("rename")
    written = [path for name, path in steps[:shown] if name == "write"]
    forced = [path for name, path in steps[:shown] if name == "fsync"]
    folder = steps[shown][1].parent
    return bool(written) and set(written) <= set(forced) and ("fsync", folder) in steps[shown:]


def full(megabytes: int = 3) -> Figure:
    """Fill a small file system of memory, in a mount namespace of its own.

    Args:
        megabytes: Its size.
    """
    what = f"a file system of {megabytes} MB that is really full, in the middle of a run"
    target = (
        "an error that names the path, bytes needed and free; old runs can be read; bit by bit the same with room"
    )
    seconds = stopwatch()
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        mount = f"mount -t tmpfs -o size={megabytes}m none {name} && exec {sys.executable} -m {__name__} {name}"
        done = subprocess.run(["unshare", "-m", "sh", "-c", mount], capture_output=True, text=True, check=False)  # noqa: S603, S607
    refused = "unshare" in done.stderr or "mount:" in done.stderr
    if done.returncode and refused:
        return Figure(
            "R26", what, target, f"no mount here: {done.stderr.strip().splitlines()[-1]}", None, seconds()
        )
    found = (done.stdout or done.stderr).strip().splitlines()
    return Figure("R26", what, target, found[-1] if found else "nothing said", done.returncode == 0, seconds())


def fill_up(root: Path) -> Iterator[str]:
    """Train, fill the disk, train on, make room, train to the end; yield what went wrong."""
    from ..sweep import train_stack
    from ..training.checkpoint import files
    from .determinism import same_curves
    from .resume import runs

    earlier, later = runs("mlp", "ERM"), [run.but(width=64) for run in runs("mlp", "Mixup")]
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as elsewhere:
        expected = Store(elsewhere)
        train_stack(later, expected, device="cpu")
        store = Store(root / "runs")
        train_stack(earlier, store, device="cpu")
        filler = root / "filler"

        def fill(done: int, to_do: int) -> None:
            if done == to_do // 2:
                with filler.open("wb", buffering=0) as file:
                    try:
                        while file.write(bytes(4096)):
                            pass
                    except OSError:
                        pass

        try:
            train_stack(later, store, device="cpu", progress=fill, checkpoint_seconds=0)
            yield "no error"
        except CheckpointError as error:
            if not all(part in str(error) for part in (str(root), "No space left", "needed", "free")):
                yield f"an error that says too little: {error}"
        if not all(store.find(run) for run in earlier) or any(store.find(run) for run in later):
            yield "records lost, or half written"
        filler.unlink()
        kept = [file for folder in store.checkpoints.iterdir() for file in files(folder)]
        if not kept:
            yield "no checkpoint left"
        train_stack(later, store, device="cpu")
        if not same_curves(expected, store, later):
            yield "other numbers than without a break"
        if leftovers(root):
            yield f"left behind: {leftovers(root)}"


if __name__ == "__main__":
    faults = list(fill_up(Path(sys.argv[1])))
    sys.stdout.write(f"{'; '.join(faults) or 'named error, old runs read, resumed bit by bit the same'}\n")
    sys.exit(bool(faults))
