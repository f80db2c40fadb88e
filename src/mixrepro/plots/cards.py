"""What a chapter shows besides figures: its verdict, and where its numbers come from."""

import html
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from ..claims.rules import Part, Verdict, effect_text
from ..experiments.declaration import listed
from ..mime import RECORDS_MIME, VERDICT_MIME
from ..record import Record
from ..results import Results

#: What separates the fields of a scale: a comma, but for those within a list of numbers.
SCALE_FIELDS = re.compile(r", (?![\d,.]*\d(?:, | and |$))")


class VerdictCard:
    """A verdict as a page shows it; the front page reads the data that travel with it."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        verdict = self.verdict
        rows = "".join(_row(part) for part in verdict.parts)
        head = "<tr><th>part</th><th>verdict</th><th>effect [95 % interval]</th><th>n</th><th>rule</th></tr>"
        return {
            VERDICT_MIME: verdict.as_dict(),
            "text/html": (
                f'<div class="verdict verdict-{verdict.verdict}"><p><strong>{html.escape(verdict.claim)}: '
                f"{verdict.verdict}</strong>. {html.escape(verdict.title)}.</p>"
                f"<table>{head}{rows}</table>"
                f'<p class="scale">Scale: {html.escape(joint_scale([part.scale for part in verdict.parts]))} '
                f"(profile {verdict.parts[0].profile}). The verdict speaks of this scale only.</p></div>"
            ),
            "text/plain": f"{verdict.claim}: {verdict.verdict}",
        }


class Provenance:
    """Which records a chapter read: data, versions, device and time.

    Args:
        results: Experiments whose records it read.
        records: Records it read besides.
        files: Digests of files it looked for besides, None where there was none (`recorded_sharpness.looked_for`).
    """

    def __init__(
        self,
        *results: Results,
        records: list[Record] | None = None,
        files: Mapping[str, str | None] | None = None,
    ) -> None:
        self.files = dict(files or {})
        found = [record for result in results for record in result.all_records()] + list(records or [])
        self.records = {record.run_id: record for record in found}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        records = list(self.records.values())
        lines = {
            "runs": [f"{len(records)}, ids {', '.join(sorted(self.records)[:4])}{', ...' * (len(records) > 4)}"],
            "data": sorted({record.manifest["data"]["source"] for record in records}),
            "device": sorted({record.manifest["device"] for record in records}),
            "code": sorted({record.manifest["code"] for record in records}),
            "versions": sorted({_versions(record) for record in records}),
            "training time": [f"{_training_seconds(records):,.0f} s"],
        }
        rows = "".join(
            f"<tr><th>{name}</th><td>{'<br>'.join(map(html.escape, values))}</td></tr>"
            for name, values in lines.items()
        )
        return {
            RECORDS_MIME: {"records": {run_id: it.digest for run_id, it in self.records.items()} | self.files},
            "text/html": f'<table class="provenance">{rows}</table>',
            "text/plain": f"{len(records)} runs",
        }


def joint_scale(scales: Sequence[str]) -> str:
    """Word the scales of several parts as one: what they share once, and where they differ all of it.

    Args:
        scales: At least one, each a list at commas, as in `mnist1d, n = 50 and 100, lr = 0.05`.
    """
    fields = [SCALE_FIELDS.split(scale) for scale in dict.fromkeys(scales)]
    return ", ".join(_joint_field(list(dict.fromkeys(filter(None, found)))) for found in zip_longest(*fields))


def _joint_field(found: list[str]) -> str:
    """Word the values of one field: numbers of one name in one list, anything else side by side."""
    names, values = zip(
        *((name, value) for name, _, value in (each.rpartition(" = ") for each in found)), strict=True
    )
    if len(found) == 1 or len(set(names)) > 1 or " and " in names[0]:
        return " or ".join(found)
    if not names[0]:  # words: one that lists the others says it all
        return next(
            (each for each in found if set(each.split(" and ")) >= set(found) - {each}), " or ".join(found)
        )
    each = {number for value in values for number in re.split(", | and ", value)}
    return f"{names[0]} = {listed(sorted(each, key=lambda number: float(number.replace(',', ''))))}"


def _row(part: Part) -> str:
    n = f"{part.n}" if part.n == part.n_declared else f"{part.n} of {part.n_declared}"
    cells = (
        html.escape(part.statement),
        part.verdict,
        html.escape(effect_text(part)),
        n,
        html.escape(part.rule),
    )
    return f'<tr class="verdict-{part.verdict}">{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _versions(record: Record) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(record.manifest["versions"].items()))


def _training_seconds(records: list[Record]) -> float:
    """Sum the time of each stack once: its runs share start and wall time."""
    return sum(
        {(r.manifest["started"], r.manifest["wall_seconds"]): r.manifest["wall_seconds"] for r in records}.values()
    )
