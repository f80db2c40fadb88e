"""Keeps two processes from executing the same chapters at the same time: the book's only way to lock."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from filelock import FileLock, Timeout


@contextmanager
def held(file: Path, occupied: str, console: TextIO) -> Iterator[None]:
    """Hold a lock, waiting for whoever has it; within one process it may be taken again.

    The lock is the operating system's and ends with its process: a file that stays behind locks nothing.

    Args:
        file: The lock's file; its folder is there.
        occupied: What to say before waiting.
        console: Where to say it.
    """
    lock = FileLock(file, is_singleton=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        print(f"{occupied}: waiting for it.", file=console, flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
