"""What the loaders return, and the two summaries that every loader needs."""

import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor


# Comparing tensors gives tensors, so two data sets are equal only if they are the same object.
@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and test data, complete and in memory; shared by many runs, so never written into.

    Attributes:
        name: The `data` of a `RunConfig`.
        x_train: Sequences, float32 [n, 40], or images, uint8 [n, c, h, w], contiguous.
        y_train: Class of each training point, int64 [n], 0 to num_classes - 1.
        x_test: As `x_train`, [m, ...].
        y_test: As `y_train`, [m].
        num_classes: Number of classes.
        class_names: Name of each class.
        mean: Per channel over x_train / 255, float32 [c]; None for sequences, which come standardised.
        std: As `mean`; divides by the number of pixels.
        source: One sentence: where the training and the test data come from.
        sha256: Fingerprint of the content.
    """

    name: str
    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor
    num_classes: int
    class_names: tuple[str, ...]
    mean: Tensor | None
    std: Tensor | None
    source: str
    sha256: str


@dataclass(frozen=True, eq=False)
class ShiftedSet:
    """A test set drawn from another distribution than the training data, of the same classes.

    Attributes:
        name: What `shifted.load` calls it.
        x: As `Dataset.x_test`: raw, so that the statistics of the training images standardise it too.
        y: As `Dataset.y_test`.
        source: One sentence: where the data come from; says so where they are a re-creation.
        sha256: Fingerprint of the content.
    """

    name: str
    x: Tensor
    y: Tensor
    source: str
    sha256: str


def channel_statistics(images: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and standard deviation of each channel, in units of full brightness.

    Args:
        images: uint8 [n, c, h, w].

    Returns:
        Mean and standard deviation of images / 255, each float32 [c].
    """
    # Counting the 256 values is exact and needs no float copy of the images.
    counts = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in images.unbind(1)])
    weights = counts / counts.sum(1, keepdim=True, dtype=torch.float64)  # [c, 256]
    values = torch.arange(256, dtype=torch.float64) / 255
    mean = weights @ values
    variance = (weights * (values - mean[:, None]) ** 2).sum(1)
    # A constant channel is only centred: dividing by its zero would turn it into NaN.
    std = torch.where(variance > 0, variance.sqrt(), 1.0)
    return mean.float(), std.float()


def fingerprint(*tensors: Tensor) -> str:
    """Return the SHA-256 of the dtype, shape and bytes of CPU tensors, in hex."""
    digest = hashlib.sha256()
    for tensor in tensors:
        digest.update(f"{tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.contiguous().numpy().data)
    return digest.hexdigest()
