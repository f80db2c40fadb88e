"""The kernel that executes a chapter."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager

# A Unix socket's path is limited to 108 bytes; `kernel-ipc-5` is appended to the folder.
LONGEST_FOLDER = 80


def kernel_manager_class(folder: Path, cwd: Path, variables: Mapping[str, str]) -> type[AsyncKernelManager]:
    """Return a kernel manager class for one chapter.

    Where it can, the kernel talks over Unix sockets in `folder`: TCP ports are chosen before they are bound,
    so that two books built at once may get the same (nteract/papermill#511).

    Args:
        folder: A folder of this chapter alone, for the connection file and the sockets.
        cwd: The kernel's working directory.
        variables: Environment variables to add to those of this process.
    """
    sockets = os.name == "posix" and len(os.fsencode(folder)) <= LONGEST_FOLDER

    class ChapterKernelManager(AsyncKernelManager):
        def __init__(self, **traits: Any) -> None:
            super().__init__(**traits)
            self.transport = "ipc" if sockets else "tcp"
            self.connection_file = str(folder / "kernel.json")

        def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
            # This very interpreter, whatever `python3` stands for among the user's kernels.
            launcher = [sys.executable, "-m", "ipykernel_launcher", "-f", self.connection_file]
            return launcher + (extra_arguments or [])

        async def start_kernel(self, **options: Any) -> None:
            environment = {**os.environ, **variables}
            with said_last(folder).open("wb") as stderr:
                await super().start_kernel(**options, cwd=str(cwd), env=environment, stderr=stderr)

    return ChapterKernelManager


def said_last(folder: Path) -> Path:
    """Return the file that takes what the kernel says before it has its channels, and after."""
    return folder / "stderr"
