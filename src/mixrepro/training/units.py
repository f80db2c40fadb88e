"""Replicas that are updated one step after the other, by one thread or one stream."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..config import RunConfig
from ..models.batched import AffineChain
from ..models.mlp import MLP
from ..models.stacked import Replicated, Stacked
from .buffers import buffer_like, moved_into_buffer
from .half import Half, Plain, Shown
from .points import Points
from .step import descend, logits_of, loss_of_logits, network_input
from .tables import Mixed, Tables

#: Numbers that are gathered and mixed at once: many small batches cost less together, large ones leave the cache.
MIXED_AT_ONCE = 1_000_000


class Unit:
    """Some consecutive replicas of a stack, with their momenta, gradients and running loss.

    Gradients by automatic differentiation. Where replicas are modules of their own, their weights, momenta and
    gradients are moved into one buffer each, so that a step of SGD is one operation.

    Args:
        model: The stack.
        momentum: A twin of it, whose parameters are the momenta.
        points: The data.
        config: Any run of the stack.
        replicas: Which of them.
    """

    def __init__(
        self,
        model: Stacked | Replicated,
        momentum: Stacked | Replicated,
        points: Points,
        config: RunConfig,
        replicas: slice,
    ) -> None:
        self.config, self.points, self.replicas = config, points, replicas
        self.network = model.part(replicas)
        self.parameters = list(self.network.parameters())
        self.momenta = list(momentum.part(replicas).parameters())
        buffer, self.gradients = buffer_like([parameter.detach() for parameter in self.parameters])
        if isinstance(model, Replicated):
            self._weights, self._momenta = [moved_into_buffer(self.parameters)], [moved_into_buffer(self.momenta)]
            self._updated_by = [buffer]
        else:
            self._weights, self._momenta = ([p.detach() for p in of] for of in (self.parameters, self.momenta))
            self._updated_by = self.gradients
        self._shown: Shown = Plain(self.network)
        if config.precision != "fp32":
            self._shown = Half(self.network, self._weights[0])
        sizes = [min(config.batch_size, config.n - start) for start in range(0, config.n, config.batch_size)]
        self._shares = torch.tensor(sizes, dtype=torch.float64, device=points.device)[:, None] / config.n
        # The loss of each batch of the epoch, float32 [steps, r].
        self.losses = torch.zeros(len(sizes), self.network.size, device=points.device)

    def compile(self) -> None:
        """Compile the network in single precision, too, which is done to check what a compiler makes of it."""
        self._shown = Plain(self.network, faster=True)

    @property
    def total(self) -> Tensor:
        """Mean loss of the epoch's points, float64 [r]."""
        return (self.losses.double() * self._shares).cumsum(0)[-1]  # one after the other, as in any company

    def mean_gradient(self) -> list[Tensor]:
        """Return zeros, into which the gradients of batches can be summed."""
        return [torch.zeros_like(part) for part in self._updated_by]

    def add_gradient(self, mean: Sequence[Tensor], share: float) -> Tensor:
        """Add a share of the gradient of the last batch to `mean`, and return the gradient's norm, float64 [r]."""
        torch._foreach_add_(list(mean), self._updated_by, alpha=share)
        return self.norms(self._updated_by)

    def norms(self, gradient: Sequence[Tensor]) -> Tensor:
        """Return the Euclidean norm of each replica's part of a gradient or of a mean of some, float64 [r]."""
        return self.network.norms(gradient)

    def train_epoch(self, tables: Tables, lr: float, begin: int = 0, end: int | None = None) -> None:
        """Go through one epoch, or through a part of it, and keep the loss of each batch.

        What is mixed at once does not depend on the part.

        Args:
            tables: Of these replicas.
            lr: Learning rate.
            begin: First batch.
            end: Batch before which to stop; default: to the end.
        """
        batch_size = self.config.batch_size
        numbers = self.network.size * batch_size * self.points.x[0].numel()
        stretch = max(1, MIXED_AT_ONCE // numbers)
        for index in range(begin, len(self.losses) if end is None else end):
            place = index % stretch * batch_size
            if place == 0 or index == begin:
                first = index * batch_size - place
                mixed = tables.mixed(self.points, slice(first, first + stretch * batch_size), first)
            self.step(mixed.batch(place, place + batch_size), tables.eta, lr, index)

    def step(self, batch: Mixed, eta: Tensor, lr: float | Tensor, index: int | Tensor = 0) -> None:
        """Make one update, and keep the loss of its batch, the one with this index in the epoch."""
        loss = self.gradient(batch, eta)
        descend(self._weights, self._updated_by, self._momenta, self.config, lr)
        if isinstance(index, int):
            self.losses[index] = loss
        else:  # as an index in brackets the host would wait for it
            self.losses.index_copy_(0, index.view(1), loss[None])

    def gradient(self, batch: Mixed, eta: Tensor) -> Tensor:
        """Fill `gradients` with those of the batch, and return its loss [r]."""
        self._shown.refresh()
        logits = logits_of(self._shown, self.config, network_input(self.config, batch.x, batch.x_mix))
        loss = loss_of_logits(self.config, logits, batch.y, batch.y_mix, eta)
        found = torch.autograd.grad(
            loss.sum(), self._shown.parameters
        )  # each loss depends on its own replica only
        torch._foreach_copy_(self.gradients, found)
        return loss.detach()


class ChainUnit(Unit):
    """A unit of fully connected networks, whose gradients are written down: nothing is recorded or allocated."""

    def __init__(self, *arguments) -> None:
        super().__init__(*arguments)
        self._chains: dict[int, AffineChain] = {}
        weights, gradients = self._weights, self.gradients
        self._layers = (weights[::2], weights[1::2]), (gradients[::2], gradients[1::2])

    @torch.no_grad()
    def gradient(self, batch: Mixed, eta: Tensor) -> Tensor:
        """Fill `gradients` with those of the batch, and return its loss [r]."""
        x = network_input(self.config, batch.x, batch.x_mix).flatten(2)
        chain = self._chains.get(x.shape[1])
        if chain is None:
            chain = self._chains[x.shape[1]] = AffineChain(*self._layers, batch_size=x.shape[1])
        loss, grad = logits_gradient(self.config, chain.forward(x), batch, eta)
        chain.backward(grad)
        return loss


def logits_gradient(config: RunConfig, logits: Tensor, batch: Mixed, eta: Tensor) -> tuple[Tensor, Tensor]:
    """Return the loss [r] and its gradient with respect to the logits [r, b, c], which may be overwritten.

    The gradient of cross-entropy is softmax - target, over the number of points, as target sums to 1.
    """
    if config.loss != "ce":
        with torch.enable_grad():
            logits = logits.detach().requires_grad_()
            loss = loss_of_logits(config, logits, batch.y, batch.y_mix, eta)
            (grad,) = torch.autograd.grad(loss.sum(), logits)
        return loss.detach(), grad
    log_probabilities, count = logits.log_softmax(-1), logits.shape[1]
    loss = (log_probabilities * batch.y_mix).sum((1, 2)).div_(-count)
    return loss, log_probabilities.exp_().sub_(batch.y_mix).div_(count)


def make_units(
    model: Stacked | Replicated,
    momentum: Stacked | Replicated,
    points: Points,
    config: RunConfig,
    sizes: Sequence[int],
) -> list[Unit]:
    """Split a stack into units of the given sizes."""
    kind = ChainUnit if isinstance(model, MLP) else Unit
    units, start = [], 0
    for size in sizes:
        units.append(kind(model, momentum, points, config, slice(start, start + size)))
        start += size
    return units
