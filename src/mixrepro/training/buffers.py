"""One contiguous buffer for many tensors: weights, momenta and gradients of a network, each in one piece."""

import itertools
from collections.abc import Sequence

from torch import Tensor, nn

#: Numbers to whose multiples the tensors of a buffer are moved: 64 bytes, a line of cache, in single precision.
ALIGNMENT = 16


def buffer_like(tensors: Sequence[Tensor]) -> tuple[Tensor, list[Tensor]]:
    """Allocate a buffer of zeros that holds tensors of the same shapes and layouts one after another.

    Args:
        tensors: Dense tensors of one type on one device.

    Returns:
        The buffer, one axis, and a view of it for each tensor. The few numbers between the views stay zero.
    """
    lengths = [-(-tensor.numel() // ALIGNMENT) * ALIGNMENT for tensor in tensors]
    buffer = tensors[0].new_zeros(sum(lengths))
    offsets = itertools.accumulate(lengths[:-1], initial=0)
    return buffer, [
        buffer.as_strided(tensor.shape, tensor.stride(), offset)
        for tensor, offset in zip(tensors, offsets, strict=True)
    ]


def moved_into_buffer(parameters: Sequence[nn.Parameter]) -> Tensor:
    """Move parameters into one buffer, which is returned; they keep their values, shapes and layouts."""
    buffer, views = buffer_like([parameter.detach() for parameter in parameters])
    for parameter, view in zip(parameters, views, strict=True):
        parameter.data = view.copy_(parameter.detach())
    return buffer
