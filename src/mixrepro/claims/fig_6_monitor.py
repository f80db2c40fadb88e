"""What comes of watching each run itself: `SwitchMonitor` on the Mixup curves of FIG-6.

The monitor sees what it would see while training, one measurement after the other. A run that was switched exactly
where it said so is not there; the first declared switch from there on stands in for it, which is later still.
"""

from dataclasses import dataclass

import numpy as np

from ..experiments.fig_6 import arm_name
from ..results import Results
from ..switching import SwitchMonitor
from . import fig_6


@dataclass(frozen=True)
class Watched:
    """What each seed's monitor said, and where the run ended that followed it.

    Attributes:
        said: Epoch after which it said to switch, float64 [seeds]; NaN if it never did.
        switch: First declared switch epoch from there on; NaN if there is none.
        ended: Accuracy at the end: of the run switched there; of Mixup throughout where the monitor never spoke;
            NaN where it spoke after the last declared switch, or a run is not there.
    """

    said: np.ndarray
    switch: np.ndarray
    ended: np.ndarray


def watch(results: Results) -> Watched:
    """Let a monitor watch each seed's Mixup run, and look up where the run ended that was switched next."""
    epochs, mixup = results.curve("Mixup", "test_accuracy")
    switches = fig_6.switch_epochs(results)
    ends = {epoch: results.final(arm_name(epoch), "test_accuracy") for epoch in switches}
    said, switch = np.full((2, results.n_declared), np.nan)
    ended = results.final("Mixup", "test_accuracy").copy()
    for seed, curve in enumerate(mixup):
        epoch = _says(epochs, curve)
        if epoch is not None:
            next_one = next((declared for declared in switches if declared >= epoch), None)
            said[seed] = epoch
            switch[seed], ended[seed] = (np.nan, np.nan) if next_one is None else (next_one, ends[next_one][seed])
    return Watched(said, switch, ended)


def _says(epochs: np.ndarray, curve: np.ndarray) -> int | None:
    monitor = SwitchMonitor()
    for epoch, accuracy in zip(epochs, curve, strict=True):
        if np.isfinite(accuracy):
            monitor.update(int(epoch), float(accuracy))
    return monitor.switch_epoch
