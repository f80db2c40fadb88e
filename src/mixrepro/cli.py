"""The command line: `mixrepro run | sweep | verdicts | book | figure | data`."""

import sys

import typer

from .commands import book, data, run, sweep, verdicts
from .errors import MixreproError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
data_app = typer.Typer(no_args_is_help=True, help="Look at data sets.")

app.command()(run.command)
app.command()(sweep.sweep)
app.command()(verdicts.verdicts)
app.command()(book.book)
app.command()(book.figure)
app.add_typer(data_app, name="data")
data_app.command("list")(data.data_list)
data_app.command("check")(data.check_command)


def main() -> None:
    """Run the command line; an error of the user's is one line on stderr and a non-zero exit."""
    try:
        app()
    except MixreproError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)
