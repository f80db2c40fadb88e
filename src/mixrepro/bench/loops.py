"""Training loops as others write them: what ours is held against.

`PlainLoop` follows the public mixup-cifar10: a DataLoader of standardised images, one network, autograd,
`torch.optim.SGD`, the loss read at every step. It can be modernised by automatic mixed precision in channels-last
memory, and it can mix by `timm.data.Mixup` as timm's own training script does.
"""

from collections.abc import Callable, Iterator
from contextlib import nullcontext

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset, TensorDataset
from torchvision.transforms import v2

from ..config import RunConfig


class Images(Dataset):
    """Images that are converted and standardised one by one when they are asked for, as torchvision does it."""

    def __init__(self, images: Tensor, labels: Tensor, mean: Tensor, std: Tensor) -> None:
        self.images, self.labels = images, labels
        self.transform = v2.Compose(
            [v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean.tolist(), std.tolist())]
        )

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.transform(self.images[index]), int(self.labels[index])


class PlainLoop:
    """One network, trained step by step.

    Args:
        network: An ordinary module, [b, ...] -> [b, c].
        points: What the DataLoader reads.
        config: Batch size, alpha, learning rate, momentum and weight decay.
        device: Where it trains.
        modern: Channels-last memory and automatic mixed precision.
        half: False: no mixed precision all the same.
        timm: Mix by `timm.data.Mixup`.
        num_workers: Processes that load data.
    """

    def __init__(
        self,
        network: nn.Module,
        points: Dataset,
        config: RunConfig,
        device: torch.device,
        modern: bool = False,
        half: bool = True,
        timm: bool = False,
        num_workers: int = 0,
    ) -> None:
        layout = torch.channels_last if modern else torch.contiguous_format
        self.network = network.to(device)
        if modern:
            self.network = self.network.to(memory_format=layout)
        self.config, self.device, self.layout = config, device, layout
        self.half = modern and half
        self.optimizer = torch.optim.SGD(
            self.network.parameters(), config.lr, momentum=config.momentum, weight_decay=config.weight_decay
        )
        self.loader = DataLoader(
            points, config.batch_size, shuffle=True, num_workers=num_workers, drop_last=timm,
            persistent_workers=num_workers > 0, pin_memory=device.type == "cuda",
        )  # fmt: skip
        self.mixed_loss = self._timm_loss() if timm else self._own_loss
        self.total = 0.0

    def train_epoch(self) -> None:
        """Go once through the data."""
        for x, y in self._batches():
            with torch.autocast(self.device.type, torch.bfloat16) if self.half else nullcontext():
                loss = self.mixed_loss(x, y)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.total += loss.item()

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        for x, y in self.loader:
            x, y = (part.to(self.device, non_blocking=True) for part in (x, y))
            yield (x.contiguous(memory_format=self.layout) if x.ndim == 4 else x), y

    def _own_loss(self, x: Tensor, y: Tensor) -> Tensor:
        alpha = self.config.alpha
        lam = float(np.random.beta(alpha, alpha)) if alpha else 1.0
        perm = torch.randperm(len(x), device=self.device)
        logits = self.network(lam * x + (1 - lam) * x[perm])
        return lam * functional.cross_entropy(logits, y) + (1 - lam) * functional.cross_entropy(logits, y[perm])

    def _timm_loss(self) -> Callable[[Tensor, Tensor], Tensor]:
        from timm.data import Mixup
        from timm.loss import SoftTargetCrossEntropy

        mixup, loss = (
            Mixup(mixup_alpha=self.config.alpha, label_smoothing=0, num_classes=10),
            SoftTargetCrossEntropy(),
        )

        def mixed_loss(x: Tensor, y: Tensor) -> Tensor:
            x_mix, y_mix = mixup(x, y)
            return loss(self.network(x_mix), y_mix)

        return mixed_loss


def sequences(x: Tensor, y: Tensor) -> Dataset:
    """Return points that need no conversion."""
    return TensorDataset(x, y)
