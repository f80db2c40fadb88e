"""How long runs would take on this machine, from a few steps timed now on random numbers of the right shape."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from .config import RunConfig
from .models import STACKED, build
from .training.device import pick_device
from .training.forks import epochs_computed
from .training.schedule import evaluation_epochs
from .training.step import batch_loss, make_optimizer

#: Shape of one input, number of classes and test points of each data set; `arrays` are taken to be CIFAR-10's.
SHAPES = {
    "mnist1d": ((40,), 10, 5_000),
    "cifar10": ((3, 32, 32), 10, 10_000),
    "cifar100": ((3, 32, 32), 100, 10_000),
    "svhn": ((3, 32, 32), 10, 26_032),
    "arrays": ((3, 32, 32), 10, 10_000),
}
#: Timed once untouched, then this often; the median counts.
ROUNDS = 3


@dataclass(frozen=True)
class Speed:
    """What one batch costs one run.

    Attributes:
        step: Seconds of an update: forward, backward, optimizer.
        forward: Seconds of a forward pass without gradients.
        together: How many runs of a stack were timed at once.
    """

    step: float
    forward: float
    together: int


def measure_speed(configs: Sequence[RunConfig], device: str = "auto") -> Speed:
    """Time a few steps of a stack.

    Networks that train as separate modules cost the same each, so one of them is timed.

    Args:
        configs: Runs that are trained together.
        device: What to train on.
    """
    config, on = configs[0], pick_device(device)
    replicas = len({(c.seed, c.alpha) for c in configs}) if config.model in STACKED else 1
    shape, classes, _ = SHAPES[config.data]
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(replicas, config.batch_size, *shape, generator=generator).to(on)
    y = torch.eye(classes)[torch.randint(classes, (replicas, config.batch_size), generator=generator)].to(on)
    lam = torch.full((replicas,), 0.5, device=on)
    perm = torch.arange(config.batch_size, device=on).flip(0).expand(replicas, -1)
    model = build(config, range(replicas), torch.Size(shape), classes).to(on)
    optimizer = make_optimizer(model, model.select(range(replicas)), config)
    eta = torch.full((replicas,), config.eta, device=on)

    def step() -> None:
        loss = batch_loss(model, config, x, y, lam, perm, eta)
        optimizer.zero_grad()
        loss.sum().backward()
        optimizer.step()

    def forward() -> None:
        with torch.no_grad():
            model(x)

    return Speed(_median(step, on) / replicas, _median(forward, on) / replicas, replicas)


def estimated_seconds(configs: Sequence[RunConfig], speed: Speed) -> float:
    """Estimate what a stack costs: its epochs, common prefixes once, and its measurements.

    A measurement goes through an epoch for the gradient, and forward through training, test and shifted sets, and
    once more through the test set for the network of the smallest loss.
    """
    config = configs[0]
    *_, test_points = SHAPES[config.data]
    batches, test_batches = config.n / config.batch_size, test_points / config.batch_size
    looked_at = batches + test_batches * (2 + len(config.shifted_sets))
    measurement = batches * speed.step + looked_at * speed.forward
    measured = sum(len(evaluation_epochs(c)) for c in configs)
    return epochs_computed(configs) * batches * speed.step + measured * measurement


def _median(work: Callable[[], None], device: torch.device) -> float:
    work()
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        seconds.append(time.perf_counter() - started)
    return sorted(seconds)[ROUNDS // 2]
