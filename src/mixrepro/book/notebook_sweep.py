"""A chapter executed at several parameters: a notebook a point, and one page that shows them all."""

import hashlib
import json
import re
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tqdm import tqdm

from ..errors import StoreError, found_expected
from .at_once import run_all
from .freshness import why_stale
from .lock import held
from .progress import chapter_display
from .source import chapter_sources
from .sweep_index import write_index
from .values import points, words_of

LONGEST_NAME = 80


@dataclass(frozen=True)
class NotebookSweep:
    """Points of one chapter.

    Attributes:
        source: The chapter.
        points: {parameter: value} of each.
        folder: Where the executed notebooks and the page lie.
    """

    source: Path
    points: tuple[Mapping[str, Any], ...]
    folder: Path

    def target(self, point: Mapping[str, Any]) -> Path:
        """Return where a point's executed notebook lies: its name shows values, a digest tells them apart."""
        canonical = json.dumps(point, sort_keys=True)
        shown = re.sub(r"[^\w.=,-]+", "_", words_of(point).replace(", ", ","), flags=re.ASCII)[:LONGEST_NAME]
        digest = hashlib.sha256(canonical.encode()).hexdigest()[:8]
        return self.folder / f"{shown or 'defaults'}-{digest}.ipynb"


def declare_sweep(project: Path, name: str, given: Mapping[str, str], out: Path | None = None) -> NotebookSweep:
    """Check a sweep before any kernel starts.

    Args:
        project: The checkout.
        name: Name of the chapter, as `02_over_training`.
        given: Parameter -> its values, as text (see `values`).
        out: Folder of the results; default: below `.mixrepro/notebooks/`, which is not tracked.

    Raises:
        ConfigError: The chapter or a parameter is unknown, or a value is not one.
        ChapterError: The chapter's source is unusable.
        StoreError: The folder is a file.
    """
    (source,) = chapter_sources(project, [name])
    folder = Path(out) if out else project / ".mixrepro" / "notebooks" / name
    if folder.exists() and not folder.is_dir():
        raise StoreError(found_expected(str(folder), "a file", "a folder, or nothing yet"))
    return NotebookSweep(source, tuple(points(source, given)), folder.absolute())


def stale_points(sweep: NotebookSweep, project: Path) -> dict[int, str]:
    """Return {position: why} for each point that has to be executed."""
    reasons = (why_stale(sweep.source, sweep.target(point), point, project) for point in sweep.points)
    return {index: reason for index, reason in enumerate(reasons) if reason}


def run_sweep(
    sweep: NotebookSweep,
    project: Path,
    workers: int = 1,
    cell_timeout: float | None = None,
    console: TextIO | None = None,
) -> Path:
    """Execute the points that are missing or stale, and write the page.

    Args:
        sweep: What to execute.
        project: The checkout.
        workers: How many notebooks run at a time.
        cell_timeout: Seconds that a cell may take; None: any.
        console: Where to say what happens; default: stderr.

    Returns:
        The page.

    Raises:
        ChapterError: A cell raised or took too long, or a kernel died; the page shows what was there and is done.
    """
    console = console or sys.stderr
    sweep.folder.mkdir(parents=True, exist_ok=True)
    with held(sweep.folder / ".lock", "Another sweep writes to this folder", console):
        for leftover in sweep.folder.glob(".*.partial.ipynb"):
            leftover.unlink()  # of a sweep that was killed
        stale = stale_points(sweep, project)
        print(
            f"{len(sweep.points) - len(stale)} of {len(sweep.points)} notebooks are fresh",
            file=console,
            flush=True,
        )
        tasks = [_task(sweep, project, index, reason, cell_timeout, console) for index, reason in stale.items()]
        try:
            _run(tasks, workers)
        finally:
            page = write_index(sweep.source, sweep.folder, project)
    return page


def _run(tasks: Sequence[Callable[[Callable[..., None]], None]], workers: int) -> None:
    if workers > 1:
        run_all(tasks, workers)
        return
    for task in tasks:
        task(lambda function, *arguments: function(*arguments))


def _task(
    sweep: NotebookSweep, project: Path, index: int, reason: str, cell_timeout: float | None, console: TextIO
) -> Callable[[Callable[..., None]], None]:
    from .execution import execute_chapter  # takes half a second, and what is refused needs none of it

    point = sweep.points[index]
    title = f"notebook {index + 1} of {len(sweep.points)}: {words_of(point) or 'defaults'}"

    def task(run: Callable[..., None]) -> None:
        tqdm.write(f"{title} ({reason})", console)
        with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder:
            progress = Path(folder) / "progress.jsonl"
            with chapter_display(title, progress, console):
                run(
                    execute_chapter,
                    sweep.source,
                    sweep.target(point),
                    dict(point),
                    project,
                    progress,
                    cell_timeout,
                )

    return task
