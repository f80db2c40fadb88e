"""An epoch of updates for every network of a stack: on threads of a CPU, or as captured graphs of a GPU."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from ..config import RunConfig
from ..models.stacked import Replicated, Stacked
from .device import keep_freed_memory
from .gradient import gradient_norms
from .graphs import Graphs
from .points import Points
from .precision import require
from .tables import draw_tables
from .threads import Threads, available
from .units import make_units

#: An epoch that takes longer than this, in seconds, is interrupted so often to see whether it is to be kept.
SECONDS_AT_ONCE = 1.0
#: Batches before the first such interruption, from which the time of a batch is known.
FIRST_AT_ONCE = 8
#: Bytes that the replicas of a unit may touch in a step; more of them would drive each other out of the cache.
TOUCHED = 8_000_000


class Updates:
    """Trains the networks of a stack together.

    A replica of images is a unit of its own; replicas that are stacked share units as long as they fit the cache.
    On a CPU each thread takes one unit after the other through the whole epoch, so none waits for another within
    it. On a GPU the units are parallel branches of one captured step.

    Args:
        model: The stack; updated in place.
        momentum: A twin of it, whose parameters are the momenta.
        points: The data of its runs.
        configs: Its runs.

    Raises:
        ConfigError: The runs ask for a precision that gains nothing here.
    """

    def __init__(
        self,
        model: Stacked | Replicated,
        momentum: Stacked | Replicated,
        points: Points,
        configs: Sequence[RunConfig],
    ) -> None:
        keep_freed_memory()
        require(configs[0], points.device)
        self.points, self._model = points, model
        on_gpu = points.device.type != "cpu"
        threads = 1 if on_gpu else min(available(), model.size)
        sizes = unit_sizes(model, configs[0], threads, on_gpu)
        self.units = make_units(model, momentum, points, configs[0], sizes)
        self._points = [points.only(range(model.size)[unit.replicas]) for unit in self.units]
        self._threads = Threads(threads)
        self._graphs = Graphs(self.units) if on_gpu else None
        self._at_once = FIRST_AT_ONCE

    @property
    def losses(self) -> Tensor:
        """Loss of each batch of the epoch, float32 [steps, r]; a copy."""
        return torch.cat([unit.losses for unit in self.units], dim=1)

    def go_on_after(self, losses: Tensor) -> None:
        """Take over the losses of the first batches of an epoch, [batches, r], which another process trained."""
        for unit in self.units:
            unit.losses[: len(losses)] = losses[:, unit.replicas]

    def train_epoch(
        self,
        configs: Sequence[RunConfig],
        epoch: int,
        begin: int = 0,
        pause: Callable[[int], None] | None = None,
    ) -> Tensor:
        """Train the epoch that begins after `epoch` completed ones.

        Args:
            configs: The runs of the stack.
            epoch: Completed epochs.
            begin: First batch, after those that are done.
            pause: Called now and then within a long epoch, with the batches done; the stack may be kept then.

        Returns:
            The mean over its points of the loss that training minimised, float64 [r], on the device.
        """
        if self._graphs is not None:
            tables = draw_tables(configs, epoch, self.points)
            self._graphs.train_epoch(tables, configs[0].lr_at(epoch), begin, pause)
            return torch.cat([unit.total for unit in self.units])
        steps = len(self.units[0].losses)
        while begin < steps:
            end = min(steps, begin + self._at_once) if pause else steps
            started = time.perf_counter()
            self._threads.run(
                [partial(self._train_unit, place, configs, epoch, begin, end) for place in range(len(self.units))]
            )
            self._at_once = max(1, int(SECONDS_AT_ONCE * (end - begin) / (time.perf_counter() - started)))
            begin = end
            if pause and begin < steps:
                pause(begin)
        return torch.cat([unit.total for unit in self.units])

    def gradient_norms(self, configs: Sequence[RunConfig], due: Sequence[int], epoch: int) -> Tensor:
        """Measure the gradient of some runs; see `gradient.gradient_norms`.

        Args:
            configs: The runs of the stack.
            due: Which of them.
            epoch: Completed epochs.

        Returns:
            float64 [2, len(due)].
        """
        if self._graphs is not None:
            norms = self._graphs.gradient_norms(draw_tables(configs, epoch, self.points)).cpu()
            return norms[:, list(due)]
        everyone = len(due) == len(configs)
        model = self._model if everyone else self._model.select(due)
        points = self.points if everyone else self.points.only(due)
        return gradient_norms(model, [configs[index] for index in due], points, epoch)

    def _train_unit(self, place: int, configs: Sequence[RunConfig], epoch: int, begin: int, end: int) -> None:
        unit = self.units[place]
        tables = draw_tables(configs[unit.replicas], epoch, self._points[place])
        unit.train_epoch(tables, configs[0].lr_at(epoch), begin, end)


def unit_sizes(model: Stacked | Replicated, config: RunConfig, threads: int, on_gpu: bool) -> list[int]:
    """Split the replicas of a stack into units, as evenly as possible, and at least one for each thread."""
    if isinstance(model, Replicated):
        return [1] * model.size
    if on_gpu:
        return [model.size]
    weights = sum(parameter[0].numel() for parameter in model.parameters())
    hidden = config.batch_size * config.width * config.depth
    fitting = max(1, TOUCHED // (4 * (3 * weights + 2 * hidden)))
    count = -(-model.size // min(fitting, -(-model.size // threads)))
    count = -(-count // threads) * threads if count < model.size else model.size
    return [(model.size * (k + 1)) // count - model.size * k // count for k in range(count)]
