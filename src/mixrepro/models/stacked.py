"""Networks of several runs in one: how replicas are held, selected and copied.

`Stacked` gives every parameter a leading replica axis, so that one batched matrix product trains all runs.
`Replicated` holds separate modules, for networks whose batched form (grouped convolution) is slower.
Both answer to `size`, `forward(x [r, b, ...]) -> logits [r, b, c]`, `part`, `select` and `copy_from`.
"""

import copy
import math
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
import torch
from torch import Tensor, nn

from .batched import Affine


class Stacked(nn.Module):
    """A network whose parameters and buffers all have a leading replica axis."""

    @property
    def size(self) -> int:
        """Number of replicas."""
        return len(next(self.parameters()))

    def part(self, replicas: slice) -> Self:
        """Return some consecutive replicas as a network that shares their weights."""
        return self._with_parameters(lambda parameter: parameter[replicas])

    def select(self, replicas: Sequence[int]) -> Self:
        """Return a new network made of copies of the given replicas (one may be named twice)."""
        return self._with_parameters(lambda parameter: parameter[list(replicas)].clone())

    def _with_parameters(self, chosen: Callable[[Tensor], Tensor]) -> Self:
        """Return a network whose parameters are `chosen` of this one's, which are not copied besides."""
        memo = {id(parameter): nn.Parameter(chosen(parameter.detach())) for parameter in self.parameters()}
        return copy.deepcopy(self, memo)

    @torch.no_grad()
    def copy_from(self, other: Self, replicas: Tensor) -> None:
        """Overwrite some replicas by those of `other`; `replicas` is a bool mask [r]."""
        for mine, theirs in zip(self.parameters(), other.parameters(), strict=True):
            mine[replicas] = theirs[replicas]

    def norms(self, of: Sequence[Tensor]) -> Tensor:
        """Return the Euclidean norm of each replica's part of tensors like the parameters: float64 [r]."""
        return torch.stack([part.flatten(1).double().square().sum(1) for part in of]).sum(0).sqrt()


class Replicated(nn.Module):
    """Separate networks, run one after the other."""

    def __init__(self, replicas: Sequence[nn.Module]) -> None:
        super().__init__()
        self.replicas = nn.ModuleList(replicas)

    @property
    def size(self) -> int:
        """Number of replicas."""
        return len(self.replicas)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [r, b, c] for inputs [r, b, ...]."""
        return torch.stack([replica(part) for replica, part in zip(self.replicas, x, strict=True)])

    def part(self, replicas: slice) -> Self:
        """Return some consecutive replicas as a network that shares their weights."""
        return type(self)(list(self.replicas[replicas]))

    def select(self, replicas: Sequence[int]) -> Self:
        """Return a new network made of copies of the given replicas (one may be named twice)."""
        return type(self)([copy.deepcopy(self.replicas[index]) for index in replicas])

    @torch.no_grad()
    def copy_from(self, other: Self, replicas: Tensor) -> None:
        """Overwrite some replicas by those of `other`; `replicas` is a bool mask [r]."""
        for index in replicas.nonzero().flatten().tolist():
            mine, theirs = self.replicas[index], other.replicas[index]
            for kind in ("parameters", "buffers"):
                torch._foreach_copy_(list(getattr(mine, kind)()), list(getattr(theirs, kind)()))

    def norms(self, of: Sequence[Tensor]) -> Tensor:
        """Return the Euclidean norm of each replica's part of tensors like the parameters: float64 [r]."""
        squares = torch.stack([part.double().square().sum() for part in of])  # replica after replica
        return squares.view(self.size, -1).sum(1).sqrt()


class StackedLinear(Stacked):
    """An affine map for each replica: x [r, b, i] -> x W^T + bias [r, b, o]."""

    def __init__(self, fan_in: int, fan_out: int, generators: Sequence[np.random.Generator]) -> None:
        super().__init__()
        weights, biases = zip(*(default_init(fan_in, fan_out, g) for g in generators), strict=True)
        self.weight = nn.Parameter(torch.from_numpy(np.stack(weights)))  # [r, o, i]
        self.bias = nn.Parameter(torch.from_numpy(np.stack(biases)))  # [r, 1, o]

    def forward(self, x: Tensor) -> Tensor:
        """Return [r, b, o] for inputs [r, b, i]."""
        return Affine.apply(x, self.weight, self.bias)


def default_init(fan_in: int, fan_out: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a layer as PyTorch does by default: weight and bias uniform in +-1/sqrt(fan_in).

    Returns:
        float32 weight [fan_out, fan_in] and bias [1, fan_out].
    """
    bound = 1 / math.sqrt(fan_in)
    weight = generator.uniform(-bound, bound, (fan_out, fan_in))
    bias = generator.uniform(-bound, bound, (1, fan_out))
    return weight.astype(np.float32), bias.astype(np.float32)
