"""Ten seeds of the MNIST-1D MLP together, against a plain PyTorch loop that trains one seed after another.

Setting: n = 1000, MLP 40-256-256-10, Mixup, batch 100, SGD with momentum. Both sides are timed in turn, epoch
by epoch, in one process, so that the ratio holds when the machine's speed drifts. That both compute the same is
shown by tests/test_training_step.py (the first twenty steps equal to 1e-6).

Run: `python benchmarks/seeds_together.py` (about a minute; --json FILE keeps the figures).
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from mixrepro.config import RunConfig
from mixrepro.data import load, train_subset
from mixrepro.training.device import denormals_flushed
from mixrepro.training.trial import _Stack, describe

SEEDS = 10
CONFIG = RunConfig()


class PlainLoop:
    """One seed, written as in a tutorial: DataLoader, autograd, torch.optim."""

    def __init__(self, seed: int) -> None:
        dataset = load(CONFIG)
        subset = train_subset(dataset, CONFIG.but(seed=seed))
        torch.manual_seed(seed)
        self.network = nn.Sequential(
            nn.Linear(40, 256), nn.ReLU(), nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 10)
        )
        self.optimizer = torch.optim.SGD(self.network.parameters(), CONFIG.lr, momentum=CONFIG.momentum)
        points = TensorDataset(dataset.x_train[subset], dataset.y_train[subset])
        self.loader = DataLoader(points, batch_size=CONFIG.batch_size, shuffle=True)

    def train_epoch(self) -> None:
        """Train one epoch: Mixup as a tutorial writes it."""
        for x, y in self.loader:
            lam = float(np.random.beta(CONFIG.alpha, CONFIG.alpha))
            perm = torch.randperm(len(x))
            logits = self.network(lam * x + (1 - lam) * x[perm])
            loss = lam * functional.cross_entropy(logits, y)
            loss = loss + (1 - lam) * functional.cross_entropy(logits, y[perm])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()


def seconds(work) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measure(rounds: int, warm_up: int) -> dict:
    """Time both sides in turn and return times a seed and epoch, and the ratio."""
    plain = [PlainLoop(seed) for seed in range(SEEDS)]
    stack = _Stack([CONFIG.but(seed=seed) for seed in range(SEEDS)], load(CONFIG), torch.device("cpu"))
    times = []
    with denormals_flushed():
        for epoch in range(warm_up + rounds):
            one_by_one = sum(seconds(loop.train_epoch) for loop in plain)
            together = seconds(lambda epoch=epoch: stack.train_epoch(epoch))
            if epoch >= warm_up:
                times.append((one_by_one, together))
    one_by_one, together = np.array(times).T
    return {
        "plain_ms": 1e3 * float(np.median(one_by_one)) / SEEDS,
        "together_ms": 1e3 * float(np.median(together)) / SEEDS,
        "ratio": float(np.median(one_by_one / together)),
        "ratio_quartiles": [float(q) for q in np.quantile(one_by_one / together, [0.25, 0.75])],
        "rounds": rounds,
        "seeds": SEEDS,
    }


def main() -> None:
    """Print the figures, and keep them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    figures = measure(arguments.rounds, warm_up=3)
    figures["machine"] = {
        "device": describe(torch.device("cpu")),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    print(
        f"plain loop {figures['plain_ms']:.1f} ms, together {figures['together_ms']:.1f} ms an epoch and seed: "
        f"{figures['ratio']:.2f} times faster (quartiles {figures['ratio_quartiles'][0]:.2f} to "
        f"{figures['ratio_quartiles'][1]:.2f}, {SEEDS} seeds, {figures['rounds']} rounds)"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
