"""One update of every network of a stack."""

import torch
from torch import Tensor, nn

from ..config import RunConfig
from ..mixup import cross_entropy, mix_batch, squared_error


def batch_loss(
    model: nn.Module, config: RunConfig, x: Tensor, y: Tensor, lam: Tensor, perm: Tensor, eta: Tensor
) -> Tensor:
    """Return the loss that training minimises, one for each replica.

    Args:
        model: Stack of networks.
        config: Any run of the stack: they share `loss`.
        x: Inputs, float [r, b, ...].
        y: One-hot labels, float [r, b, c].
        lam: Weight of the point itself, [r] or [r, b].
        perm: Partners, int64 [r, b].
        eta: RegMixup's weight of the mixed term, [r]; 0 where a run is ERM.

    Returns:
        float [r], nats (squared probability for MSE). Source: section 3; FIG-17 for RegMixup.
    """
    x_mix, y_mix = mix_batch(x, y, lam, perm)
    if config.loss == "mse":
        return squared_error(model(x_mix), y_mix)
    if config.loss == "regmixup":
        # One pass over both halves, so that they share batch statistics.
        clean, mixed = model(torch.cat([x, x_mix], dim=1)).chunk(2, dim=1)
        return cross_entropy(clean, y) + eta * cross_entropy(mixed, y_mix)
    return cross_entropy(model(x_mix), y_mix)


def make_optimizer(model: nn.Module, momentum_of: nn.Module, config: RunConfig) -> torch.optim.SGD:
    """Build SGD for `model` whose momentum lives in the parameters of `momentum_of`, a twin of it.

    Momentum kept as a network is selected, copied and saved by the same operations as the weights.
    """
    parameters = list(model.parameters())
    optimizer = torch.optim.SGD(
        parameters, lr=config.lr, momentum=config.momentum, weight_decay=config.weight_decay, fused=True
    )
    if config.momentum:
        for parameter, momentum in zip(parameters, momentum_of.parameters(), strict=True):
            optimizer.state[parameter]["momentum_buffer"] = momentum.detach()
    return optimizer
