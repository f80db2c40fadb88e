"""Executes one chapter: from its source to the notebook that the book shows."""

import os
import re
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
import papermill
from nbclient.exceptions import CellTimeoutError

from .. import paths
from ..errors import ChapterError
from ..progress import PROGRESS_VARIABLE
from .freshness import fingerprint, records_read
from .kernel import kernel_manager_class, said_last
from .source import SCHEME, Parameter, as_json, chapter_parameters, check_parameters

INJECTED = "injected-parameters"


def execute_chapter(
    source: Path,
    target: Path,
    parameters: Mapping[str, Any],
    project: Path | None = None,
    progress_file: Path | None = None,
    cell_timeout: float | None = None,
) -> nbformat.NotebookNode:
    """Execute a chapter; it appears under its final name complete, or not at all.

    Args:
        source: The chapter's py:percent notebook.
        target: The .ipynb to make; one that is there stays until the new one is complete.
        parameters: Values for parameters of the chapter's own `parameters` cell.
        project: The checkout whose library it uses and in which it runs; default: the one around `source`.
        progress_file: Where the kernel reports its progress (see `progress`).
        cell_timeout: Seconds that a cell may take; None: any.

    Returns:
        The executed notebook. Its metadata `mixrepro` hold the fingerprint, profile and records read.

    Raises:
        ConfigError: A parameter is unknown or of another type than the chapter declares.
        ChapterError: A cell raised or took too long, or the kernel died.
    """
    source, target = Path(source).resolve(), Path(target).resolve()
    project = project or paths.project_root(source.parent) or source.parent
    parameters = check_parameters(source, parameters)
    provenance = {"fingerprint": fingerprint(source, parameters, project)}
    provenance["profile"] = parameters.get("profile")
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.{os.getpid()}.partial.ipynb")
    try:
        notebook = _run(source, partial, parameters, project, progress_file, cell_timeout)
        _tidy(notebook, chapter_parameters(source))
        notebook.metadata.papermill |= {
            "input_path": SCHEME + _relative(source, project),
            "output_path": _relative(target, project),
        }
        notebook.metadata.mixrepro = provenance | {"records": records_read(notebook)}
        nbformat.write(notebook, partial)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return notebook


def _run(
    source: Path,
    output: Path,
    parameters: Mapping[str, Any],
    project: Path,
    progress_file: Path | None,
    cell_timeout: float | None,
) -> nbformat.NotebookNode:
    variables = {paths.PROJECT_VARIABLE: str(project), "PYTHONPATH": _python_path(project)}
    # The kernel works in the project: a relative folder was meant from here.
    for name in (paths.STORE_VARIABLE, paths.DATA_VARIABLE):
        if name in os.environ:
            variables[name] = str(Path(os.environ[name]).absolute())
    # numpy's small matrices are faster on one thread, by far where a core is busy; torch has threads of its own.
    variables["OPENBLAS_NUM_THREADS"] = os.environ.get("OPENBLAS_NUM_THREADS", "1")
    if progress_file is not None:
        variables[PROGRESS_VARIABLE] = str(progress_file)
    with (
        tempfile.TemporaryDirectory(prefix="mixrepro-", ignore_cleanup_errors=True) as folder,
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "The specified file .* does not end in", module="papermill")
        try:
            return papermill.execute_notebook(
                SCHEME + _verbatim(source),
                _verbatim(output),
                parameters=parameters,
                progress_bar=False,
                kernel_manager_class=kernel_manager_class(Path(folder), project, variables),
                timeout_func=lambda cell: cell_timeout,
                shutdown_kernel="graceful" if cell_timeout is None else "immediate",  # it may be in a loop
            )
        except papermill.PapermillExecutionError as error:
            reason = f"{error.ename}: {_last_line(error.evalue)}".removesuffix(": ")
            raise ChapterError(_fault(source, error.cell_index, nbformat.read(output, 4), reason)) from error
        except (RuntimeError, CellTimeoutError) as error:  # nbclient's, about the kernel itself
            notebook = nbformat.read(output, 4)
            began = [cell.metadata.get("papermill", {}).get("start_time") for cell in notebook.cells]
            if not any(began):
                last = _last_line(said_last(Path(folder)).read_text(errors="replace")) or str(error)
                raise ChapterError(f"chapter {source.stem}: no kernel: {last}") from error
            index = max(i for i, time in enumerate(began) if time)
            reason = "the kernel died (killed, perhaps for want of memory)"
            if isinstance(error, CellTimeoutError):
                reason = f"took longer than its limit of {cell_timeout:g} s"
            raise ChapterError(_fault(source, index, notebook, reason)) from error


def _fault(source: Path, index: int, notebook: nbformat.NotebookNode, reason: str) -> str:
    def tagged(cell: nbformat.NotebookNode, tag: str) -> bool:
        return tag in cell.metadata.get("tags", [])

    cells = [cell for cell in notebook.cells if not tagged(cell, "papermill-error-cell-tag")]
    number = index + 1 - sum(tagged(cell, INJECTED) for cell in cells[:index])
    first = next((line for line in cells[index].source.splitlines() if line.strip()), "").strip()
    return f"chapter {source.stem}, cell {number} ({first}): {reason}"


def _last_line(text: str) -> str:
    plain = re.sub("\x1b\\[[0-9;]*m", "", text)
    return next((line.strip() for line in reversed(plain.splitlines()) if line.strip()), "")


def _tidy(notebook: nbformat.NotebookNode, declared: Mapping[str, Parameter]) -> None:
    given = notebook.metadata.papermill.get("parameters", {})
    changed = any(value != as_json(declared[name].default) for name, value in given.items())
    for cell in notebook.cells:
        # When each cell ran, to the microsecond, is noise in every comparison of two executions.
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if INJECTED in cell.metadata.get("tags", []):
            # A reader who sees other defaults above has to be able to see what was used.
            cell.metadata.tags.append("hide-input" if changed else "remove-cell")


def _relative(file: Path, project: Path) -> str:
    return file.relative_to(project).as_posix() if file.is_relative_to(project) else file.name


def _verbatim(path: Path) -> str:
    return str(path).replace("{", "{{").replace("}", "}}")  # papermill formats its paths


def _python_path(project: Path) -> str:
    """Put the project's own library first: it is what the fingerprint covers."""
    return os.pathsep.join(filter(None, [str(project / "src"), os.environ.get("PYTHONPATH")]))
