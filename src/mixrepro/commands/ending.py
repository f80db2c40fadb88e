"""How a command ends that trains: interrupted, out of time, or without a run that came to its end."""

import contextlib
from collections.abc import Iterator, Sequence

import typer

from ..record import Record
from ..store import Store

#: The exit statuses of commands that train, besides 0, 1 for an error and 2 for an unknown option.
ALL_DIVERGED = 1
#: EX_TEMPFAIL of sysexits.h: the same command, again, goes on.
TIME_UP = 75
INTERRUPTED = 130


@contextlib.contextmanager
def said_if_interrupted(store: Store) -> Iterator[None]:
    """Tell who interrupts training what is kept.

    Args:
        store: Where records and checkpoints are.

    Raises:
        typer.Exit: SIGINT came; the status is 130.
    """
    try:
        yield
    except KeyboardInterrupt:
        typer.echo(
            f"interrupted; what was recorded or checkpointed is kept in {store.root}, the same command goes on",
            err=True,
        )
        raise typer.Exit(INTERRUPTED) from None


def status(records: Sequence[Record | None]) -> int:
    """Return the exit status that tells what came of runs: 0 where one at least came to its end.

    Args:
        records: One a run; None where the time was up.
    """
    if any(record is None for record in records):
        return TIME_UP
    return ALL_DIVERGED if records and all(record.status == "diverged" for record in records) else 0
