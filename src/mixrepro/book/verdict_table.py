"""The tables of claims: one row a claim, or one a part. Every number in them comes from an executed chapter."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, ClassVar

import nbformat
import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from ..errors import ChapterError, found_expected
from ..mime import VERDICT_MIME

VERDICTS = ("supported", "refuted", "inconclusive")
CLAIM_KEYS = {"claim", "title", "verdict", "parts"}
PART_KEYS = {
    "statement", "verdict", "effect", "interval", "unit", "n", "n_declared", "rule", "scale", "profile",
}  # fmt: skip
EFFECT = "Effect, 95\N{NO-BREAK SPACE}% interval"
#: The columns and their widths in percent: of the table of claims, and of that of all their parts.
CLAIM_COLUMNS = {"Claim": 36, "Verdict": 14, "What decides it": 29, EFFECT: 16, "n": 5}
PART_COLUMNS = {"Claim": 30, "Statement": 33, "Verdict": 14, EFFECT: 18, "n": 5}


def toc_documents(toc: Path) -> list[str]:
    """Return the documents of a table of contents, in order."""

    def files(entry: Any) -> Iterator[str]:
        if isinstance(entry, list):
            for item in entry:
                yield from files(item)
        elif isinstance(entry, dict):
            yield from (entry[key] for key in ("root", "file") if key in entry)
            for key in ("parts", "subtrees", "chapters", "sections", "entries"):
                yield from files(entry.get(key))

    return list(files(yaml.safe_load(toc.read_text(encoding="utf-8"))))


def verdicts_in(chapter: Path) -> list[dict[str, Any]]:
    """Return the verdicts among an executed chapter's outputs.

    Raises:
        ChapterError: A verdict lacks a key, or is none of the three words.
    """
    cells = nbformat.read(chapter, as_version=4).cells
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    verdicts = [output.data[VERDICT_MIME] for output in outputs if VERDICT_MIME in output.get("data", {})]
    for verdict in verdicts:
        _check(f"chapter {chapter.stem}, verdict", verdict, CLAIM_KEYS)
        for part in verdict["parts"]:
            _check(f"chapter {chapter.stem}, part of {verdict['claim']}", part, PART_KEYS)
    return verdicts


def _check(what: str, judged: Any, keys: set[str]) -> None:
    if not isinstance(judged, dict) or not keys <= judged.keys():
        raise ChapterError(found_expected(what, sorted(judged), f"the keys {', '.join(sorted(keys))}"))
    if judged["verdict"] not in VERDICTS:
        raise ChapterError(found_expected(what, judged["verdict"], f"one of {', '.join(VERDICTS)}"))


def effect_of(part: dict[str, Any]) -> str:
    """Word the effect of a part, its interval and unit."""
    from ..claims.rules import Part, effect_text  # takes a second, and most builds need no table

    return effect_text(Part(**{field.name: part[field.name] for field in fields(Part)}))


def seeds_text(part: dict[str, Any]) -> str:
    """Word n; where seeds are missing, of how many."""
    missing = part["n"] != part["n_declared"]
    return f"{part['n']:,} of {part['n_declared']:,}" if missing else f"{part['n']:,}"


def deciding_part(claim: dict[str, Any]) -> dict[str, Any]:
    """Return the part that makes the claim's word what it is: the first that has it."""
    return next(part for part in claim["parts"] if part["verdict"] == claim["verdict"])


class VerdictTable(SphinxDirective):
    """The claims in the order of the table of contents, each with what decides it.

    `:parts:` shows every part; `:only: LEMMA-3.1, D-4` shows these claims alone.
    """

    option_spec: ClassVar = {"parts": directives.flag, "only": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Build the table."""
        toc = Path(self.env.srcdir, self.config.external_toc_path)
        self.env.note_dependency(str(toc))
        rows_of = self._part_rows if "parts" in self.options else self._claim_row
        only = {name.strip() for name in self.options.get("only", "").split(",")} - {""}
        rows, found = [], set()
        for document in toc_documents(toc):
            chapter = Path(self.env.srcdir, document).with_suffix(".ipynb")
            if chapter.is_file():
                self.env.note_dependency(str(chapter))
                try:
                    claims = verdicts_in(chapter)
                except ChapterError as error:
                    raise ExtensionError(str(error)) from error
                shown = [claim for claim in claims if not only or claim["claim"] in only]
                found |= {claim["claim"] for claim in shown}
                rows += [row for claim in shown for row in rows_of(document, claim)]
        if only - found:
            missing = f"no chapter holds a verdict on {', '.join(sorted(only - found))}"
            return [self.state.document.reporter.warning(missing, line=self.lineno)]
        if not rows:
            return [self.state.document.reporter.warning("no chapter holds a verdict", line=self.lineno)]
        return [table(rows, PART_COLUMNS if "parts" in self.options else CLAIM_COLUMNS)]

    def _claim_row(self, document: str, claim: dict[str, Any]) -> Iterator[nodes.row]:
        part = deciding_part(claim)
        yield nodes.row(
            "",
            self._claim_cell(document, claim),
            entry(word(claim["verdict"])),
            entry(nodes.Text(part["statement"])),
            *numbers(part),
        )

    def _part_rows(self, document: str, claim: dict[str, Any]) -> Iterator[nodes.row]:
        for index, part in enumerate(claim["parts"]):
            cells = [] if index else [self._claim_cell(document, claim)]
            if len(claim["parts"]) > 1 and not index:
                cells[0] += nodes.paragraph("", "", nodes.Text("in all: "), word(claim["verdict"]))
                cells[0]["morerows"] = len(claim["parts"]) - 1
            cells += [entry(nodes.Text(part["statement"])), entry(word(part["verdict"])), *numbers(part)]
            yield nodes.row("", *cells)

    def _claim_cell(self, document: str, claim: dict[str, Any]) -> nodes.entry:
        from ..plots.cards import joint_scale  # takes a second, and most builds need no table

        parts = claim["parts"]
        label = nodes.inline("", claim["claim"], classes=["std", "std-doc"])
        link = pending_xref(
            "", label, refdomain="std", reftype="doc", refexplicit=True, reftarget=f"/{document}",
            refwarn=True, refdoc=self.env.docname,
        )  # fmt: skip
        cell = entry(link)
        cell += nodes.paragraph("", claim["title"], classes=["claim-title"])
        cell += nodes.paragraph(
            "",
            f"{joint_scale([part['scale'] for part in parts])} ({parts[0]['profile']})",
            classes=["claim-scale"],
        )
        return cell


def word(said: str) -> nodes.inline:
    """Show a verdict's word in its colour."""
    return nodes.inline("", said, classes=["verdict", f"verdict-{said}"])


def numbers(part: dict[str, Any]) -> list[nodes.entry]:
    """Make the cells of effect and n."""
    return [entry(nodes.Text(effect_of(part))), entry(nodes.Text(seeds_text(part)))]


def entry(node: nodes.Node) -> nodes.entry:
    """Make a cell of a table."""
    return nodes.entry("", nodes.paragraph("", "", node))


def table(rows: list[nodes.row], columns: dict[str, int]) -> nodes.table:
    """Make a table of rows; `columns`: heading -> width in percent."""
    group = nodes.tgroup(cols=len(columns))
    group += [nodes.colspec(colwidth=width) for width in columns.values()]
    group += nodes.thead("", nodes.row("", *(entry(nodes.Text(name)) for name in columns)))
    group += nodes.tbody("", *rows)
    # Typographic quotes would change what the chapters say.
    return nodes.table("", group, classes=["verdict-table", "colwidths-given"], support_smartquotes=False)
