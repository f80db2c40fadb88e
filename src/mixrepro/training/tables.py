"""One epoch laid out point by point, on the device: which points come when, with whom they are mixed, and how."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple, Self

import torch
from torch import Tensor

from ..config import RunConfig
from ..mixup import mix_batch
from .draws import draw_epoch
from .points import Points


class Mixed(NamedTuple):
    """A stretch of an epoch, as it is trained on.

    Attributes:
        x: Real inputs, float [r, b, ...].
        y: Their labels, one-hot, float [r, b, c].
        x_mix: Mixed inputs.
        y_mix: Mixed labels.
    """

    x: Tensor
    y: Tensor
    x_mix: Tensor
    y_mix: Tensor

    def batch(self, start: int, stop: int) -> Self:
        """Return the points from `start` to `stop` of the stretch."""
        return type(self)(*(part[:, start:stop] for part in self))


@dataclass(frozen=True)
class Tables:
    """What an epoch does, in the order in which it does it.

    Attributes:
        own: Row of the training set, int64 [r, n].
        partner: Place in the epoch of each point's partner, in the same batch, int64 [r, n].
        lam: Weight of the point itself, float32 [r, n].
        eta: RegMixup's weight of the mixed term, float32 [r]; 0 where a run is ERM.
        augment: As in `EpochDraws`.
    """

    own: Tensor
    partner: Tensor
    lam: Tensor
    eta: Tensor
    augment: Tensor | None

    def rows(self, replicas: slice) -> Self:
        """Return the tables of some replicas, sharing memory."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: part[replicas] for name, part in parts.items() if part is not None})

    def copied(self) -> Self:
        """Return the same tables in memory of their own."""
        parts = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(self, **{name: part.clone() for name, part in parts.items() if part is not None})

    def copy_from(self, other: Self) -> None:
        """Overwrite the numbers by those of another epoch."""
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            if mine is not None:
                mine.copy_(theirs)

    def mixed(self, points: Points, places: slice | Tensor, first: int | Tensor) -> Mixed:
        """Gather, augment, mix and standardise a stretch of the epoch that consists of whole batches.

        Args:
            points: The data.
            places: Which places of the epoch: a slice, or int64 [b] on the device.
            first: The first of them.
        """
        augment = None if self.augment is None else self.augment[:, places]
        x, y = points.gathered(self.own[:, places], augment)
        return Mixed(x, y, *mix_batch(x, y, self.lam[:, places], self.partner[:, places] - first))


def draw_tables(configs: Sequence[RunConfig], epoch: int, points: Points) -> Tables:
    """Lay out the epoch that begins after `epoch` completed ones.

    Args:
        configs: The runs of the stack.
        epoch: Completed epochs.
        points: Their training subsets.
    """
    first = configs[0]
    draws = draw_epoch(configs, epoch, points.device)
    starts = torch.arange(first.n, device=points.device) // first.batch_size * first.batch_size
    lam = draws.lam
    if first.lam_per == "batch":
        lam = lam.repeat_interleave(first.batch_size, dim=1)[:, : first.n]
    return Tables(
        own=points.subset.gather(1, draws.order),
        partner=draws.perm + starts,
        lam=lam,
        eta=torch.tensor([c.eta if c.alpha_at(epoch) else 0.0 for c in configs], device=points.device),
        augment=draws.augment,
    )
