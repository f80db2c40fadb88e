"""Where run records are kept: one folder a run, visible through one rename.

    <root>/<run id>/                  a record (see `record`)
    <root>/.locks/, .checkpoints/     who trains what now, and how far it has come

Only this module writes records.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import platform
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import filelock
import numpy as np

from . import atomic, paths
from .config import RunConfig
from .errors import StoreError, found_expected
from .record import MANIFEST, MOST_MANIFEST, Record, files_of, read_record, sha256

LOCKS, CHECKPOINTS = ".locks", ".checkpoints"
RUN_ID = re.compile(r"[0-9a-f]{16}-[1-9][0-9]{0,9}(-[0-9a-f]{8})?")
#: A record may be replaced while it is read; not twice.
READS = 3

#: What determines a run's numbers, besides its configuration.
SOURCES_OF_NUMBERS = ("config.py", "rng.py", "mixup.py", "data", "models", "training", "theory/loss_bound.py")


@functools.cache
def code_digest() -> str:
    """Return a fingerprint of the library files that determine a run's numbers."""
    package = Path(__file__).parent
    files = sorted(
        file
        for source in SOURCES_OF_NUMBERS
        for file in ([package / source] if source.endswith(".py") else (package / source).rglob("*.py"))
    )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.relative_to(package).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def versions() -> dict[str, str]:
    """Return the versions a run's numbers may depend on."""
    packages = {name: importlib.metadata.version(name) for name in ("mixrepro", "torch", "torchvision", "numpy")}
    return {"python": platform.python_version(), **packages}


class Store:
    """A folder of run records."""

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root) if root else paths.store_root()

    def check_writable(self) -> None:
        """Make sure that records can be written, and put in order what processes left that died writing records.

        Raises:
            StoreError: They cannot.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise StoreError(
                found_expected(
                    f"store {self.root}", f"a folder that refuses ({error.strerror})", "a writable folder"
                )
            ) from None
        for left in [*self.root.glob(f"{atomic.DRAFT}*"), *self.root.glob(f"{atomic.OUTDATED}*")]:
            run_id = left.name.removeprefix(atomic.DRAFT).removeprefix(atomic.OUTDATED)
            if not RUN_ID.fullmatch(run_id):
                continue  # no record's: of a file, which has no lock, so somebody may be writing it now
            # Whose lock is taken is being written now.
            with contextlib.suppress(filelock.Timeout), self.locked([run_id], wait=False):
                self._settle(run_id)

    @contextlib.contextmanager
    def locked(self, run_ids: Iterable[str], wait: bool = True) -> Iterator[None]:
        """Hold runs, so that no other process or thread trains or writes them meanwhile.

        The locks are the system's, so those of a process that dies are free; the files that carry them mean
        nothing. They are taken in one order everywhere, so that nobody waits for each other.

        Args:
            run_ids: The runs; what this thread holds already is simply held on.
            wait: Wait for who holds one of them.

        Raises:
            StoreError: The folder cannot be written, or its file system knows no locks.
            filelock.Timeout: Somebody holds one of them, and `wait` is False.
        """
        with contextlib.ExitStack() as held:
            try:
                for folder in (self.root / LOCKS, self.checkpoints):
                    if folder.is_symlink():
                        raise OSError(f"{folder.name} is a link")
                (self.root / LOCKS).mkdir(parents=True, exist_ok=True)
                for run_id in sorted(set(run_ids)):
                    lock = filelock.FileLock(self.root / LOCKS / f"{run_id}.lock", is_singleton=True)
                    held.enter_context(lock.acquire(timeout=-1 if wait else 0))
            except filelock.Timeout:
                raise
            except (OSError, NotImplementedError) as error:
                found = f"a folder that refuses locks ({error})"
                raise StoreError(found_expected(f"store {self.root}", found, "a folder with locks")) from None
            yield

    @property
    def checkpoints(self) -> Path:
        """Folder of what is in training: a folder a stack."""
        return self.root / CHECKPOINTS

    def write(
        self,
        config: RunConfig,
        columns: dict[str, np.ndarray],
        provenance: dict[str, Any],
        snapshots: Mapping[int, Mapping[str, np.ndarray]] = MappingProxyType({}),
    ) -> Record:
        """Write a record; it appears whole or not at all, in place of an outdated one if there is one.

        Args:
            config: The run.
            columns: Its table, equally long columns.
            provenance: Status, data, device and time; versions and digests are added here.
            snapshots: Epoch -> weights.

        Raises:
            StoreError: The folder cannot be written; what it held is as it was.
        """
        run_id = config.run_id()
        made_by = {"versions": versions(), "code": code_digest()}
        content = files_of(config, columns, provenance | made_by, snapshots)
        draft = self.root / f"{atomic.DRAFT}{run_id}"
        try:
            with self.locked([run_id]):
                self._settle(run_id)
                try:
                    atomic.new_folder(draft)
                    for name, raw in content.items():
                        atomic.new_file(draft / name, raw)
                    atomic.publish(draft, self.root / run_id)
                except OSError:
                    with contextlib.suppress(OSError):  # the first error counts; the next write tries again
                        self._settle(run_id)
                    raise
        except OSError as error:
            needed = sum(len(raw) for raw in content.values())
            raise StoreError(atomic.refusal(f"store {self.root}, run {run_id}", error, needed)) from None
        return self.read(run_id)

    def _settle(self, run_id: str) -> None:
        """Remove a draft, and bring back an outdated record whose successor never came; under the run's lock."""
        target, draft = self.root / run_id, self.root / f"{atomic.DRAFT}{run_id}"
        outdated = atomic.outdated(target)
        if outdated.exists() and not target.exists():
            atomic.move(outdated, target)
        for left in (outdated, draft):
            if left.exists() or left.is_symlink():
                atomic.remove(left)

    def read(self, run_id: str) -> Record:
        """Read a record back.

        Raises:
            StoreError: It is missing, or is not what was written.
        """
        if not RUN_ID.fullmatch(run_id):
            raise StoreError(found_expected(f"run id in {self.root}", run_id, "16 hex digits, -, and epochs"))
        for attempt in range(READS):
            target = self.root / run_id
            folder = target if target.exists() else atomic.outdated(target)
            try:
                return read_record(folder if folder.exists() else target, run_id)
            except StoreError:
                if attempt == READS - 1:
                    raise
        raise AssertionError("unreachable")

    def run_ids(self) -> list[str]:
        """Return the ids of the records that are there, sorted; none where there is no folder."""
        names = (file.parent.name for file in self.root.glob(f"*/{MANIFEST}"))
        return sorted(filter(RUN_ID.fullmatch, names))

    def records(self) -> list[Record]:
        """Read every record that is there, in the order in which they were begun.

        Raises:
            StoreError: One is not what was written.
        """
        return sorted(map(self.read, self.run_ids()), key=lambda record: record.manifest["started"])

    def find(self, config: RunConfig, any_code: bool = False) -> Record | None:
        """Return the record of a run, or None if it must be (re)trained.

        A longer run of the family serves as well, if it was measured at this run's last epoch, and so does one
        that measured more. Of several the nearest is taken: the run itself, else the shortest, else what measured
        least, so that the seeds of an experiment come from one sweep.

        Args:
            config: The run.
            any_code: Also accept a record made by other code than today's, as for runs recorded long ago.
        """
        serving: list[Record] = []
        for run_id in self._family(config):
            record = self.read(run_id)
            if _serves(record, config) and (any_code or record.manifest["code"] == code_digest()):
                serving.append(record)
                if run_id == config.run_id():
                    break
        nearest = min(serving, key=lambda it: (it.config.epochs, it.config.measured_things()), default=None)
        return nearest and nearest.until(config.epochs)

    def _family(self, config: RunConfig) -> list[str]:
        """Return the ids of the records that train as `config` does, and as long at least; its own first."""
        manifests = [
            *self.root.glob(f"{config.family()}-*/{MANIFEST}"),
            *self.root.glob(f"{atomic.OUTDATED}{config.family()}-*/{MANIFEST}"),  # being replaced
        ]
        ids = {manifest.parent.name.removeprefix(atomic.OUTDATED) for manifest in manifests}
        runs = (run_id for run_id in filter(RUN_ID.fullmatch, ids) if int(run_id.split("-")[1]) >= config.epochs)
        return sorted(runs, key=lambda run_id: (run_id != config.run_id(), run_id))


def _serves(record: Record, config: RunConfig) -> bool:
    """Tell whether a record of a run's family was measured in all that the run measures, and at its last epoch."""
    cut = record.until(config.epochs)
    measured_last = cut.status == "diverged" or config.epochs in cut.measured("test_loss")[0]
    return record.config.measures(config) and measured_last


def manifest_digest(run_id: str, project: Path | None = None) -> str | None:
    """Return the SHA-256 of a record's manifest, looked for in the store, then in `results/`; None if missing."""
    for root in (paths.store_root(project), paths.results_root(project)):
        if root and RUN_ID.fullmatch(run_id) and (root / run_id / MANIFEST).is_file():
            return sha256(atomic.read_file(root / run_id / MANIFEST, MOST_MANIFEST))
    return None
