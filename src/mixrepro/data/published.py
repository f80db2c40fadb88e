"""Sets that torchvision knows: read, or downloaded first, every file checked against its published MD5."""

import hashlib
import http.client
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import filelock
from torch import Tensor

from ..errors import DataError, found_expected
from .dataset import Dataset, channel_statistics, fingerprint

Parts = TypeVar("Parts")

#: What a failed download or unpacking raises (URLError is an OSError).
_FAILURES = (RuntimeError, OSError, EOFError, http.client.HTTPException, tarfile.TarError)


@dataclass(frozen=True)
class Published:
    """The files of a set, and how to get them.

    Attributes:
        name: The `data` of a `RunConfig`.
        title: What people call the set.
        root: Folder in which torchvision looks for it.
        files: Path and MD5 of every file.
        by_hand: What to put where, and where it is to be had: for whom the download fails.
        fetch: Download what is missing; raises one of the usual errors of a download.
    """

    name: str
    title: str
    root: Path
    files: tuple[tuple[Path, str], ...]
    by_hand: str
    fetch: Callable[[], None]

    def missing(self) -> list[str]:
        """Name the files that are not there."""
        return [path.name for path, _ in self.files if not path.exists()]

    def check(self) -> None:
        """Check every file that is there.

        Raises:
            DataError: One is not the published one. It is not replaced: who loses bytes here should know.
        """
        for path, md5 in self.files:
            if not path.exists():
                continue
            try:
                content = path.read_bytes()
            except OSError as error:
                found = f"a file that cannot be read ({error.strerror})"
                raise DataError(found_expected(str(path), found, f"the published file: {self.by_hand}")) from None
            if (found := hashlib.md5(content, usedforsecurity=False).hexdigest()) != md5:
                found = f"a file of {len(content):,} bytes, MD5 {found}"
                expected = f"the published one, MD5 {md5}; remove it to have it downloaded again"
                raise DataError(found_expected(str(path), found, expected))


def read_or_download(published: Published, read: Callable[[], Parts]) -> Parts:
    """Read a set with torchvision, downloading it first where files are missing.

    Args:
        published: The set.
        read: Reads it; raises RuntimeError or OSError if files are missing.

    Returns:
        What `read` returns.

    Raises:
        DataError: A file is damaged, or files are missing and could not be downloaded.
    """
    published.check()
    try:
        return read()
    except (RuntimeError, OSError):
        pass
    try:
        published.root.mkdir(parents=True, exist_ok=True)
        # The workers of a sweep start together: one downloads, and the others find it done.
        with filelock.FileLock(published.root / f"{published.name}.lock"):
            if published.missing():
                published.fetch()
        published.check()
        return read()
    except _FAILURES as error:
        missing = published.missing()
        listed = "file" if len(missing) == len(published.files) > 1 else ", ".join(missing) or "file"
        found = f"no {listed}, and the download failed ({error})"
        what = f"{published.title} in {published.root}"
        raise DataError(found_expected(what, found, published.by_hand)) from error


def official_split(
    published: Published, train: tuple[Tensor, Tensor], test: tuple[Tensor, Tensor], class_names: tuple[str, ...]
) -> Dataset:
    """Make the data set of an official training and test set.

    Args:
        published: The set.
        train: Images, uint8 [n, c, h, w], and labels, int64 [n].
        test: As `train`, [m, ...].
        class_names: Name of each class.
    """
    mean, std = channel_statistics(train[0])
    return Dataset(
        name=published.name,
        x_train=train[0],
        y_train=train[1],
        x_test=test[0],
        y_test=test[1],
        num_classes=len(class_names),
        class_names=class_names,
        mean=mean,
        std=std,
        source=f"{published.title}: the {len(train[1]):,} images of the official training set and the "
        f"{len(test[1]):,} of the official test set.",
        sha256=fingerprint(*train, *test),
    )
