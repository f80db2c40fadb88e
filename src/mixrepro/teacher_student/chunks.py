"""Many seeds, a few dozen at a time, on every core."""

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TypeVar

import numpy as np

from ..progress import reporting

Outcome = TypeVar("Outcome")

#: Seeds side by side: enough to spread numpy's overhead, and few enough for their arrays to stay in the cache.
CHUNK = 24
#: The loops are made of small products; a BLAS that splits those over threads is slower, and in its siblings' way.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def over_chunks(work: Callable[[np.ndarray], Outcome], seeds: np.ndarray, text: str) -> list[Outcome]:
    """Do the work for every chunk of seeds, in a process for each core.

    Threads would wait for each other's interpreter. A single chunk is done here, without a process.

    Args:
        work: Takes the seeds of a chunk, int64 [at most `CHUNK`]; it must be found by its name from a new process.
        seeds: int64 [S].
        text: What is being done, for the progress bar.

    Returns:
        One outcome a chunk, in the order of the seeds.
    """
    workers = os.cpu_count() or 1
    if len(seeds) <= CHUNK:
        return _here(work, [seeds], text)
    # As many chunks as keep every core busy to the end.
    rounds = -(-len(seeds) // (CHUNK * workers))
    chunks = np.array_split(seeds, min(len(seeds), rounds * workers))
    if workers == 1:
        return _here(work, chunks, text)
    try:
        with (
            _single_threaded_children(),
            ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool,
        ):
            futures = [pool.submit(work, chunk) for chunk in chunks]
            with reporting(text) as update:
                for done, _ in enumerate(as_completed(futures), start=1):
                    update(done, len(chunks))
            return [future.result() for future in futures]
    except BrokenProcessPool:  # the caller's script does its work on import, which a new process must not repeat
        return _here(work, chunks, text)


def _here(work: Callable[[np.ndarray], Outcome], chunks: list[np.ndarray], text: str) -> list[Outcome]:
    outcomes = []
    with reporting(text, quiet=len(chunks) == 1) as update:
        for done, chunk in enumerate(chunks, start=1):
            outcomes.append(work(chunk))
            update(done, len(chunks))
    return outcomes


@contextmanager
def _single_threaded_children() -> Iterator[None]:
    """Let processes that start inside read that their BLAS has one thread."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(dict.fromkeys(ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
