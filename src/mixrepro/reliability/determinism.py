"""The same numbers in every process, and whatever is measured on the way (R9, R11)."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from ..config import RunConfig
from ..record import CURVE, MANIFEST
from ..store import Store
from ..training import schedule
from .figure import Figure, stopwatch

#: What a manifest says of the circumstances, which differ from one training to the next.
CIRCUMSTANCES = ("started", "wall_seconds", "resumed", "sha256")


def curve_bytes(store: Store, config: RunConfig) -> bytes:
    """Return the file with a run's curve."""
    return (store.root / config.run_id() / CURVE).read_bytes()


def manifest_without_circumstances(store: Store, config: RunConfig) -> dict:
    """Return what a run's manifest says of the run itself."""
    manifest = json.loads((store.root / config.run_id() / MANIFEST).read_bytes())
    return {name: value for name, value in manifest.items() if name not in CIRCUMSTANCES}


def same_records(one: Store, other: Store, runs: Sequence[RunConfig]) -> int:
    """Count the runs whose curves are the same bytes, and whose manifests differ in `CIRCUMSTANCES` at most."""
    return sum(
        curve_bytes(one, run) == curve_bytes(other, run)
        and manifest_without_circumstances(one, run) == manifest_without_circumstances(other, run)
        for run in runs
    )


def same_curves(one: Store, other: Store, runs: Sequence[RunConfig]) -> bool:
    """Tell whether all curves are the same bytes."""
    return all(curve_bytes(one, run) == curve_bytes(other, run) for run in runs)


def fresh_processes(count: int) -> Figure:
    """Train the same runs in fresh interpreters with different hash seeds.

    Args:
        count: How many.
    """
    from .resume import runs

    seconds, configs = stopwatch(), runs("mlp", "Mixup", switch=True)
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        stores = [Store(Path(name) / f"{seed}") for seed in range(count)]
        for seed, store in enumerate(stores):
            surroundings = {**os.environ, "PYTHONHASHSEED": str(seed)}
            subprocess.run([sys.executable, "-m", __name__, str(store.root)], env=surroundings, check=True)  # noqa: S603
        same = sum(same_records(stores[0], store, configs) == len(configs) for store in stores)
    return Figure(
        "R9",
        f"{len(configs)} runs trained in {count} fresh processes with different hash seeds",
        "curve files byte-identical, manifests equal but for times",
        f"{same} of {count}",
        same == count,
        seconds(),
    )


def observation() -> Figure:
    """Measure runs after every epoch, and on their usual grid; with and without a progress report."""
    from .resume import equal, runs, train

    seconds, configs = stopwatch(), runs("mlp", "Mixup", switch=True)
    configs = [config.but(epochs=12, snapshots=(12,)) for config in configs]
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        usual = train(configs, Path(name) / "usual", seconds=60)
        again = train(configs, Path(name) / "kept after every epoch", seconds=0)
        with mock.patch.object(schedule, "evaluation_epochs", lambda config: list(range(1, config.epochs + 1))):
            often = train(configs, Path(name) / "often", seconds=60)
    weights = [
        part for part in usual.tensors if part.startswith(("model.", "momentum.", "best.")) or "snapshot" in part
    ]
    same = sum(bool((usual.tensors[part] == often.tensors[part]).all()) for part in weights)
    differs = usual.tensors["curve.0.measured"].shape != often.tensors["curve.0.measured"].shape
    return Figure(
        "R11",
        "a stack measured after every epoch, and on its usual grid; kept after every epoch, and at its end",
        "weights, momenta and snapshots equal bit by bit",
        f"{same} of {len(weights)} tensors; kept often: {'the same' if equal(usual, again) else 'other numbers'}",
        same == len(weights) and differs and equal(usual, again),
        seconds(),
    )


if __name__ == "__main__":
    from ..sweep import train_stack
    from .resume import runs

    train_stack(runs("mlp", "Mixup", switch=True), Store(sys.argv[1]), device="cpu")
