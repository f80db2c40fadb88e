"""Networks; every one of them trains many runs (replicas) at once."""

from collections.abc import Sequence

from torch import Size

from ..config import RunConfig
from ..rng import stream
from .conv1d import Conv1d
from .mlp import MLP
from .resnet import seeded_resnet18
from .stacked import Replicated, Stacked


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
    if config.model == "mlp":
        return MLP(shape.numel(), num_classes, config.width, config.depth, generators)
    if config.model == "conv1d":
        return Conv1d(shape[0], num_classes, config.width, config.depth, generators)
    return Replicated(
        [
            seeded_resnet18(
                int(generator.integers(2**63)), num_classes=num_classes, width=config.width, channels=shape[0]
            )
            for generator in generators
        ]
    )
