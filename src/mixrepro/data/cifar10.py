"""CIFAR-10 by torchvision's loader: the official training and test set.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", University of Toronto, 2009.
"""

from pathlib import Path

from . import cifar
from .dataset import Dataset


def load(root: Path | None = None) -> Dataset:
    """Load CIFAR-10, downloading it first if it is missing.

    Args:
        root: Folder that holds `cifar-10-batches-py`; default: `paths.data_root()`.

    Raises:
        DataError: A file is damaged, or files are missing and could not be downloaded.
    """
    # Imported here because it takes a second, and most runs have no use for it.
    from torchvision.datasets import CIFAR10

    return cifar.load("cifar10", "CIFAR-10", CIFAR10, root)
