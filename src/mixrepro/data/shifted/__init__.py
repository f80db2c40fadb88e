"""Test sets from another distribution than the training data, by name: published files, re-creations, analogues.

official_jpeg                            CIFAR-10's own official test images as JPEG, which is lossy: for networks
                                         trained on lossless files and tested on images held out of them
official_1k, official_1k_jpeg            the first 1,000 of them, without loss and as JPEG
cifar10.1-v4, cifar10.1-v6, cifar10.2    new images of the classes of CIFAR-10 (published files)
cifar10_c-noise-1 ... -5                 Gaussian noise of CIFAR-10-C (published files)
recreated_noise-1 ... -5                 the same noise, drawn anew on the test images of any image set
iid_noise-1 ... -5, corr_noise-, scale-, shear-, translation-    MNIST-1D: its test set, rendered anew
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from ... import paths
from ...config import unknown_name
from ...errors import ConfigError
from ..dataset import Dataset, ShiftedSet
from . import cifar, noise, official, sequences

__all__ = ["ShiftedSet", "available", "load"]

SEVERITIES = range(1, 6)


def available(dataset: Dataset, data_root: Path | None = None) -> dict[str, Callable[[], ShiftedSet]]:
    """Return what loads each test set that networks trained on a data set can be tested on.

    Args:
        dataset: The training data; its classes decide.
        data_root: Folder that holds downloaded data; default: `paths.data_root()`.

    Returns:
        Name -> a function without arguments. Published files may be absent all the same.
    """
    if dataset.name == "mnist1d":
        return {
            f"{shift}-{severity}": partial(sequences.load, dataset, shift, severity)
            for shift in sequences.SHIFTS
            for severity in SEVERITIES
        }
    sets = {f"recreated_noise-{s}": partial(noise.recreate, dataset, s) for s in SEVERITIES}
    if dataset.class_names == cifar.CLASS_NAMES:
        root = Path(data_root or paths.data_root()).expanduser()
        sets |= {f"cifar10.1-{version}": partial(cifar.cifar10_1, root, version) for version in cifar.VERSIONS}
        sets["cifar10.2"] = partial(cifar.cifar10_2, root)
        sets |= {f"cifar10_c-noise-{s}": partial(cifar.cifar10_c_noise, root, s) for s in SEVERITIES}
        sets["official_jpeg"] = partial(official.official_jpeg, root)
        sets["official_1k"] = partial(official.official_1k, root)
        sets["official_1k_jpeg"] = partial(official.official_1k_jpeg, root)
    return sets


def load(name: str, dataset: Dataset, data_root: Path | None = None) -> ShiftedSet:
    """Load a shifted test set.

    Args:
        name: One of the names at the top of this module.
        dataset: The training data.
        data_root: As in `available`.

    Raises:
        ConfigError: There is no such set, or it has other classes than the training data.
        DataError: Files are missing, damaged or not the published ones.
    """
    sets = available(dataset, data_root)
    if name not in sets:
        raise ConfigError(unknown_name(f"shifted test set for {dataset.name}", name, sorted(sets)))
    return sets[name]()
