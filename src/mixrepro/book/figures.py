"""Takes a figure out of an executed chapter, for the README: no figure is made outside the book."""

import base64
from pathlib import Path

import nbformat

from ..errors import ChapterError, found_expected
from .chapters import chapter_target


def export_figure(project: Path, chapter: str, number: int, target: Path) -> str:
    """Write a figure of an executed chapter to a PNG file.

    Args:
        project: The checkout.
        chapter: Name of the chapter, as `02_over_training`.
        number: Which of its figures, from 1.
        target: The file to write.

    Returns:
        The figure's alternative text.

    Raises:
        ChapterError: The chapter was not executed, or has fewer figures.
    """
    executed = chapter_target(project / "notebooks" / f"{chapter}.py", project)
    if not executed.is_file():
        raise ChapterError(found_expected(f"chapter {chapter}", "no executed chapter", "one: run `mixrepro book`"))
    cells = nbformat.read(executed, as_version=4).cells
    figures = [
        output.data
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    if not 1 <= number <= len(figures):
        raise ChapterError(found_expected(f"chapter {chapter}, figure", number, f"1 to {len(figures)}"))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(base64.b64decode(figures[number - 1]["image/png"]))
    return figures[number - 1]["text/plain"]
