"""Run records: what a run measured, with its provenance. One folder a run, visible through one rename.

    <root>/<run id>/curve.parquet     a row an epoch (see `training.curve.Curve`)
    <root>/<run id>/weights-400.safetensors     the network after 400 epochs, where the run keeps some
    <root>/<run id>/manifest.json     configuration, status, versions, device, digests of the other files

Only this module writes records.
"""

import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from . import paths
from .config import RunConfig
from .errors import StoreError, found_expected

SCHEMA = 1
Status = Literal["complete", "diverged"]
CURVE = "curve.parquet"
MANIFEST = "manifest.json"

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
        """Return the epochs at which `column` was measured, and its values there."""
        values = self.columns[column]
        there = np.isfinite(values)
        return self.columns["epoch"][there], values[there]

    def at(self, epoch: int, column: str) -> float:
        """Return `column` after `epoch` completed epochs.

        Raises:
            StoreError: It was not measured there.
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
            if (found := _sha256(file)) != kept[str(epoch)]:
                raise StoreError(found_expected(str(file), found, f"SHA-256 {kept[str(epoch)]}"))
            return load_file(file)
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
        """Make sure that records can be written, before anything is computed for them.

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

    def write(
        self,
        config: RunConfig,
        columns: dict[str, np.ndarray],
        provenance: dict[str, Any],
        snapshots: Mapping[int, Mapping[str, np.ndarray]] = MappingProxyType({}),
    ) -> Record:
        """Write a record; it appears whole or not at all.

        Args:
            config: The run.
            columns: Its table, equally long columns.
            provenance: Status, data, device and time; versions and digests are added here.
            snapshots: Epoch -> weights.

        Raises:
            StoreError: The folder cannot be written.
        """
        self.check_writable()
        target = self.root / config.run_id()
        draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=self.root))
        try:
            table = pa.table({name: pa.array(values, from_pandas=True) for name, values in columns.items()})
            pq.write_table(table, draft / CURVE, compression="zstd")
            for epoch, weights in snapshots.items():
                save_file(dict(weights), draft / _weights_file(epoch))
            manifest = {
                "schema": SCHEMA,
                "run_id": config.run_id(),
                "config": config.model_dump(mode="json"),
                **provenance,
                "versions": versions(),
                "code": code_digest(),
                "curve_sha256": _sha256(draft / CURVE),
            }
            if snapshots:
                manifest["weights_sha256"] = {
                    str(epoch): _sha256(draft / _weights_file(epoch)) for epoch in snapshots
                }
            text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"
            (draft / MANIFEST).write_text(text)
            for file in draft.iterdir():
                _flush(file)
            draft.chmod(0o755)
            if target.exists():  # an outdated record, or the same one from another process
                outdated = Path(tempfile.mkdtemp(prefix=".outdated-", dir=self.root)) / "record"
                os.replace(target, outdated)
                os.replace(draft, target)
                shutil.rmtree(outdated.parent)
            else:
                os.replace(draft, target)
            _flush(self.root)
        except OSError as error:
            raise StoreError(
                found_expected(
                    f"store {self.root}", f"a write that failed ({error.strerror})", "room and permission"
                )
            ) from None
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return self.read(config.run_id())

    def read(self, run_id: str) -> Record:
        """Read a record back.

        Raises:
            StoreError: It is missing, or is not what was written.
        """
        folder = self.root / run_id
        try:
            raw = (folder / MANIFEST).read_bytes()
            manifest = json.loads(raw)
            if manifest["schema"] != SCHEMA:
                raise StoreError(found_expected(f"{folder}, schema", manifest["schema"], repr(SCHEMA)))
            if (found := _sha256(folder / CURVE)) != manifest["curve_sha256"]:
                raise StoreError(found_expected(str(folder / CURVE), found, f"SHA-256 {manifest['curve_sha256']}"))
            config = RunConfig.from_json(json.dumps(manifest["config"]))
            table = pq.read_table(folder / CURVE)
        except (OSError, ValueError, KeyError) as error:
            found = f"a record that cannot be read ({type(error).__name__}: {error})"
            raise StoreError(found_expected(f"run {run_id} in {self.root}", found, "a complete record")) from None
        columns = {name: table[name].to_numpy() for name in table.column_names}
        return Record(config, columns, manifest, hashlib.sha256(raw).hexdigest(), folder)

    def find(self, config: RunConfig, any_code: bool = False) -> Record | None:
        """Return the record of a run, or None if it must be (re)trained.

        A longer run of the family serves as well, if it was measured at this run's last epoch, and so does one
        that measured more.

        Args:
            config: The run.
            any_code: Also accept a record made by other code than today's, as for runs recorded long ago.
        """
        for run_id in self._family(config):
            record = self.read(run_id)
            if not record.config.measures(config):
                continue
            if not any_code and record.manifest["code"] != code_digest():
                continue
            cut = record.until(config.epochs)
            if cut.status == "diverged" or config.epochs in cut.measured("test_loss")[0]:
                return cut
        return None

    def _family(self, config: RunConfig) -> list[str]:
        """Return the ids of the records that train as `config` does, and as long at least; its own first."""
        ids = [manifest.parent.name for manifest in self.root.glob(f"{config.family()}-*/{MANIFEST}")]
        lengths = {run_id: int(run_id.split("-")[1]) for run_id in ids}
        return sorted(
            (run_id for run_id in ids if lengths[run_id] >= config.epochs),
            key=lambda run_id: (run_id != config.run_id(), lengths[run_id], run_id),
        )


def manifest_digest(run_id: str, project: Path | None = None) -> str | None:
    """Return the SHA-256 of a record's manifest, looked for in the store, then in `results/`; None if missing."""
    for root in (paths.store_root(project), paths.results_root(project)):
        if root and (root / run_id / MANIFEST).is_file():
            return _sha256(root / run_id / MANIFEST)
    return None


def _weights_file(epoch: int) -> str:
    return f"weights-{epoch}.safetensors"


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
