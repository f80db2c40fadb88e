"""No rate counts before this: the first steps equal a plain loop, and networks in company equal single ones."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..config import RunConfig
from ..data import Dataset, train_subset
from ..errors import ConfigError, found_expected
from ..mixup import sample_lam
from ..models import build
from ..models.stacked import Replicated
from ..rng import stream
from ..training.device import denormals_flushed
from ..training.points import Points
from ..training.updates import Updates

STEPS = 20
#: Relative difference of the losses that rounding may make in these steps.
TOLERANCE = 1e-6


def plain_losses(config: RunConfig, dataset: Dataset, network: nn.Module, device: torch.device) -> Tensor:
    """Train one network literally, on the draws of its run, and return the loss of each epoch, float64 [epochs].

    Cross-entropy, one lam a batch, no augmentation, a constant rate.
    """
    subset = train_subset(dataset, config)
    x, y = dataset.x_train[subset].to(device), dataset.y_train[subset].to(device)
    if dataset.mean is not None:
        mean, std = (part.to(device).view(-1, 1, 1) for part in (dataset.mean, dataset.std))
        x = (x.float() / 255 - mean) / std
    network = network.to(device).to(memory_format=torch.contiguous_format)
    optimizer = torch.optim.SGD(
        network.parameters(), config.lr, momentum=config.momentum, weight_decay=config.weight_decay
    )
    losses = []
    for epoch in range(config.epochs):
        order = torch.from_numpy(stream(config.seed, "order", epoch).permutation(config.n)).to(device)
        partner = stream(config.seed, "partner", epoch)
        lams = sample_lam(config.alpha, -(-config.n // config.batch_size), stream(config.seed, "lam", epoch))
        total = 0.0
        for lam, batch in zip(lams.tolist(), order.split(config.batch_size), strict=True):
            perm = torch.from_numpy(partner.permutation(len(batch))).to(device)
            logits = network(lam * x[batch] + (1 - lam) * x[batch][perm])
            labels = functional.one_hot(y[batch], dataset.num_classes).float()
            loss = functional.cross_entropy(logits, lam * labels + (1 - lam) * labels[perm])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss.detach()) * len(batch) / config.n
        losses.append(total)
    return torch.tensor(losses, dtype=torch.float64)


def smoothed(network: nn.Module) -> nn.Module:
    """Put SiLU in the place of each ReLU that is a module.

    Among a million inputs of ReLUs one lies within rounding of the kink in some step, and there two loops part
    that round differently.
    """
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.ReLU):
                setattr(module, name, nn.SiLU())
    return network


def our_losses(
    configs: Sequence[RunConfig], dataset: Dataset, device: torch.device, compiled: bool = False
) -> tuple[Tensor, list[Tensor]]:
    """Train runs together, and return the loss of each epoch, float64 [epochs, r], and the weights of each."""
    shape = dataset.x_train.shape[1:]
    model = smoothed(build(configs[0], [c.seed for c in configs], shape, dataset.num_classes)).to(device)
    momentum = model.select(range(model.size))
    with torch.no_grad():
        for parameter in momentum.parameters():
            parameter.zero_()
    updates = Updates(model, momentum, Points(dataset, configs, device), configs)
    for unit in updates.units if compiled else []:
        unit.compile()
    losses = torch.stack([updates.train_epoch(configs, epoch).cpu() for epoch in range(configs[0].epochs)])
    rows = [model.select([row]).parameters() for row in range(model.size)]
    return losses, [torch.cat([part.detach().flatten().cpu() for part in row]) for row in rows]


def plain_network(config: RunConfig, dataset: Dataset, smooth: bool = True) -> nn.Module:
    """Return the network of a run as an ordinary module, with the weights that the run starts from."""
    stack = build(config, [config.seed], dataset.x_train.shape[1:], dataset.num_classes)
    if smooth:
        stack = smoothed(stack)
    if isinstance(stack, Replicated):
        return stack.replicas[0]
    layers: list[nn.Module] = []
    for layer in stack.layers:
        linear = nn.Linear(layer.weight.shape[2], layer.weight.shape[1])
        linear.weight.data, linear.bias.data = layer.weight[0].detach().clone(), layer.bias[0, 0].detach().clone()
        layers += [linear, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


@denormals_flushed()
def passed(
    config: RunConfig, dataset: Dataset, device: torch.device, replicas: int = 3, compiled: bool = False
) -> dict[str, Any]:
    """Compare the first steps with a plain loop, and runs in company with single ones.

    Args:
        config: Of several steps an epoch; its length and seed are not used.
        dataset: Its data.
        device: Where it trains.
        replicas: How many runs train together.
        compiled: Compile their networks, as is done in half precision on a GPU.

    Returns:
        `against_plain` and `against_single`: largest relative differences of the losses. `bitwise`: whether runs
        in company end with the very weights of single ones.

    Raises:
        ConfigError: A difference is larger than rounding.
    """
    steps_an_epoch = -(-config.n // config.batch_size)
    config = config.but(epochs=-(-STEPS // steps_an_epoch))
    configs = [config.but(seed=seed) for seed in range(replicas)]
    threads = torch.get_num_threads()
    try:
        # In company each network has one thread; alone it would have all, and round differently.
        together, packed = our_losses(configs, dataset, device, compiled)
        torch.set_num_threads(1)
        singles = [our_losses([each], dataset, device, compiled) for each in configs]
        plain = torch.stack(
            [plain_losses(each, dataset, plain_network(each, dataset), device) for each in configs], 1
        )
    finally:
        torch.set_num_threads(threads)
    alone = torch.cat([losses for losses, _ in singles], 1)
    found = {
        "setting": f"{config.model}, width {config.width}, batch {config.batch_size}, {replicas} networks",
        "steps": config.epochs * steps_an_epoch,
        "against_plain": float(((together - plain) / plain).abs().max()),
        "against_single": float(((together - alone) / alone).abs().max()),
        "bitwise": all(torch.equal(mine, row) for mine, (_, (row,)) in zip(packed, singles, strict=True)),
    }
    for name in ("against_plain", "against_single"):
        if not found[name] <= TOLERANCE:
            raise ConfigError(found_expected(f"{config.model}, {name}", found[name], f"at most {TOLERANCE}"))
    return found
