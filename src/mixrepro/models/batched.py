"""Two operations on stacks of replicas whose gradients PyTorch would compute in a slower way."""

from typing import Any

import torch
from torch import Tensor


class Affine(torch.autograd.Function):
    """x W^T + bias for each replica; weights are stored as in PyTorch, [r, o, i].

    The gradient of the weight is formed as [o, i] at once: for a narrow output that is several times faster
    than forming [i, o] and transposing it, as differentiating `baddbmm` does.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """Return [r, b, o] for x [r, b, i], weight [r, o, i], bias [r, 1, o]."""
        ctx.save_for_backward(x, weight)
        return torch.baddbmm(bias, x, weight.transpose(1, 2))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        """Return the gradients of x (if asked for), weight and bias."""
        x, weight = ctx.saved_tensors
        grad_x = torch.bmm(grad, weight) if ctx.needs_input_grad[0] else None
        # A sum over points written as a product: unlike `sum`, it adds in the same order however many replicas
        # there are, so that a run does not depend on its company.
        ones = grad.new_ones(1, 1, 1).expand(grad.shape[0], 1, grad.shape[1])
        return grad_x, torch.bmm(grad.transpose(1, 2), x), torch.bmm(ones, grad)


class Windows(torch.autograd.Function):
    """Cut a padded sequence [r, b, l, c] into windows [r, b, l', kernel * c], ready for one matrix product.

    In this layout a window is contiguous in memory, and the gradient is `kernel` strided additions, where
    differentiating `Tensor.unfold` walks over every element.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, kernel: int, stride: int) -> Tensor:
        """Return the windows; l' = (l - kernel) // stride + 1."""
        ctx.kernel, ctx.stride, ctx.shape = kernel, stride, x.shape
        r, b, length, c = x.shape
        count = (length - kernel) // stride + 1
        x = x.contiguous()
        overlapping = x.as_strided(
            (r, b, count, kernel * c), (b * length * c, length * c, stride * c, 1), x.storage_offset()
        )
        return overlapping.contiguous()

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, None, None]:
        """Add each window's gradient to where it was cut."""
        if not ctx.needs_input_grad[0]:
            return None, None, None
        grad_x = grad.new_zeros(ctx.shape)
        span = ctx.stride * grad.shape[2]
        for offset, part in enumerate(grad.chunk(ctx.kernel, dim=-1)):
            grad_x[:, :, offset : offset + span : ctx.stride] += part
        return grad_x, None, None
