"""What a chapter's kernel says about the run it trains, and how the console shows it.

The kernel appends JSON lines `{"run": "FIG-2 mlp mixup", "done": 1200, "total": 4000, "seconds_left": 41.0}`
to the file named by `$MIXREPRO_PROGRESS`; the driver of the book follows that file.
"""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tqdm import tqdm


@dataclass(frozen=True)
class Progress:
    """How far the run in training is; `done` and `total` count epochs."""

    run: str
    done: int
    total: int
    seconds_left: float | None = None

    def __str__(self) -> str:
        left = "" if self.seconds_left is None else f", {self.seconds_left:.0f} s left"
        return f"{self.run} {self.done}/{self.total}{left}"


class ProgressFile:
    """Reads what was appended to a progress file since the last look."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0

    def latest(self) -> Progress | None:
        """Return the newest complete report since the last call, or None if there is none."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.position)
                text = file.read()
        except FileNotFoundError:
            return None
        end = text.rfind(b"\n") + 1  # a line without its end is still being written
        self.position += end
        for line in reversed(text[:end].splitlines()):
            if (progress := _parse(line)) is not None:
                return progress
        return None


def _parse(line: bytes) -> Progress | None:
    try:
        report = json.loads(line)
        left = report.get("seconds_left")
        left = None if left is None else float(left)
        return Progress(str(report["run"]), int(report["done"]), int(report["total"]), left)
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # progress is a courtesy: a report that makes no sense stops no chapter


@contextmanager
def following(path: Path, show: Callable[[Progress | None], None], every: float = 0.25) -> Iterator[None]:
    """Call `show` with the newest report, from a thread of its own, as long as the context lasts.

    Args:
        path: The progress file; need not exist yet.
        show: Called every `every` seconds, with None when nothing new was reported.
        every: Seconds between two looks.
    """
    file, ended = ProgressFile(path), threading.Event()

    def follow() -> None:
        while not ended.wait(every):
            show(file.latest())

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class Lines:
    """Plain lines for a log: a chapter's start, its end, and how it goes every quarter of a minute."""

    def __init__(self, title: str, console: TextIO, every: float = 15.0) -> None:
        self.title, self.console, self.every = title, console, every
        self.start = self.shown = time.monotonic()
        self._print("started")

    def show(self, progress: Progress | None) -> None:
        """Print a report unless the last line is too fresh."""
        if progress is not None and time.monotonic() - self.shown >= self.every:
            self._print(str(progress))

    def close(self, finished: bool) -> None:
        """Print the last line."""
        self._print(f"{'done' if finished else 'stopped'} after {time.monotonic() - self.start:.1f} s")

    def _print(self, text: str) -> None:
        self.shown = time.monotonic()
        print(f"{self.title}: {text}", file=self.console, flush=True)


class Bar:
    """A bar for a terminal: the chapter, the run in training and how far it is."""

    WAITING = "{desc} [{elapsed}]"
    TRAINING = "{desc} |{bar:6}| {postfix[0]}"

    def __init__(self, title: str, console: TextIO) -> None:
        self.title = title
        # tqdm's own measure draws nothing on a terminal that does not tell its size.
        columns, rows = shutil.get_terminal_size()
        self.bar = tqdm(total=1, desc=title, file=console, bar_format=self.WAITING, ncols=columns, nrows=rows)
        self.bar.postfix = [""]

    def show(self, progress: Progress | None) -> None:
        """Draw a report; without one only the clock moves."""
        if progress is not None:
            self.bar.bar_format = self.TRAINING
            self.bar.n, self.bar.total = min(progress.done, progress.total), max(progress.total, 1)
            self.bar.postfix = [str(progress)]
        self.bar.refresh()

    def close(self, finished: bool) -> None:
        """Leave one line behind."""
        self.bar.bar_format = self.WAITING
        self.bar.set_description_str(f"{self.title}: {'done' if finished else 'stopped'}")
        self.bar.close()


@contextmanager
def chapter_display(title: str, path: Path, console: TextIO) -> Iterator[None]:
    """Show one chapter's progress on the console while the context lasts."""
    display = Bar(title, console) if console.isatty() else Lines(title, console)
    finished = False
    try:
        with following(path, display.show):
            yield
        finished = True
    finally:
        display.close(finished)
