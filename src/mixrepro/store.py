"""Run records: what a run measured, with its provenance. One folder a run, visible through one rename.

    <root>/<run id>/curve.parquet     a row an epoch (see `training.curve.Curve`)
    <root>/<run id>/weights-400.safetensors     the network after 400 epochs, where the run keeps some
    <root>/<run id>/manifest.json     configuration, status, versions, device, digests of the files
    <root>/.locks/, .checkpoints/     who trains what now, and how far it has come

Only this module writes records.
"""

import contextlib
import functools
import hashlib
import importlib.metadata
import io
import json
import platform
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

import filelock
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy
from pydantic_core import from_json
from safetensors import SafetensorError

from . import atomic, paths
from .config import RunConfig, unknown_name
from .errors import StoreError, found_expected

#: 2 has the digest of the manifest in it; 1 had none.
SCHEMA, SCHEMAS = 2, (1, 2)
Status = Literal["complete", "diverged"]
CURVE = "curve.parquet"
MANIFEST = "manifest.json"
LOCKS, CHECKPOINTS = ".locks", ".checkpoints"
RUN_ID = re.compile(r"[0-9a-f]{16}-[1-9][0-9]{0,9}(-[0-9a-f]{8})?")
#: Bytes beyond which a file is not read: none of ours comes near.
MOST_MANIFEST, MOST_CURVE = 2**20, 2**28
#: A record may be replaced while it is read; not twice.
READS = 3

#: What determines a run's numbers, besides its configuration.
SOURCES_OF_NUMBERS = ("config.py", "rng.py", "mixup.py", "data", "models", "training", "theory/loss_bound.py")


@dataclass(frozen=True)
class Record:
    """One run, as measured.

    Attributes:
        config: The run.
        columns: Its table: `epoch`, `objective` every epoch; the rest NaN between evaluation epochs.
        manifest: Status and provenance.
        digest: SHA-256 of the manifest file.
        folder: Where it lies; None for one that was never written.
    """

    config: RunConfig
    columns: dict[str, np.ndarray]
    manifest: dict[str, Any]
    digest: str
    folder: Path | None = None

    @property
    def run_id(self) -> str:
        """Id of the record, which may be that of a longer run whose beginning this is."""
        return self.manifest["run_id"]

    @property
    def status(self) -> Status:
        """`complete`, or `diverged` with the epoch in the manifest."""
        diverged_at = self.manifest["diverged_at"]
        return "complete" if diverged_at is None or diverged_at > self.config.epochs else "diverged"

    def until(self, epochs: int) -> Self:
        """Return the run of the same family that ends after `epochs` epochs."""
        columns = {name: values[:epochs] for name, values in self.columns.items()}
        kept = tuple(epoch for epoch in self.config.snapshots if epoch <= epochs)
        return replace(self, config=self.config.but(epochs=epochs, snapshots=kept), columns=columns)

    def measured(self, column: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the epochs at which `column` was measured, and its values there.

        Raises:
            StoreError: There is no such column; the message lists those that there are.
        """
        if column not in self.columns:
            raise StoreError(unknown_name(f"run {self.run_id}, column", column, list(self.columns)))
        values = self.columns[column]
        there = np.isfinite(values)
        return self.columns["epoch"][there], values[there]

    def at(self, epoch: int, column: str) -> float:
        """Return `column` after `epoch` completed epochs.

        Raises:
            StoreError: It was not measured there, or never.
        """
        epochs, values = self.measured(column)
        place = np.flatnonzero(epochs == epoch)
        if not len(place):
            raise StoreError(
                found_expected(
                    f"run {self.run_id}, {column}", f"no value at epoch {epoch}", f"one of {list(epochs)}"
                )
            )
        return float(values[place[0]])

    def weights(self, epoch: int) -> dict[str, np.ndarray]:
        """Return the weights of the network after `epoch` completed epochs.

        Raises:
            StoreError: They were not kept, or are not what was written.
        """
        kept = self.manifest.get("weights_sha256", {})
        if self.folder is None or str(epoch) not in kept:
            expected = f"one of {', '.join(kept)}" if kept else "a run that keeps snapshots"
            raise StoreError(found_expected(f"run {self.run_id}", f"no weights at epoch {epoch}", expected))
        file = self.folder / _weights_file(epoch)
        try:
            raw = atomic.read_file(file)
            if (found := _sha256(raw)) != kept[str(epoch)]:
                raise StoreError(found_expected(str(file), found, f"SHA-256 {kept[str(epoch)]}"))
            return safetensors.numpy.load(raw)
        except (OSError, SafetensorError) as error:
            raise StoreError(found_expected(str(file), f"{type(error).__name__}: {error}", "weights")) from None


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
        content = _content(config, columns, provenance, snapshots)
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
                return _read(folder if folder.exists() else target, run_id)
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
            return _sha256(atomic.read_file(root / run_id / MANIFEST, MOST_MANIFEST))
    return None


def _content(
    config: RunConfig,
    columns: dict[str, np.ndarray],
    provenance: dict[str, Any],
    snapshots: Mapping[int, Mapping[str, np.ndarray]],
) -> dict[str, bytes]:
    """Return the files of a record by name, the manifest last."""
    table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    content = {CURVE: buffer.getvalue()}
    content |= {
        _weights_file(epoch): safetensors.numpy.save(dict(weights)) for epoch, weights in snapshots.items()
    }
    manifest = {
        "schema": SCHEMA,
        "run_id": config.run_id(),
        "config": config.model_dump(mode="json"),
        **provenance,
        "versions": versions(),
        "code": code_digest(),
        "curve_sha256": _sha256(content[CURVE]),
    }
    if snapshots:
        manifest["weights_sha256"] = {str(epoch): _sha256(content[_weights_file(epoch)]) for epoch in snapshots}
    manifest["sha256"] = _manifest_sha256(manifest)
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"
    return {**content, MANIFEST: text.encode()}


def _read(folder: Path, run_id: str) -> Record:
    """Read the record in a folder; believe nothing of it unchecked."""
    if folder.is_symlink():
        raise StoreError(found_expected(f"run {run_id} in {folder.parent}", "a link", "a folder"))
    file, remedy = folder / MANIFEST, f"; remove the folder {folder}, and the run is trained again"
    try:
        raw = atomic.read_file(file, MOST_MANIFEST)
        manifest = from_json(raw, allow_inf_nan=False)
        if manifest["schema"] not in SCHEMAS:
            raise StoreError(found_expected(f"{folder}, schema", manifest["schema"], f"{SCHEMA}"))
        if manifest["schema"] > 1 and (found := _manifest_sha256(manifest)) != manifest["sha256"]:
            raise StoreError(found_expected(str(file), found, f"SHA-256 {manifest['sha256']}{remedy}"))
        file = folder / CURVE
        curve = atomic.read_file(file, MOST_CURVE)
        if (found := _sha256(curve)) != manifest["curve_sha256"]:
            expected = f"SHA-256 {manifest['curve_sha256']}{remedy}"
            raise StoreError(found_expected(str(file), found, expected))
        config = RunConfig.from_json(json.dumps(manifest["config"]))
        if not config.run_id() == manifest["run_id"] == run_id:
            expected = f"the record of {run_id}{remedy}"
            raise StoreError(found_expected(str(folder / MANIFEST), config.run_id(), expected))
        table = pq.ParquetFile(io.BytesIO(curve)).read(use_threads=False)  # threads cost more than they save
        last = manifest["diverged_at"] or config.epochs
        if len(table) != last:
            raise StoreError(found_expected(str(file), len(table), f"{last} epochs{remedy}"))
    except FileNotFoundError:
        expected = "a complete record" + (remedy if folder.exists() else "")
        raise StoreError(found_expected(str(file), "no such file", expected)) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        said = str(getattr(error, "strerror", None) or error).replace("\n", " ")
        found = f"a file that cannot be read ({type(error).__name__}: {said})"
        raise StoreError(found_expected(str(file), found, f"a complete record{remedy}")) from None
    columns = {name: table[name].to_numpy() for name in table.column_names}
    return Record(config, columns, manifest, _sha256(raw), folder)


def _manifest_sha256(manifest: Mapping[str, Any]) -> str:
    """Return the digest of all that a manifest says besides."""
    rest = {name: value for name, value in manifest.items() if name != "sha256"}
    return _sha256(json.dumps(rest, sort_keys=True).encode())


def _weights_file(epoch: int) -> str:
    return f"weights-{epoch}.safetensors"


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()
