"""`mixrepro reliability`: what the library promises to survive, measured now."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from .options import AsJson

WORDS = {True: "reached", False: "MISSED", None: "not tried"}


def reliability(
    full: Annotated[bool, typer.Option("--full", help="Take the published sizes, not small ones.")] = False,
    as_json: AsJson = False,
    out: Annotated[Path | None, typer.Option(help="A JSON file to write the figures to.")] = None,
) -> None:
    """Measure what can be relied on: kills, full disks, hostile files, workers that die. Fails if a row does."""
    from ..atomic import write_file
    from ..reliability.figure import stopwatch
    from ..reliability.table import measure, report

    load, seconds, figures = os.getloadavg()[0], stopwatch(), []
    for figure in measure(full):
        figures.append(figure)
        if not as_json:
            typer.echo(f"{figure.id:8} {WORDS[figure.passed]:9} {figure.what}")
            typer.echo(f"{'':18} target: {figure.target}")
            typer.echo(f"{'':18} found:  {figure.found} ({figure.seconds:.0f} s)")
    measured = report(figures, seconds(), full, load)
    if as_json:
        typer.echo(json.dumps(measured, indent=1))
    if out is not None:
        write_file(out, (json.dumps(measured, indent=1) + "\n").encode())
    raise typer.Exit(any(figure.passed is False for figure in figures))
