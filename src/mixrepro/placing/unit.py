"""The unit of work, wherever it is done: one stack, until it is recorded or the time is up."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import FrameType

from ..config import RunConfig
from ..errors import ConfigError, found_expected
from ..store import Store, code_digest

#: Kept free at the end of a budget, for the last checkpoint and the records, in seconds.
RESERVE = 2.0
SECONDS_BETWEEN_REPORTS = 0.5


class OutOfTime(Exception):
    """The time is up: the next epoch would not end in it, or this one has not."""


def until(deadline: float | None, report: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Return a progress callback that ends the training in time.

    Args:
        deadline: When everything has to be over, as `time.time` counts; None: never.
        report: The callback to call with (epochs done, epochs in all).

    Returns:
        A callback that raises `OutOfTime` after an epoch if another one, as long as the longest so far, would end
        after the deadline less `RESERVE`.
    """
    if deadline is None:
        return report
    last, longest = time.time(), 0.0

    def watched(done: int, total: int) -> None:
        nonlocal last, longest
        report(done, total)
        now = time.time()
        last, longest = now, max(longest, now - last)
        if done < total and now + longest > deadline - RESERVE:
            raise OutOfTime

    return watched


@contextlib.contextmanager
def alarm(deadline: float | None) -> Iterator[None]:
    """End the training in the middle of an epoch that is still going on `RESERVE` before the deadline.

    Only a process's main thread can: elsewhere, as in a worker of Dask, an epoch is trained to its end.

    Raises:
        OutOfTime: The time was up; what was trained is kept.
    """
    if deadline is None or threading.current_thread() is not threading.main_thread():
        yield
        return
    rung = False

    def ring(number: int, frame: FrameType | None) -> None:
        nonlocal rung
        rung, stop = True, signal.getsignal(signal.SIGTERM)
        if not callable(stop):
            raise OutOfTime
        stop(signal.SIGTERM, frame)  # training notes it, and ends where nothing is lost

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(0.01, deadline - RESERVE - time.time()))
    try:
        yield
    except SystemExit:
        if rung:
            raise OutOfTime from None
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def seldom(report: Callable[[int, int], None]) -> Callable[[int, int], None]:
    """Return a progress callback that passes on one report in `SECONDS_BETWEEN_REPORTS`, and the last one."""
    reported = 0.0

    def passed_on(done: int, total: int) -> None:
        nonlocal reported
        now = time.monotonic()
        if done == total or now - reported >= SECONDS_BETWEEN_REPORTS:
            reported = now
            report(done, total)

    return passed_on


def train_unit(
    stack: Sequence[RunConfig],
    store: Path,
    data_root: Path | None,
    device: str,
    report: Callable[[int, int], None],
    deadline: float | None = None,
    code: str | None = None,
) -> bool:
    """Train one stack and record its runs.

    Args:
        stack: Runs that are trained together.
        store: Root of the store.
        data_root: Where the data lie.
        device: What to train on.
        report: Called with (epochs done, epochs in all).
        deadline: When to stop, as `time.time` counts.
        code: Fingerprint of the code that asked for it.

    Returns:
        Whether every run is recorded; if not, the time was up, and the next attempt goes on from here.

    Raises:
        ConfigError: This machine has other code.
        MixreproError: What training raises.
    """
    from ..sweep import train_stack  # takes seconds, and a display needs none of it

    if code is not None and code != code_digest():
        raise ConfigError(found_expected("mixrepro on a worker", code_digest(), f"the same code, {code}"))
    if deadline is not None and time.time() > deadline - RESERVE:
        return False
    try:
        with alarm(deadline):
            train_stack(stack, Store(store), data_root, device, until(deadline, seldom(report)))
    except OutOfTime:
        return False
    return True
