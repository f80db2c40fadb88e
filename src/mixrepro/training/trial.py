"""The trial protocol: train many runs together, and measure them without disturbing them.

One long run serves every t: what a trial of t epochs would report (the smallest training loss it saw, and the
test figures of the network at that epoch) is read off the run after t epochs. Test figures are computed
lazily: a snapshot is kept at each new minimum, and evaluated only when a reported t asks for it.
"""

import math
from collections.abc import Callable, Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from ..config import RunConfig
from ..data import Dataset
from ..data.dataset import ShiftedSet
from ..errors import ConfigError, found_expected
from ..models import build
from . import evaluation
from .checkpoint import Checkpoints
from .curve import Curve, shifted_column
from .device import denormals_flushed, pick_device, single_precision
from .forks import Fork, epochs_computed, plan
from .interruption import Stop, noted
from .points import Points
from .precision import measured_in
from .resume import Course
from .schedule import evaluation_epochs
from .updates import Updates

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
        columns = curve.columns(evaluation_epochs(config))
        measured = np.isin(columns["epoch"], evaluation_epochs(config))
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
) -> tuple["_Stack", Course]:
    """Train the planned stack to the end, or to where all its runs are lost; return it and its course."""
    start, forks = plan(configs)
    rebuilds = {fork.epoch: fork for fork in forks}
    to_do = epochs_computed(configs)
    proper = single_precision(configs[0].precision == "fp32")
    with denormals_flushed(), proper, noted() if checkpoints else nullcontext(Stop()) as stop:
        stack = _Stack(start, dataset, device, rebuilds.keys(), shifted)
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


class _Stack:
    """The runs in training: weights, momentum, best networks and curves, replica by replica."""

    def __init__(
        self,
        configs: list[RunConfig],
        dataset: Dataset,
        device: torch.device,
        fork_epochs: Set[int] = frozenset(),
        shifted: Sequence[ShiftedSet] = (),
    ) -> None:
        self.configs = configs
        self.shifted = shifted
        # A prefix is also measured where runs leave it, for their records; `Curve.columns` drops it from its own.
        self.fork_epochs = fork_epochs
        self.device = device
        shape = dataset.x_train.shape[1:]
        self.model = build(configs[0], [c.seed for c in configs], shape, dataset.num_classes).to(device)
        self.momentum = self.model.select(range(self.model.size))
        for parameter in self.momentum.parameters():
            parameter.data.zero_()
        self.best = self.model.select(range(self.model.size))
        self.curves = [Curve() for _ in configs]
        self.points = Points(dataset, configs, device)
        self._grid = self._grids()
        self.updates = Updates(self.model, self.momentum, self.points, configs)

    def _grids(self) -> dict[RunConfig, set[int]]:
        return {config: {*evaluation_epochs(config), *self.fork_epochs} for config in self.configs}

    def rebuild(self, fork: Fork) -> None:
        """Let runs leave the common prefix, and drop prefixes that nobody needs any more."""
        self.configs = list(fork.configs)
        networks = (self.model, self.momentum, self.best)
        self.model, self.momentum, self.best = (network.select(fork.sources) for network in networks)
        self.curves = [self.curves[source].copy() for source in fork.sources]
        self._grid = self._grids()
        self.points.select(self.configs)
        self.updates = Updates(self.model, self.momentum, self.points, self.configs)

    def train_epoch(self, epoch: int, begin: int = 0, pause: Callable[[int], None] | None = None) -> None:
        """Train the epoch after `epoch` completed ones; keep the network where its loss is a new minimum.

        Args:
            epoch: Completed epochs.
            begin: First batch, after those that are done.
            pause: See `Updates.train_epoch`.
        """
        config = self.configs[0]
        total = self.updates.train_epoch(self.configs, epoch, begin, pause)
        if not total.isfinite().all():
            self._note_losses(epoch)
        improved = []
        for curve, objective in zip(self.curves, total.tolist(), strict=True):
            improved.append(objective < curve.best_objective())  # False for NaN
            curve.objective.append(objective)
            if improved[-1]:
                curve.best_epoch, curve.best_test = epoch + 1, None
        if any(improved):
            self.best.copy_from(self.model, torch.tensor(improved, device=self.device))
        if epoch + 1 in config.snapshots:
            for index, curve in enumerate(self.curves):
                state = self.model.select([index]).state_dict()
                curve.snapshots[epoch + 1] = {
                    name: part.cpu().contiguous().numpy() for name, part in state.items()
                }

    def _note_losses(self, epoch: int) -> None:
        """Note where the loss of a run ceased to be finite: after how many updates, and its last finite loss."""
        losses = self.updates.losses.double().cpu().numpy()  # [steps, r]
        for curve, of_batches in zip(self.curves, losses.T, strict=True):
            bad = np.flatnonzero(~np.isfinite(of_batches))
            if curve.lost_step is None and len(bad):
                before = [*curve.objective[-1:], *of_batches[: bad[0]].tolist()]
                curve.lost_step = epoch * len(losses) + int(bad[0]) + 1
                curve.last_finite_loss = before[-1] if before else None

    def is_lost(self) -> bool:
        """Tell whether the loss of every run has ceased to be finite, so that more training tells nothing."""
        return all(curve.objective and not math.isfinite(curve.objective[-1]) for curve in self.curves)

    def measure(self, epoch: int) -> None:
        """Measure the runs whose evaluation grid has this epoch."""
        due = [index for index, config in enumerate(self.configs) if epoch in self._grid[config]]
        if not due:
            return
        everyone = len(due) == len(self.configs)
        model = self.model if everyone else self.model.select(due)
        points = self.points if everyone else self.points.only(due)
        with measured_in(self.configs[0], self.device):
            train, test = evaluation.on_train(model, points), evaluation.on_test(model, points)
            shifted = {which.name: evaluation.on_shifted(model, points, which) for which in self.shifted}
        gradient = self.updates.gradient_norms(self.configs, due, epoch)
        for row, index in enumerate(due):
            if self.curves[index].best_epoch == epoch:  # the network of now is the best one
                self.curves[index].best_test = float(test[0, row]), float(test[1, row])
        self._refresh_best(due)
        for row, index in enumerate(due):
            curve = self.curves[index]
            curve.measured[epoch] = {
                "train_loss": float(train[0, row]),
                "train_accuracy": float(train[1, row]),
                "test_loss": float(test[0, row]),
                "test_accuracy": float(test[1, row]),
                "test_calibration_error": float(test[2, row]),
                "gradient_norm": float(gradient[0, row]),
                "batch_gradient_norm": float(gradient[1, row]),
                **{
                    shifted_column(name, figure): float(values[place, row])
                    for name, values in shifted.items()
                    for place, figure in enumerate(("test_loss", "test_accuracy"))
                },
                "trial_epoch": float(curve.best_epoch),
                "trial_objective": curve.best_objective(),
                "trial_test_loss": curve.best_test[0],
                "trial_test_accuracy": curve.best_test[1],
            }
        mixed = [index for index in due if self.configs[index].exact_mixup_loss and self.configs[index].alpha]
        if mixed:
            alphas = [self.configs[index].alpha for index in mixed]
            losses = evaluation.exact_mixup_loss(self.model.select(mixed), self.points.only(mixed), alphas)
            for index, loss in zip(mixed, losses.tolist(), strict=True):
                self.curves[index].measured[epoch]["mixup_loss"] = loss

    def _refresh_best(self, due: list[int]) -> None:
        """Evaluate the kept networks that have changed since they were last asked for."""
        changed = [index for index in due if self.curves[index].best_test is None]
        if changed:
            with measured_in(self.configs[0], self.device):
                test = evaluation.on_test(self.best.select(changed), self.points)
            for index, (loss, accuracy) in zip(changed, test[:2].T.tolist(), strict=True):
                self.curves[index].best_test = loss, accuracy
