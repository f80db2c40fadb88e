"""Which stacks come first, and which fit into a time."""

import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..config import RunConfig
from ..cost import estimated_seconds, measure_speed
from ..errors import ConfigError, found_expected
from ..models import STACKED
from ..training.forks import epochs_computed

UNITS = {"s": 1, "m": 60, "h": 3600}


def read_duration(text: str) -> float:
    """Read a duration such as 90s, 9m or 1h30m, in seconds.

    Raises:
        ConfigError: It is none, or no time at all.
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smh])", text)
    seconds = sum(float(number) * UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != text or seconds <= 0:
        raise ConfigError(found_expected("--budget", text, "a duration, as in 90s, 9m or 1h30m"))
    return seconds


@dataclass(frozen=True)
class Plan:
    """Stacks in the order in which they are begun, with what each would take.

    Attributes:
        stacks: The stacks.
        seconds: Estimated from steps timed on this machine, stack by stack.
        fitting: How many of them end within the budget; the next ones are begun and checkpointed.
    """

    stacks: list[list[RunConfig]]
    seconds: list[float]
    fitting: int


def split(stacks: Sequence[Sequence[RunConfig]], workers: int) -> list[list[RunConfig]]:
    """Split stacks so that no worker is idle, where that changes no record.

    Image networks are modules of their own, and train alone as they do in company, bit by bit. Where networks
    share one matrix product, the company decides how sums are rounded, and a stack is left as it is.

    Args:
        stacks: What is missing.
        workers: How many stacks are trained at a time.
    """
    parts = [list(stack) for stack in stacks]
    while len(parts) < workers:
        families = [list(dict.fromkeys((run.seed, run.alpha) for run in part)) for part in parts]
        sizes = [
            0 if part[0].model in STACKED or len(family) < 2 else epochs_computed(part) * part[0].n
            for part, family in zip(parts, families, strict=True)
        ]
        largest = max(range(len(parts)), key=sizes.__getitem__)
        if not sizes[largest]:
            break
        first = families[largest][: len(families[largest]) // 2]  # what leaves a prefix stays with it
        part = parts.pop(largest)
        parts.append([run for run in part if (run.seed, run.alpha) in first])
        parts.append([run for run in part if (run.seed, run.alpha) not in first])
    return parts


def longest_first(stacks: Sequence[list[RunConfig]]) -> list[list[RunConfig]]:
    """Order stacks so that several workers end at about the same time: the longest are begun first."""
    return sorted(stacks, key=lambda stack: -epochs_computed(stack) * stack[0].n)


def pack(stacks: Sequence[list[RunConfig]], seconds: Sequence[float], budget: float, workers: int) -> Plan:
    """Plan a budget so that as many stacks as possible end within it: the shortest are begun first.

    Args:
        stacks: What is missing.
        seconds: What each takes one worker.
        budget: Seconds there are.
        workers: How many stacks are trained at a time.
    """
    order = sorted(range(len(stacks)), key=lambda index: seconds[index])
    free_at, fitting = [0.0] * workers, 0
    for index in order:
        end = heapq.heappop(free_at) + seconds[index]
        heapq.heappush(free_at, end)
        fitting += end <= budget
    return Plan([list(stacks[index]) for index in order], [seconds[index] for index in order], fitting)


def measured_seconds(stacks: Sequence[Sequence[RunConfig]], device: str) -> list[float]:
    """Estimate what each stack takes, from a few steps timed now."""
    return [estimated_seconds(stack, measure_speed(stack, device)) for stack in stacks]
