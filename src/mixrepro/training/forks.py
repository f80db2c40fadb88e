"""Which runs start, and which leave a common prefix later.

A run that switches from Mixup to ERM at epoch s is the Mixup run of its seed up to s, since every random draw
depends on seed, purpose and epoch alone. So it is not trained before s: it is copied at s from the Mixup run of
its stack, which is trained only for that purpose where it is recorded already. Within a stack the two are equal
bit by bit; a Mixup run recorded from another stack may differ by rounding, which grows over many epochs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ..config import RunConfig


@dataclass(frozen=True)
class Fork:
    """The stack of runs from `epoch` on.

    Attributes:
        epoch: Completed epochs at which the stack is rebuilt.
        configs: The runs in the stack from then on.
        sources: For each of them, its position in the stack before.
    """

    epoch: int
    configs: tuple[RunConfig, ...]
    sources: tuple[int, ...]


def plan(configs: Sequence[RunConfig]) -> tuple[list[RunConfig], list[Fork]]:
    """Plan the stack that trains `configs`.

    Args:
        configs: Runs without repeats.

    Returns:
        The runs that start at epoch 0 (among them Mixup prefixes that nobody asked for but that forks need),
        and the rebuilds, in order of epochs.
    """
    wanted = set(configs)
    parents = [config.but(switch_epoch=None) for config in configs if config.switch_epoch is not None]
    stack = list(dict.fromkeys([*(c for c in configs if c.switch_epoch is None), *parents]))
    start, forks = list(stack), []
    for epoch in sorted({c.switch_epoch for c in configs if c.switch_epoch is not None}):
        leaving = [c for c in configs if c.switch_epoch == epoch]
        later = {c.but(switch_epoch=None) for c in configs if (c.switch_epoch or 0) > epoch}
        kept = [c for c in stack if c in wanted or c in later]
        sources = [*map(stack.index, kept), *(stack.index(c.but(switch_epoch=None)) for c in leaving)]
        stack = [*kept, *leaving]
        forks.append(Fork(epoch, tuple(stack), tuple(sources)))
    return start, forks


def epochs_computed(configs: Sequence[RunConfig], until: int | None = None) -> int:
    """Count the epochs that the planned stack trains, summed over its replicas.

    Args:
        configs: Runs without repeats.
        until: Count those of the first so many epochs; default: all.
    """
    start, forks = plan(configs)
    end = configs[0].epochs if until is None else until
    bounds = [min(epoch, end) for epoch in (0, *(fork.epoch for fork in forks), end)]
    sizes = [len(start), *(len(fork.configs) for fork in forks)]
    return sum(size * (b - a) for size, a, b in zip(sizes, bounds, bounds[1:], strict=False))
