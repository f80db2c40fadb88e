"""Work for several processor cores: one thread a core, each with a single-threaded torch of its own.

Many small operations gain little from being split over cores, and each split waits for the slower half. Whole
networks that do not depend on each other need not wait.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import torch
from torch import Tensor

from ..models.stacked import Replicated, Stacked
from .points import Points

Work = Callable[[], None]


class Threads:
    """Threads that each run torch on one core; with one of them, work is done by the caller.

    Args:
        count: How many. As many as torch uses, or fewer.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self._pool = None
        if count < 2:
            return
        threads = torch.get_num_threads()
        ready = threading.Barrier(count + 1)

        def become_single() -> None:
            torch.get_num_threads()  # a thread's first operation would else undo what comes next
            torch.set_num_threads(1)
            torch.set_flush_denormal(True)  # see `device.denormals_flushed`; it belongs to a thread
            ready.wait()

        self._pool = ThreadPoolExecutor(count, "replicas", become_single)
        for _ in range(count):  # each starts a thread, since the ones before still wait
            self._pool.submit(int)
        ready.wait()
        torch.set_num_threads(threads)  # what the threads said holds for later threads, too

    def run(self, works: Sequence[Work]) -> None:
        """Do all works and return when they are done; the first error met is raised."""
        if self._pool is None:
            for work in works:
                work()
            return
        for done in [self._pool.submit(work) for work in works]:
            done.result()


def of_each(model: Stacked | Replicated, points: Points, measure: Callable[..., Tensor]) -> Tensor:
    """Measure networks that are modules of their own side by side on a CPU, others at once.

    Args:
        model: Stack of networks.
        points: Their data.
        measure: Takes a stack, its data and which replicas of `model` they are; returns a tensor [..., r].

    Returns:
        What was measured of all, [..., r].
    """
    if not isinstance(model, Replicated) or points.device.type != "cpu" or model.size == 1:
        return measure(model, points, slice(0, model.size))
    found: list[Tensor] = [torch.empty(0)] * model.size

    def work(replica: int) -> None:
        alone = slice(replica, replica + 1)
        found[replica] = measure(model.part(alone), points.only([replica]), alone)

    Threads(min(available(), model.size)).run([partial(work, replica) for replica in range(model.size)])
    return torch.cat(found, dim=-1)


def available() -> int:
    """Return how many threads torch may use."""
    return torch.get_num_threads()
