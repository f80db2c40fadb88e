"""The page of a notebook sweep: parameters, verdicts and the first figure of each point."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import Environment

from ..mime import VERDICT_MIME
from .freshness import why_stale
from .source import SCHEME, as_json, chapter_parameters, read_chapter
from .values import word_of, words_of

# Everything from notebooks is escaped: jinja does so with what it is given.
PAGE = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{{ chapter }} at {{ rows|length }} points</title>
<style>
body { font-family: sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
body { color: #222; background: #fff }
table { border-collapse: collapse }
th, td { border-bottom: 1px solid #ccc; padding: .4rem .8rem; text-align: left; vertical-align: top }
td img { max-width: 28rem; width: 100% }
.stale { color: #777 }
</style>
</head>
<body>
<h1>{{ title }}</h1>
<p>Chapter {{ chapter }} at {{ rows|length }} {{ "point" if rows|length == 1 else "points" }}. Parameters that are
not listed have the chapter's defaults.</p>
<table>
<thead><tr>
{% for name in names %}
<th scope="col">{{ name }}</th>
{% endfor %}
<th scope="col">Verdicts</th><th scope="col">First figure</th><th scope="col">Notebook</th>
</tr></thead>
<tbody>
{% for row in rows %}
<tr{% if row.stale %} class="stale"{% endif %}>
{% for name in names %}
<td>{{ row.shown[name] }}</td>
{% endfor %}
<td>
{% for claim in row.verdicts %}
{{ claim.claim }}: {{ claim.verdict }}<br>
<small>{{ claim.scale }}</small><br>
{% endfor %}
</td>
<td>
{% if row.figure %}
<img src="data:image/png;base64,{{ row.figure }}" alt="{{ row.alt }}">
{% endif %}
</td>
<td><a href="{{ row.file|urlencode }}">{{ row.words }}</a>
{% if row.stale %}
<br>stale: {{ row.stale }}
{% endif %}
</td>
</tr>
{% endfor %}
</tbody>
</table>
</body>
</html>
""")


def write_index(source: Path, folder: Path, project: Path) -> Path:
    """Write the page that shows every executed notebook of a chapter in a folder.

    A notebook that is stale stays in the table, and says so.

    Args:
        source: The chapter.
        folder: Where its executed notebooks lie.
        project: The checkout.

    Returns:
        `index.html` in that folder; it needs nothing besides itself and the notebooks.
    """
    defaults = {name: as_json(parameter.default) for name, parameter in chapter_parameters(source).items()}
    rows = [_row(source, file, notebook, defaults, project) for file, notebook in _executed(source, folder)]
    names = [name for name in defaults if any(name in row["point"] for row in rows)]
    rows.sort(key=lambda row: [_order(row["point"].get(name, defaults[name])) for name in names])
    page, draft = folder / "index.html", folder / f".index.{os.getpid()}.partial.html"
    draft.write_text(
        PAGE.render(chapter=source.stem, title=_title(source), names=names, rows=rows), encoding="utf-8"
    )
    os.replace(draft, page)
    return page


def _executed(source: Path, folder: Path) -> list[tuple[Path, nbformat.NotebookNode]]:
    """Return the executed notebooks of a chapter."""
    found = []
    for file in sorted(folder.glob("[!.]*.ipynb")):
        try:
            notebook = nbformat.read(file, as_version=4)
        except (ValueError, nbformat.reader.NotJSONError):
            continue  # somebody else's
        run = notebook.metadata.get("papermill", {}).get("input_path", "")
        if run.startswith(SCHEME) and Path(run.removeprefix(SCHEME)).name == source.name:
            found.append((file, notebook))
    return found


def _row(
    source: Path, file: Path, notebook: nbformat.NotebookNode, defaults: Mapping[str, Any], project: Path
) -> dict[str, Any]:
    point = dict(notebook.metadata.papermill.get("parameters", {}))
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    figures = [data for data in outputs if "image/png" in data]
    return {
        "file": file.name,
        "point": point,
        "words": words_of(point) or "defaults",
        "shown": {name: word_of(point.get(name, default)) for name, default in defaults.items()},
        "stale": why_stale(source, file, point, project),
        "verdicts": [_with_scale(data[VERDICT_MIME]) for data in outputs if VERDICT_MIME in data],
        "figure": figures[0]["image/png"].replace("\n", "") if figures else None,
        "alt": figures[0].get("text/plain", "") if figures else "",
    }


def _order(value: Any) -> tuple[int, Any]:
    """Sort numbers as numbers, and everything else as it is written."""
    return (0, value) if isinstance(value, int | float) else (1, json.dumps(value))


def _title(source: Path) -> str:
    """Return a chapter's first heading."""
    lines = [line for cell in read_chapter(source).cells for line in cell.source.splitlines()]
    return next((line.removeprefix("# ") for line in lines if line.startswith("# ")), source.stem)


def _with_scale(claim: dict[str, Any]) -> dict[str, Any]:
    from ..plots.cards import joint_scale  # takes a second, and most of a sweep needs no page

    return claim | {"scale": joint_scale([part["scale"] for part in claim["parts"]])}
