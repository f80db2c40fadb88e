"""Builds the site, or a preview of some chapters, the way `mixrepro book` does it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from .. import paths
from ..config import check_profile
from ..errors import ConfigError, found_expected
from .source import chapter_sources


def build_site(
    project: Path, profile: str = "quick", only: Sequence[str] = (), cell_timeout: float | None = None
) -> int:
    """Build the book of a checkout with every warning an error; of named chapters a preview, apart from the book.

    Args:
        project: The checkout.
        profile: smoke, quick, small or paper.
        only: Names of chapters. The preview has no other page, so that what it links to may be missing.
        cell_timeout: Seconds that a cell may take; None: any.

    Returns:
        The exit status of `jupyter-book build`.

    Raises:
        ConfigError: The profile or a chapter is not one, or the book's engine is not installed.
    """
    environment = {**os.environ, paths.PROFILE_VARIABLE: check_profile(profile)}
    sources = chapter_sources(project, only)
    check_engine()
    launch = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", launch, "build", "book/"]
    if cell_timeout is not None:
        environment[paths.CELL_TIMEOUT_VARIABLE] = str(cell_timeout)
    if only:
        environment[paths.CHAPTERS_VARIABLE] = ",".join(source.stem for source in sources)
        command += preview_options(project, [f"chapters/{source.stem}" for source in sources])
    else:
        command += ["-W", "--keep-going"]
    return subprocess.run(command, cwd=project, env=environment, check=False).returncode  # noqa: S603


def preview_options(project: Path, documents: Sequence[str]) -> list[str]:
    """Write the table of contents of a preview, and return the options that build it below `_build/preview/`."""
    folder = project / "_build" / "preview"
    folder.mkdir(parents=True, exist_ok=True)
    contents: dict[str, Any] = {"format": "jb-book", "root": documents[0]}
    if documents[1:]:  # an empty list is refused
        contents["chapters"] = [{"file": name} for name in documents[1:]]
    toc = folder / "_toc.yml"
    toc.write_text(yaml.safe_dump(contents, sort_keys=False), encoding="utf-8")
    return ["--toc", str(toc), "--path-output", str(folder)]


def check_engine() -> None:
    """Find out that jupyter-book 1.x is installed: 2.x builds nothing here, and exits 0.

    Raises:
        ConfigError: It is not.
    """
    try:
        found = version("jupyter-book")
    except PackageNotFoundError:
        found = "no installation"
    if not found.startswith("1."):
        raise ConfigError(found_expected("jupyter-book", found, "1.x: pip install 'mixrepro[book]'"))
