"""Mixup and the losses it is trained with; every function takes one batch or a stack of batches.

Leading axes: `r` replicas (runs trained together), `b` points of a batch, `c` classes.
"""

import numpy as np
import torch
from torch import Tensor


def sample_lam(alpha: float, size: int | tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Draw the interpolation parameter lam ~ Beta(alpha, alpha).

    Args:
        alpha: Concentration; 0 is ERM (lam = 1 always), 1 is uniform, large is near 1/2.
        size: Shape of the draw.
        generator: Source of randomness.

    Returns:
        float64 array of shape `size` in [0, 1].

    Raises:
        ValueError: `alpha` is negative.

    Source: section 3.
    """
    if alpha < 0:
        raise ValueError(f"alpha: found {alpha}, expected at least 0")
    if alpha == 0:
        return np.ones(size)
    return generator.beta(alpha, alpha, size)


def mix_batch(x: Tensor, y: Tensor, lam: Tensor | float, perm: Tensor) -> tuple[Tensor, Tensor]:
    """Interpolate each point of a batch with its partner.

    Args:
        x: Inputs, float [b, ...] or [r, b, ...].
        y: Label distributions, float [b, c] or [r, b, c].
        lam: Weight of the point itself: one number, [r] (one a batch) or [r, b] (one a point).
        perm: Partner of each point, int64 [b] or [r, b], positions within the batch.

    Returns:
        `x_mix` and `y_mix`, shaped like `x` and `y`.

    Source: eq. (1).
    """
    if perm.ndim == 1:
        x_mix, y_mix = mix_batch(x[None], y[None], torch.as_tensor(lam, dtype=x.dtype)[None], perm[None])
        return x_mix[0], y_mix[0]
    replica = torch.arange(len(x), device=x.device)[:, None]
    partner = (perm + replica * perm.shape[1]).flatten()
    lam = torch.as_tensor(lam, dtype=x.dtype, device=x.device)

    def interpolate(of: Tensor) -> Tensor:
        weight = lam.view(lam.shape + (1,) * (of.ndim - lam.ndim))
        return torch.lerp(of.flatten(0, 1).index_select(0, partner).view_as(of), of, weight)

    return interpolate(x), interpolate(y)


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean cross-entropy of each batch, in nats.

    Args:
        logits: float [..., b, c].
        targets: Label distributions, float [..., b, c].

    Returns:
        float [...].

    Source: eq. (5).
    """
    return -(targets * logits.log_softmax(-1)).sum(-1).mean(-1)


def squared_error(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the mean over points and classes of (softmax - target)^2 of each batch.

    The paper's MSE experiment (FIG-13) does not say whether logits or probabilities are compared; these are
    probabilities, so that the loss is bounded and comparable between networks.
    """
    return (logits.softmax(-1) - targets).square().mean((-2, -1))
