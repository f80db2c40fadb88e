"""A run record: its parts, and the files that it consists of.

curve.parquet                   a row an epoch (see `training.curve.Curve`)
weights-400.safetensors         the network after 400 epochs, where the run keeps some
manifest.json                   configuration, status, versions, device, digests of the files
"""

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors.numpy
from pydantic_core import from_json
from safetensors import SafetensorError

from . import atomic
from .config import RunConfig, unknown_name
from .errors import StoreError, found_expected

#: 2 has the digest of the manifest in it; 1 had none.
SCHEMA, SCHEMAS = 2, (1, 2)
Status = Literal["complete", "diverged"]
CURVE = "curve.parquet"
MANIFEST = "manifest.json"
#: Bytes beyond which a file is not read: none of ours comes near.
MOST_MANIFEST, MOST_CURVE = 2**20, 2**28


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
            if (found := sha256(raw)) != kept[str(epoch)]:
                raise StoreError(found_expected(str(file), found, f"SHA-256 {kept[str(epoch)]}"))
            return safetensors.numpy.load(raw)
        except (OSError, SafetensorError) as error:
            raise StoreError(found_expected(str(file), f"{type(error).__name__}: {error}", "weights")) from None


def files_of(
    config: RunConfig,
    columns: dict[str, np.ndarray],
    provenance: dict[str, Any],
    snapshots: Mapping[int, Mapping[str, np.ndarray]],
) -> dict[str, bytes]:
    """Return the files of a record by name, the manifest last.

    Args:
        config: The run.
        columns: Its table.
        provenance: What else the manifest says: status, versions, code, device.
        snapshots: Epoch -> weights by name.
    """
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
        "curve_sha256": sha256(content[CURVE]),
    }
    if snapshots:
        manifest["weights_sha256"] = {str(epoch): sha256(content[_weights_file(epoch)]) for epoch in snapshots}
    manifest["sha256"] = manifest_sha256(manifest)
    text = json.dumps(manifest, indent=1, sort_keys=True, allow_nan=False) + "\n"
    return {**content, MANIFEST: text.encode()}


def read_record(folder: Path, run_id: str) -> Record:
    """Read the record in a folder; believe nothing of it unchecked.

    Raises:
        StoreError: It is not there, is damaged, or is that of another run.
    """
    if folder.is_symlink():
        raise StoreError(found_expected(f"run {run_id} in {folder.parent}", "a link", "a folder"))
    file, remedy = folder / MANIFEST, f"; remove the folder {folder}, and the run is trained again"
    try:
        raw = atomic.read_file(file, MOST_MANIFEST)
        manifest = from_json(raw, allow_inf_nan=False)
        if manifest["schema"] not in SCHEMAS:
            raise StoreError(found_expected(f"{folder}, schema", manifest["schema"], f"{SCHEMA}"))
        if manifest["schema"] > 1 and (found := manifest_sha256(manifest)) != manifest["sha256"]:
            raise StoreError(found_expected(str(file), found, f"SHA-256 {manifest['sha256']}{remedy}"))
        file = folder / CURVE
        curve = atomic.read_file(file, MOST_CURVE)
        if (found := sha256(curve)) != manifest["curve_sha256"]:
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
    return Record(config, columns, manifest, sha256(raw), folder)


def manifest_sha256(manifest: Mapping[str, Any]) -> str:
    """Return the digest of all that a manifest says besides."""
    rest = {name: value for name, value in manifest.items() if name != "sha256"}
    return sha256(json.dumps(rest, sort_keys=True).encode())


def _weights_file(epoch: int) -> str:
    return f"weights-{epoch}.safetensors"


def sha256(raw: bytes) -> str:
    """Return the digest that manifests hold of files."""
    return hashlib.sha256(raw).hexdigest()
