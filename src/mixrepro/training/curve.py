"""What one run has measured so far."""

from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

#: Columns filled at the evaluation epochs; `objective` is filled every epoch.
MEASURED = (
    "train_loss",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "test_calibration_error",
    "gradient_norm",
    "batch_gradient_norm",
    "mixup_loss",
    "trial_epoch",
    "trial_objective",
    "trial_test_loss",
    "trial_test_accuracy",
)


def shifted_column(name: str, figure: str = "test_accuracy") -> str:
    """Name the column of a figure on a shifted test set."""
    return f"{figure} on {name}"


@dataclass
class Curve:
    """A run's history.

    Attributes:
        objective: For each epoch, the mean over its batches of the loss that training minimised: the Mixup
            loss of the synthetic points for Mixup, the training loss for ERM (nats; network in training mode).
        measured: At evaluation epochs, the values of `MEASURED`. The `trial_` ones follow the paper's
            protocol: the epoch up to now with the smallest objective, and the test figures of its network.
            Loss and accuracy on shifted test sets have columns of their own (`shifted_column`).
        snapshots: Epoch -> the weights of the network then.
        best_epoch: That epoch.
        best_test: Its test loss and accuracy, once they were asked for.
        lost_step: Number of the update whose loss was the first that is not finite; None while all are.
        last_finite_loss: Loss before it; None if there was none.
    """

    objective: list[float] = field(default_factory=list)
    measured: dict[int, dict[str, float]] = field(default_factory=dict)
    snapshots: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)
    best_epoch: int = 0
    best_test: tuple[float, float] | None = None
    lost_step: int | None = None
    last_finite_loss: float | None = None

    def copy(self) -> Self:
        """Return a copy that can go its own way, for a run that leaves this one."""
        return replace(
            self,
            objective=list(self.objective),
            measured=dict(self.measured),
            snapshots=dict(self.snapshots),
        )

    def best_objective(self) -> float:
        """Return the smallest objective so far; infinity before the first epoch."""
        return self.objective[self.best_epoch - 1] if self.best_epoch else float("inf")

    def columns(self, epochs: list[int]) -> dict[str, np.ndarray]:
        """Return the table of the run: a row an epoch, NaN where nothing was measured.

        Args:
            epochs: Evaluation epochs that belong to the run.
        """
        length = len(self.objective)
        table = {"epoch": np.arange(1, length + 1), "objective": np.array(self.objective)}
        names = {name: None for values in self.measured.values() for name in values}
        for name in dict.fromkeys([*MEASURED, *names]):
            column = np.full(length, np.nan)
            for epoch in epochs:
                if epoch <= length and name in self.measured.get(epoch, {}):
                    column[epoch - 1] = self.measured[epoch][name]
            table[name] = column
        return table
