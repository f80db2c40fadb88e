"""The tables of speed: what `mixrepro bench` measured on each machine, read from its reports."""

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from .. import paths
from ..errors import ChapterError, found_expected
from .verdict_table import entry, table

#: Reports within a checkout.
REPORTS = "benchmarks/results/bench-*.json"
KEYS = {"made", "machine", "checks", "figures"}
FIGURE_KEYS = {
    "says",
    "value",
    "quartiles",
    "rounds",
    "unit",
    "must",
    "goal",
    "reaches",
    "larger_is_better",
    "load",
}
COLUMNS = {"What": 43, "Median (quartiles)": 23, "Rounds": 7, "Must, goal": 16, "Reached": 11}
#: Other work on the machine that a reader should know of, in processes that wait for a core.
BUSY = 0.5


def report_in(file: Path) -> dict[str, Any]:
    """Return a report.

    Raises:
        ChapterError: It is no JSON, or lacks a key.
    """
    try:
        report = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ChapterError(found_expected(f"report {file.name}", str(error), "JSON")) from error
    for what, found, keys in [
        ("report", report, KEYS), *(("figure", each, FIGURE_KEYS) for each in report.get("figures", ()))
    ]:  # fmt: skip
        if not keys <= found.keys():
            raise ChapterError(
                found_expected(f"{file.name}, {what}", sorted(found), f"the keys {', '.join(sorted(keys))}")
            )
    return report


def number(value: float, unit: str) -> str:
    """Word a value, to three digits or the whole number."""
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits}\N{MULTIPLICATION SIGN}" if unit == "times" else f"{digits} {unit}"


def found_text(figure: dict[str, Any]) -> str:
    """Word median and quartiles of a figure; a single measurement has none."""
    median = number(figure["value"], figure["unit"])
    if figure["rounds"] == 1:
        return median
    low, high = (number(value, "").strip() for value in figure["quartiles"])
    return f"{median} ({low} to {high})"


def asked_text(figure: dict[str, Any]) -> str:
    """Word what a figure has to reach."""
    if figure["must"] is None:
        return ""
    relation = "at least" if figure["larger_is_better"] else "at most"
    return f"{relation} {figure['must']:,g}, {figure['goal']:,g}"


def checked_text(report: dict[str, Any]) -> str:
    """Word what was checked before anything was timed."""
    words = [
        f"{check['setting']}: the losses of the first {check['steps']} steps are those of a plain loop within "
        f"{check['against_plain']:.0e}, and in company those of a run alone within {check['against_single']:.0e}"
        + (" (the weights bit by bit)" if check["bitwise"] else "")
        for check in report["checks"].values()
    ]
    return "Checked first, as relative differences. " + "; ".join(words) + "."


def machine_text(report: dict[str, Any]) -> str:
    """Word what a report was measured on, when, and beside which other work."""
    machine = {name: value for name, value in report["machine"].items() if value}
    words = [f"{machine.pop('device')}, {machine.pop('cores')} cores"]
    words += [f"{name} {value}" for name, value in machine.items()]
    load = next((each["load"] for each in report["figures"]), 0.0)  # later ones are of the cases before, too
    beside = f" Other work ran beside it (load {load:.1f} when it began)." if load > BUSY else ""
    return f"{', '.join(words)}; {report['made'][:10]}.{beside}{_products_text(report)}"


def _products_text(report: dict[str, Any]) -> str:
    """Word how fast the machine multiplied matrices, case by case: on shared ones it differs from hour to hour."""
    speeds = [each["matmul_gflops"] for each in report["figures"] if "matmul_gflops" in each]  # older ones lack it
    if not speeds:
        return ""
    low, high = (f"{speed:,.0f}" for speed in (min(speeds), max(speeds)))
    return f" Large matrix products ran at {low if low == high else f'{low} to {high}'} GFLOP/s."


class SpeedTable(SphinxDirective):
    """A table for each report of `mixrepro bench` in the checkout."""

    def run(self) -> list[nodes.Node]:
        """Build the tables."""
        project = paths.project_root(Path(self.env.srcdir))
        files = sorted(project.glob(REPORTS)) if project else []
        if not files:
            return [self.state.document.reporter.warning(f"no report in {REPORTS}", line=self.lineno)]
        built: list[nodes.Node] = []
        for file in files:
            self.env.note_dependency(str(file))
            try:
                report = report_in(file)
            except ChapterError as error:
                raise ExtensionError(str(error)) from error
            built += [nodes.paragraph("", machine_text(report)), table(_rows(report), COLUMNS)]
            if report["checks"]:
                built.append(nodes.paragraph("", checked_text(report)))
        return built


def _rows(report: dict[str, Any]) -> list[nodes.row]:
    return [
        nodes.row("", *(entry(nodes.Text(text)) for text in (
            each["says"], found_text(each), f"{each['rounds']:,}", asked_text(each), each["reaches"]
        )))
        for each in report["figures"]
    ]  # fmt: skip
