"""Where things are kept: every folder is named once, here."""

import os
from pathlib import Path

import platformdirs

#: Environment variables that override the defaults below.
STORE_VARIABLE = "MIXREPRO_STORE"
DATA_VARIABLE = "MIXREPRO_DATA"
PROFILE_VARIABLE = "MIXREPRO_PROFILE"
PROJECT_VARIABLE = "MIXREPRO_PROJECT"
#: Chapters of which a preview is built, separated by commas; and the seconds that a cell of any chapter may take.
CHAPTERS_VARIABLE = "MIXREPRO_CHAPTERS"
CELL_TIMEOUT_VARIABLE = "MIXREPRO_CELL_TIMEOUT"


def project_root(start: Path | None = None) -> Path | None:
    """Find the checkout that holds the book, or None outside of one.

    Args:
        start: Folder to look from, upwards; default: `$MIXREPRO_PROJECT`, else the working directory.
    """
    start = Path(start or os.environ.get(PROJECT_VARIABLE) or Path.cwd()).resolve()
    for folder in (start, *start.parents):
        if (folder / "_toc.yml").is_file() and (folder / "notebooks").is_dir():
            return folder
    return None


def store_root(project: Path | None = None) -> Path:
    """Return the folder of this machine's own run records (not tracked); `project`: default the one around us."""
    if STORE_VARIABLE in os.environ:
        return Path(os.environ[STORE_VARIABLE])
    project = project or project_root()
    return project / ".mixrepro" / "runs" if project else Path(platformdirs.user_cache_dir("mixrepro")) / "runs"


def results_root(project: Path | None = None) -> Path | None:
    """Return the folder of tracked records of long runs, or None outside of a checkout."""
    project = project or project_root()
    return project / "results" if project else None


def data_root() -> Path:
    """Return the folder where downloaded data sets are kept."""
    if DATA_VARIABLE in os.environ:
        return Path(os.environ[DATA_VARIABLE])
    return Path(platformdirs.user_cache_dir("mixrepro")) / "data"
