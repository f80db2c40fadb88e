"""The place that a command asks for."""

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from ..config import RunConfig
from ..errors import BudgetError, ConfigError, found_expected
from ..store import Store
from ..sweep import Place
from ..training.device import pick_device
from .plan import Plan, longest_first, measured_seconds, pack, split
from .unit import RESERVE


def choose(
    workers: int | None = None,
    scheduler: str | None = None,
    threads: int = 1,
    budget: float | None = None,
    announce: Callable[[Plan], None] = lambda plan: None,
    spent: float = 0.0,
) -> Place:
    """Return the place for a sweep: this process, worker processes, or a Dask cluster.

    Args:
        workers: How many processes; None: this one.
        scheduler: Address of a Dask scheduler.
        threads: How many threads each of the processes has.
        budget: Seconds that the sweep may take from now on.
        announce: Told what fits into the budget.
        spent: Seconds of a larger budget that were gone before.

    The place raises `BudgetError` where the budget is over before training begins.

    Raises:
        ConfigError: Both workers and a scheduler are given, or the number is none.
    """
    if workers is not None and scheduler is not None:
        raise ConfigError(found_expected("--workers, --scheduler", "a value for both", "one of them"))
    for option, number in (("--workers", workers), ("--threads", threads)):
        if number is not None and number < 1:
            raise ConfigError(found_expected(option, number, "a number, at least 1"))
    started = time.time()
    deadline = None if budget is None else started + budget

    def check_time() -> None:
        if deadline is not None and time.time() > deadline - RESERVE:
            gone = spent + time.time() - started
            found = f"only {spent + budget:.3g} s, while starting up took {gone:.3g} s: nothing was trained"
            raise BudgetError(found_expected("--budget", found, f"more than {math.ceil(gone + RESERVE)} s"))

    if scheduler is not None:
        from .cluster import train_on_cluster, workers_of

        train = partial(train_on_cluster, scheduler=scheduler)
    elif workers is not None:
        from .pool import train_in_pool

        train = partial(train_in_pool, workers=workers, threads=threads)
    else:
        from .in_process import train_here

        train = train_here

    def place(
        stacks: Sequence[Sequence[RunConfig]],
        store: Store,
        data_root: Path | None,
        device: str,
        label: str,
        quiet: bool,
    ) -> None:
        if scheduler is None:  # else it is the workers that need the device
            pick_device(device)
        at_a_time = workers_of(scheduler) if scheduler is not None else workers or 1
        stacks = split(stacks, at_a_time)
        ordered = longest_first(stacks)
        check_time()
        if deadline is not None:
            plan = pack(stacks, measured_seconds(stacks, device), deadline - time.time(), at_a_time)
            announce(plan)
            check_time()  # steps were timed for the plan
            ordered = plan.stacks
        train(ordered, store, data_root, device, label, quiet, deadline)

    return place
