"""What is measured of a stack of networks: loss and accuracy on real points, and the exact Mixup loss."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from ..mixup import cross_entropy
from ..theory.loss_bound import lam_quadrature
from .points import Points

Batch = tuple[Tensor, Tensor]
#: Points a replica sees at once; larger ones fall out of the processor's cache.
CHUNK = 250


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Use running batch-norm statistics and record no gradients."""
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train()


def loss_and_accuracy(model: nn.Module, batch: Callable[[int, int], Batch], num_points: int) -> Tensor:
    """Measure cross-entropy (nats) and accuracy (fraction) of every replica.

    Args:
        model: Stack of networks.
        batch: Gives x [r or 1, b, ...] and one-hot y [r or 1, b, c] between two positions.
        num_points: How many points there are.

    Returns:
        float64 [2, r]: loss, accuracy.
    """
    total = torch.zeros(2, model.size, dtype=torch.float64)
    with evaluation_mode(model):
        for start in range(0, num_points, CHUNK):
            x, y = batch(start, min(start + CHUNK, num_points))
            logits = model(x.expand(model.size, *x.shape[1:]))
            hits = (logits.argmax(-1) == y.argmax(-1)).double().mean(-1)
            total += torch.stack([cross_entropy(logits, y).double(), hits]).cpu() * y.shape[1]
    return total / num_points


def on_train(model: nn.Module, points: Points) -> Tensor:
    """Measure every replica on its own (real) training subset; see `loss_and_accuracy`."""
    n = points.subset.shape[1]

    def batch(start: int, stop: int) -> Batch:
        positions = torch.arange(start, stop, device=points.device).expand(model.size, -1)
        return points.train(positions)

    return loss_and_accuracy(model, batch, n)


def on_test(model: nn.Module, points: Points) -> Tensor:
    """Measure every replica on the test set; see `loss_and_accuracy`."""
    return loss_and_accuracy(model, points.test, len(points.y_test))


def exact_mixup_loss(model: nn.Module, points: Points, alphas: Sequence[float], nodes: int = 16) -> Tensor:
    """Compute the Mixup loss over all n^2 pairs, self pairs included, lam by Gauss quadrature.

    A pair (i, j) at lam is the pair (j, i) at 1 - lam, so i <= j suffices.

    Args:
        model: Stack of networks.
        points: Their training subsets; n is meant to be small, the cost grows as nodes * n^2 / 2.
        alphas: For each replica, lam ~ Beta(alpha, alpha), alpha > 0.
        nodes: Quadrature nodes.

    Returns:
        float64 [r], nats. Source: section 3, the Mixup loss.
    """
    n = points.subset.shape[1]
    pairs = torch.triu_indices(n, n, device=points.device)
    counted = torch.where(pairs[0] == pairs[1], 1.0, 2.0).double() / n**2  # [pairs]
    lams, weights = np.stack([lam_quadrature(alpha, nodes) for alpha in alphas], axis=1)  # each [r, nodes]
    total = torch.zeros(model.size, dtype=torch.float64)
    with evaluation_mode(model):
        x, y = points.train(torch.arange(n, device=points.device).expand(model.size, -1))
        for node in range(nodes):
            lam = torch.from_numpy(lams[:, node]).float().to(points.device)
            for (i, j), count in zip(pairs.split(CHUNK, dim=1), counted.split(CHUNK), strict=True):
                x_mix, y_mix = (
                    torch.lerp(of[:, j], of[:, i], lam.view(-1, *[1] * (of.ndim - 1))) for of in (x, y)
                )
                losses = -(y_mix * model(x_mix).log_softmax(-1)).sum(-1).double()  # [r, pairs]
                total += torch.from_numpy(weights[:, node]) * (losses @ count).cpu()
    return total
