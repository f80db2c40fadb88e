"""Signals that ask a training process to stop: noted, and obeyed where nothing is lost."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import NoReturn

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether training was asked to stop."""

    def __init__(self) -> None:
        self.asked: int | None = None
        self._obey = False

    def note(self, number: int, frame: FrameType | None) -> None:
        """Note a signal; end at once where that loses nothing, or when asked a second time."""
        again, self.asked = self.asked is not None, number
        if self._obey or again:
            self.end()

    def end(self) -> NoReturn:
        """End as the signal does that came.

        Raises:
            KeyboardInterrupt: It was SIGINT.
            SystemExit: It was SIGTERM; the code is 143.
        """
        if self.asked == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + self.asked)

    @contextlib.contextmanager
    def at_once(self) -> Iterator[None]:
        """Obey signals at once, for work that can be repeated.

        Raises:
            KeyboardInterrupt: A signal came, before or meanwhile; or SystemExit.
        """
        self._obey = True
        try:
            if self.asked is not None:
                self.end()
            yield
        finally:
            self._obey = False


@contextlib.contextmanager
def noted() -> Iterator[Stop]:
    """Note SIGINT and SIGTERM instead of dying of them; only a process's main thread can."""
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, stop.note) for number in SIGNALS}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
