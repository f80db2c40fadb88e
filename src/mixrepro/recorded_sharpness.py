"""Sharpness that was measured once and kept: the weights of recorded runs are too large to be kept with them.

`mixrepro sweep FIG-2-LAND --profile small` trains the runs in a store of its own, measures them while their
weights are there, and writes `sharpness-small-...json` beside the records. It is found wherever the records are
looked for.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from . import atomic, paths, sharpness
from .errors import StoreError, found_expected
from .results import Results
from .sharpness import Sharpness

#: Significant digits that are kept.
DIGITS = 6
#: What a file of ours is called.
FILE = re.compile(r"sharpness-[a-z]+-[0-9a-f]{8}\.json")


def file_of(root: Path, results: Results) -> Path:
    """Return where the sharpness of an experiment is kept in a folder of records."""
    families = "".join(sorted(_families(results).values()))
    return root / f"sharpness-{results.profile}-{hashlib.sha256(families.encode()).hexdigest()[:8]}.json"


def record(results: Results, root: Path, data_root: Path | None = None, device: str = "auto") -> Path:
    """Measure the runs of an experiment whose weights are there, and write what was found.

    Args:
        results: Their records.
        root: Folder of the records.
        data_root: Where the data lie.
        device: What to compute on.

    Returns:
        The file that was written.

    Raises:
        StoreError: Weights are missing or are not what was written.
        OSError: The disk refused; see `atomic.write_file`.
    """
    from .store import versions
    from .training.device import pick_device
    from .training.trial import describe

    measured = sharpness.measure(results, data_root, device)
    content = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "device": describe(pick_device(device)),
        "versions": versions(),
        "trained_on": sorted({record.manifest["device"] for record in results.all_records()}),
        "families": _families(results),
        "sharpness": {field.name: _plain(getattr(measured, field.name)) for field in fields(Sharpness)},
    }
    file = file_of(root, results)
    atomic.write_file(file, json.dumps(content, separators=(",", ":"), allow_nan=False).encode())
    return file


def find(results: Results, roots: Sequence[Path] | None = None) -> dict[str, Any] | None:
    """Look for the kept sharpness of an experiment.

    Args:
        results: The experiment, of which a file may hold some of the seeds.
        roots: Folders of records, in order; default: those in which the records were looked for, and where none
            was named `results/` of the checkout.

    Returns:
        `sharpness`, with NaN for seeds that were not measured, `made`, `device`, `versions` and `trained_on` in
        words, and `digest`, the file's SHA-256; None where there is no file, or one of other runs.

    Raises:
        StoreError: A file is damaged.
    """
    for file in (file_of(root, results) for root in (_roots(results) if roots is None else roots)):
        if not file.is_file():
            continue
        try:
            raw = atomic.read_file(file)
            kept = json.loads(raw)
            if kept["families"] == _families(results):
                measured = _declared(_arrays(kept["sharpness"]), results)
                return {**kept, "sharpness": measured, "digest": _sha256(raw)}
        except (OSError, ValueError, KeyError, TypeError) as error:
            expected = "what `mixrepro sweep FIG-2-LAND` writes"
            raise StoreError(found_expected(str(file), f"{type(error).__name__}: {error}", expected)) from None
    return None


def looked_for(results: Results, found: dict[str, Any] | None) -> dict[str, str | None]:
    """Return {name of the file: its SHA-256} of what `find` found; None where that was nothing."""
    return {file_of(Path(), results).name: found and found["digest"]}


def file_digest(name: str, project: Path | None = None) -> str | None:
    """Return the SHA-256 of a file of ours, looked for in the store, then in `results/`; None if missing."""
    for root in (paths.store_root(project), paths.results_root(project)):
        if root and FILE.fullmatch(name) and (root / name).is_file():
            return _sha256(atomic.read_file(root / name))
    return None


def nothing(results: Results) -> Sharpness:
    """Return the sharpness of an experiment of which none is known: NaN throughout."""
    experiment = results.experiment
    arms, seeds, epochs = tuple(experiment.arms), experiment.seeds, next(iter(experiment.arms.values())).snapshots
    shape, radii = (len(arms), len(seeds), len(epochs)), np.array(sharpness.RADII)
    return Sharpness(
        scale=results.scale,
        profile=results.profile,
        arms=arms,
        seeds=seeds,
        epochs=np.array(epochs, dtype=np.int64),
        radii=radii,
        **{name: np.full(shape, np.nan) for name in sharpness.NUMBERS},
        **{name: np.full((*shape, len(radii)), np.nan) for name in sharpness.AT_RADII},
        drawn_seed=None,
        axis=np.zeros(1),
        surfaces=np.full((len(arms), len(epochs), 1, 1), np.nan),
    )


def _sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _roots(results: Results) -> Sequence[Path]:
    if results.roots is not None:
        return results.roots
    root = paths.results_root()
    return [root] if root else []


def _families(results: Results) -> dict[str, str]:
    return {arm: config.but(seed=0).family() for arm, config in results.experiment.arms.items()}


def _plain(value: Any) -> Any:
    """Return lists of numbers of some digits, None for NaN."""
    if isinstance(value, np.ndarray):
        return [_plain(part) for part in value] if value.ndim else _plain(value.item())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
    return list(value) if isinstance(value, tuple) else value


def _arrays(kept: dict[str, Any]) -> Sharpness:
    found = dict(kept)
    for field in fields(Sharpness):
        if field.type is np.ndarray:
            kind = np.int64 if field.name == "epochs" else np.float64
            found[field.name] = np.array(kept[field.name], dtype=kind)
    return Sharpness(**{**found, "arms": tuple(found["arms"]), "seeds": tuple(found["seeds"])})


def _declared(kept: Sharpness, results: Results) -> Sharpness:
    """Arrange what was kept by the declared seeds, so that those not measured are missing, and not left out."""
    seeds = results.experiment.seeds
    found: dict[str, Any] = {field.name: getattr(kept, field.name) for field in fields(Sharpness)}
    for name in (*sharpness.NUMBERS, *sharpness.AT_RADII):
        values = np.full((len(kept.arms), len(seeds), *found[name].shape[2:]), np.nan)
        for place, seed in enumerate(seeds):
            if seed in kept.seeds:
                values[:, place] = found[name][:, kept.seeds.index(seed)]
        found[name] = values
    return Sharpness(**{**found, "seeds": seeds, "scale": results.scale})
