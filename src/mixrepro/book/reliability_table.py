"""The table of what can be relied on, from the figures of the last full measurement."""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from ..errors import StoreError, found_expected
from .verdict_table import entry, table

COLUMNS = {"Id": 8, "What was done": 36, "What had to come of it": 24, "What came of it": 24, "": 8}
WORDS = {True: "reached", False: "missed", None: "not tried"}
LOOKS = {True: "verdict-supported", False: "verdict-refuted", None: "verdict-inconclusive"}


def read_figures(file: Path) -> dict[str, Any]:
    """Read the figures that `mixrepro reliability --full --out FILE` wrote.

    Returns:
        `figures`, one dictionary a row; `machine`, `load`, `versions`, `date` and `seconds` of the measurement,
        and whether it was `full`.

    Raises:
        StoreError: The file is missing or is none of these.
    """
    expected = "what `mixrepro reliability --full --out` writes"
    try:
        measured = json.loads(file.read_text(encoding="utf-8"))
        for figure in measured["figures"]:
            if figure["passed"] not in WORDS:
                raise StoreError(found_expected(f"{file}, passed", figure["passed"], "true, false or null"))
            for name in ("id", "what", "target", "found"):
                str(figure[name])
        [measured[name] for name in ("machine", "load", "versions", "date", "seconds", "full")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(found_expected(str(file), f"{type(error).__name__}: {error}", expected)) from None
    return measured


class ReliabilityTable(SphinxDirective):
    """The figures, a row each, and below them where and when they were measured."""

    required_arguments = 1  # the file, from the folder of the book's sources

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        file = Path(self.env.srcdir, self.arguments[0]).resolve()
        self.env.note_dependency(str(file))
        try:
            measured = read_figures(file)
        except StoreError as error:
            raise ExtensionError(str(error)) from error
        rows = [_row(figure) for figure in measured["figures"]]
        versions = ", ".join(f"{name} {version}" for name, version in measured["versions"].items())
        sizes = "" if measured["full"] else ", in small sizes,"
        load = measured["load"]  # None where it was not recorded
        busy = "" if load is None or load < 1 else f", where {load:g} processes wanted a core when it began"
        note = (
            f"Measured on {measured['date']}{sizes} in {measured['seconds'] / 60:.0f} minutes on "
            f"{measured['machine']}{busy}; {versions}."
        )
        return [table(rows, COLUMNS), nodes.paragraph("", note)]


def _row(figure: dict[str, Any]) -> nodes.row:
    word, look = WORDS[figure["passed"]], LOOKS[figure["passed"]]
    mark = nodes.inline("", word, classes=["verdict", look])
    texts = [entry(nodes.Text(figure[name])) for name in ("id", "what", "target", "found")]
    return nodes.row("", *texts, entry(mark))
