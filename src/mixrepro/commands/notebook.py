"""`mixrepro sweep notebook`: a chapter at several parameters."""

from pathlib import Path
from typing import Annotated

import typer

from ..errors import ConfigError, found_expected
from .options import CellTimeout, check_cell_timeout, project


def sweep_notebook(
    name: Annotated[str, typer.Argument(help="A chapter, as 02_over_training.")],
    parameters: Annotated[
        list[str] | None,
        typer.Option(
            "-p",
            metavar="NAME VALUE,VALUE,...",
            help="Values of a parameter of the chapter, separated by commas; a list is written [0.1,0.5], a text "
            'with a comma "a,b". Given several times: every combination.',
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the results.", show_default=".mixrepro/notebooks/NAME")
    ] = None,
    workers: Annotated[int, typer.Option(help="How many notebooks run at a time.")] = 1,
    cell_timeout: CellTimeout = None,
) -> None:
    """Execute a chapter at every combination of values, where that is missing or stale, with one page of all."""
    check_cell_timeout(cell_timeout)
    if workers < 1:
        raise ConfigError(found_expected("--workers", workers, "a number, at least 1"))
    from ..book.notebook_sweep import declare_sweep, run_sweep

    sweep = declare_sweep(project(), name, _by_name(parameters or []), out)
    typer.echo(run_sweep(sweep, project(), workers, cell_timeout))


def _by_name(given: list[str]) -> dict[str, str]:
    values: dict[str, str] = {}
    for text in given:
        name, _, value = text.partition("=")
        if name in values:
            raise ConfigError(found_expected(f"-p {name}", "a second time", "all its values at once: VALUE,VALUE"))
        values[name] = value
    return values
