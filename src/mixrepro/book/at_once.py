"""Several chapters at a time, each in a process of its own that can be ended.

Most of a chapter is one thread's work: a kernel that starts, small matrices, drawing. So as many chapters run at
once as there are cores, and their kernels share the cores.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from ..config import ConfigError
from ..errors import ChapterError, MixreproError, found_expected

#: How many chapters run at a time; default: one a core, and no more than `MOST`.
VARIABLE = "MIXREPRO_CHAPTERS_AT_ONCE"
#: A kernel takes about a gigabyte.
MOST = 4
#: Numerical libraries read how many threads they may use from these.
THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def chapters_at_once() -> int:
    """Return how many chapters to run at a time.

    Raises:
        ConfigError: The environment asks for something that is no such number.
    """
    asked = os.environ.get(VARIABLE)
    if asked is None:
        return min(_cores(), MOST)
    if not asked.isdecimal() or int(asked) < 1:
        raise ConfigError(found_expected(f"${VARIABLE}", asked, "a number, at least 1"))
    return int(asked)


def run_all(tasks: Sequence[Callable[[Callable[..., None]], None]], at_once: int) -> None:
    """Run tasks in order, some at a time; the first that fails ends those that run.

    Args:
        tasks: Each is called in a thread, with a function that runs another one in a process: it takes that
            function and its arguments, all of which can be pickled, and returns when it is done.
        at_once: How many run at a time.

    Raises:
        MixreproError: What a task raised.
    """
    processes: set[BaseProcess] = set()
    ended = threading.Event()

    def run(function: Callable[..., object], *arguments: object) -> None:
        _run_in_process(function, arguments, max(1, _cores() // at_once), processes, ended)

    with ThreadPoolExecutor(at_once) as threads:
        futures = [threads.submit(task, run) for task in tasks]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        finally:  # also when the user interrupts
            ended.set()
            for future in futures:
                future.cancel()
            for process in list(processes):
                process.terminate()
    for future in futures:
        if future in done and not future.cancelled():
            future.result()


def _run_in_process(
    function: Callable[..., object],
    arguments: Sequence[object],
    num_threads: int,
    processes: set[BaseProcess],
    ended: threading.Event,
) -> None:
    # A server that has imported what chapters need forks a process in milliseconds; where there is none, the
    # process imports it itself.
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    if "forkserver" in methods:
        context.set_forkserver_preload([function.__module__])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_report, args=(theirs, dict(os.environ), num_threads, function, arguments))
    process.start()
    theirs.close()
    processes.add(process)
    if ended.is_set():  # while it started
        process.terminate()
    try:
        error = ours.recv()
    except EOFError:
        error = ChapterError("the process that ran it was ended")
    finally:
        process.join()
        processes.discard(process)
    if error is not None:
        raise error


def _report(
    connection: Connection,
    environment: dict[str, str],
    num_threads: int,
    function: Callable[..., object],
    arguments: Sequence[object],
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is told, and ends this process
    os.environ.clear()  # a fork server keeps the environment in which it started
    os.environ.update({variable: str(num_threads) for variable in THREADS} | environment)
    try:
        function(*arguments)
        connection.send(None)
    except MixreproError as error:
        connection.send(error)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
