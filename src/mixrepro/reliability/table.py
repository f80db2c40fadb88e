"""Every measurement, with a small size for a look and a full one for the published table."""

import datetime
import os
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from ..store import code_digest, versions
from . import configs, cost, damage, determinism, disk, gate, hostile, kills, notebooks, placing, resume
from .figure import Figure, stopwatch

#: Function, small sizes, full sizes.
MEASUREMENTS: tuple[tuple[Callable[..., Figure], dict[str, Any], dict[str, Any]], ...] = (
    (kills.killed_sweeps, {"kills": 3}, {"kills": 50}),
    (disk.deaths, {}, {}),
    (resume.bitwise, {"networks": ["mlp"]}, {}),
    (resume.left_out, {}, {}),
    (resume.stopped, {"signals": 2}, {"signals": 20}),
    (determinism.fresh_processes, {"count": 2}, {"count": 10}),
    (placing.orders, {"repeats": 1}, {"repeats": 3}),
    (determinism.observation, {}, {}),
    (damage.data_files, {"flips": 64}, {"flips": 64}),
    (kills.shared_store, {"processes": 4, "runs": 10, "rounds": 1}, {"processes": 8, "runs": 40, "rounds": 10}),
    (kills.finished_again, {"runs": 20}, {"runs": 100}),
    (configs.malformed, {}, {}),
    (configs.generated, {"cases": 2000}, {"cases": 2000}),
    (hostile.checkpoints, {}, {}),
    (resume.damaged, {"times": 20}, {"times": 200}),
    (damage.damaged_records, {"times": 20}, {"times": 200}),
    (hostile.names, {}, {}),
    (gate.gate, {}, {}),
    (disk.full, {}, {}),
    (disk.failures, {}, {}),
    (disk.order, {}, {}),
    (notebooks.bad_parameters, {"cases": 5}, {"cases": 20}),
    (notebooks.ended_kernels, {"kills": 1, "over_time": 1}, {"kills": 10, "over_time": 10}),
    (notebooks.raising_and_stale, {"raising": 1}, {"raising": 5}),
    (placing.cluster, {}, {}),
    (cost.checkpoints, {"stacks": ("10 runs of the MLP",)}, {}),
    (kills.soak, {"epochs": 300, "kills": 3}, {"epochs": 2000, "kills": 100}),
)


def measure(full: bool = False) -> Iterator[Figure]:
    """Measure one row after the other.

    Args:
        full: Take the published sizes (an hour), not the small ones (minutes).

    Yields:
        A figure a row; a measurement that raises is one that is missed.
    """
    for function, small, whole in MEASUREMENTS:
        seconds = stopwatch()
        try:
            yield function(**(whole if full else small))
        except Exception as error:
            what = (function.__doc__ or function.__name__).splitlines()[0]
            yield Figure(function.__name__, what, "no error", f"{type(error).__name__}: {error}", False, seconds())


def report(figures: list[Figure], seconds: float, full: bool, load: float) -> dict[str, Any]:
    """Return what is published: the figures, and where and when they were measured.

    Args:
        figures: The rows.
        seconds: How long they took.
        full: Whether they were measured at the published sizes.
        load: Processes that wanted a core when it began, on average over a minute.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "figures": [asdict(figure) for figure in figures],
        "full": full,
        "seconds": round(seconds, 1),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "load": round(load, 1),
        "machine": f"{platform.system()} {platform.machine()}, {cores} cores",
        "versions": versions(),
        "code": code_digest(),
    }
