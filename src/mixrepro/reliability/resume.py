"""Training that is broken off and goes on: every number as if it had never stopped (R4, R5, R6, R23)."""

import fnmatch
import functools
import itertools
import random
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from ..config import RunConfig
from ..data import Dataset, load
from ..errors import CheckpointError
from ..progress import PROGRESS_VARIABLE
from ..store import CHECKPOINTS
from ..training import checkpoint, trial, updates
from ..training.checkpoint import Checkpoint
from ..training.checkpoints import Checkpoints, DamagedCheckpoint
from ..training.resume import curve_states, tensors_of
from ..training.stack import Stack
from ..training.units import Unit
from .damage import damage
from .figure import Figure, stopwatch
from .processes import start, wait_for

EPOCHS, DROP, SWITCH, STEPS = 4, 3, 2, 3
#: Where training is broken off -> updates made until then.
INSTANTS = {
    "after the first update": 1,
    "in the middle of an epoch": STEPS + 2,
    "at the end of an epoch": SWITCH * STEPS,
    "at the drop of the learning rate": DROP * STEPS,
}
MOMENTA = (0.9, 0.0)
#: What a checkpoint holds, by the names of its tensors; each is needed.
COMPONENTS = {
    "weights": "model.*weight",
    "biases": "model.*bias",
    "running means of batch norm": "model.*running_mean",
    "running variances of batch norm": "model.*running_var",
    "momenta": "momentum.*",
    "network of the smallest loss": "best.*",
    "objective of each epoch": "curve.*.objective",
    "measured values": "curve.*.measured",
    "snapshots": "curve.*.snapshot.*",
    "losses of the batches of the epoch": "losses",
}
#: The same for counters.
COUNTERS = ("epoch", "batch", "best_epoch", "measured_epochs", "snapshots")
STAMP = {"code": "measured here"}
#: A run that ends only when it is told to.
LONG = (
    "--n",
    "40",
    "--width",
    "8",
    "--batch-size",
    "20",
    "--epochs",
    "1000000",
    "--seeds",
    "0,1",
    "--device",
    "cpu",
)


class Broken(BaseException):
    """Stands for the end of a process."""


@functools.cache
def images(n: int = 24) -> Dataset:
    """Draw images of three classes, small enough for a deep network to train in no time."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randint(0, 256, (2 * n, 3, 8, 8), dtype=torch.uint8, generator=generator)
    y = torch.arange(2 * n) % 3
    half = torch.full((3,), 0.5)
    return Dataset("arrays", x, y, x[:12], y[:12], 3, ("a", "b", "c"), half, half, "drawn", "")


def runs(network: str, method: str, momentum: float = 0.9, switch: bool = False) -> list[RunConfig]:
    """Return a small stack of runs.

    Args:
        network: `mlp`, or `resnet18`, which has batch norm.
        method: `ERM` or `Mixup`.
        momentum: Of SGD.
        switch: Add a run that switches Mixup off after `SWITCH` epochs.
    """
    fields = {"n": 40, "width": 8, "batch_size": 15}
    if network == "resnet18":
        fields = {"data": "arrays", "model": "resnet18", "width": 2, "n": 24, "batch_size": 8}
    base = RunConfig(
        **fields,
        alpha=0.0 if method == "ERM" else 1.0,
        momentum=momentum,
        milestones=(DROP,),
        snapshots=(1, EPOCHS),
        epochs=EPOCHS,
    )
    # The loss of the second one is not the smallest in its last epoch, so its best network is an older one.
    both = [base.but(seed=1), base.but(seed=5)]
    return [*both, both[0].but(switch_epoch=SWITCH)] if switch else both


def train(
    configs: Sequence[RunConfig], folder: Path, seconds: float = 0.0, within_epochs: bool = False
) -> Checkpoint:
    """Train a stack that is kept in a folder after every epoch, and return what it ends with.

    Args:
        configs: The runs.
        folder: Gets the checkpoints.
        seconds: Time of training between two of them.
        within_epochs: Also keep it after every batch, as if batches took long.
    """
    dataset = images() if configs[0].data == "arrays" else load(configs[0])
    kept = Checkpoints(folder, STAMP, seconds)
    first, at_once = (1, 0.0) if within_epochs else (updates.FIRST_AT_ONCE, updates.SECONDS_AT_ONCE)
    with mock.patch.multiple(updates, FIRST_AT_ONCE=first, SECONDS_AT_ONCE=at_once):
        trial.train_together(configs, dataset, "cpu", checkpoints=kept)
    return checkpoint.read(checkpoint.files(folder)[0])


@contextmanager
def broken_after(steps: int) -> Iterator[None]:
    """Break training off after so many updates, as the end of the process would."""
    original, made = Unit.step, itertools.count()

    def count(unit: Unit, *arguments: object) -> None:
        if unit.replicas.start == 0 and next(made) == steps:
            raise Broken
        original(unit, *arguments)

    with mock.patch.object(Unit, "step", count):
        try:
            yield
        except Broken:
            pass


def equal(one: Checkpoint, other: Checkpoint) -> bool:
    """Tell whether two stacks are the same, bit by bit, but for times."""
    times = {"seconds", "started", "ran_on"}
    if one.state.model_dump(exclude=times) != other.state.model_dump(exclude=times):
        return False
    return one.tensors.keys() == other.tensors.keys() and all(
        part.dtype == other.tensors[name].dtype and part.numpy().tobytes() == other.tensors[name].numpy().tobytes()
        for name, part in one.tensors.items()
    )


def bitwise(
    networks: Sequence[str] = ("mlp", "resnet18"),
    momenta: Sequence[float] = MOMENTA,
    methods: Sequence[str] = ("ERM", "Mixup"),
) -> Figure:
    """Break training off at each instant and let it go on, for each network, method and momentum; then forks.

    Args:
        networks: `mlp`, `resnet18`.
        momenta: Of SGD.
        methods: `ERM`, `Mixup`.
    """
    seconds, same, tried = stopwatch(), 0, 0
    cases = [(*case, False) for case in itertools.product(networks, methods, momenta)]
    cases += [(network, "Mixup", 0.9, True) for network in networks]
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        for number, case in enumerate(cases):
            configs = runs(*case)
            expected = train(configs, Path(name) / f"{number}")
            for steps, within in itertools.product(INSTANTS.values(), (False, True)):
                folder = Path(name) / f"{number}-{steps}-{within}"
                with broken_after(steps):
                    train(configs, folder, within_epochs=within)
                tried += 1
                same += equal(train(configs, folder, within_epochs=within), expected)
    return Figure(
        "R4",
        f"{' and '.join(methods)}, {' and '.join(networks)}, momentum {' and '.join(map(str, momenta))}, "
        f"broken off {', '.join(INSTANTS)}; and {len(networks)} stacks with a switch, the same; "
        "each kept after every epoch, and after every batch",
        "networks, statistics, momenta, curves and snapshots equal bit by bit to training without a break",
        f"{same} of {tried}",
        same == tried,
        seconds(),
    )


def left_out() -> Figure:
    """Leave out each part of a checkpoint in turn, and see that the comparison of R4 notices."""
    seconds, caught, missed = stopwatch(), 0, []
    configs = runs("resnet18", "Mixup")
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        expected = train(configs, Path(name) / "whole")
        with broken_after((EPOCHS - 1) * STEPS + 1):
            train(configs, Path(name) / "broken off", within_epochs=True)
        kept = checkpoint.read(checkpoint.files(Path(name) / "broken off")[0])
        fresh = _fresh(configs)
        for number, part in enumerate((*COMPONENTS, *COUNTERS)):
            folder = Path(name) / f"{number}"
            checkpoint.write(folder, _without(part, kept, fresh))
            if _differs(configs, folder, expected):
                caught += 1
            else:
                missed.append(part)
    total = len(COMPONENTS) + len(COUNTERS)
    return Figure(
        "R5",
        f"each of {total} parts of a checkpoint left out in turn: {', '.join((*COMPONENTS, *COUNTERS))}",
        "each makes the comparison of R4 fail",
        f"{caught} of {total}" + (f"; unnoticed: {', '.join(missed)}" if missed else ""),
        not missed,
        seconds(),
    )


def _differs(configs: Sequence[RunConfig], folder: Path, expected: Checkpoint) -> bool:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            return not equal(train(configs, folder), expected) or any(
                issubclass(warning.category, DamagedCheckpoint) for warning in warned
            )
        except (CheckpointError, IndexError):
            return True


def _fresh(configs: Sequence[RunConfig]) -> Checkpoint:
    """Return the stack before its first epoch."""
    stack = Stack(list(configs), images(), torch.device("cpu"))
    state = checkpoint.State(
        stamp=STAMP,
        configs=checkpoint.described(configs),
        epoch=0,
        batch=0,
        measured=True,
        seconds=0.0,
        started="",
        ran_on=[],
        measured_names=[],
        curves=curve_states(stack),
    )
    return Checkpoint(state, tensors_of(stack))


def _without(part: str, kept: Checkpoint, fresh: Checkpoint) -> Checkpoint:
    """Return a checkpoint in which one part is that of a fresh stack."""
    if part in COMPONENTS:
        pattern = COMPONENTS[part]
        left = {name: part for name, part in kept.tensors.items() if not fnmatch.fnmatchcase(name, pattern)}
        back = {name: fresh.tensors[name] for name in kept.tensors.keys() - left.keys() if name in fresh.tensors}
        return Checkpoint(kept.state, left | back)
    if part in ("epoch", "batch"):
        return Checkpoint(kept.state.model_copy(update={part: 0}), kept.tensors)
    nothing = 0 if part == "best_epoch" else []
    curves = [curve.model_copy(update={part: nothing}) for curve in kept.state.curves]
    return Checkpoint(kept.state.model_copy(update={"curves": curves}), kept.tensors)


def stopped(signals: int) -> Figure:
    """Send SIGINT and SIGTERM to training processes at random instants.

    Args:
        signals: How many processes are told to stop.
    """
    seconds, good, slowest, draw = stopwatch(), 0, 0.0, random.Random(0)  # noqa: S311
    for number in range(signals):
        which = (signal.SIGINT, signal.SIGTERM)[number % 2]
        with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
            root = Path(name)
            surroundings = {PROGRESS_VARIABLE: str(root / "progress")}
            process = start("run", *LONG, "--store", root / "runs", cwd=root, environment=surroundings)
            wait_for((root / "progress").exists, 120)
            time.sleep(draw.uniform(0, 0.5))
            took = stopwatch()
            process.send_signal(which)
            process.communicate(timeout=60)
            slowest = max(slowest, took())
            kept = checkpoint.unfinished(root / "runs" / CHECKPOINTS)
            sound = [
                checkpoint.read(file) for file in (root / "runs" / CHECKPOINTS).rglob(f"*{checkpoint.SUFFIX}")
            ]
            good += process.returncode == 128 + which and len(kept) == 1 and sound[0].state.epoch > 0
    return Figure(
        "R6",
        f"{signals} times `mixrepro run` told to stop by SIGINT or SIGTERM at a random instant",
        "each ends within 5 s with code 130 or 143, and leaves a checkpoint that can be read",
        f"{good} of {signals}, at most {slowest:.1f} s",
        good == signals and slowest <= 5,
        seconds(),
    )


def damaged(times: int) -> Figure:
    """Flip bytes of the newest checkpoint, or cut it off, and let training go on.

    Args:
        times: How many files are damaged.
    """
    seconds, noticed, same, draw = stopwatch(), 0, 0, np.random.default_rng(0)
    configs = runs("mlp", "Mixup")
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        expected = train(configs, Path(name) / "whole")
        folder = Path(name) / "kept"
        with broken_after((EPOCHS - 1) * STEPS):
            train(configs, folder)
        intact = {file.name: file.read_bytes() for file in checkpoint.files(folder)}
        for _ in range(times):
            for file in checkpoint.files(folder):
                file.unlink()
            for file, raw in intact.items():
                (folder / file).write_bytes(raw)
            newest = checkpoint.files(folder)[0]
            newest.write_bytes(damage(newest.read_bytes(), draw))
            with warnings.catch_warnings(record=True) as warned:
                warnings.simplefilter("always")
                same += equal(train(configs, folder), expected)
            noticed += any(newest.name in str(warning.message) for warning in warned)
    return Figure(
        "R23",
        f"{times} newest checkpoints damaged: a byte changed, or the end cut off",
        "each is noticed and named; training goes on from the one before and ends bit by bit the same",
        f"{noticed} noticed, {same} the same, of {times}",
        noticed == same == times,
        seconds(),
    )
