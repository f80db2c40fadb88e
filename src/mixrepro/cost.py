"""How long runs would take on this machine, from a few steps timed now on random numbers of the right shape."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from .config import RunConfig
from .data.dataset import Dataset
from .models import STACKED, build
from .training.device import pick_device
from .training.evaluation import on_test
from .training.forks import epochs_computed, plan
from .training.points import Points
from .training.schedule import evaluation_epochs
from .training.updates import Updates

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
#: Batches of an epoch that is timed, of small networks and of image networks.
STEPS = 10
STEPS_OF_IMAGES = 2


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
    """Time short epochs of a stack, trained as they will be.

    Networks that are modules of their own cost the same each, so as many are timed as train at once.

    Args:
        configs: Runs that are trained together.
        device: What to train on.
    """
    on, stacked = pick_device(device), configs[0].model in STACKED
    start, _ = plan(configs)
    timed = start if stacked else start[: 1 if on.type == "cuda" else torch.get_num_threads()]
    dataset = _random_dataset(configs[0], STEPS if stacked else STEPS_OF_IMAGES)
    n = len(dataset.x_train)
    asks_nothing = {"switch_epoch": None, "snapshots": (), "shifted_sets": (), "exact_mixup_loss": False}
    runs = [config.but(n=n, epochs=1, **asks_nothing) for config in timed]
    model = build(runs[0], [run.seed for run in runs], dataset.x_train.shape[1:], dataset.num_classes).to(on)
    points = Points(dataset, runs, on)
    updates = Updates(model, model.select(range(model.size)), points, runs)
    epoch = _median(lambda: updates.train_epoch(runs, 0), on)
    forward = _median(lambda: on_test(model, points), on)
    batches = len(runs) * n / runs[0].batch_size
    return Speed(epoch / batches, forward / batches, len(runs))


def _random_dataset(config: RunConfig, steps: int) -> Dataset:
    """Draw a data set of the right shape, as large as a few batches, and its own test set."""
    shape, classes, _ = SHAPES[config.data]
    n = -(-max(steps * config.batch_size, classes) // classes) * classes  # a subset is balanced
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(n, *shape, generator=generator)
    if len(shape) > 1:
        x = (128 + 64 * x).clamp(0, 255).byte()
    y = torch.arange(n) % classes
    scale = torch.full(shape[:1], 0.5) if len(shape) > 1 else None
    return Dataset(config.data, x, y, x, y, classes, (), scale, scale, "drawn", "")


def estimated_seconds(configs: Sequence[RunConfig], speed: Speed) -> float:
    """Estimate what a stack costs: its epochs, common prefixes once, and its measurements.

    A measurement goes through an epoch for the gradient, and forward through training, test and shifted sets, and
    once more through the test set for the network of the smallest loss.
    """
    config = configs[0]
    test_points = config.test_size or SHAPES[config.data][-1]
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
