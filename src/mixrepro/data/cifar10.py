"""CIFAR-10 by torchvision's loader: the official training and test set.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", University of Toronto, 2009.
"""

import http.client
import os
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import numpy as np
import torch
from torch import Tensor

from .. import paths
from ..errors import DataError, found_expected
from .dataset import Dataset, channel_statistics, fingerprint

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10

#: What a failed download or unpacking raises (URLError is an OSError).
_FAILURES = (RuntimeError, OSError, EOFError, http.client.HTTPException, tarfile.TarError)


def load(root: Path | None = None) -> Dataset:
    """Load CIFAR-10, downloading it first if it is missing or damaged.

    Args:
        root: Folder that holds `cifar-10-batches-py`; default: `paths.data_root()`.

    Raises:
        DataError: The files are missing or damaged and could not be downloaded.
    """
    # Imported here because it takes a second, and most runs have no use for it.
    from torchvision.datasets import CIFAR10

    root = Path(root or paths.data_root())
    try:
        train = CIFAR10(root, train=True)
    except (RuntimeError, OSError):
        train = _download(root)
    test = CIFAR10(root, train=False)
    x_train, y_train = _tensors(train)
    x_test, y_test = _tensors(test)
    mean, std = channel_statistics(x_train)
    return Dataset(
        name="cifar10",
        x_train=x_train,
        y_train=y_train,
        x_test=x_test,
        y_test=y_test,
        num_classes=len(train.classes),
        class_names=tuple(train.classes),
        mean=mean,
        std=std,
        source=f"CIFAR-10: the {len(y_train):,} images of the official training set and the {len(y_test):,} "
        "of the official test set.",
        sha256=fingerprint(x_train, y_train, x_test, y_test),
    )


def _download(root: Path) -> "CIFAR10":
    """Download under a lock, since the workers of a sweep start together; return the training set."""
    from torchvision.datasets import CIFAR10

    try:
        root.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(root / "cifar10.lock"):
            return CIFAR10(root, train=True, download=True)
    except _FAILURES as error:
        files = [name for name, _ in _published_files()]
        unusable = _unusable_files(root)
        listed = "file" if unusable == files else ", ".join(unusable)
        expected = (
            f"{', '.join(files)} in {root / CIFAR10.base_folder}, or {CIFAR10.filename} in {root}, "
            f"from {CIFAR10.url}"
        )
        found = f"no intact {listed}, and the download failed ({error})"
        raise DataError(found_expected(f"CIFAR-10 in {root}", found, expected)) from error


def _published_files() -> list[tuple[str, str]]:
    """List name and MD5 of every file of the data set."""
    from torchvision.datasets import CIFAR10

    batches = [*CIFAR10.train_list, *CIFAR10.test_list]
    return [*((name, md5) for name, md5 in batches), (CIFAR10.meta["filename"], CIFAR10.meta["md5"])]


def _unusable_files(root: Path) -> list[str]:
    """Name the files that are missing, unreadable, or not the published ones."""
    from torchvision.datasets import CIFAR10
    from torchvision.datasets.utils import check_integrity

    folder = root / CIFAR10.base_folder
    return [
        name
        for name, md5 in _published_files()
        if not (os.access(folder / name, os.R_OK) and check_integrity(folder / name, md5))
    ]


def _tensors(part: "CIFAR10") -> tuple[Tensor, Tensor]:
    images = np.ascontiguousarray(part.data.transpose(0, 3, 1, 2))  # [n, h, w, c] -> [n, c, h, w]
    return torch.from_numpy(images), torch.tensor(part.targets, dtype=torch.int64)
