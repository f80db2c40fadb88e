"""One update of every network of a stack: the loss, and stochastic gradient descent."""

from collections.abc import Callable, Sequence

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
    return loss_of_logits(config, logits_of(model, config, network_input(config, x, x_mix)), y, y_mix, eta)


def network_input(config: RunConfig, x: Tensor, x_mix: Tensor) -> Tensor:
    """Return what the networks are shown: mixed inputs; for RegMixup, real ones before them."""
    # One pass over both halves, so that they share batch statistics.
    return torch.cat([x, x_mix], dim=1) if config.loss == "regmixup" else x_mix


def logits_of(model: Callable[[Tensor], Tensor], config: RunConfig, inputs: Tensor) -> Tensor:
    """Return the logits, float32 [r, b, c], of inputs [r, b, ...], in the precision of the run.

    Half precision is for convolutions and their inputs; weights, statistics, loss and updates stay single.
    """
    if config.precision == "fp32":
        return model(inputs)
    with torch.autocast(inputs.device.type, torch.bfloat16, cache_enabled=False):
        return model(inputs).float()


def loss_of_logits(config: RunConfig, logits: Tensor, y: Tensor, y_mix: Tensor, eta: Tensor) -> Tensor:
    """Return the loss of each replica from its logits [r, b, c], those of `network_input`; see `batch_loss`."""
    if config.loss == "mse":
        return squared_error(logits, y_mix)
    if config.loss == "regmixup":
        clean, mixed = logits.chunk(2, dim=1)
        return cross_entropy(clean, y) + eta * cross_entropy(mixed, y_mix)
    return cross_entropy(logits, y_mix)


@torch.no_grad()
def descend(
    weights: Sequence[Tensor],
    gradients: Sequence[Tensor],
    momenta: Sequence[Tensor],
    config: RunConfig,
    lr: float | Tensor,
) -> None:
    """Update weights and momenta in place, as `torch.optim.SGD` does.

    Args:
        weights: Any tensors.
        gradients: Theirs.
        momenta: Theirs; left alone where a run has none.
        config: Gives `momentum` and `weight_decay`.
        lr: Learning rate; on a GPU a tensor there, so that a captured graph reads it anew.
    """
    # The kernel behind `torch.optim.SGD(fused=True)`, which costs more than the update of a small network.
    torch._fused_sgd_(
        list(weights),
        list(gradients),
        list(momenta) if config.momentum else [],
        weight_decay=config.weight_decay,
        momentum=config.momentum,
        lr=lr,
        dampening=0.0,
        nesterov=False,
        maximize=False,
        is_first_step=False,
    )


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
