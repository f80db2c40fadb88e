"""What keeping a stack costs, in time and on the disk."""

import statistics
import tempfile
import time
from pathlib import Path

import torch

from ..config import RunConfig
from ..data import Dataset, load
from ..training.checkpoint import files
from ..training.checkpoints import MOST_TIME, Checkpoints
from ..training.interruption import Stop
from ..training.resume import Course
from ..training.stack import Stack
from .figure import Figure, stopwatch

SECONDS = 60.0
WRITES = 5
STACKS = {
    "10 runs of the MLP": RunConfig(n=100, epochs=2),
    "2 runs of ResNet-18": RunConfig(data="arrays", model="resnet18", width=64, n=20, batch_size=10, epochs=2),
}


def checkpoints(stacks: tuple[str, ...] = tuple(STACKS)) -> Figure:
    """Write a stack several times, at the size that it has in the experiments.

    Args:
        stacks: Names of `STACKS`.
    """
    seconds, found, shares = stopwatch(), [], []
    for name in stacks:
        runs = [STACKS[name].but(seed=seed) for seed in range(int(name.split()[0]))]
        stack = Stack(runs, _data(runs[0]), torch.device("cpu"))
        stack.train_epoch(0)
        with tempfile.TemporaryDirectory(prefix="mixrepro-") as folder:
            kept = Checkpoints(Path(folder), {}, SECONDS)
            course, took = Course(runs, "", kept, Stop()), []
            for _ in range(WRITES):
                started = time.perf_counter()
                course.keep(stack, 1)
                took.append(time.perf_counter() - started)
            size = files(Path(folder))[0].stat().st_size
        shares.append(statistics.median(took) / max(SECONDS, statistics.median(took) / MOST_TIME))
        found.append(
            f"{name}: {statistics.median(took):.3f} s for {size / 1e6:.1f} MB, {shares[-1]:.2%} of the time"
        )
    return Figure(
        "keeping",
        f"a checkpoint every {SECONDS:.0f} s of training, or less often where one takes long; median of {WRITES}",
        f"at most {MOST_TIME:.0%} of the time",
        "; ".join(found),
        max(shares) < 1.001 * MOST_TIME,
        seconds(),
    )


def _data(config: RunConfig) -> Dataset:
    if config.data == "mnist1d":
        return load(config)
    x = torch.zeros(40, 3, 32, 32, dtype=torch.uint8)
    y, half = torch.arange(40) % 10, torch.full((3,), 0.5)
    return Dataset("arrays", x, y, x[:10], y[:10], 10, tuple("0123456789"), half, half, "drawn", "")
