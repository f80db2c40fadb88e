"""Training sets of n points, balanced over the classes."""

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


def train_subset(dataset: Dataset, config: RunConfig) -> Tensor:
    """Draw the training points of a run: the same for the ERM and the Mixup run of one seed.

    Args:
        dataset: The data set of the run.
        config: Of it, only `n` and `seed` matter.

    Returns:
        Indices into `dataset.x_train`, int64 [config.n].

    Raises:
        DataError: `config.n` points cannot be drawn in equal shares.
    """
    return balanced_subset(dataset.y_train, config.n, dataset.num_classes, stream(config.seed, "subset"))
