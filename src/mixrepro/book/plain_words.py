"""Every claim in plain words, with what came of it at each size: the directive `claims-in-words`.

The words are in `book/in_plain_words.yml`; every number and every verdict is read: at the book's own size from the
executed chapters, at `small` and `paper` from the records in `results/`.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from .. import paths
from ..config import unknown_name
from ..errors import ChapterError, found_expected
from ..experiments.declaration import KEPT
from .verdict_table import EFFECT, deciding_part, entry, numbers, table, toc_documents, verdicts_in
from .verdict_table import word as coloured

WORDS = "in_plain_words.yml"
#: What is read from records, not from executed chapters; `recorded` is how a panel of its own calls its size.
READ_FROM_RECORDS = (*KEPT, "recorded")
ENTRY_KEYS = {"claim", "says", "paper", "scale"}
OPTIONAL_KEYS = {"beside", "if"}
COLUMNS = {"Claim and size": 25, "Verdict": 14, "What decides it": 36, EFFECT: 19, "n": 6}


def words_in(file: Path) -> list[dict[str, Any]]:
    """Return the parts of the page, each with its claims.

    Raises:
        ChapterError: An entry lacks a key, or has one that means nothing.
    """
    parts = yaml.safe_load(file.read_text(encoding="utf-8"))
    for part in parts:
        for claim in part["claims"]:
            keys = set(claim)
            if not ENTRY_KEYS <= keys or keys - ENTRY_KEYS - OPTIONAL_KEYS:
                expected = f"the keys {', '.join(sorted(ENTRY_KEYS))}"
                raise ChapterError(found_expected(f"{file.name}, {claim.get('claim')}", sorted(keys), expected))
    return parts


def ids_in(parts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of all claims that the page speaks of."""
    return [name for part in parts for claim in part["claims"] for name in ids_of(claim)]


def ids_of(claim: Mapping[str, Any]) -> list[str]:
    """Return the id of an entry, and those judged beside it."""
    return [claim["claim"], *claim.get("beside", [])]


def recorded(ids: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """Judge claims by the records in `results/`: id -> verdicts as plain data, those not run left out."""
    from ..claims import registry
    from ..claims.judged import judged  # takes a second, and most builds need none of it
    from ..store import Store

    root = paths.results_root()
    stores = [Store(root)] if root and root.is_dir() else []
    trained = {claim.id for claim in registry.all_claims() if claim.model != "theory"}  # theory keeps no records
    found: dict[str, list[dict[str, Any]]] = {}
    for size in KEPT:
        for each in judged(size, stores, [name for name in ids if name in trained]):
            if each.run and each.run[0]:
                found.setdefault(each.verdict.claim, []).append(each.as_dict())
    return found


class ClaimsInWords(SphinxDirective):
    """The claims of one part of the page: `{claims-in-words} What happens`."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Build the entries of the part."""
        file = Path(self.env.srcdir) / WORDS
        self.env.note_dependency(str(file))
        try:
            parts = {part["part"]: part for part in words_in(file)}
            if self.arguments[0] not in parts:
                raise ExtensionError(unknown_name("part", self.arguments[0], list(parts)))
            live, seen = self._live(), recorded(ids_in(parts.values()))
        except ChapterError as error:
            raise ExtensionError(str(error)) from error
        return [self._claim(claim, live, seen) for claim in parts[self.arguments[0]]["claims"]]

    def _live(self) -> dict[str, list[tuple[str, dict[str, Any]]]]:
        """Return the verdicts of the executed chapters: id -> (chapter, verdict)."""
        toc = Path(self.env.srcdir, self.config.external_toc_path)
        self.env.note_dependency(str(toc))
        live: dict[str, list[tuple[str, dict[str, Any]]]] = {}
        for document in toc_documents(toc):
            chapter = Path(self.env.srcdir, document).with_suffix(".ipynb")
            if chapter.is_file():
                self.env.note_dependency(str(chapter))
                for verdict in verdicts_in(chapter):
                    if verdict["parts"][0]["profile"] not in READ_FROM_RECORDS:  # those are read from the records
                        live.setdefault(verdict["claim"], []).append((document, verdict))
        return live

    def _claim(
        self,
        claim: Mapping[str, Any],
        live: Mapping[str, list[tuple[str, dict[str, Any]]]],
        seen: Mapping[str, list[dict[str, Any]]],
    ) -> nodes.container:
        name, ids = claim["claim"], ids_of(claim)
        rows = [self._row(verdict, document) for each in ids for document, verdict in live.get(each, [])]
        rows += [self._row(verdict) for each in ids for verdict in seen.get(each, [])]
        came_out = {verdict["verdict"] for _, verdict in live.get(name, [])}
        paragraphs = [
            nodes.paragraph("", "", nodes.strong("", f"{name}. "), nodes.Text(claim["says"])),
            _said("In the paper", claim["paper"]),
            _said("At our sizes", claim["scale"]),
            *(_said("What came of it", text) for word, text in claim.get("if", {}).items() if word in came_out),
        ]
        found = table(rows, COLUMNS) if rows else _said("Here", "no chapter and no record judges it.")
        return nodes.container("", *paragraphs, found, classes=["claim-in-words"])

    def _row(self, verdict: dict[str, Any], document: str | None = None) -> nodes.row:
        part = deciding_part(verdict)
        label = nodes.inline("", verdict["claim"], classes=["std", "std-doc"])
        if document is not None:
            label = pending_xref(
                "", label, refdomain="std", reftype="doc", refexplicit=True, reftarget=f"/{document}",
                refwarn=True, refdoc=self.env.docname,
            )  # fmt: skip
        first = entry(label)
        runs = f", {verdict['runs']} of {verdict['runs_declared']} runs" if verdict.get("runs") else ""
        first += nodes.paragraph("", f"{part['profile']}: {part['scale']}{runs}", classes=["claim-scale"])
        return nodes.row(
            "", first, entry(coloured(verdict["verdict"])), entry(nodes.Text(part["statement"])),
            *numbers(part),
        )  # fmt: skip


def _said(head: str, text: str) -> nodes.paragraph:
    return nodes.paragraph("", "", nodes.emphasis("", f"{head}: "), nodes.Text(text))


def records_changed(app: Sphinx, env: BuildEnvironment, *_: object) -> list[str]:
    """Name the pages to be made anew because a record was added to `results/`, or taken away."""
    root = paths.results_root(paths.project_root(Path(app.srcdir)))
    there = sorted(file.name for file in root.iterdir()) if root and root.is_dir() else []
    changed = getattr(env, "mixrepro_results", None) not in (None, there)
    env.mixrepro_results = there
    return ["reproduced"] if changed and "reproduced" in env.found_docs else []
