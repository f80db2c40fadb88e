"""Operations on stacks of replicas that PyTorch would differentiate in a slower way."""

from collections.abc import Sequence
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


class AffineChain:
    """Affine maps with ReLU between them, for each replica, forward and backward in memory allocated once.

    The logits are computed class by class, [r, c, b], and handed on as a view: a product whose result has but some
    ten columns takes two to three times as long as one that has as many rows.

    Args:
        parameters: Weights [r, o, i] and biases [r, 1, o], layer by layer.
        gradients: As `parameters`; `backward` overwrites them.
        batch_size: Points a replica is shown at once.
    """

    def __init__(
        self,
        parameters: tuple[Sequence[Tensor], Sequence[Tensor]],
        gradients: tuple[Sequence[Tensor], Sequence[Tensor]],
        batch_size: int,
    ) -> None:
        weights, biases = parameters
        replicas = len(weights[0])
        made = [weight.new_empty(replicas, batch_size, weight.shape[1]) for weight in weights[:-1]]
        made.append(weights[-1].new_empty(replicas, weights[-1].shape[1], batch_size))
        self._layers = [
            (weight, weight.transpose(1, 2), bias, out)
            for weight, bias, out in zip(weights, biases, made, strict=True)
        ]
        self._gradients = list(zip(*gradients, strict=True))
        self._hidden = [torch.empty_like(out) for out in made[:-1]]  # gradients of the hidden units
        self._ones = weights[0].new_ones(replicas, 1, batch_size)
        self._inputs: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [r, b, c] of inputs [r, b, i], in memory that the next call overwrites."""
        self._inputs = []
        for _, transposed, bias, out in self._layers[:-1]:
            self._inputs.append(x)
            x = torch.baddbmm(bias, x, transposed, out=out).relu_()
        self._inputs.append(x)
        weight, _, bias, out = self._layers[-1]
        return torch.baddbmm(bias.transpose(1, 2), weight, x.transpose(1, 2), out=out).transpose(1, 2)

    def backward(self, grad: Tensor) -> None:
        """Fill the gradients, given that of the logits [r, b, c]."""
        for index in reversed(range(len(self._layers))):
            grad_weight, grad_bias = self._gradients[index]
            x = self._inputs[index]
            torch.bmm(grad.transpose(1, 2), x, out=grad_weight)
            torch.bmm(self._ones, grad, out=grad_bias)
            if index:
                out = self._hidden[index - 1]
                torch.bmm(grad, self._layers[index][0], out=out)
                grad = torch.ops.aten.threshold_backward.grad_input(out, x, 0, grad_input=out)
