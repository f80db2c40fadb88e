"""How a network is called in training: as it is, or with weights in half precision and, on a GPU, compiled.

In half precision the weights that are updated stay single. Those that convolutions multiply by are a copy, made by
one operation a step, where autocast would convert each tensor on its own.
"""

import copy
import warnings
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn

from ..models.stacked import Replicated

#: Networks of different shapes, each with each size of a batch, that one process may compile. Torch's own limit is
#: 8, behind which it runs them as they are, and says so in its log only: a long sweep would slow down unnoticed.
COMPILED_AT_MOST = 256


class Shown(Protocol):
    """A network that can be called and differentiated.

    Attributes:
        parameters: What to differentiate by, in the order of the network's own.
    """

    parameters: list[Tensor]

    def refresh(self) -> None:
        """Take over the weights as they are now."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return logits [r, b, c] for inputs [r, b, ...]."""


class Plain:
    """A network as it is.

    Args:
        network: Separate networks, or a stack.
        faster: Compile it.
    """

    def __init__(self, network: nn.Module, faster: bool = False) -> None:
        self.parameters: list[Tensor] = list(network.parameters())
        self._call: Callable[[Tensor], Tensor] = compiled(network) if faster else network

    def refresh(self) -> None:
        """Do nothing: the weights are the network's own."""

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return logits [r, b, c] for inputs [r, b, ...]."""
        return self._call(inputs)


class Half:
    """A network whose convolutions and read-out multiply by a copy of the weights in half precision (bfloat16).

    Batch normalization keeps its weights and running statistics, which are shared with the network.

    Args:
        network: Separate networks, whose parameters lie in one buffer.
        weights: The buffer.
    """

    def __init__(self, network: Replicated, weights: Tensor) -> None:
        self._weights = weights
        self._half = torch.empty_like(weights, dtype=torch.bfloat16)
        multiplied = [
            parameter
            for module in network.modules()
            if isinstance(module, nn.Conv2d | nn.Linear)
            for parameter in module.parameters()
        ]
        start = weights.storage_offset()
        views = {
            id(parameter): nn.Parameter(
                self._half.as_strided(parameter.shape, parameter.stride(), parameter.storage_offset() - start)
            )
            for parameter in multiplied
        }
        shared = {id(part): part for part in (*network.parameters(), *network.buffers())}
        twin = copy.deepcopy(network, shared | views)
        self.parameters: list[Tensor] = list(twin.parameters())
        self._call: Callable[[Tensor], Tensor] = compiled(twin) if weights.device.type == "cuda" else twin

    @torch.no_grad()
    def refresh(self) -> None:
        """Copy the weights."""
        self._half.copy_(self._weights)

    def __call__(self, inputs: Tensor) -> Tensor:
        """Return logits [r, b, c] for inputs [r, b, ...]."""
        return self._call(inputs)


def compiled(network: nn.Module) -> Callable[[Tensor], Tensor]:
    """Compile a network, so that operations between convolutions become one; if that fails, call it as it is.

    A network is compiled for each size of a batch: half a minute each, once a machine. Networks of one shape share
    what was compiled.
    """
    limits = torch._dynamo.config
    limits.recompile_limit = max(limits.recompile_limit, COMPILED_AT_MOST)
    limits.accumulated_recompile_limit = max(limits.accumulated_recompile_limit, COMPILED_AT_MOST)
    faster, failed = torch.compile(network, dynamic=False), False

    def call(inputs: Tensor) -> Tensor:
        nonlocal failed
        if not failed:
            try:
                return faster(inputs)
            except Exception as error:  # compilers are missing or fail in many ways
                if torch.cuda.is_available() and torch.cuda.is_current_stream_capturing():
                    raise
                warnings.warn(f"networks are not compiled, and slower for it: {error}", stacklevel=2)
                failed = True
        return network(inputs)

    return call
