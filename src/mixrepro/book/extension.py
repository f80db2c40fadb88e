"""The book's Sphinx extension: before anything is read, every chapter is there and fresh.

So `jupyter-book build book/` needs nothing but itself: chapters that are missing or stale are executed at the
profile `$MIXREPRO_PROFILE` (default: quick), and one that raises ends the build before a page is written. With
`$MIXREPRO_CHAPTERS` no other chapter is executed, and links to pages that are not built are no fault.
"""

import math
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ExtensionError

from .. import paths
from ..config import PROFILES
from ..errors import ConfigError, MixreproError, found_expected
from .chapters import build_chapters, build_lock
from .plain_words import ClaimsInWords, records_changed
from .reliability_table import ReliabilityTable
from .speed_table import SpeedTable
from .verdict_table import VerdictTable

#: Sphinx's names for warnings of links to pages that a preview does not have.
LINKS = ("ref.doc", "ref.ref", "myst.xref_missing", "toc.not_readable")


def cell_timeout() -> float | None:
    """Return the seconds that a cell may take, None: any.

    Raises:
        ConfigError: The environment asks for something that is no such number.
    """
    asked = os.environ.get(paths.CELL_TIMEOUT_VARIABLE)
    if not asked:
        return None
    try:
        seconds = float(asked)
    except ValueError:
        seconds = math.nan
    if not seconds >= 0:
        raise ConfigError(found_expected(f"${paths.CELL_TIMEOUT_VARIABLE}", asked, "seconds, at least 0"))
    return seconds


def execute_chapters(app: Sphinx, config: Config) -> None:
    """Execute what is missing or stale; keep other builds of this tree out until this one has ended."""
    profile = os.environ.get(paths.PROFILE_VARIABLE) or "quick"
    only = [name for name in os.environ.get(paths.CHAPTERS_VARIABLE, "").split(",") if name]
    if only:
        config.suppress_warnings = [*config.suppress_warnings, *LINKS]
    project = paths.project_root(Path(app.srcdir))
    until_end = ExitStack()
    try:
        if profile not in PROFILES:
            expected = f"one of {', '.join(PROFILES)}"
            raise ExtensionError(found_expected(f"${paths.PROFILE_VARIABLE}", profile, expected))
        if project is None:
            raise ExtensionError(found_expected(str(app.srcdir), "no project", "_toc.yml and notebooks/ above it"))
        until_end.enter_context(build_lock(project, sys.stderr))
        build_chapters(project, profile, sys.stderr, only, cell_timeout())
    except MixreproError as error:
        until_end.close()
        raise ExtensionError(str(error), modname="mixrepro.book") from error
    app.connect("build-finished", lambda app, exception: until_end.close())


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hook and the directives."""
    app.connect("config-inited", execute_chapters, priority=100)
    app.add_directive("verdict-table", VerdictTable)
    app.add_directive("claims-in-words", ClaimsInWords)
    app.connect("env-get-outdated", records_changed)
    app.add_directive("reliability-table", ReliabilityTable)
    app.add_directive("speed-table", SpeedTable)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
