"""Data sets: every loader yields the same in-memory tensors, and `load` picks the one a run asks for."""

import functools
from pathlib import Path

from .. import paths
from ..config import RunConfig
from ..errors import DataError, found_expected
from . import arrays, cifar10, cifar100, mnist1d, svhn
from .dataset import Dataset
from .subsets import balanced_subset, fraction_to_n, train_subset

__all__ = ["Dataset", "balanced_subset", "fraction_to_n", "load", "train_subset"]

_DOWNLOADED = {"cifar10": cifar10, "cifar100": cifar100, "svhn": svhn}


def load(config: RunConfig, data_root: Path | None = None) -> Dataset:
    """Load the data set of a run; the runs of one process share one copy.

    Args:
        config: Of it, only `data`, `data_files`, `test_size` and `data_sha256` matter.
        data_root: cifar10, cifar100, svhn: where the files are, or are put; arrays: the folder of .npz files;
            mnist1d has no use for it. Default: `paths.data_root()`.

    Raises:
        DataError: The data are missing, damaged or unusable, or are not those of `config.data_sha256`.
    """
    root = Path(data_root or paths.data_root()).expanduser().resolve()
    if config.data == "mnist1d":
        return _load_mnist1d()
    if config.data in _DOWNLOADED:
        return _load_downloaded(config.data, root)
    # Files that changed since, as they do in a long notebook session, are read again.
    stats = [path.stat() for path in arrays.find_files(root, config.data_files)]
    state = tuple((stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats)
    dataset = _load_arrays(root, config.data_files, config.test_size, state)
    if config.data_sha256 not in (None, dataset.sha256):
        expected = f"data_sha256={config.data_sha256!r}: these are not the files of that run"
        raise DataError(found_expected(f"{config.data_files} in {root}", dataset.sha256, expected))
    return dataset


@functools.cache
def _load_mnist1d() -> Dataset:
    return mnist1d.load()


@functools.lru_cache(maxsize=2)
def _load_downloaded(name: str, root: Path) -> Dataset:
    return _DOWNLOADED[name].load(root)


@functools.lru_cache(maxsize=2)
def _load_arrays(root: Path, data_files: str, test_size: int | None, state: tuple) -> Dataset:
    return arrays.load(root, data_files, test_size)
