"""One panel of a figure, as the rules for a single comparison read it."""

from collections.abc import Mapping
from dataclasses import replace

from ..experiments.declaration import Experiment
from ..experiments.panels import Panels
from ..results import Results


def part_of(results: Results, names: Mapping[str, str]) -> Results:
    """Return the results of some arms under names of their own.

    Args:
        results: All of them.
        names: What an arm is called there -> what it is called in `results`.
    """
    whole = results.experiment
    experiment = Experiment(
        id=whole.id,
        title=whole.title,
        profile=whole.profile,
        arms={short: whole.arms[name] for short, name in names.items()},
        seeds=whole.seeds,
    )
    return replace(results, experiment=experiment, records={s: results.records[name] for s, name in names.items()})


def panel(results: Results, data: str, n: int) -> Results:
    """Return the results of one panel: arms `ERM` and `Mixup`, as far as it has them, and its own scale."""
    whole = results.experiment
    assert isinstance(whole, Panels)
    return part_of(results, whole.panel(data, n))


def panels(results: Results) -> dict[tuple[str, int], Results]:
    """Return every panel: data set and training points -> its results."""
    whole = results.experiment
    assert isinstance(whole, Panels)
    return {(data, n): panel(results, data, n) for data, n in whole.panels()}
