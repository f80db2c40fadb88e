"""When a run is measured: a grid that is dense early and after a switch, sparse late."""

from ..config import RunConfig

#: Ten steps a decade, rounded as engineers do (Renard R10), so that 100, 200, 400, 1000 ... lie on it.
PREFERRED_NUMBERS = (1.0, 1.25, 1.6, 2.0, 2.5, 3.15, 4.0, 5.0, 6.3, 8.0)


def evaluation_epochs(config: RunConfig) -> list[int]:
    """Return the epochs at which a run is measured, sorted, ending with its last one.

    The grid depends on the run's own configuration alone, so it is the same whatever is trained beside it.
    Shorter grids are the beginning of longer ones (but for the last epoch), so a run serves its prefixes.
    """
    grid = {*preferred_epochs(config.epochs), config.epochs}
    if config.switch_epoch is not None:
        grid.add(config.switch_epoch)
        grid |= {config.switch_epoch + epoch for epoch in preferred_epochs(config.epochs - config.switch_epoch)}
    return sorted(grid - {0})


def preferred_epochs(last: int) -> set[int]:
    """Return the preferred numbers from 1 to `last`, as whole epochs."""
    decades = range(len(str(last)))
    epochs = {round(number * 10**decade) for decade in decades for number in PREFERRED_NUMBERS}
    return {epoch for epoch in epochs if epoch <= last}
