"""When a run is measured: a grid that is dense early and after a switch, sparse late."""

import numpy as np

from ..config import RunConfig

#: Share of `evaluations` that a switched run spends again after its switch.
AFTER_SWITCH = 0.5


def evaluation_epochs(config: RunConfig) -> list[int]:
    """Return the epochs at which a run is measured, sorted, ending with its last one.

    The grid depends on the run's own configuration alone, so it is the same whatever is trained beside it.
    """
    grid = _log_spaced(config.epochs, config.evaluations)
    if config.switch_epoch is not None and config.switch_epoch < config.epochs:
        after = _log_spaced(config.epochs - config.switch_epoch, max(1, int(AFTER_SWITCH * config.evaluations)))
        grid |= {config.switch_epoch, *(config.switch_epoch + epoch for epoch in after)}
    return sorted(grid - {0})


def _log_spaced(last: int, points: int) -> set[int]:
    return {int(epoch) for epoch in np.rint(np.geomspace(1, last, points))} | {last}
