"""The command line: `mixrepro run | sweep | records | verdicts | book | figure | reliability | bench | data`."""

import os
import sys

import typer

from .commands import bench, book, data, notebook, records, reliability, run, sweep, verdicts
from .commands.words import NamedValues, TwoWords
from .errors import MixreproError

app = typer.Typer(
    cls=TwoWords, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__
)
data_app = typer.Typer(no_args_is_help=True, help="Look at data sets.")

app.command()(run.command)
app.command()(sweep.sweep)
app.command("sweep notebook", cls=NamedValues)(notebook.sweep_notebook)
app.command()(records.records)
app.command()(verdicts.verdicts)
app.command()(book.book)
app.command()(book.figure)
app.command()(reliability.reliability)
app.command()(bench.bench)
app.add_typer(data_app, name="data")
data_app.command("list")(data.data_list)
data_app.command("check")(data.check_command)


def main() -> None:
    """Run the command line; an error of the user's is one line on stderr and a non-zero exit."""
    try:
        app()
    except MixreproError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(error.exit_status)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        _end_at_once(130)
    except SystemExit as end:
        # Typer makes this of Ctrl-C; commands that train have said something themselves, and leave no cause.
        if isinstance(getattr(end.__context__, "__cause__", None), KeyboardInterrupt):
            typer.echo("interrupted", err=True)
        if end.code in (130, 143):
            _end_at_once(end.code)
        raise


def _end_at_once(code: int) -> None:
    """End a process that was told to: what it trained is on the disk, and taking torch apart can last seconds."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
