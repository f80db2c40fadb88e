"""The gradient of the loss that training minimises, measured without a step."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ..config import RunConfig
from .draws import draw_epoch
from .points import Points
from .step import batch_loss
from .threads import of_each


def gradient_norms(model: nn.Module, configs: Sequence[RunConfig], points: Points, epoch: int) -> Tensor:
    """Measure the Euclidean norm of the gradient, of the full batch and of a mini-batch.

    The epoch that comes next is gone through at fixed weights: its batches, partners, lam and augmentation are
    drawn from (seed, purpose, epoch) anyway, so nothing is drawn for the measurement. At its switch epoch a run is
    still measured as the Mixup run it leaves: what it records there is the gradient before the switch. Batch-norm
    layers use the statistics of the batch, as in training.
    Weight decay is no part of the loss.

    Args:
        model: Stack of networks; its weights and statistics are left as they are.
        configs: Their runs.
        points: Their training subsets.
        epoch: Completed epochs.

    Returns:
        float64 [2, r]: norm of the gradient of the whole epoch (full batch), and mean over its batches of the norm
        of a batch's own (mini-batch). Source: FIG-8, FIG-14.
    """
    return of_each(model, points, lambda some, points, which: _gradient_norms(some, configs[which], points, epoch))


def _gradient_norms(model: nn.Module, configs: Sequence[RunConfig], points: Points, epoch: int) -> Tensor:
    config, twin = configs[0], model.select(range(model.size))
    draws = draw_epoch(configs, epoch, points.device)
    eta = torch.tensor([c.eta if c.alpha_at(epoch) else 0.0 for c in configs], device=points.device)
    parameters = list(twin.parameters())
    mean = [torch.zeros_like(parameter) for parameter in parameters]
    of_batches, count = torch.zeros(model.size, dtype=torch.float64, device=points.device), 0
    for index, (batch, x, y) in enumerate(points.batches(draws.order, config.batch_size, draws.augment)):
        lam = draws.lam[:, index] if config.lam_per == "batch" else draws.lam[:, batch]
        loss = batch_loss(twin, config, x, y, lam, draws.perm[:, batch], eta)
        gradients = torch.autograd.grad(loss.sum(), parameters)
        of_batches += twin.norms(gradients)
        count += 1
        torch._foreach_add_(mean, gradients, alpha=y.shape[1] / config.n)
    return torch.stack([twin.norms(mean), of_batches / count]).cpu()
