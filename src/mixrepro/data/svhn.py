"""SVHN, cropped digits, by torchvision's loader: the official training and test set, without the extra images.

The published files call the digit 0 class 10; here it is class 0. The classes are not balanced.

Source: Netzer et al., "Reading Digits in Natural Images with Unsupervised Feature Learning", 2011.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from .. import paths
from .dataset import Dataset
from .published import Published, official_split, read_or_download

if TYPE_CHECKING:
    from torchvision.datasets import SVHN

SPLITS = ("train", "test")
CLASS_NAMES = tuple("0123456789")


def load(root: Path | None = None) -> Dataset:
    """Load SVHN, downloading it first if it is missing.

    Args:
        root: Folder that holds `train_32x32.mat` and `test_32x32.mat`; default: `paths.data_root()`.

    Raises:
        DataError: A file is damaged, or files are missing and could not be downloaded.
    """
    # Imported here because it takes a second, and most runs have no use for it.
    from torchvision.datasets import SVHN

    published = _published(Path(root or paths.data_root()))
    train, test = read_or_download(published, lambda: tuple(SVHN(published.root, split) for split in SPLITS))
    return official_split(published, _tensors(train), _tensors(test), CLASS_NAMES)


def _published(root: Path) -> Published:
    from torchvision.datasets import SVHN
    from torchvision.datasets.utils import download_url

    parts = [SVHN.split_list[split] for split in SPLITS]

    def fetch() -> None:
        for url, file, md5 in parts:
            download_url(url, root, file, md5)

    return Published(
        name="svhn",
        title="SVHN",
        root=root,
        files=tuple((root / file, md5) for _, file, md5 in parts),
        by_hand=f"{' and '.join(file for _, file, _ in parts)} in {root}, from {parts[0][0].rpartition('/')[0]}",
        fetch=fetch,
    )


def _tensors(part: "SVHN") -> tuple[Tensor, Tensor]:
    return torch.from_numpy(np.ascontiguousarray(part.data)), torch.from_numpy(part.labels)  # [n, c, h, w], [n]
