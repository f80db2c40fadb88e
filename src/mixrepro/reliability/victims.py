"""Processes to kill: forked from a server that has the library loaded, so that each is at work at once."""

import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Any

#: Small networks gain nothing from more, and no thread has to survive the fork.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")}


def launch(work: Callable[..., Any], *arguments: Any) -> BaseProcess:
    """Start a process that does some work, a function at the top of a module of this package."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["mixrepro.sweep", "mixrepro.data.mnist1d"])
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update(ONE_THREAD)  # the server starts with the first process, and keeps what it finds then
    try:
        process = context.Process(target=work, args=arguments, daemon=True)
        process.start()
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
    return process


def end(*processes: BaseProcess) -> None:
    """Kill processes that still run, and wait for them."""
    for process in processes:
        if process.is_alive():
            process.kill()
        process.join()
