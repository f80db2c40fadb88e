"""When to switch Mixup off, told while training: for anybody's training loop, with PyTorch or without.

    monitor = SwitchMonitor()
    for epoch in range(1, epochs + 1):
        train_an_epoch(alpha=0.0 if monitor.switched else 1.0)     # alpha = 0 is ordinary training
        monitor.update(epoch, accuracy_on_held_out_images())

It waits until the accuracy has turned and fallen for certain. That is late, and late is cheap: in FIG-6 a switch
long after the turn undoes most of the damage. Whether Mixup, switched off at all, gains anything over training
without it is another question, and FIG-6+ has runs where it does not: train one run without Mixup first. Loss is
no substitute for accuracy: it rises with Mixup and without (FIG-3, FIG-2-MAP+).
"""

import math
from collections import deque
from typing import Any

from .errors import ConfigError, found_expected


class SwitchMonitor:
    """Watches accuracy on held-out data, and says when it has turned and fallen by an amount that matters.

    The mean of the last `window` measurements is held against the highest such mean so far. Once it is lower by
    `min_drop`, training should go on without Mixup. It says so once; what comes later changes nothing.

    The defaults are those, of six that were tried on the runs recorded in `results/`, that told Mixup best from
    ordinary training, at some ten measurements a factor of ten of epochs: `tests/test_switching.py` counts how
    often. Who measures in every epoch may take a wider window; who has few held-out examples needs one. A fall of
    less than `min_drop` goes unnoticed: most of the recorded networks of convolutions fall by no more than that.

    Args:
        min_drop: Fall of accuracy that matters, a share: 0.02 are two points.
        window: How many measurements are averaged.

    Attributes:
        turn: Epoch of the last measurement of the (first) highest mean, None before there is one. The weights of
            that epoch are the ones to keep if training is to stop instead of being switched.
        switch_epoch: Epoch after which it said so, None as long as it has not.

    Raises:
        ConfigError: `min_drop` is no share above 0, or `window` no number of at least 1.
    """

    def __init__(self, min_drop: float = 0.02, window: int = 3) -> None:
        if not 0 < min_drop < 1:
            raise ConfigError(found_expected("min_drop", min_drop, "a share above 0 and below 1, as 0.02"))
        if isinstance(window, bool) or not isinstance(window, int) or window < 1:
            raise ConfigError(found_expected("window", window, "a number of measurements, at least 1"))
        self.min_drop = min_drop
        self.window = window
        self.turn: int | None = None
        self.switch_epoch: int | None = None
        self._highest = -math.inf
        self._epoch: int | None = None
        self._last: deque[float] = deque(maxlen=window)

    @property
    def switched(self) -> bool:
        """Whether Mixup should be off from the next epoch on."""
        return self.switch_epoch is not None

    def update(self, epoch: int, accuracy: float) -> bool:
        """Take a measurement; epochs may be left out.

        Args:
            epoch: Completed epochs.
            accuracy: Share of held-out examples that are classified rightly, from 0 to 1.

        Returns:
            Whether Mixup should be off from the next epoch on.

        Raises:
            ConfigError: The epoch is not later than the last one, or the accuracy is no share (per cents are none,
                nor is the NaN of a run that diverged). The monitor stays as it was.
        """
        if self._epoch is not None and not epoch > self._epoch:
            raise ConfigError(found_expected("epoch", epoch, f"a later one than {self._epoch}"))
        if not 0 <= accuracy <= 1:
            raise ConfigError(found_expected(f"accuracy after epoch {epoch}", accuracy, "a share from 0 to 1"))
        self._epoch = epoch
        self._last.append(float(accuracy))
        if self.switched or len(self._last) < self.window:
            return self.switched
        mean = math.fsum(self._last) / self.window
        if mean > self._highest:
            self._highest, self.turn = mean, epoch
        elif self._highest - mean >= self.min_drop:
            self.switch_epoch = epoch
        return self.switched

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint has to keep, as plain data."""
        return {
            "min_drop": self.min_drop,
            "window": self.window,
            "turn": self.turn,
            "switch_epoch": self.switch_epoch,
            "highest": self._highest if self.turn is not None else None,
            "epoch": self._epoch,
            "last": list(self._last),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises:
            ConfigError: It is the state of a monitor with other settings, or lacks a key.
        """
        missing = self.state_dict().keys() - state.keys()
        if missing:
            raise ConfigError(found_expected("state of a SwitchMonitor", sorted(state), f"also {sorted(missing)}"))
        for name in ("min_drop", "window"):
            if state[name] != getattr(self, name):
                raise ConfigError(found_expected(f"{name} of the checkpoint", state[name], getattr(self, name)))
        self.turn, self.switch_epoch, self._epoch = state["turn"], state["switch_epoch"], state["epoch"]
        self._highest = -math.inf if state["highest"] is None else state["highest"]
        self._last = deque(state["last"], maxlen=self.window)
