"""Networks; every one of them trains many runs (replicas) at once."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import numpy as np
import torch
from torch import Size, nn

from ..config import RunConfig
from ..rng import stream
from .conv1d import Conv1d
from .mlp import MLP
from .preact_resnet import PreActResNet
from .resnet import ResNet, memory_format
from .stacked import Replicated, Stacked
from .vgg import VGG16

#: Networks whose replicas are one stack.
STACKED = {"mlp": MLP, "conv1d": Conv1d}

#: Networks for images, whose replicas are separate modules.
REPLICATED: dict[str, Callable[..., nn.Module]] = {
    "resnet18": partial(ResNet, 18),
    "resnet34": partial(ResNet, 34),
    "preact_resnet18": partial(PreActResNet, 18),
    "preact_resnet34": partial(PreActResNet, 34),
    "vgg16": VGG16,
}


def build(config: RunConfig, seeds: Sequence[int], shape: Size, num_classes: int) -> Stacked | Replicated:
    """Build the network of `config` with one replica a seed.

    Args:
        config: Names the network, its width and depth.
        seeds: One a replica; the initial weights of a replica depend on its seed alone.
        shape: Shape of one input: [l] for sequences, [channels, height, width] for images.
        num_classes: Number of classes.

    Returns:
        A network that maps [r, b, *shape] to logits [r, b, c].
    """
    generators = [stream(seed, "init") for seed in seeds]
    if config.model in STACKED:
        return STACKED[config.model](shape.numel(), num_classes, config.width, config.depth, generators)
    network = partial(REPLICATED[config.model], num_classes, config.width, shape[0])
    return Replicated([_seeded(network, int(generator.integers(2**63))) for generator in generators])


def restore(
    config: RunConfig, weights: Mapping[str, np.ndarray], shape: Size, num_classes: int
) -> Stacked | Replicated:
    """Build the network of a run with the weights that a snapshot of it kept, as a stack of one."""
    network = build(config, [config.seed], shape, num_classes)
    network.load_state_dict({name: torch.from_numpy(part) for name, part in weights.items()})
    return network


def _seeded(network: Callable[[], nn.Module], seed: int) -> nn.Module:
    """Build a network whose initial weights depend on `seed` alone, leaving torch's global state alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        built = network()
    return built.to(memory_format=memory_format(built.width))
