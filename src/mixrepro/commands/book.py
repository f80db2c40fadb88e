"""`mixrepro book` and `mixrepro figure`: the site, and a figure out of it."""

from pathlib import Path
from typing import Annotated

import typer

from .options import CellTimeout, ProfileName, check_cell_timeout, project


def book(
    chapters: Annotated[
        list[str] | None,
        typer.Argument(help="Chapters, as 02_over_training: a preview of these alone.", show_default="all"),
    ] = None,
    profile: ProfileName = "quick",
    cell_timeout: CellTimeout = None,
) -> None:
    """Run the chapters that are missing or stale, and build the book; of named chapters, a preview."""
    check_cell_timeout(cell_timeout)
    from ..book.site import build_site

    raise typer.Exit(build_site(project(), profile, chapters or (), cell_timeout))


def figure(
    chapter: Annotated[str, typer.Argument(help="An executed chapter, as 02_over_training.")],
    number: Annotated[int, typer.Option(help="Which of its figures.")] = 1,
    out: Annotated[Path, typer.Option(help="The PNG file to write.")] = Path("figure.png"),
) -> None:
    """Take a figure out of an executed chapter, and print its alternative text."""
    from ..book.figures import export_figure

    typer.echo(export_figure(project(), chapter, number, out))
