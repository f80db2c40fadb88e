"""Builds the site, the way `mixrepro book` does it."""

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from .. import paths
from ..config import check_profile
from ..errors import ConfigError, found_expected


def build_site(project: Path, profile: str = "quick") -> int:
    """Build the book of a checkout with every warning an error.

    Args:
        project: The checkout.
        profile: smoke, quick, small or paper.

    Returns:
        The exit status of `jupyter-book build`.

    Raises:
        ConfigError: The profile is not one, or the book's engine is not installed.
    """
    environment = {**os.environ, paths.PROFILE_VARIABLE: check_profile(profile)}
    check_engine()
    launch = "import sys; from jupyter_book.cli.main import main; sys.exit(main())"
    command = [sys.executable, "-c", launch, "build", "book/", "-W", "--keep-going"]
    return subprocess.run(command, cwd=project, env=environment, check=False).returncode  # noqa: S603


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
