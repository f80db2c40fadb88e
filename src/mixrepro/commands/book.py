"""`mixrepro book` and `mixrepro figure`: the site, and a figure out of it."""

from pathlib import Path
from typing import Annotated

import typer

from .options import ProfileName, project


def book(profile: ProfileName = "quick") -> None:
    """Run the chapters that are missing or stale, and build the book."""
    from ..book.site import build_site

    raise typer.Exit(build_site(project(), profile))


def figure(
    chapter: Annotated[str, typer.Argument(help="An executed chapter, as 02_over_training.")],
    number: Annotated[int, typer.Option(help="Which of its figures.")] = 1,
    out: Annotated[Path, typer.Option(help="The PNG file to write.")] = Path("figure.png"),
) -> None:
    """Take a figure out of an executed chapter, and print its alternative text."""
    from ..book.figures import export_figure

    typer.echo(export_figure(project(), chapter, number, out))
