"""Chapter sources: `notebooks/NN_name.py` in jupytext's py:percent form, and the parameters they take."""

import ast
import json
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Annotated, Any

import jupytext
import nbformat
from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ..config import PROFILES, RunConfig, unknown_name
from ..errors import ChapterError, ConfigError, found_expected

SCHEME = "jupytext://"
#: Ranges of parameters that are no fields of a run; the others have those of their fields. A default is in range.
RANGES = {"num_seeds": FieldInfo.from_annotation(Annotated[int, Field(ge=0)])}
KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}


class JupytextHandler:
    """papermill's reader of `jupytext://PATH`, found through the entry point group `papermill.io`."""

    @staticmethod
    def read(path: str) -> str:
        """Return the notebook as .ipynb JSON."""
        return nbformat.writes(read_chapter(Path(path.removeprefix(SCHEME))))

    @staticmethod
    def pretty_path(path: str) -> str:
        """Return the path as papermill should print it."""
        return path

    @staticmethod
    def listdir(path: str) -> list[str]:
        """Return the chapter sources of a folder."""
        return [SCHEME + str(file) for file in sorted(Path(path.removeprefix(SCHEME)).glob("*.py"))]

    @staticmethod
    def write(buffer: str, path: str) -> None:
        """Refuse: sources are written by people."""
        raise ChapterError(found_expected(path, "a request to write", f"an output without {SCHEME}"))


@dataclass(frozen=True)
class Parameter:
    """One line `name: annotation = default  # help` of a chapter's cell tagged `parameters`."""

    name: str
    annotation: str
    default: Any
    help: str

    def fault_of(self, value: object) -> str | None:
        """Return what is wrong with a value, or None if it may be given to the chapter."""
        hints = SimpleNamespace(__annotations__={self.name: self.annotation})
        adapter = TypeAdapter(typing.get_type_hints(hints, vars(typing))[self.name])
        try:
            # By way of JSON, so that a list from a command line or a YAML file may stand for a tuple.
            adapter.validate_json(json.dumps(value, allow_nan=False), strict=True)
        except (TypeError, ValueError):  # pydantic's errors are of the latter
            return found_expected(f"parameter {self.name}", value, self.annotation)
        return None if value == self.default else self._out_of_range(value)

    def _out_of_range(self, value: object) -> str | None:
        """Hold a value against the range of the run's field of that name, if there is one."""
        if self.name == "profile":
            expected = f"one of {', '.join(PROFILES)}"
            return None if value in PROFILES else found_expected("parameter profile", value, expected)
        field = RunConfig.model_fields.get(self.name) or RANGES.get(self.name)
        if field is None or not isinstance(value, int | float):
            return None
        try:
            TypeAdapter(Annotated[field.annotation, *field.metadata]).validate_python(value)
        except ValidationError as error:
            expected = error.errors()[0]["msg"].removeprefix("Input should be ")
            return found_expected(f"parameter {self.name}", value, expected)
        return None


def chapter_sources(project: Path, only: Sequence[str] = ()) -> list[Path]:
    """Return the sources of the chapters named, as `02_over_training`, or of all, in the order of their names.

    Raises:
        ConfigError: There is no chapter of a name.
    """
    sources = {source.stem: source for source in sorted((project / "notebooks").glob("*.py"))}
    for name in only:
        if name not in sources:
            raise ConfigError(unknown_name("chapter", name, list(sources)))
    return [source for name, source in sources.items() if not only or name in only]


def read_chapter(source: Path) -> nbformat.NotebookNode:
    """Read a py:percent file as a notebook.

    Raises:
        ChapterError: The file is not there, or is not UTF-8 text.
    """
    if not source.is_file():
        raise ChapterError(found_expected(str(source), "no such file", "a py:percent notebook"))
    try:
        notebook = jupytext.reads(source.read_text(encoding="utf-8"), fmt="py:percent")
    except UnicodeDecodeError as error:
        raise ChapterError(found_expected(str(source), str(error), "a py:percent notebook")) from None
    notebook.metadata.setdefault("kernelspec", KERNEL)
    return notebook


def chapter_parameters(source: Path) -> dict[str, Parameter]:
    """Read the parameters that a chapter takes.

    Raises:
        ChapterError: There is no cell tagged `parameters`, or it holds anything but typed assignments.
    """
    name = f"chapter {source.stem}, parameters cell"
    cells = [cell for cell in read_chapter(source).cells if "parameters" in cell.metadata.get("tags", [])]
    if len(cells) != 1:
        raise ChapterError(found_expected(name, len(cells), 'one cell tagged `# %% tags=["parameters"]`'))
    lines = cells[0].source.splitlines()
    try:
        return {p.name: p for p in (_parameter(node, lines) for node in ast.parse(cells[0].source).body)}
    except (SyntaxError, ValueError) as error:
        expected = "lines like `alpha: float = 1.0  # help`"
        raise ChapterError(found_expected(name, str(error), expected)) from None


def _parameter(node: ast.stmt, lines: list[str]) -> Parameter:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value):
            rest = lines[node.end_lineno - 1].encode()[node.end_col_offset :].decode()
            comment = rest.partition("#")[2].strip()
            return Parameter(name, ast.unparse(annotation), ast.literal_eval(value), comment)
    raise ValueError(ast.unparse(node))


def check_parameters(source: Path, given: Mapping[str, Any]) -> dict[str, Any]:
    """Hold parameters against those that a chapter takes.

    Returns:
        The parameters in JSON's types: papermill would inject a tuple as a string.

    Raises:
        ConfigError: A name is unknown, or a value is not of its parameter's type; all faults in one message.
    """
    known = chapter_parameters(source)
    faults = []
    for name, value in given.items():
        if name not in known:
            faults.append(unknown_name("parameter", name, sorted(known)))
        elif fault := known[name].fault_of(value):
            faults.append(fault)
    if faults:
        raise ConfigError(f"chapter {source.stem}: {'; '.join(faults)}")
    return as_json(dict(given))


def as_json(value: Any) -> Any:
    """Return a value as it comes back from JSON."""
    return json.loads(json.dumps(value))
