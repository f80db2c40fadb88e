"""The networks of some runs in training, with their curves: an epoch of updates, and what is measured after it.

Test figures are computed lazily: a snapshot is kept at each new minimum of the training loss, and evaluated only
when a reported epoch asks for it.
"""

import math
from collections.abc import Callable, Sequence, Set

import numpy as np
import torch

from ..config import RunConfig
from ..data import Dataset
from ..data.dataset import ShiftedSet
from ..models import build
from . import evaluation, schedule
from .curve import Curve, shifted_column
from .device import single_precision
from .forks import Fork
from .points import Points
from .precision import measured_in
from .updates import Updates


class Stack:
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
        return {config: {*schedule.evaluation_epochs(config), *self.fork_epochs} for config in self.configs}

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
            with single_precision():
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
