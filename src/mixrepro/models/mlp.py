"""Multi-layer perceptron, all replicas at once."""

import itertools
from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from .stacked import Stacked, StackedLinear


class MLP(Stacked):
    """Fully connected ReLU network: inputs are flattened, then `depth` hidden layers of `width` units."""

    def __init__(
        self,
        num_inputs: int,
        num_classes: int,
        width: int,
        depth: int,
        generators: Sequence[np.random.Generator],
    ) -> None:
        super().__init__()
        sizes = [num_inputs, *[width] * depth, num_classes]
        self.layers = nn.ModuleList(
            StackedLinear(fan_in, fan_out, generators) for fan_in, fan_out in itertools.pairwise(sizes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [r, b, c] for inputs [r, b, ...]."""
        hidden = x.flatten(2)
        for layer in self.layers[:-1]:
            hidden = layer(hidden).relu_()
        return self.layers[-1](hidden)
