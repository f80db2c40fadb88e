"""The random choices of one epoch, for every run of a stack."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..config import RunConfig
from ..data.augment import MOST_SHIFT, draw_crop_flip, draw_shift
from ..mixup import sample_lam
from ..rng import stream


@dataclass(frozen=True)
class EpochDraws:
    """What one epoch draws.

    Attributes:
        order: Order of the training points, int64 [r, n].
        perm: Partner of each point within its batch, int64 [r, n].
        lam: Weight of the point itself, float32 [r, steps] (one a batch) or [r, n] (one a point).
        augment: How the point at each place of `order` is augmented: int64 [r, n, 3] for `crop_flip`, [r, n] for
            `shift`, None without augmentation.
    """

    order: Tensor
    perm: Tensor
    lam: Tensor
    augment: Tensor | None = None


def draw_epoch(configs: Sequence[RunConfig], epoch: int, device: torch.device) -> EpochDraws:
    """Draw the epoch that begins after `epoch` completed ones.

    Runs of one seed share order, partners and augmentation, and lam if they share alpha.
    """
    first = configs[0]
    starts = range(0, first.n, first.batch_size)
    drawn: dict[int, tuple[np.ndarray, np.ndarray]] = {}
    lams: dict[tuple[int, float], np.ndarray] = {}
    size = len(starts) if first.lam_per == "batch" else first.n
    for config in configs:
        seed, alpha = config.seed, config.alpha_at(epoch)
        if seed not in drawn:
            order = stream(seed, "order", epoch).permutation(first.n)
            partner = stream(seed, "partner", epoch)
            drawn[seed] = order, _partners(first.n, first.batch_size, partner)
        if (seed, alpha) not in lams:
            lams[seed, alpha] = sample_lam(alpha, size, stream(seed, "lam", epoch))
    order, perm = (np.stack([drawn[c.seed][part] for c in configs]) for part in (0, 1))
    lam = np.stack([lams[c.seed, c.alpha_at(epoch)] for c in configs]).astype(np.float32)
    drawn_tensors = (torch.from_numpy(draw).to(device) for draw in (order, perm, lam))
    return EpochDraws(*drawn_tensors, augment=_augmentation(configs, epoch, device))


def _partners(n: int, batch_size: int, generator: np.random.Generator) -> np.ndarray:
    """Permute each batch of an epoch, one after the other: int64 [n], positions within the batch."""
    full, rest = divmod(n, batch_size)
    batches = generator.permuted(np.tile(np.arange(batch_size), (full, 1)), axis=1)
    return np.concatenate([batches.ravel(), generator.permutation(rest)])


def _augmentation(configs: Sequence[RunConfig], epoch: int, device: torch.device) -> Tensor | None:
    first = configs[0]
    if first.augment == "none":
        return None
    drawn = {}
    for seed in {config.seed for config in configs}:
        generator = stream(seed, "augment", epoch)
        drawn[seed] = (
            draw_crop_flip(first.n, generator)
            if first.augment == "crop_flip"
            else draw_shift(first.n, MOST_SHIFT, generator)
        )
    return torch.from_numpy(np.stack([drawn[config.seed] for config in configs])).to(device)
