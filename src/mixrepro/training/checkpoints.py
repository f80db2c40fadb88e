"""The checkpoints of one stack of runs: when one is due, which one counts, and what becomes of damaged ones."""

import hashlib
import time
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from .. import atomic
from ..config import RunConfig
from ..errors import CheckpointError, found_expected
from . import checkpoint
from .checkpoint import Checkpoint

#: Training may spend this share of its time on checkpoints; where one takes long they become rarer.
MOST_TIME = 0.02


class DamagedCheckpoint(UserWarning):
    """A checkpoint is not what was written; training goes on from the one before."""


class Checkpoints:
    """The checkpoints of one stack.

    Args:
        folder: Theirs alone; whoever trains the stack holds the locks of its runs.
        stamp: See `State.stamp`.
        seconds: Time of training between two of them; 0: after every epoch, whatever that costs.
    """

    def __init__(self, folder: Path, stamp: Mapping[str, str], seconds: float = 60) -> None:
        self.folder = folder
        self.stamp = dict(stamp)
        self.seconds = seconds
        self.spent = 0.0
        self._next = time.monotonic() + seconds

    @classmethod
    def of(cls, root: Path, configs: Sequence[RunConfig], stamp: Mapping[str, str], seconds: float = 60) -> Self:
        """Return those of the stack of some runs below `root`; their order does not matter."""
        named = "\n".join([*sorted(c.run_id() for c in configs), *(f"{k} {v}" for k, v in sorted(stamp.items()))])
        return cls(root / hashlib.sha256(named.encode()).hexdigest()[:16], stamp, seconds)

    def exist(self) -> bool:
        """Tell whether there are any."""
        return bool(checkpoint.files(self.folder))

    def due(self) -> bool:
        """Tell whether it is time to write one."""
        return time.monotonic() >= self._next

    def write(self, kept: Checkpoint) -> None:
        """Write one now.

        Raises:
            CheckpointError: The folder cannot be written.
        """
        started = time.monotonic()
        checkpoint.write(self.folder, kept)
        took = time.monotonic() - started
        self.spent += took
        self._next = time.monotonic() + (max(self.seconds, took / MOST_TIME) if self.seconds else 0.0)

    def newest(self, configs: Sequence[RunConfig], most: int | None = None) -> Checkpoint | None:
        """Return the newest one that is what was written, or None; what is damaged is named and dropped.

        Args:
            configs: The runs of the stack.
            most: Bytes that one may have.

        Raises:
            CheckpointError: A damaged one cannot be dropped.
        """
        try:
            for draft in self.folder.glob(f"{atomic.DRAFT}*"):  # of a process that died while writing
                atomic.remove(draft)
            for file in checkpoint.files(self.folder):
                try:
                    return self._checked(file, configs, most)
                except CheckpointError as error:
                    warnings.warn(f"{error}; going on from the one before", DamagedCheckpoint, stacklevel=3)
                    atomic.remove(file)
        except OSError as error:
            raise CheckpointError(atomic.refusal(f"checkpoints {self.folder}", error)) from None
        return None

    def _checked(self, file: Path, configs: Sequence[RunConfig], most: int | None) -> Checkpoint:
        kept = checkpoint.read(file, most)
        if kept.state.stamp != self.stamp:
            raise CheckpointError(found_expected(str(file), kept.state.stamp, f"stamp {self.stamp}"))
        if kept.state.configs != checkpoint.described(configs):
            raise CheckpointError(found_expected(str(file), "a checkpoint of other runs", "those of the stack"))
        return kept

    def remove(self) -> None:
        """Remove them all.

        Raises:
            CheckpointError: They cannot be removed.
        """
        try:
            if self.folder.exists():
                atomic.remove(self.folder)
        except OSError as error:
            raise CheckpointError(atomic.refusal(f"checkpoints {self.folder}", error)) from None
