"""How long work shows where it stands: a bar, or lines in a file that the book's driver reads."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm

#: Names a file to which progress is appended as JSON lines, instead of drawing a bar.
PROGRESS_VARIABLE = "MIXREPRO_PROGRESS"
SECONDS_BETWEEN_LINES = 0.5


@contextmanager
def reporting(run: str, quiet: bool = False, unit: str = "part") -> Iterator[Callable[[int, int], None]]:
    """Report on one piece of work.

    Args:
        run: What is being done.
        quiet: Report nothing.
        unit: What is counted.

    Yields:
        A function to call with (done, total), in that unit.
    """
    file = os.environ.get(PROGRESS_VARIABLE)
    if quiet:
        yield lambda done, total: None
    elif file:
        yield _line_writer(run, file)
    else:
        with tqdm(desc=run, unit=unit, leave=False, mininterval=0.5) as bar:

            def update(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            yield update


def _line_writer(run: str, file: str) -> Callable[[int, int], None]:
    started, written = time.monotonic(), 0.0

    def write(done: int, total: int) -> None:
        nonlocal written
        now = time.monotonic()
        if now - written < SECONDS_BETWEEN_LINES and done < total:
            return
        written = now
        left = (now - started) / max(done, 1) * (total - done)
        line = json.dumps({"run": run, "done": done, "total": total, "seconds_left": round(left, 1)})
        with open(file, "a") as handle:
            handle.write(line + "\n")

    return write
