"""One-dimensional convolutional network for MNIST-1D, all replicas at once.

A convolution is written as windows times a matrix: batched over replicas that is one `baddbmm`, where a
grouped convolution would fall back to a slow path.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from .batched import Windows
from .stacked import Stacked, StackedLinear

STRIDE = 2
PADDING = 1


class StackedConv1d(StackedLinear):
    """A strided convolution for each replica: x [r, b, l, i] -> [r, b, l', o]."""

    def __init__(
        self, channels_in: int, channels_out: int, kernel: int, generators: Sequence[np.random.Generator]
    ) -> None:
        super().__init__(channels_in * kernel, channels_out, generators)
        self.kernel = kernel

    def forward(self, x: Tensor) -> Tensor:
        """Return [r, b, l', o] for inputs [r, b, l, i], with l' = (l + 2 - kernel) // 2 + 1."""
        padded = functional.pad(x, (0, 0, PADDING, PADDING))
        windows = Windows.apply(padded, self.kernel, STRIDE)  # [r, b, l', kernel * i]
        r, b, length = windows.shape[:3]
        return super().forward(windows.view(r, b * length, -1)).view(r, b, length, -1)


class Conv1d(Stacked):
    """The convolutional baseline of the MNIST-1D paper: kernel 5, then 3, stride 2, one linear read-out."""

    def __init__(
        self,
        length: int,
        num_classes: int,
        width: int,
        depth: int,
        generators: Sequence[np.random.Generator],
    ) -> None:
        super().__init__()
        convolutions = []
        for layer in range(depth):
            kernel = 5 if layer == 0 else 3
            convolutions.append(StackedConv1d(1 if layer == 0 else width, width, kernel, generators))
            length = (length + 2 * PADDING - kernel) // STRIDE + 1
        self.convolutions = nn.ModuleList(convolutions)
        self.read_out = StackedLinear(length * width, num_classes, generators)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [r, b, c] for sequences [r, b, l]."""
        hidden = x[..., None]  # [r, b, l, 1]
        for convolution in self.convolutions:
            hidden = convolution(hidden).relu_()
        return self.read_out(hidden.flatten(2))
