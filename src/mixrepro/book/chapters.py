"""Which chapters have to be executed, and their execution, several at a time."""

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TextIO

from tqdm import tqdm

from ..config import check_profile
from .at_once import chapters_at_once, run_all
from .execution import execute_chapter
from .freshness import why_stale
from .lock import held
from .progress import chapter_display
from .source import chapter_sources, check_parameters


def chapter_target(source: Path, project: Path) -> Path:
    """Return where the executed chapter of a source lies."""
    return project / "book" / "chapters" / f"{source.stem}.ipynb"


def stale_chapters(project: Path, profile: str, only: Sequence[str] = ()) -> dict[Path, str]:
    """Return {source: why} for each chapter, or each of those named, that has to be executed."""
    parameters = {"profile": check_profile(profile)}
    reasons = {
        source: why_stale(source, chapter_target(source, project), parameters, project)
        for source in chapter_sources(project, only)
    }
    return {source: reason for source, reason in reasons.items() if reason}


def build_chapters(
    project: Path,
    profile: str,
    console: TextIO | None = None,
    only: Sequence[str] = (),
    cell_timeout: float | None = None,
) -> list[str]:
    """Execute the chapters that are missing or stale, in order.

    Args:
        project: The checkout.
        profile: smoke, quick, small or paper.
        console: Where to say what happens; a bar if it is a terminal, else lines. Default: stderr.
        only: Names of chapters: no other one is executed. Empty: all.
        cell_timeout: Seconds that a cell may take; None: any.

    Returns:
        The names of the chapters that were executed.

    Raises:
        ConfigError: The profile, a parameter or the name of a chapter is not one.
        ChapterError: A chapter is unusable, or a cell raised or took too long; chapters before it stay.
    """
    project, console = Path(project).resolve(), console or sys.stderr
    chosen = chapter_sources(project, only)
    check_profile(profile)
    for source in chosen:
        check_parameters(source, {"profile": profile})
    with build_lock(project, console):
        _remove_partial(project)  # of a build that was killed
        for executed in (project / "book" / "chapters").glob("*.ipynb"):
            if executed not in {chapter_target(source, project) for source in chapter_sources(project)}:
                executed.unlink()  # its source was renamed or removed
        stale = stale_chapters(project, profile, only)
        if not stale:
            fresh = f"Chapter {chosen[0].stem} is" if len(only) == 1 else f"All {len(chosen)} chapters are"
            print(f"{fresh} fresh: nothing executed.", file=console, flush=True)
        try:
            _execute_all(project, profile, stale, console, cell_timeout)
        finally:
            _remove_partial(project)  # of chapters that were ended because another raised
    return [source.stem for source in stale]


def _remove_partial(project: Path) -> None:
    for leftover in (project / "book" / "chapters").glob(".*.partial.ipynb"):
        leftover.unlink()


def _execute_all(
    project: Path,
    profile: str,
    stale: Mapping[Path, str],
    console: TextIO,
    cell_timeout: float | None,
) -> None:
    """Execute stale chapters, in the order of their files' numbers: those that later ones build on come first."""
    sources = chapter_sources(project)

    def task(source: Path) -> Callable[[Callable[..., None]], None]:
        title = f"chapter {sources.index(source) + 1} of {len(sources)}: {source.stem}"

        def execute(run: Callable[..., None]) -> None:
            tqdm.write(f"{title} ({stale[source]})", console)  # above the bars of other chapters
            with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder:
                progress = Path(folder) / "progress.jsonl"
                with chapter_display(title, progress, console):
                    target = chapter_target(source, project)
                    given = {"profile": profile}
                    run(execute_chapter, source, target, given, project, progress, cell_timeout)

        return execute

    at_once = min(chapters_at_once(), max(len(stale), 1))
    tasks = [task(source) for source in sorted(stale)]
    if at_once == 1:
        for each in tasks:
            each(lambda function, *arguments: function(*arguments))
    else:
        run_all(tasks, at_once)


def build_lock(project: Path, console: TextIO) -> AbstractContextManager[None]:
    """Keep a second build of the same tree waiting; within one process it may be taken again."""
    file = project / ".mixrepro" / "book.lock"
    file.parent.mkdir(exist_ok=True)
    return held(file, "Another build of this book is at work", console)
