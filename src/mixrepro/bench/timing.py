"""Timing in turn: what is compared is run alternately, so that a ratio holds when the machine's speed drifts."""

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

Work = Callable[[], object]


@dataclass(frozen=True)
class Figure:
    """One measured figure.

    Attributes:
        id: Short name, unique in a report.
        says: What it is, in words.
        value: Median over rounds.
        quartiles: First and third.
        rounds: How many.
        unit: `times` for a ratio.
        must: What it has to reach, or None.
        goal: What it should reach, or None.
        larger_is_better: Direction of `must` and `goal`.
        of: Whatever else belongs to it, as the times behind a ratio.
    """

    id: str
    says: str
    value: float
    quartiles: tuple[float, float]
    rounds: int
    unit: str = "times"
    must: float | None = None
    goal: float | None = None
    larger_is_better: bool = True
    of: dict[str, Any] | None = None

    def reaches(self) -> str:
        """Return `goal`, `must`, `neither`, or an empty word where nothing is asked for."""
        if self.must is None:
            return ""
        sign = 1 if self.larger_is_better else -1
        reached = [word for word, bar in (("must", self.must), ("goal", self.goal)) if bar is not None
                   and sign * self.value >= sign * bar]  # fmt: skip
        return reached[-1] if reached else "neither"

    def as_dict(self) -> dict[str, Any]:
        """Return the figure for JSON."""
        return asdict(self) | {"reaches": self.reaches()}


@dataclass(frozen=True)
class Setting:
    """How a benchmark is run.

    Attributes:
        device: What trains.
        rounds: Rounds of a cheap comparison; dearer ones take a share of it.
    """

    device: torch.device
    rounds: int

    def share(self, part: float) -> int:
        """Return a part of the rounds, at least three."""
        return max(3, round(self.rounds * part))


def in_turn(
    works: Mapping[str, Work], rounds: int, warm_up: int = 2, device: torch.device | None = None
) -> dict[str, np.ndarray]:
    """Run works in turn, every other round backwards.

    Args:
        works: What to time.
        rounds: How often each is timed.
        warm_up: Rounds before that are not counted.
        device: A GPU is waited for before the clock is read.

    Returns:
        Seconds of each round, float64 [rounds], for each work.
    """
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for round_ in range(warm_up + rounds):
        for name in list(works)[:: 1 if round_ % 2 else -1]:
            wait(device)
            started = time.perf_counter()
            works[name]()
            wait(device)
            if round_ >= warm_up:
                seconds[name].append(time.perf_counter() - started)
    return {name: np.array(values) for name, values in seconds.items()}


def wait(device: torch.device | None) -> None:
    """Wait until a GPU has done what it was told."""
    if device is not None and device.type == "cuda":
        torch.cuda.synchronize(device)


def figure(id: str, says: str, values: np.ndarray, **others: Any) -> Figure:
    """Summarise the values of all rounds by median and quartiles."""
    low, middle, high = (float(np.quantile(values, q)) for q in (0.25, 0.5, 0.75))
    return Figure(id, says, middle, (low, high), len(values), **others)


def ratio(id: str, says: str, seconds: Mapping[str, np.ndarray], against: str, **others: Any) -> Figure:
    """Tell how many times faster `ours` is than another, round by round."""
    behind = {f"{name}_seconds": float(np.median(seconds[name])) for name in (against, "ours")}
    return figure(id, says, seconds[against] / seconds["ours"], of=behind, **others)
