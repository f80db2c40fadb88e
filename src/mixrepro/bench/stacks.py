"""What is timed: stacks of ours as the trainer runs them, and the same networks in others' loops."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from ..config import RunConfig
from ..data import Dataset, train_subset
from ..data.dataset import channel_statistics
from ..models import build
from ..training.stack import Stack
from .gate import plain_network
from .loops import Images, PlainLoop, sequences


def noise_images(n: int, side: int = 32, classes: int = 10, test: int = 1_000) -> Dataset:
    """Return images of noise in the form of CIFAR-10: how long a step takes does not depend on what they show."""
    generator = torch.Generator().manual_seed(0)
    x, x_test = (
        torch.randint(0, 256, (count, 3, side, side), generator=generator, dtype=torch.uint8)
        for count in (n, test)
    )
    y, y_test = (torch.arange(count) % classes for count in (n, test))
    mean, std = channel_statistics(x)
    names = tuple(str(label) for label in range(classes))
    return Dataset("cifar10", x, y, x_test, y_test, classes, names, mean, std, "noise", "")


class Ours:
    """A stack of runs that differ in their seed."""

    def __init__(self, config: RunConfig, seeds: int, dataset: Dataset, device: torch.device) -> None:
        self.configs = [config.but(seed=seed) for seed in range(seeds)]
        self.stack = Stack(self.configs, dataset, device)
        self.epoch = 0

    def train_epoch(self) -> None:
        """Train the next epoch, and look at its losses as the trainer does."""
        self.stack.train_epoch(self.epoch)
        self.epoch += 1

    def measure(self) -> None:
        """Measure every run as at an epoch of the evaluation grid, the network of the best epoch too."""
        for curve in self.stack.curves:
            curve.best_test = None
        self.stack.measure(1)


def theirs(
    config: RunConfig, seeds: int, dataset: Dataset, device: torch.device, **how: bool
) -> Callable[[], None]:
    """Return what trains an epoch of the same networks, seed after seed, in others' loops."""
    workers = 4 if device.type == "cuda" else 0
    loops = []
    for seed in range(seeds):
        own = config.but(seed=seed)
        points = _points(own, dataset)
        network = plain_network(own, dataset, smooth=False)
        loops.append(PlainLoop(network, points, own, device, num_workers=workers, **how))

    def train_epoch() -> None:
        for loop in loops:
            loop.train_epoch()

    return train_epoch


def _points(config: RunConfig, dataset: Dataset) -> torch.utils.data.Dataset:
    subset = train_subset(dataset, config)
    x, y = dataset.x_train[subset], dataset.y_train[subset]
    return sequences(x, y) if dataset.mean is None else Images(x, y, dataset.mean, dataset.std)


def first_batch(
    config: RunConfig, seeds: int, dataset: Dataset, device: torch.device
) -> tuple[torch.nn.Module, Tensor]:
    """Return a stack and a batch of standardised inputs [r, b, ...] for it, to count operations on."""
    model = build(config, range(seeds), dataset.x_train.shape[1:], dataset.num_classes).to(device)
    x = np.random.default_rng(0).standard_normal((seeds, config.batch_size, *dataset.x_train.shape[1:]))
    return model, torch.from_numpy(x.astype(np.float32)).to(device)
