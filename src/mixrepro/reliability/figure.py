"""One row of the table of what can be relied on."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured promise.

    Attributes:
        id: As in `R10`, or a word.
        what: What was done, in a sentence.
        target: What had to come of it.
        found: What came of it.
        passed: Whether that reaches the target; None: it could not be tried here, and `found` says why.
        seconds: How long it took.
    """

    id: str
    what: str
    target: str
    found: str
    passed: bool | None
    seconds: float


def stopwatch() -> Callable[[], float]:
    """Return a function that tells the seconds since now."""
    started = time.monotonic()
    return lambda: round(time.monotonic() - started, 1)
