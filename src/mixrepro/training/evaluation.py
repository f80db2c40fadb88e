"""What is measured of a stack of networks: loss and accuracy on real points, and the exact Mixup loss."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from ..data.dataset import ShiftedSet
from ..mixup import cross_entropy
from ..models.folded import folded
from ..models.stacked import Replicated, Stacked
from ..theory.loss_bound import lam_quadrature
from .points import Points
from .threads import of_each

Batch = tuple[Tensor, Tensor]
#: Points a replica sees at once: more would fall out of a processor's cache, fewer would not fill a GPU.
CHUNK, CHUNK_ON_GPU = 250, 2000
#: Bins of confidence for the calibration error (Guo et al., "On Calibration of Modern Neural Networks", 2017).
BINS = 15


def chunk_of(model: nn.Module) -> int:
    """Return how many points each replica of a stack is shown at once, where it lies."""
    return CHUNK if _on_cpu(model) else CHUNK_ON_GPU


def _on_cpu(model: nn.Module) -> bool:
    return next(model.parameters()).device.type == "cpu"


def _shown(model: Stacked | Replicated) -> Stacked | Replicated:
    """Return the networks to measure: on a GPU as they are, for half precision would round folded weights."""
    return folded(model) if _on_cpu(model) else model


@contextmanager
def evaluation_mode(model: nn.Module) -> Iterator[None]:
    """Use running batch-norm statistics and record no gradients."""
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train()


def figures(model: nn.Module, batch: Callable[[int, int], Batch], num_points: int) -> Tensor:
    """Measure cross-entropy (nats), accuracy (fraction) and calibration of every replica.

    The expected calibration error is the mean over points of |accuracy - confidence| of their bin, where
    confidence is the probability of the answer given.

    Args:
        model: Stack of networks.
        batch: Gives x [r or 1, b, ...] and one-hot y [r or 1, b, c] between two positions.
        num_points: How many points there are.

    Returns:
        float64 [3, r]: loss, accuracy, expected calibration error.
    """
    total = torch.zeros(2, model.size, dtype=torch.float64)
    overconfidence = torch.zeros(model.size, BINS, dtype=torch.float64)  # summed over the points of a bin
    with evaluation_mode(model):
        chunk = chunk_of(model)
        for start in range(0, num_points, chunk):
            x, y = batch(start, min(start + chunk, num_points))
            logits = model(x.expand(model.size, *x.shape[1:])).float()
            confidence, answers = logits.softmax(-1).max(-1)
            hits = (answers == y.argmax(-1)).double()
            total += torch.stack([cross_entropy(logits, y).double(), hits.mean(-1)]).cpu() * y.shape[1]
            bins = (confidence.nan_to_num() * BINS).long().clamp(0, BINS - 1)
            overconfidence.scatter_add_(1, bins.cpu(), (confidence - hits).double().cpu())
    return torch.stack([*total, overconfidence.abs().sum(1)]) / num_points


def on_train(model: Stacked | Replicated, points: Points) -> Tensor:
    """Measure every replica on its own (real) training subset; see `figures`."""

    def of_some(model: Stacked | Replicated, points: Points, _: slice) -> Tensor:
        def batch(start: int, stop: int) -> Batch:
            positions = torch.arange(start, stop, device=points.device).expand(model.size, -1)
            return points.train(positions)

        return figures(_shown(model), batch, points.subset.shape[1])

    return of_each(model, points, of_some)


def on_test(model: Stacked | Replicated, points: Points) -> Tensor:
    """Measure every replica on the test set; see `figures`."""
    return of_each(model, points, lambda model, points, _: figures(_shown(model), points.test, len(points.y_test)))


def on_shifted(model: Stacked | Replicated, points: Points, which: ShiftedSet) -> Tensor:
    """Measure every replica on a shifted test set; see `figures`."""
    return figures(_shown(model), lambda start, stop: points.shifted(which, start, stop), len(which.y))


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
    n, chunk = points.subset.shape[1], chunk_of(model)
    pairs = torch.triu_indices(n, n, device=points.device)
    counted = torch.where(pairs[0] == pairs[1], 1.0, 2.0).double() / n**2  # [pairs]
    lams, weights = np.stack([lam_quadrature(alpha, nodes) for alpha in alphas], axis=1)  # each [r, nodes]
    total = torch.zeros(model.size, dtype=torch.float64)
    with evaluation_mode(model):
        x, y = points.train(torch.arange(n, device=points.device).expand(model.size, -1))
        for node in range(nodes):
            lam = torch.from_numpy(lams[:, node]).float().to(points.device)
            for (i, j), count in zip(pairs.split(chunk, dim=1), counted.split(chunk), strict=True):
                x_mix, y_mix = (
                    torch.lerp(of[:, j], of[:, i], lam.view(-1, *[1] * (of.ndim - 1))) for of in (x, y)
                )
                losses = -(y_mix * model(x_mix).log_softmax(-1)).sum(-1).double()  # [r, pairs]
                total += torch.from_numpy(weights[:, node]) * (losses @ count).cpu()
    return total
