"""What CIFAR-10 and CIFAR-100 share: torchvision describes both by one class and its subclass."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .. import paths
from .dataset import Dataset
from .published import Published, official_split, read_or_download

if TYPE_CHECKING:
    from torchvision.datasets import CIFAR10


def load(name: str, title: str, kind: "type[CIFAR10]", root: Path | None = None) -> Dataset:
    """Load one of the two sets, downloading it first if it is missing.

    Args:
        name: The `data` of a `RunConfig`.
        title: What people call the set.
        kind: Its class in torchvision.
        root: Folder that holds `kind.base_folder`; default: `paths.data_root()`.

    Raises:
        DataError: A file is damaged, or files are missing and could not be downloaded.
    """
    published = _published(name, title, kind, Path(root or paths.data_root()))
    train, test = read_or_download(
        published, lambda: (kind(published.root, train=True), kind(published.root, train=False))
    )
    return official_split(published, _tensors(train), _tensors(test), tuple(train.classes))


def _published(name: str, title: str, kind: "type[CIFAR10]", root: Path) -> Published:
    # Not `kind(download=True)`, which takes the files for complete without looking at that of the class names.
    from torchvision.datasets.utils import download_and_extract_archive

    batches = [*kind.train_list, *kind.test_list, (kind.meta["filename"], kind.meta["md5"])]
    folder = root / kind.base_folder
    listed = ", ".join(file for file, _ in batches)
    return Published(
        name=name,
        title=title,
        root=root,
        files=tuple((folder / file, md5) for file, md5 in batches),
        by_hand=f"{listed} in {folder}, or {kind.filename} in {root}, from {kind.url}",
        fetch=lambda: download_and_extract_archive(kind.url, root, filename=kind.filename, md5=kind.tgz_md5),
    )


def _tensors(part: "CIFAR10") -> tuple[Tensor, Tensor]:
    images = np.ascontiguousarray(part.data.transpose(0, 3, 1, 2))  # [n, h, w, c] -> [n, c, h, w]
    return torch.from_numpy(images), torch.tensor(part.targets, dtype=torch.int64)
