"""Small networks and their training points, for the tests of landscape and curvature."""

import torch

from mixrepro import models
from mixrepro.config import RunConfig
from mixrepro.data import load
from mixrepro.data.dataset import Dataset
from mixrepro.training.points import Points

MLP = RunConfig(n=40, width=6, batch_size=20, epochs=10, snapshots=(4, 10))
CONV = MLP.but(model="conv1d", depth=3)
RESNET = RunConfig(data="cifar10", model="resnet18", width=2, n=20, batch_size=10)


def surroundings(config, seed=0):
    """Return the network of a seed as it starts, and its training points."""
    if config.data == "mnist1d":
        dataset = load(config)
    else:
        generator = torch.Generator().manual_seed(3)
        x = torch.randint(256, (40, 3, 32, 32), generator=generator, dtype=torch.uint8)
        y = torch.arange(40) % 10
        half = torch.full((3,), 0.5)
        dataset = Dataset("cifar10", x, y, x[:10], y[:10], 10, (), half, half, "drawn", "")
    network = models.build(config, [seed], dataset.x_train.shape[1:], dataset.num_classes)
    return network, Points(dataset, [config.but(seed=seed)], torch.device("cpu"))
