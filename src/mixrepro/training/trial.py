"""The trial protocol: train many runs together, and measure them without disturbing them.

One long run serves every t: what a trial of t epochs would report (the smallest training loss it saw, and the
test figures of the network at that epoch) is read off the run after t epochs.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from ..config import RunConfig
from ..data import Dataset
from ..data.dataset import ShiftedSet
from ..errors import ConfigError, found_expected
from . import schedule
from .checkpoints import Checkpoints
from .device import denormals_flushed, pick_device, single_precision
from .forks import epochs_computed, plan
from .interruption import Stop, noted
from .resume import Course
from .stack import Stack

#: Fields in which runs trained together may differ.
FREE_FIELDS = ("seed", "alpha", "switch_epoch")

#: Called after each epoch with (epochs computed, epochs to compute), summed over the stack.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Outcome:
    """What one run measured.

    Attributes:
        config: The run.
        columns: Its table, see `Curve.columns`.
        snapshots: Epoch -> weights, for those of `config.snapshots` that it reached.
        diverged_at: Epoch of the first loss that is not finite, or None.
        diverged_step: Number of the update that had it; for a test loss, of the last update before it.
        last_finite_loss: Loss of the batch before, or mean loss of the epoch before it.
        trained_with: How many runs shared the stack.
        wall_seconds: Time of the whole stack.
        device: What it ran on.
        started: When its training began, ISO 8601.
        resumed: How often it went on from a checkpoint.
    """

    config: RunConfig
    columns: dict[str, np.ndarray]
    snapshots: dict[int, dict[str, np.ndarray]]
    diverged_at: int | None
    diverged_step: int | None
    last_finite_loss: float | None
    trained_with: int
    wall_seconds: float
    device: str
    started: str
    resumed: int


def stack_key(config: RunConfig) -> RunConfig:
    """Return what runs must have in common to be trained together."""
    return config.but(seed=0, alpha=1.0, switch_epoch=None)


def train_together(
    configs: Sequence[RunConfig],
    dataset: Dataset,
    device: str = "auto",
    progress: Progress | None = None,
    shifted: Sequence[ShiftedSet] = (),
    checkpoints: Checkpoints | None = None,
) -> list[Outcome]:
    """Train runs that differ in seed, alpha and switch epoch only, as one stack.

    Args:
        configs: The runs, without repeats.
        dataset: Their data.
        device: `auto`, `cpu`, `cuda`, ...
        progress: Told of every epoch.
        shifted: The test sets that `config.shifted_sets` names.
        checkpoints: Where the stack is kept while it trains, and goes on from; default: nowhere.

    Returns:
        One outcome a run, in order.

    Raises:
        ConfigError: The runs differ in something else.
        CheckpointError: A checkpoint cannot be written.
        KeyboardInterrupt: SIGINT came; the stack was kept.
        SystemExit: SIGTERM came; the stack was kept.
    """
    for config in configs:
        if stack_key(config) != stack_key(configs[0]):
            raise ConfigError(
                found_expected("runs", "a difference in other fields", f"differences in {FREE_FIELDS} only")
            )
    stack, course = _train(configs, dataset, pick_device(device), progress, shifted, checkpoints)
    outcomes = []
    for config in configs:
        curve = stack.curves[stack.configs.index(config)]
        columns = curve.columns(schedule.evaluation_epochs(config))
        measured = np.isin(columns["epoch"], schedule.evaluation_epochs(config))
        lost = np.flatnonzero(~np.isfinite(columns["objective"]) | (measured & ~np.isfinite(columns["test_loss"])))
        diverged_at = int(lost[0]) + 1 if len(lost) else None
        columns = {name: column[:diverged_at] for name, column in columns.items()}
        kept = {epoch: weights for epoch, weights in curve.snapshots.items() if epoch <= (diverged_at or epoch)}
        step, last = (curve.lost_step, curve.last_finite_loss) if diverged_at else (None, None)
        if diverged_at and np.isfinite(columns["objective"][-1]):  # it was lost in measuring only
            step, last = diverged_at * -(-config.n // config.batch_size), float(columns["objective"][-1])
        outcomes.append(
            Outcome(
                config,
                columns,
                kept,
                diverged_at,
                step,
                last,
                trained_with=len(configs),
                wall_seconds=course.seconds,
                device=course.devices(),
                started=course.started,
                resumed=len(course.ran_on) - 1,
            )
        )
    return outcomes


def _train(
    configs: Sequence[RunConfig],
    dataset: Dataset,
    device: torch.device,
    progress: Progress | None,
    shifted: Sequence[ShiftedSet],
    checkpoints: Checkpoints | None,
) -> tuple[Stack, Course]:
    """Train the planned stack to the end, or to where all its runs are lost; return it and its course."""
    start, forks = plan(configs)
    rebuilds = {fork.epoch: fork for fork in forks}
    to_do = epochs_computed(configs)
    proper = single_precision(configs[0].precision == "fp32")
    with denormals_flushed(), proper, noted() if checkpoints else nullcontext(Stop()) as stop:
        stack = Stack(start, dataset, device, rebuilds.keys(), shifted)
        course = Course(configs, describe(device), checkpoints, stop)
        epoch, batch, measured = course.resume(stack, forks)
        while True:
            if not measured:
                course.measure(stack, epoch)
                course.report(stack, epoch, progress, to_do)
            if epoch == configs[0].epochs or stack.is_lost():
                break
            if batch == 0:
                course.pause(stack, epoch)
                if epoch in rebuilds:
                    stack.rebuild(rebuilds[epoch])
            stack.train_epoch(epoch, batch, partial(course.pause, stack, epoch) if checkpoints else None)
            epoch, batch, measured = epoch + 1, 0, False
        if len(configs) > 1:  # so that a process that dies while it writes records leaves none of them untrained
            course.keep(stack, epoch)
        for fork in forks:
            if fork.epoch >= epoch:  # a switch at the very end, or of a run that is lost, changes nothing
                stack.rebuild(fork)
        course.end()
    return stack, course


def describe(device: torch.device) -> str:
    """Say in words what a run ran on: the GPU's name, or the CPU and its threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}"
