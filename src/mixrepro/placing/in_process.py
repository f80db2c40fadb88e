"""The default place: this process, one stack after the other."""

from collections.abc import Sequence
from pathlib import Path

from ..config import RunConfig
from ..store import Store
from .display import showing
from .unit import train_unit


def train_here(
    stacks: Sequence[Sequence[RunConfig]],
    store: Store,
    data_root: Path | None,
    device: str,
    label: str,
    quiet: bool = False,
    deadline: float | None = None,
) -> None:
    """Train stacks in this process.

    Args:
        stacks: Each is trained together, in this order.
        store: Where records are kept.
        data_root: Where the data lie.
        device: What to train on.
        label: What to call it.
        quiet: Show no progress.
        deadline: When to stop, as `time.time` counts; what was begun is checkpointed.
    """
    with showing(label, stacks, quiet) as display:
        for index, stack in enumerate(stacks):

            def report(done: int, total: int, index: int = index) -> None:
                display.report(index, done, total)

            if not train_unit(stack, store.root, data_root, device, report, deadline):
                return
            display.finish(index)
