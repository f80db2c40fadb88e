"""The course of a stack's training: how far it has come, when it is kept, and how it goes on from there."""

import itertools
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import numpy as np
import torch
from torch import Tensor

from ..config import RunConfig
from ..errors import CheckpointError, found_expected
from . import checkpoint
from .checkpoint import Checkpoint, CurveState, State
from .checkpoints import Checkpoints
from .curve import Curve
from .forks import Fork, epochs_computed
from .interruption import Stop
from .stack import Stack


class Course:
    """How far the training of some runs has come, in this process and those before it.

    Args:
        configs: The runs.
        device: What trains now, in words.
        checkpoints: Theirs, or None if nothing is kept.
        stop: Whether this process was asked to stop.

    Attributes:
        started: When training began, ISO 8601.
        ran_on: From which epoch on it ran on what; one entry a process.
    """

    def __init__(
        self, configs: Sequence[RunConfig], device: str, checkpoints: Checkpoints | None, stop: Stop
    ) -> None:
        self.configs = list(configs)
        self.device = device
        self.checkpoints = checkpoints
        self.stop = stop
        self.started = datetime.now(UTC).isoformat(timespec="seconds")
        self.ran_on = [(0, device)]
        self._since, self._until, self._before = time.perf_counter(), None, 0.0

    @property
    def seconds(self) -> float:
        """Time spent in training."""
        return self._before + (self._until or time.perf_counter()) - self._since

    def devices(self) -> str:
        """Say what the runs were trained on, and from which epoch on if it changed."""
        parts = [self.ran_on[0][1]]
        for (_, before), (epoch, device) in itertools.pairwise(self.ran_on):
            if device != before:
                parts.append(f"from epoch {epoch} on {device}")
        return "; ".join(parts)

    def end(self) -> None:
        """Stop the clock."""
        self._until = time.perf_counter()

    def resume(self, stack: Stack, forks: Sequence[Fork]) -> tuple[int, int, bool]:
        """Bring a fresh stack to its newest checkpoint, if there is one.

        Returns:
            Completed epochs, completed batches of the next one, and whether the runs were measured in between.
        """
        kept = self.checkpoints and self.checkpoints.newest(self.configs)
        if kept is None:
            return 0, 0, True
        state = kept.state
        for fork in forks:
            if fork.epoch < state.epoch + (state.batch > 0):
                stack.rebuild(fork)
        fill(stack, kept)
        self.started, self._before = state.started, state.seconds
        self.ran_on = [*state.ran_on, (state.epoch, self.device)]
        return state.epoch, state.batch, state.measured

    def measure(self, stack: Stack, epoch: int) -> None:
        """Measure the runs; if a signal comes meanwhile, keep the stack as it was before.

        Raises:
            KeyboardInterrupt: A signal came; or SystemExit.
        """
        before = [(dict(curve.measured), curve.best_test) for curve in stack.curves]
        try:
            with self.stop.at_once():
                stack.measure(epoch)
        except (KeyboardInterrupt, SystemExit):
            for curve, (measured, best_test) in zip(stack.curves, before, strict=True):
                curve.measured, curve.best_test = measured, best_test
            self.keep(stack, epoch, measured=False)
            raise

    def report(self, stack: Stack, epoch: int, progress: Callable[[int, int], None] | None, to_do: int) -> None:
        """Tell `progress` of an epoch; whatever it raises to end the training, the stack is kept."""
        if progress is None:
            return
        try:
            progress(epochs_computed(self.configs, epoch), to_do)
        except BaseException:
            self.keep(stack, epoch)
            raise

    def pause(self, stack: Stack, epoch: int, batch: int = 0) -> None:
        """Keep the stack if it is time to, or if a signal asked to stop.

        Raises:
            KeyboardInterrupt: A signal asked to; or SystemExit.
        """
        if (epoch or batch) and (self.stop.asked is not None or (self.checkpoints and self.checkpoints.due())):
            self.keep(stack, epoch, batch=batch)
        if self.stop.asked is not None:
            self.stop.end()

    def keep(self, stack: Stack, epoch: int, measured: bool = True, batch: int = 0) -> None:
        """Write a checkpoint of the stack after `epoch` completed epochs and `batch` batches of the next."""
        if self.checkpoints is None:
            return
        state = State(
            stamp=self.checkpoints.stamp,
            configs=checkpoint.described(self.configs),
            epoch=epoch,
            batch=batch,
            measured=measured,
            seconds=self.seconds,
            started=self.started,
            ran_on=self.ran_on,
            measured_names=measured_names(stack),
            curves=curve_states(stack),
        )
        self.checkpoints.write(Checkpoint(state, tensors_of(stack, batch)))


def tensors_of(stack: Stack, batch: int = 0) -> dict[str, Tensor]:
    """Return every number of a stack that cannot be computed anew: networks, momenta, curves, losses of batches.

    Copies are left to the writer: nothing may train between this and the writing.
    """
    tensors = {f"model.{name}": part for name, part in stack.model.state_dict().items()}
    tensors |= {f"momentum.{name}": part.detach() for name, part in stack.momentum.named_parameters()}
    tensors |= {f"best.{name}": part for name, part in stack.best.state_dict().items()}
    if batch:
        tensors["losses"] = stack.updates.losses[:batch]
    names = measured_names(stack)
    for index, curve in enumerate(stack.curves):
        numbers = _numbers(curve, names)
        tensors |= {f"curve.{index}.{name}": torch.from_numpy(part) for name, part in numbers.items()}
    return tensors


def curve_states(stack: Stack) -> list[CurveState]:
    """Return the rest of its curves."""
    return [
        CurveState(
            measured_epochs=list(curve.measured),
            snapshots=list(curve.snapshots),
            best_epoch=curve.best_epoch,
            lost_step=curve.lost_step,
            last_finite_loss=curve.last_finite_loss,
        )
        for curve in stack.curves
    ]


def fill(stack: Stack, kept: checkpoint.Checkpoint) -> None:
    """Bring a stack of the same runs to where a checkpoint was written.

    Raises:
        CheckpointError: The checkpoint is of other networks, or contradicts itself.
    """
    tensors = dict(kept.tensors)
    checkpoint.fill(stack.model.state_dict(), tensors, "model.")
    checkpoint.fill(
        {name: part.detach() for name, part in stack.momentum.named_parameters()}, tensors, "momentum."
    )
    checkpoint.fill(stack.best.state_dict(), tensors, "best.")
    if len(kept.state.curves) != len(stack.curves):
        raise CheckpointError(
            found_expected("checkpoint, curves", len(kept.state.curves), f"{len(stack.curves)}, one a run")
        )
    if kept.state.batch:
        losses = tensors.get("losses", torch.empty(0))
        if losses.shape != (expected := (kept.state.batch, len(stack.curves))):
            raise CheckpointError(found_expected("checkpoint, losses", tuple(losses.shape), f"shape {expected}"))
        stack.updates.go_on_after(losses.to(stack.device))
    stack.curves = [_curve(kept, index) for index in range(len(stack.curves))]


def measured_names(stack: Stack) -> list[str]:
    """Return the names of all that was measured of any run; where one lacks it, its values are NaN."""
    measured = (values for curve in stack.curves for values in curve.measured.values())
    return list(dict.fromkeys(name for values in measured for name in values))


def _numbers(curve: Curve, names: Sequence[str]) -> dict[str, np.ndarray]:
    table = [[values.get(name, np.nan) for name in names] for values in curve.measured.values()]
    numbers = {
        "objective": np.array(curve.objective, dtype=np.float64),
        "measured": np.array(table, dtype=np.float64).reshape(len(curve.measured), len(names)),
    }
    if curve.best_test is not None:
        numbers["best_test"] = np.array(curve.best_test, dtype=np.float64)
    for epoch, weights in curve.snapshots.items():
        numbers |= {f"snapshot.{epoch}.{name}": part for name, part in weights.items()}
    return numbers


def _curve(kept: Checkpoint, index: int) -> Curve:
    state, names, prefix = kept.state.curves[index], kept.state.measured_names, f"curve.{index}."
    numbers = {
        name.removeprefix(prefix): part.numpy() for name, part in kept.tensors.items() if name.startswith(prefix)
    }
    try:
        objective, table = numbers["objective"], numbers["measured"]
        shapes = objective.shape, table.shape
        expected = (kept.state.epoch,), (len(state.measured_epochs), len(names))
        if shapes != expected:
            raise CheckpointError(found_expected(f"checkpoint, curve {index}", shapes, f"shapes {expected}"))
        best_test = tuple(numbers["best_test"].tolist()) if "best_test" in numbers else None
    except KeyError as error:
        raise CheckpointError(found_expected(f"checkpoint, curve {index}", f"no {error}", "all parts")) from None
    return Curve(
        objective=objective.tolist(),
        measured={
            epoch: dict(zip(names, row, strict=True))
            for epoch, row in zip(state.measured_epochs, table.tolist(), strict=True)
        },
        snapshots={
            kept: {
                name.removeprefix(f"snapshot.{kept}."): part
                for name, part in numbers.items()
                if name.startswith(f"snapshot.{kept}.")
            }
            for kept in state.snapshots
        },
        best_epoch=state.best_epoch,
        best_test=best_test,
        lost_step=state.lost_step,
        last_finite_loss=state.last_finite_loss,
    )
