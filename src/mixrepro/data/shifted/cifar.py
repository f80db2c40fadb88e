"""CIFAR-10.1, CIFAR-10.2 and the Gaussian noise of CIFAR-10-C, from their published files.

The files are put in place by hand; the errors say where they are to be had. Each is checked against the checksum
of the published file: the id that git gives it in its repository, or its MD5.

Source: Recht et al., "Do CIFAR-10 Classifiers Generalize to CIFAR-10?", 2018. Lu et al., "Harder or Different?
A Closer Look at Distribution Shift in Dataset Reproduction", 2020. Hendrycks and Dietterich, "Benchmarking Neural
Network Robustness to Common Corruptions and Perturbations", ICLR 2019.
"""

import hashlib
from pathlib import Path

import numpy as np
import torch

from ...errors import ConfigError, DataError, found_expected
from ..arrays import UNREADABLE
from ..dataset import ShiftedSet, fingerprint

CLASS_NAMES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())

#: CIFAR-10.1: version -> images.
VERSIONS = {"v4": 2021, "v6": 2000}
#: CIFAR-10.2: part -> images.
PARTS = {"test": 2000, "train": 10_000}
#: CIFAR-10-C: images of each of its five severities, which follow one another in a file.
CORRUPTED = 10_000

#: File below the data folder -> kind of checksum and checksum.
CHECKSUMS = {
    "CIFAR-10.1/datasets/cifar10.1_v4_data.npy": ("git", "1094f59a54cf768f7b1ca5029eb4a94b8c635ebe"),
    "CIFAR-10.1/datasets/cifar10.1_v4_labels.npy": ("git", "64acdcc7ba98d0554f9c9fe00c5483d9247e61df"),
    "CIFAR-10.1/datasets/cifar10.1_v6_data.npy": ("git", "24349cc5f3fb59648d75cd8015b5a184b1f5c250"),
    "CIFAR-10.1/datasets/cifar10.1_v6_labels.npy": ("git", "e713b09cecf2ecd933970001909fcdec7c907ab0"),
    "cifar-10.2/cifar102_test.npz": ("git", "7a3829681be56af70ea80ec99cf3822e2f5edff3"),
    "cifar-10.2/cifar102_train.npz": ("git", "817ff5f62c570547b0bc84fbab178842eb999503"),
    "CIFAR-10-C/gaussian_noise.npy": ("md5", "ecaf8b9a2399ffeda7680934c33405fd"),
    "CIFAR-10-C/labels.npy": ("md5", "c439b113295ed5254878798ffe28fd54"),
}
#: Folder below the data folder -> how to get it.
ORIGINS = {
    "CIFAR-10.1": "a clone of https://github.com/modestyachts/CIFAR-10.1",
    "cifar-10.2": "a clone of https://github.com/modestyachts/cifar-10.2",
    "CIFAR-10-C": "https://zenodo.org/records/2535967/files/CIFAR-10-C.tar, unpacked",
}


def cifar10_1(root: Path, version: str = "v6") -> ShiftedSet:
    """Load CIFAR-10.1 from `CIFAR-10.1/datasets`.

    Args:
        root: Folder of downloaded data.
        version: v6, which is balanced and which its authors recommend, or v4.

    Raises:
        ConfigError: There is no such version.
        DataError: A file is missing, damaged or not the published one.
    """
    if version not in VERSIONS:
        raise ConfigError(found_expected("version of CIFAR-10.1", version, f"one of {', '.join(VERSIONS)}"))
    n, stem = VERSIONS[version], f"CIFAR-10.1/datasets/cifar10.1_{version}"
    images = _read_images(root, f"{stem}_data.npy", n)
    labels = _read_labels(root, f"{stem}_labels.npy", n)
    return _shifted_set(
        f"cifar10.1-{version}", images, labels, f"CIFAR-10.1, version {version}: {n:,} new images."
    )


def cifar10_2(root: Path, part: str = "test") -> ShiftedSet:
    """Load CIFAR-10.2 from `cifar-10.2`.

    Args:
        root: Folder of downloaded data.
        part: Its test set, or its training set of five times the size, which is as new to networks trained on
            CIFAR-10.

    Raises:
        ConfigError: There is no such part.
        DataError: The file is missing, damaged or not the published one.
    """
    if part not in PARTS:
        raise ConfigError(found_expected("part of CIFAR-10.2", part, f"one of {', '.join(PARTS)}"))
    n, file = PARTS[part], f"cifar-10.2/cifar102_{part}.npz"
    images = _read_images(root, file, n, key="images")
    labels = _read_labels(root, file, n, key="labels")
    name = "cifar10.2" if part == "test" else f"cifar10.2-{part}"
    return _shifted_set(name, images, labels, f"CIFAR-10.2, its {part} set: {n:,} new images.")


def cifar10_c_noise(root: Path, severity: int) -> ShiftedSet:
    """Load one severity of CIFAR-10-C's Gaussian noise from `CIFAR-10-C`.

    Args:
        root: Folder of downloaded data.
        severity: 1 to 5.

    Raises:
        ConfigError: There is no such severity.
        DataError: A file is missing, damaged or not the published one.
    """
    if severity not in range(1, 6):
        raise ConfigError(found_expected("severity", severity, "1 to 5"))
    images = _read_images(root, "CIFAR-10-C/gaussian_noise.npy", 5 * CORRUPTED)
    labels = _read_labels(root, "CIFAR-10-C/labels.npy", 5 * CORRUPTED)
    block = slice((severity - 1) * CORRUPTED, severity * CORRUPTED)
    source = f"CIFAR-10-C: the official test images under Gaussian noise of severity {severity}."
    return _shifted_set(f"cifar10_c-noise-{severity}", images[block], labels[block], source)


def _read_images(root: Path, file: str, n: int, key: str | None = None) -> np.ndarray:
    images = _read(root, file, key)
    if images.dtype != np.uint8 or images.shape != (n, 32, 32, 3):
        found = f"a {images.dtype} array of shape {images.shape}"
        raise DataError(found_expected(f"images of {root / file}", found, f"uint8 of shape {(n, 32, 32, 3)}"))
    _check_checksum(root, file)
    return images


def _read_labels(root: Path, file: str, n: int, key: str | None = None) -> np.ndarray:
    labels = _read(root, file, key)
    if labels.dtype.kind not in "iu" or labels.shape != (n,):
        found = f"a {labels.dtype} array of shape {labels.shape}"
        raise DataError(found_expected(f"labels of {root / file}", found, f"integers of shape {(n,)}"))
    if labels.min() < 0 or labels.max() >= len(CLASS_NAMES):
        found = f"a range from {labels.min()} to {labels.max()}"
        raise DataError(found_expected(f"labels of {root / file}", found, f"0 to {len(CLASS_NAMES) - 1}"))
    _check_checksum(root, file)
    return labels


def _read(root: Path, file: str, key: str | None) -> np.ndarray:
    """Read the only array of a .npy, or the array of that key of a .npz."""
    path = root / file
    if not path.is_file():
        raise DataError(found_expected(str(path), "no such file", _by_hand(root, file)))
    try:
        # Mapped, so that of the five severities in a file only one is held in memory.
        content = np.load(path, mmap_mode="r", allow_pickle=False)
        if key is None and isinstance(content, np.ndarray):
            return content
        if key is None or isinstance(content, np.ndarray):
            raise ValueError("an archive of arrays" if key is None else "one array without a key")
        with content:
            if key not in content:
                raise DataError(found_expected(f"keys of {path}", sorted(content), f"also {key}"))
            return np.asarray(content[key])
    except UNREADABLE as error:
        found = f"a file that cannot be read ({error})"
        raise DataError(found_expected(str(path), found, _by_hand(root, file))) from error


def _check_checksum(root: Path, file: str) -> None:
    kind, published = CHECKSUMS[file]
    if (checksum := _checksum(root / file, kind)) != published:
        expected = f"{published}, that of the published file: {_by_hand(root, file)}"
        raise DataError(found_expected(f"{kind} checksum of {root / file}", checksum, expected))


def _by_hand(root: Path, file: str) -> str:
    return f"that of {ORIGINS[file.partition('/')[0]]} in {root}"


def _checksum(path: Path, kind: str) -> str:
    """Return a file's MD5, or the id that git gives to its content, in hex."""
    with path.open("rb") as file:
        if kind == "md5":
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
        head = b"blob %d\0" % path.stat().st_size
        return hashlib.file_digest(file, lambda: hashlib.sha1(head, usedforsecurity=False)).hexdigest()


def _shifted_set(name: str, images: np.ndarray, labels: np.ndarray, source: str) -> ShiftedSet:
    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))  # [n, h, w, c] -> [n, c, h, w]
    y = torch.from_numpy(labels.astype(np.int64))
    return ShiftedSet(name, x, y, source, fingerprint(x, y))
