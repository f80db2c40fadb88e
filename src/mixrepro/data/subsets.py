"""Training sets of n points, balanced over the classes."""

import math

import numpy as np
import torch
from torch import Tensor

from ..config import RunConfig
from ..errors import DataError, found_expected
from ..rng import stream
from .dataset import Dataset


def balanced_subset(
    y: Tensor, n: int, num_classes: int, generator: np.random.Generator, *, field: str = "n"
) -> Tensor:
    """Draw n points without replacement, as many of each class, in random order.

    From the same state of the generator, a smaller n draws a subset of what a larger one draws.

    Args:
        y: Class of each point, int64 [N].
        n: Points to draw, a multiple of `num_classes`.
        num_classes: Number of classes.
        generator: Source of randomness.
        field: What `n` is called in an error.

    Returns:
        Indices into `y`, int64 [n].

    Raises:
        DataError: n is not a positive multiple of `num_classes`, or a class has too few points.
    """
    per_class, remainder = divmod(n, num_classes)
    if remainder or per_class < 1:
        raise DataError(found_expected(field, n, f"a positive multiple of the {num_classes} classes"))
    counts = torch.bincount(y, minlength=num_classes)
    rarest = int(counts.argmin())
    if per_class > counts[rarest]:
        most = int(counts[rarest]) * num_classes
        scarce = f"at most {most}, since class {rarest} has {counts[rarest]} points"
        raise DataError(found_expected(field, n, scarce))
    labels = y.numpy()
    # Permuting whole classes takes the same draws for every n: that is what nests the subsets.
    members = [generator.permutation(np.flatnonzero(labels == label)) for label in range(num_classes)]
    chosen = np.concatenate([indices[:per_class] for indices in members])
    return torch.from_numpy(generator.permutation(chosen)).long()


def fraction_to_n(dataset: Dataset, fraction: float) -> int:
    """Return how many training points a share of the training set is: a multiple of the classes, rounded down.

    The whole is the whole, balanced or not: SVHN has no balanced subset of its size.

    Args:
        dataset: The data set.
        fraction: Share of the training set, above 0 and at most 1.

    Returns:
        The `n` of a `RunConfig`.

    Raises:
        DataError: No balanced subset has that size, or `fraction` is out of range.
    """
    size, classes = len(dataset.y_train), dataset.num_classes
    if not 0 < fraction <= 1:
        raise DataError(found_expected("fraction", fraction, "above 0 and at most 1"))
    if fraction == 1:
        return size
    # 0.57 * 500 is below 285 in floating point.
    n = math.floor(round(fraction * size / classes, 9)) * classes
    most = int(torch.bincount(dataset.y_train, minlength=classes).min()) * classes
    if not classes <= n <= most:
        expected = (
            f"{classes / size:.3g} to {most / size:.3g}, or 1: balanced subsets have {classes} to {most} points"
        )
        raise DataError(found_expected("fraction", fraction, expected))
    return n


def train_subset(dataset: Dataset, config: RunConfig) -> Tensor:
    """Draw the training points of a run: the same for the ERM and the Mixup run of one seed.

    Args:
        dataset: The data set of the run.
        config: Of it, only `n` and `seed` matter. With n as large as the training set, that is the subset,
            balanced or not.

    Returns:
        Indices into `dataset.x_train`, int64 [config.n], in random order.

    Raises:
        DataError: `config.n` points cannot be drawn in equal shares.
    """
    y, classes, generator = dataset.y_train, dataset.num_classes, stream(config.seed, "subset")
    counts = torch.bincount(y, minlength=classes)
    if config.n == len(y) and counts.min() < counts.max():
        return torch.from_numpy(generator.permutation(len(y)))
    return balanced_subset(y, config.n, classes, generator)
