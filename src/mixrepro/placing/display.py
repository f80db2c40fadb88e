"""How a sweep shows where it stands: a bar on a terminal, lines in a log."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from ..config import RunConfig
from ..training.forks import epochs_computed

SECONDS_BETWEEN_LINES = 15.0


class Display:
    """Adds up what all workers report.

    Args:
        label: What is trained.
        stacks: The stacks to train; they are reported on by their positions.
        console: Where to show it; default: stderr.
    """

    def __init__(self, label: str, stacks: Sequence[Sequence[RunConfig]], console: TextIO | None = None) -> None:
        self.label, self.console = label, console or sys.stderr
        self.runs = [len(stack) for stack in stacks]
        self.totals = [epochs_computed(stack) for stack in stacks]
        self.done = [0] * len(stacks)
        self.finished: set[int] = set()
        self.first: list[int | None] = [None] * len(stacks)  # resumed epochs say nothing about today's speed
        self.started = time.monotonic()

    def report(self, stack: int, done: int, total: int) -> None:
        """Take a report of one stack, in epochs summed over its runs."""
        if self.first[stack] is None:
            self.first[stack] = done
        self.done[stack], self.totals[stack] = done, total
        self.show()

    def finish(self, stack: int) -> None:
        """Count a stack's runs as done."""
        self.finished.add(stack)
        self.done[stack] = self.totals[stack]
        self.show()

    def seconds_left(self) -> float | None:
        """Return how long the rest takes at the speed so far, or None before there is one."""
        trained = sum(done - first for done, first in zip(self.done, self.first, strict=True) if first is not None)
        if trained <= 0:
            return None
        return (time.monotonic() - self.started) / trained * (sum(self.totals) - sum(self.done))

    def __str__(self) -> str:
        runs = sum(self.runs[stack] for stack in self.finished)
        left = self.seconds_left()
        return (
            f"{runs} of {sum(self.runs)} runs, {sum(self.done):,} of {sum(self.totals):,} epochs"
            f"{'' if left is None else f', {left:.0f} s left'}"
        )

    def show(self) -> None:
        """Show the present state."""

    def close(self) -> None:
        """Leave one line behind."""


class Quiet(Display):
    """Shows nothing."""


class Lines(Display):
    """Plain lines for a log, one every quarter of a minute."""

    shown = 0.0

    def show(self) -> None:
        """Print a line unless the last one is too fresh."""
        if time.monotonic() - self.shown >= SECONDS_BETWEEN_LINES:
            self._print()

    def close(self) -> None:
        """Print the last line."""
        self._print()

    def _print(self) -> None:
        self.shown = time.monotonic()
        print(f"{self.label}: {self}", file=self.console, flush=True)


class Bar(Display):
    """A bar for a terminal."""

    def __init__(self, label: str, stacks: Sequence[Sequence[RunConfig]], console: TextIO | None = None) -> None:
        super().__init__(label, stacks, console)
        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            TextColumn("{task.fields[state]}", markup=False),
        )
        self.bar = Progress(*columns, console=Console(file=self.console), transient=True)
        self.task = self.bar.add_task(label, total=sum(self.totals), state=str(self))
        self.bar.start()

    def show(self) -> None:
        """Redraw."""
        self.bar.update(self.task, completed=sum(self.done), total=sum(self.totals), state=str(self))

    def close(self) -> None:
        """Leave one line behind."""
        self.bar.stop()
        print(f"{self.label}: {self}", file=self.console, flush=True)


@contextmanager
def showing(
    label: str, stacks: Sequence[Sequence[RunConfig]], quiet: bool = False, console: TextIO | None = None
) -> Iterator[Display]:
    """Show a sweep's progress while the context lasts: a bar if the console is a terminal, else lines."""
    console = console or sys.stderr
    display = (Quiet if quiet else Bar if console.isatty() else Lines)(label, stacks, console)
    try:
        yield display
    finally:
        display.close()
