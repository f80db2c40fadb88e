"""Checkpoints of a stack in training: one safetensors file each, which is whole or not there.

    <folder of the stack>/<epoch>-<batch>-<measured>-<SHA-256 of the file>.safetensors

Every number lies in a tensor; counters, names and configurations are JSON in the file's header. Nothing in a file
can run code, and none of it is believed before its digest, its header and the shapes of all tensors were checked.
No random state is among them: draws depend on seed, purpose and epoch alone.
"""

import contextlib
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import safetensors.numpy
import safetensors.torch
import torch
from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, ValidationError
from safetensors import SafetensorError
from torch import Tensor

from .. import atomic
from ..config import RunConfig
from ..errors import CheckpointError, ConfigError, found_expected

SUFFIX = ".safetensors"
#: How many are kept: if the newest is damaged, there is the one before.
KEPT = 2
#: Bytes that a header, and the JSON of ours in it, may have; a stack of hundreds of runs needs a tenth.
MOST_HEADER, MOST_STATE = 16 * 2**20, 2**19


class CurveState(BaseModel):
    """What of a `Curve` is not a number of its table: where its numbers belong."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    measured_epochs: list[NonNegativeInt]
    snapshots: list[NonNegativeInt]
    best_epoch: NonNegativeInt
    lost_step: NonNegativeInt | None
    last_finite_loss: float | None = Field(allow_inf_nan=False)


class State(BaseModel):
    """Where a stack stands.

    Attributes:
        version: Of this format.
        stamp: What its numbers depend on besides its configurations: code, versions, data.
        configs: The runs that the stack was planned for, each by its fields that are not at their defaults.
        epoch: Completed epochs.
        batch: Completed batches of the epoch after them.
        measured: Whether the runs were measured after `epoch` epochs.
        seconds: Time spent in training up to here.
        started: When training began, ISO 8601.
        ran_on: From which epoch on it ran on what.
        measured_names: What the columns of the measured values are.
        curves: One a replica.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    version: Literal[1] = 1
    stamp: dict[str, str]
    configs: list[dict[str, Any]]
    epoch: NonNegativeInt
    batch: NonNegativeInt
    measured: bool
    seconds: float = Field(ge=0, allow_inf_nan=False)
    started: str
    ran_on: list[Annotated[tuple[NonNegativeInt, str], Field(strict=False)]]
    measured_names: list[str]
    curves: list[CurveState]

    def runs(self) -> list[RunConfig]:
        """Return the configurations.

        Raises:
            ConfigError: They are none.
        """
        return [RunConfig(**fields) for fields in self.configs]


def described(configs: Sequence[RunConfig]) -> list[dict[str, Any]]:
    """Return runs as `State.configs` has them."""
    return [config.model_dump(mode="json", exclude_defaults=True) for config in configs]


@dataclass(frozen=True)
class Checkpoint:
    """A stack in training, as it is kept: where it stands, and every tensor by name."""

    state: State
    tensors: dict[str, Tensor]


def write(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint, and drop all but the newest `KEPT`.

    Raises:
        CheckpointError: The folder cannot be written; the older ones are as they were.
    """
    state = checkpoint.state
    numbers = {name: part.detach().cpu().contiguous().numpy() for name, part in checkpoint.tensors.items()}
    raw = safetensors.numpy.save(numbers, {"state": state.model_dump_json()})
    place = f"{state.epoch:08d}-{state.batch:08d}-{state.measured:d}"
    file = folder / f"{place}-{hashlib.sha256(raw).hexdigest()}{SUFFIX}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        atomic.write_file(file, raw)
        for older in files(folder)[KEPT:]:
            atomic.remove(older)
    except OSError as error:
        raise CheckpointError(atomic.refusal(f"checkpoint {file}", error, len(raw))) from None
    return file


def files(folder: Path) -> list[Path]:
    """Return the checkpoints of a folder, the newest first."""
    return sorted(folder.glob(f"[0-9]*{SUFFIX}"), reverse=True)


def read(file: Path, most: int | None = None) -> Checkpoint:
    """Read a checkpoint back.

    Args:
        file: One of `files`.
        most: Bytes that it may have.

    Raises:
        CheckpointError: It is not what was written.
    """
    try:
        raw = atomic.read_file(file, most)
        if (digest := hashlib.sha256(raw).hexdigest()) != file.stem.rpartition("-")[2]:
            raise CheckpointError(found_expected(str(file), digest, "the SHA-256 in its name"))
        _check_header_size(raw[:8], len(raw))
        return Checkpoint(_state(file), safetensors.torch.load(raw))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(_unreadable(file, error)) from None


def peek(file: Path) -> State:
    """Read where a checkpoint stands, without its tensors; its digest is not checked.

    Raises:
        CheckpointError: Its header is not one of ours.
    """
    try:
        with atomic.opened(file) as opened:
            _check_header_size(opened.read(8), file.stat().st_size)
        return _state(file)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        raise CheckpointError(_unreadable(file, error)) from None


def unfinished(root: Path) -> list[State]:
    """Return where each stack below a folder stands, read off its newest checkpoint whose header can be read."""
    states = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        for file in files(folder):
            with contextlib.suppress(CheckpointError, ConfigError):
                state = peek(file)
                state.runs()
                states.append(state)
                break
    return states


def _check_header_size(head: bytes, file_size: int) -> None:
    size = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
    if not 0 < size <= min(MOST_HEADER, file_size - 8):
        raise ValueError(f"a header of {size:,} bytes in a file of {file_size:,}")


def _state(file: Path) -> State:
    """Read our part of a header; the rest of it is checked by the library whose format it is."""
    with safetensors.safe_open(file, framework="np") as opened:
        text = (opened.metadata() or {})["state"]
    if len(text) > MOST_STATE:
        raise ValueError(f"a state of {len(text):,} characters")
    return State.model_validate(json.loads(text))  # pydantic's own parser copies what it refuses, at length


def _unreadable(file: Path, error: Exception) -> str:
    if isinstance(error, ValidationError):  # its text would quote what was found, which may be long
        items = error.errors(include_url=False, include_context=False, include_input=False)[:2]
        said = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in items)
    else:
        said = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition("\n")[0]
    return found_expected(str(file), f"a file that cannot be read ({said})", "a checkpoint of this library")


def fill(target: Mapping[str, Tensor], tensors: Mapping[str, Tensor], prefix: str) -> None:
    """Copy tensors into those of a network, in place.

    Raises:
        CheckpointError: Names, types or shapes differ.
    """
    kept = {name.removeprefix(prefix): part for name, part in tensors.items() if name.startswith(prefix)}
    found = {name: (part.dtype, tuple(part.shape)) for name, part in kept.items()}
    expected = {name: (part.dtype, tuple(part.shape)) for name, part in target.items()}
    if found != expected:
        differing = sorted(
            f"{name}" for name in found.keys() | expected.keys() if found.get(name) != expected.get(name)
        )
        shown = ", ".join(differing[:3])
        raise CheckpointError(
            found_expected(f"checkpoint, {prefix}", f"a difference in {shown}", "the same network")
        )
    with torch.no_grad():
        for name, part in target.items():
            part.copy_(kept[name])
