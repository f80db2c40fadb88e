"""Processes to measure on: the command line in a process of its own, and processes to kill."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from .. import paths

COMMAND = [sys.executable, "-c", "import sys; from mixrepro.cli import main; sys.argv[0] = 'mixrepro'; main()"]


def start(*arguments: str | Path, cwd: Path, environment: Mapping[str, str] | None = None) -> subprocess.Popen:
    """Start `mixrepro` with arguments, in the project around `cwd`; its output is kept in its pipes."""
    surroundings = {name: value for name, value in os.environ.items() if name != paths.PROJECT_VARIABLE}
    return subprocess.Popen(  # noqa: S603
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=surroundings | dict(environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], seconds: float, every: float = 0.02) -> bool:
    """Wait until a condition holds; return whether it did in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every)
    return True
