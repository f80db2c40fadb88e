"""Worker processes on this machine.

A sum is rounded otherwise when more threads share it. So each worker has the same number of threads, however many
workers there are, and that number changes no record.

A worker has a pipe of its own and no lock in common with others, so that one that is killed at any instant stops
nobody else: its stack is placed again, and goes on from its last checkpoint.
"""

import multiprocessing
import os
import signal
import traceback
from collections import deque
from collections.abc import Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Any

from ..config import RunConfig
from ..errors import PlacingError, found_expected
from ..store import Store
from .display import Display, showing

#: How often a stack is placed whose worker died, before the sweep gives up.
ATTEMPTS = 3
#: How long a worker may take to write its checkpoint when the sweep ends, in seconds.
GRACE = 10.0


def train_in_pool(
    stacks: Sequence[Sequence[RunConfig]],
    store: Store,
    data_root: Path | None,
    device: str,
    label: str,
    quiet: bool = False,
    deadline: float | None = None,
    *,
    workers: int,
    threads: int = 1,
) -> None:
    """Train stacks in worker processes.

    Args:
        stacks: Each is trained together by one worker; they are begun in this order.
        store: Where records are kept.
        data_root: Where the data lie.
        device: What to train on.
        label: What to call it.
        quiet: Show no progress.
        deadline: When to stop, as `time.time` counts; what was begun is checkpointed.
        workers: How many processes.
        threads: How many threads each of them has for its arithmetic.

    Raises:
        PlacingError: The worker of one stack died `ATTEMPTS` times.
        MixreproError: What a worker raised.
    """
    waiting = deque((index, 1) for index in range(len(stacks)))
    work = (store.root.absolute(), data_root and Path(data_root).absolute(), device, deadline)
    pool = [_Worker(work, threads) for _ in range(min(workers, len(stacks)))]
    try:
        with showing(label, stacks, quiet) as display:
            while waiting or any(worker.stack is not None for worker in pool):
                for worker in pool:
                    if worker.stack is None and waiting:
                        worker.begin(*waiting.popleft(), stacks)
                busy = {worker.pipe: worker for worker in pool if worker.stack is not None}
                for pipe in wait(list(busy)):
                    _hear(busy[pipe], waiting, display, stacks)
    finally:
        for worker in pool:
            worker.end()


def _hear(
    worker: "_Worker", waiting: deque[tuple[int, int]], display: Display, stacks: Sequence[Sequence[RunConfig]]
) -> None:
    """Take one message of a worker, or notice that it died."""
    index, attempt = worker.stack
    try:
        kind, *content = worker.pipe.recv()
    except (EOFError, OSError):
        status = worker.bury()
        if attempt == ATTEMPTS:
            runs = ", ".join(config.run_id() for config in stacks[index])
            found = f"a worker that died each of {ATTEMPTS} times ({status})"
            raise PlacingError(found_expected(f"runs {runs}", found, "one that lives")) from None
        waiting.appendleft((index, attempt + 1))
        return
    if kind == "progress":
        display.report(index, *content)
        return
    worker.stack = None
    if kind == "failed":
        raise content[0]
    if content[0]:
        display.finish(index)


class _Worker:
    """One worker process; started when there is work, and anew when it died."""

    def __init__(self, work: tuple[Any, ...], threads: int) -> None:
        self.work, self.threads = work, threads
        self.process, self.pipe = None, None
        self.stack: tuple[int, int] | None = None  # its position, and which attempt it is

    def begin(self, index: int, attempt: int, stacks: Sequence[Sequence[RunConfig]]) -> None:
        """Give it a stack."""
        if self.process is None:
            context = _context()
            pipe, theirs = context.Pipe()
            arguments = (theirs, dict(os.environ), self.threads, *self.work)
            process = context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            theirs.close()  # so that its death is the end of the pipe
            self.process, self.pipe = process, pipe
        self.stack = (index, attempt)
        try:
            self.pipe.send(list(stacks[index]))
        except OSError:
            pass  # it died idle: reading says so

    def bury(self) -> str:
        """Give up a worker that died, and say how it did."""
        self.process.join()
        self.pipe.close()
        code, self.process, self.stack = self.process.exitcode, None, None
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"

    def end(self) -> None:
        """Let it write its checkpoint, and end it."""
        if self.process is None:
            return
        self.process.terminate()
        self.process.join(GRACE)
        self.process.kill()
        self.process.join()
        self.pipe.close()


def _context() -> BaseContext:
    """Return how to start workers: from a server that has imported what they need, or else afresh.

    The server runs nothing, so that it has none of the threads that would not survive its forks.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mixrepro.sweep"])
    return context


def _work(
    pipe: Connection,
    environment: dict[str, str],
    threads: int,
    store: Path,
    data_root: Path | None,
    device: str,
    deadline: float | None,
) -> None:
    """Train the stacks that come through a pipe, in a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the sweep is interrupted, and ends this process
    os.environ.clear()  # a fork server keeps the environment in which it started
    os.environ.update(environment)
    import torch

    from .unit import train_unit

    torch.set_num_threads(threads)
    while True:
        try:
            stack = pipe.recv()
        except EOFError:  # the sweep is gone
            return
        try:
            complete = train_unit(
                stack, store, data_root, device, lambda *epochs: pipe.send(("progress", *epochs)), deadline
            )
            pipe.send(("done", complete))
        except (BrokenPipeError, KeyboardInterrupt):  # the sweep is gone, or ends this process
            return
        except Exception as error:
            error.add_note(traceback.format_exc())
            pipe.send(("failed", error))
