"""Files and folders that appear whole or not at all.

Every write goes the same way: a draft beside its target, its content forced to the disk, one rename, the folder
forced to the disk. A process may die before or after any of these steps; what stands under a final name is whole.

Tests make each step fail or kill the process at it (`observed`).
"""

import contextlib
import errno
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from .errors import found_expected

#: Begin the names of what is not finished, and of what is being replaced.
DRAFT = ".draft-"
OUTDATED = ".outdated-"

#: Told of a step before it is taken, by name and path; what it raises counts as a failure of that step.
Observer = Callable[[str, Path], None]
_observer: Observer | None = None


@contextlib.contextmanager
def observed(observer: Observer) -> Iterator[None]:
    """Tell `observer` of every step: `create`, `write`, `fsync`, `rename`, `remove`, and `done` after a rename."""
    global _observer
    before, _observer = _observer, observer
    try:
        yield
    finally:
        _observer = before


def write_file(target: Path, content: bytes) -> None:
    """Write a file so that it appears whole or not at all, in place of an older one if there is one.

    Args:
        target: The file; its folder is there.
        content: All of it.

    Raises:
        OSError: The disk refused, and nothing is left beside `target`, which is as it was; but if only its folder
            could not be forced to the disk, it is there with its new content, which a crash may still undo.
    """
    handle, draft = tempfile.mkstemp(prefix=f"{DRAFT}{target.name}-", dir=target.parent)
    os.close(handle)
    draft = Path(draft)
    try:
        _fill(draft, content)
        draft.chmod(0o644)
        _step("rename", target)
        os.replace(draft, target)
        flush(target.parent)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
    _step("done", target)


def new_folder(folder: Path) -> None:
    """Make a folder that is not there yet.

    Raises:
        OSError: The disk refused, or there is one.
    """
    _step("create", folder)
    folder.mkdir()


def new_file(path: Path, content: bytes) -> None:
    """Write a file into a draft folder, and force it to the disk.

    Raises:
        OSError: The disk refused, or there is such a file.
    """
    _step("create", path)
    path.touch(exist_ok=False)
    _fill(path, content)


def publish(draft: Path, target: Path) -> None:
    """Give a finished folder its name, in place of an older one if there is one.

    No system offers to replace a folder by one step everywhere. So the older one is first moved to
    `outdated(target)`, and whoever reads looks at both places: at every instant one of them is there and whole.

    Raises:
        OSError: The disk refused; the older one is at one of its two places, the draft may be left.
    """
    flush(draft)
    if target.exists():
        move(target, outdated(target))
    move(draft, target)
    flush(target.parent)
    _step("done", target)
    if outdated(target).exists():
        remove(outdated(target))


def outdated(target: Path) -> Path:
    """Return where a folder lies while it is being replaced."""
    return target.with_name(f"{OUTDATED}{target.name}")


def move(source: Path, target: Path) -> None:
    """Rename a file or a folder.

    Raises:
        OSError: The disk refused.
    """
    _step("rename", target)
    os.rename(source, target)


def remove(path: Path) -> None:
    """Remove a file, a link (not what it leads to) or a folder with all that is in it.

    Raises:
        OSError: The disk refused.
    """
    _step("remove", path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def flush(path: Path) -> None:
    """Force what a file holds, or which names a folder has, to the disk.

    Raises:
        OSError: The disk refused.
    """
    _step("fsync", path)
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def opened(path: Path, most: int | None = None) -> BinaryIO:
    """Open a file that somebody else may have put there, to read it.

    Args:
        path: A plain file; a link, a pipe or a device is refused, since reading it may never end.
        most: Bytes that it may have.

    Raises:
        OSError: It is not there, not plain, or larger.
    """
    file = open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    status = os.fstat(file.fileno())
    if stat.S_ISREG(status.st_mode) and (most is None or status.st_size <= most):
        return file
    file.close()
    if stat.S_ISREG(status.st_mode):
        raise OSError(errno.EFBIG, f"{status.st_size:,} bytes, at most {most:,} make sense", str(path))
    raise OSError(errno.EINVAL, "not a plain file", str(path))


def read_file(path: Path, most: int | None = None) -> bytes:
    """Read all of a file; see `opened`."""
    with opened(path, most) as file:
        return file.read()


def refusal(what: str, error: OSError, needed: int = 0) -> str:
    """Word what the disk refused; where it is full, with the bytes needed and free.

    Args:
        what: What was to be written.
        error: What the system said.
        needed: Bytes to be written.
    """
    said = error.strerror or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT) and error.filename:
        room = os.statvfs(next(p for p in Path(error.filename).parents if p.exists()))
        said += f"; {needed:,} bytes needed, {room.f_bavail * room.f_frsize:,} free"
    return found_expected(what, f"a disk that refuses ({said})", "room and permission")


def _fill(path: Path, content: bytes) -> None:
    _step("write", path)
    try:
        with path.open("wb", buffering=0) as file:
            left = memoryview(content)
            while left:  # a disk that is nearly full takes a part
                left = left[file.write(left) :]
    except OSError as error:  # that of `write` does not say where
        raise OSError(error.errno, error.strerror, str(path)) from None
    flush(path)


def _step(name: str, path: Path) -> None:
    if _observer is not None:
        _observer(name, path)
