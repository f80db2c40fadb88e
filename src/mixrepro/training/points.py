"""The data of a stack of runs, on the device: gathered, scaled and one-hot by the batch."""

import copy
from collections.abc import Iterator, Sequence
from typing import Self

import torch
from torch import Tensor

from ..config import RunConfig
from ..data import Dataset
from ..data.augment import crop_flip, shift
from ..data.dataset import ShiftedSet
from ..data.subsets import train_subset

#: Numbers in an epoch up to which it is gathered at once.
GATHERED_AT_ONCE = 10_000_000


class Points:
    """The training subsets of a stack of runs and their common test set.

    Images stay uint8 on the device and are scaled when a batch is gathered.
    """

    def __init__(self, dataset: Dataset, configs: Sequence[RunConfig], device: torch.device) -> None:
        self.dataset = dataset
        self.device = device
        self.x, self.y = dataset.x_train.to(device), dataset.y_train.to(device)
        self.x_test, self.y_test = dataset.x_test.to(device), dataset.y_test.to(device)
        # Nothing is copied to the device after this, so that a GPU never waits for a batch.
        self._labels = torch.eye(dataset.num_classes, device=device)
        self._mean, self._std = (
            None if part is None else part.to(device).view(-1, 1, 1) for part in (dataset.mean, dataset.std)
        )
        self._subsets: dict[int, Tensor] = {}
        self.select(configs)

    def select(self, configs: Sequence[RunConfig]) -> None:
        """Hold the training subsets of these runs, in this order."""
        for config in configs:
            if config.seed not in self._subsets:
                self._subsets[config.seed] = train_subset(self.dataset, config).to(self.device)
        self.subset = torch.stack([self._subsets[config.seed] for config in configs])  # [r, n]

    def only(self, replicas: Sequence[int]) -> Self:
        """Return the points of some of the runs, sharing all tensors."""
        part = copy.copy(self)
        part.subset = self.subset[list(replicas)]
        return part

    def train(self, positions: Tensor, augment: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x [r, b, ...] and one-hot y [r, b, c] at positions [r, b] of each run's own subset.

        Args:
            positions: int64 [r, b].
            augment: What was drawn for each of them: int64 [r, b, 3], crop and flip of an image, or [r, b],
                shift of a sequence. None: they are left as they are.
        """
        return self.gathered(self.subset.gather(1, positions), augment)

    def gathered(self, index: Tensor, augment: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return x [r, b, ...] and one-hot y [r, b, c] of the points `index` [r, b] of the whole training set.

        Args:
            index: int64 [r, b].
            augment: As in `train`.
        """
        x = self.x.index_select(0, index.flatten()).view(*index.shape, *self.x.shape[1:])
        if augment is not None:
            x = crop_flip(x, augment) if augment.ndim == 3 else shift(x, augment)
        return self._scaled(x), self._one_hot(self.y[index])

    def batches(
        self, order: Tensor, batch_size: int, augment: Tensor | None = None
    ) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Go through one epoch: for each batch its place in `order` [r, n], x [r, b, ...] and y [r, b, c].

        Where a whole epoch is small it is gathered at once, which saves a dozen small operations a step.
        """
        r, n = order.shape
        whole = self.x.dtype != torch.uint8 and r * n * self.x[0].numel() <= GATHERED_AT_ONCE
        if whole:
            x_epoch, y_epoch = self.train(order, augment)
        for start in range(0, n, batch_size):
            batch = slice(start, start + batch_size)
            if whole:
                yield batch, x_epoch[:, batch], y_epoch[:, batch]
            else:
                yield batch, *self.train(order[:, batch], None if augment is None else augment[:, batch])

    def test(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Return x [1, b, ...] and one-hot y [1, b, c] of a stretch of the test set."""
        return self._scaled(self.x_test[None, start:stop]), self._one_hot(self.y_test[None, start:stop])

    def shifted(self, which: ShiftedSet, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """Return x [1, b, ...] and one-hot y [1, b, c] of a stretch of a shifted test set."""
        x, y = (part[None, start:stop].to(self.device) for part in (which.x, which.y))
        return self._scaled(x), self._one_hot(y)

    def _one_hot(self, y: Tensor) -> Tensor:
        return self._labels[y]

    def _scaled(self, x: Tensor) -> Tensor:
        if x.dtype != torch.uint8:
            return x
        return (x.float() / 255 - self._mean) / self._std  # [r, b, channels, height, width]
