"""Bring your own images: a folder of .npz files.

Each file holds `images`, uint8 [n, h, w, c] or [n, h, w], and `labels`, integers 0 to num_classes - 1, [n].
If one has `classes`, strings [num_classes], these are the names of the classes. Pickles are never loaded.

If the folder has a `SHA256SUMS` as `sha256sum *.npz > SHA256SUMS` writes it, every file must be what it says.
"""

import fnmatch
import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch

from ..errors import DataError, found_expected
from ..rng import stream
from .dataset import Dataset, channel_statistics
from .subsets import balanced_subset

KEYS = ("images", "labels")
SUMS = "SHA256SUMS"
#: What numpy and zipfile raise on a file that is damaged, encrypted, or holds a pickle.
UNREADABLE = (OSError, EOFError, ValueError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)


def load(folder: Path, pattern: str = "*.npz", test_size: int | None = None) -> Dataset:
    """Load the matching files, in order of their names, and hold out a balanced test set.

    The test set depends on the files and `test_size` alone, so every run of every seed has the same.

    Args:
        folder: Where the files are; its subfolders are not searched.
        pattern: Which files, as the shell matches names.
        test_size: Images held out, a multiple of the number of classes; default: one fifth, rounded down.

    Raises:
        DataError: The folder or a file is missing, damaged or not as described at the top of this module, or
            the test set cannot be held out.
    """
    files = find_files(folder, pattern)
    sums = _read_sums(folder)
    parts = [_read(path, sums) for path in files]
    _check_same_shape(files, [images for images, *_ in parts])
    x = torch.from_numpy(np.concatenate([images for images, *_ in parts]))
    y = torch.from_numpy(np.concatenate([labels for _, labels, *_ in parts]))
    where = f"{pattern} in {folder}"
    num_classes = _count_classes(y, where)
    class_names = _class_names([names for _, _, names, _ in parts], num_classes, where)
    is_test = _hold_out(y, num_classes, test_size)
    x_train = x[~is_test]
    mean, std = channel_statistics(x_train)
    return Dataset(
        name="arrays",
        x_train=x_train,
        y_train=y[~is_test],
        x_test=x[is_test],
        y_test=y[is_test],
        num_classes=num_classes,
        class_names=class_names,
        mean=mean,
        std=std,
        source=_source([path.name for path in files], is_test, num_classes),
        sha256=_fingerprint([(path.name, sha256) for path, (*_, sha256) in zip(files, parts, strict=True)]),
    )


def find_files(folder: Path, pattern: str) -> tuple[Path, ...]:
    """Return the files of a folder whose names match, sorted by name; hidden files never match.

    Raises:
        DataError: There is no such folder, or no such file in it.
    """
    if not folder.is_dir():
        found = "a file" if folder.exists() else "no such folder"
        raise DataError(found_expected(f"data folder {folder}", found, "a folder of .npz files"))
    visible = sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith("."))
    files = tuple(path for path in visible if fnmatch.fnmatchcase(path.name, pattern))
    if not files:
        others = ", ".join(path.name for path in visible)
        found = f"no match among its {len(visible)} files: {others}" if visible else "no file"
        raise DataError(found_expected(f"data folder {folder}", found, f"a file that matches {pattern!r}"))
    return files


def _read_sums(folder: Path) -> dict[str, str] | None:
    """Return name -> SHA-256 as the folder's own list has it, or None if it has none."""
    path = folder / SUMS
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(found_expected(str(path), f"a file that cannot be read ({error})", "a list")) from None
    matches = [re.fullmatch(r"([0-9a-f]{64}) [ *](.+)", line) for line in lines]
    if None in matches:
        found = lines[matches.index(None)]
        raise DataError(found_expected(str(path), found, "lines of 64 hex digits, two spaces, and a name"))
    return {match[2]: match[1] for match in matches if match}


def _read(
    path: Path, sums: Mapping[str, str] | None
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...] | None, str]:
    """Read images uint8 [n, c, h, w], labels int64 [n], class names and the file's SHA-256; check each."""
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            if sums is not None and sha256 != sums.get(path.name):
                found = f"a file of {file.tell():,} bytes, SHA-256 {sha256}"
                expected = f"SHA-256 {sums[path.name]}" if path.name in sums else f"a line in {SUMS} for it"
                raise DataError(found_expected(str(path), found, expected))
            file.seek(0)
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise ValueError("one array without a key")
            if missing := [key for key in KEYS if key not in archive]:
                expected = f"also {' and '.join(missing)} (--data-files chooses the files)"
                raise DataError(found_expected(f"keys of {path}", sorted(archive), expected))
            # A member that numpy did not write comes as bytes; as an array it fails the checks below.
            members = {key: np.asarray(archive[key]) for key in (*KEYS, "classes") if key in archive}
    except UNREADABLE as error:
        found = f"a file that cannot be read ({error})"
        raise DataError(found_expected(str(path), found, "an intact .npz of plain arrays")) from error
    images = _check_images(members["images"], path)
    labels = _check_labels(members["labels"], path)
    if len(images) != len(labels):
        raise DataError(found_expected(f"labels of {path}", len(labels), f"{len(images)}, one an image"))
    return images, labels, _names(members.get("classes"), path), sha256


def _check_images(images: np.ndarray, path: Path) -> np.ndarray:
    found = f"a {images.dtype} array of shape {images.shape}"
    expected = "uint8 of shape [n, h, w, c] or [n, h, w]"
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or images.size == 0:
        raise DataError(found_expected(f"images of {path}", found, expected))
    if images.ndim == 3:
        images = images[..., None]  # [n, h, w] -> [n, h, w, 1]
    if images.shape[1] in (1, 3, 4) and images.shape[3] > 4:
        raise DataError(found_expected(f"images of {path}", found, f"{expected}: the channel comes last"))
    return np.ascontiguousarray(images.transpose(0, 3, 1, 2))  # [n, h, w, c] -> [n, c, h, w]


def _check_labels(labels: np.ndarray, path: Path) -> np.ndarray:
    if labels.dtype.kind not in "iu" or labels.ndim != 1:
        found = f"a {labels.dtype} array of shape {labels.shape}"
        raise DataError(found_expected(f"labels of {path}", found, "integers of shape [n]"))
    labels = labels.astype(np.int64)
    if labels.min(initial=0) < 0:
        raise DataError(found_expected(f"smallest label of {path}", int(labels.min()), "0 or more"))
    return labels


def _names(classes: np.ndarray | None, path: Path) -> tuple[str, ...] | None:
    if classes is None:
        return None
    if classes.dtype.kind not in "US" or classes.ndim != 1:
        found = f"a {classes.dtype} array of shape {classes.shape}"
        raise DataError(found_expected(f"classes of {path}", found, "strings of shape [num_classes]"))
    return tuple(classes.astype(np.str_).tolist())


def _check_same_shape(files: tuple[Path, ...], images: list[np.ndarray]) -> None:
    for path, part in zip(files, images, strict=True):
        if part.shape[1:] != images[0].shape[1:]:
            expected = f"{images[0].shape[1:]}, as in {files[0].name}"
            raise DataError(found_expected(f"channels, height and width of {path}", part.shape[1:], expected))


def _count_classes(y: torch.Tensor, where: str) -> int:
    labels = y.unique()
    smallest, largest = int(labels[0]), int(labels[-1])
    if len(labels) < 2 or largest != len(labels) - 1:
        found = f"only {len(labels)} distinct values, from {smallest} to {largest}"
        expected = "0 to num_classes - 1, at least two and none left out"
        raise DataError(found_expected(f"labels of {where}", found, expected))
    return len(labels)


def _class_names(named: list[tuple[str, ...] | None], num_classes: int, where: str) -> tuple[str, ...]:
    distinct = sorted({names for names in named if names is not None})
    if not distinct:
        return tuple(str(label) for label in range(num_classes))
    if len(distinct) > 1:
        raise DataError(found_expected(f"classes of {where}", distinct, "the same names in every file"))
    if len(distinct[0]) != num_classes:
        expected = f"{num_classes} names, since the labels go from 0 to {num_classes - 1}"
        raise DataError(found_expected(f"classes of {where}", distinct[0], expected))
    return distinct[0]


def _hold_out(y: torch.Tensor, num_classes: int, test_size: int | None) -> torch.Tensor:
    """Choose the test images; return a mask, bool [n]."""
    field = "test_size"
    if test_size is None:
        field += " (by default one fifth)"
        test_size = len(y) // 5 // num_classes * num_classes
    most = (int(y.bincount().min()) - 1) * num_classes
    if test_size > most:
        expected = f"at most {most}, which leaves a training image of every class"
        raise DataError(found_expected(field, test_size, expected))
    chosen = balanced_subset(y, test_size, num_classes, stream(0, "holdout"), field=field)
    is_test = torch.zeros(len(y), dtype=torch.bool)
    is_test[chosen] = True
    return is_test


def _source(names: list[str], is_test: torch.Tensor, num_classes: int) -> str:
    listed = ", ".join(names) if len(names) <= 3 else f"{len(names)} files, {names[0]} to {names[-1]}"
    m = int(is_test.sum())
    return (
        f"Images of {listed}: {len(is_test) - m:,} are the training set, and {m:,} were held out of the same "
        f"files as the test set, {m // num_classes:,} of each of {num_classes} classes."
    )


def _fingerprint(digests: list[tuple[str, str]]) -> str:
    """Return the SHA-256 of the sorted names and digests: that of the output of `sha256sum` on the files."""
    lines = (f"{sha256}  ".encode() + os.fsencode(name) + b"\n" for name, sha256 in sorted(digests))
    return hashlib.sha256(b"".join(lines)).hexdigest()
