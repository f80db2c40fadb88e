"""Data files and records that a disk damaged: noticed, named, never rebuilt (R14)."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..data import arrays, mnist1d
from ..errors import DataError, StoreError
from ..store import Store
from .disk import CONFIG, OLD, write_record
from .figure import Figure, stopwatch


def damage(raw: bytes, draw: np.random.Generator) -> bytes:
    """Change one byte, or cut the end off."""
    place = int(draw.integers(len(raw)))
    if draw.random() < 0.25:
        return raw[:place]
    return raw[:place] + bytes([raw[place] ^ int(draw.integers(1, 256))]) + raw[place + 1 :]


def data_files(flips: int) -> Figure:
    """Damage data files: flip bytes, cut off, empty, swap.

    Args:
        flips: How many single bytes are changed, half of them in a folder of .npz, half in the cache of MNIST-1D.
    """
    seconds, named, total, draw = stopwatch(), 0, 0, np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        folder = Path(name)
        for number in range(2):
            x = draw.integers(0, 256, (20, 4, 4), dtype=np.uint8)
            np.savez(folder / f"{number}.npz", images=x, labels=np.arange(20) % 2)
        files = sorted(folder.glob("*.npz"))
        sums = "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in files)
        (folder / arrays.SUMS).write_text(sums)
        cache = folder / "cache.npz"
        pool = draw.normal(size=(20, 40)).astype(np.float32)
        mnist1d._write_cache(cache, {key: pool if key[0] == "x" else np.arange(20) for key in mnist1d.KEYS})
        readers = [
            (files[0], lambda: arrays.load(folder, "[01].npz")),
            (cache, lambda: mnist1d._read_cache(cache)),
        ]
        for path, read in readers:
            intact = path.read_bytes()
            read()
            for raw in _damaged(intact, flips // 2, draw, files[1].read_bytes()):
                path.write_bytes(raw)
                total += 1
                named += _names_damage(read, path, raw, intact)
                if path.read_bytes() != raw:
                    named -= 1  # it was rebuilt
            path.write_bytes(intact)
    return Figure(
        "R14",
        f"{flips} bytes of data files changed, one at a time; files cut off, empty, swapped",
        "each a DataError that names the file, bytes and SHA-256 found, and the one expected; nothing rebuilt",
        f"{named} of {total}",
        named == total,
        seconds(),
    )


def _damaged(intact: bytes, flips: int, draw: np.random.Generator, other: bytes) -> Iterator[bytes]:
    for place in draw.integers(0, len(intact), flips).tolist():
        yield intact[:place] + bytes([intact[place] ^ int(draw.integers(1, 256))]) + intact[place + 1 :]
    yield from (intact[: len(intact) // 2], b"", other)


def _names_damage(read: Callable[[], object], path: Path, raw: bytes, intact: bytes) -> bool:
    try:
        read()
    except DataError as error:
        parts = (str(path), f"{len(raw):,} bytes", hashlib.sha256(raw).hexdigest())
        return all(part in str(error) for part in (*parts, hashlib.sha256(intact).hexdigest()))
    return False


def damaged_records(times: int) -> Figure:
    """Damage the files of a record in random places.

    Args:
        times: How many bytes are changed, or ends cut off.
    """
    seconds, found, draw = stopwatch(), 0, np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        store = Store(name)
        write_record(store, OLD)
        folder = store.root / CONFIG.run_id()
        files = sorted(folder.iterdir())
        for number in range(times):
            file = files[number % len(files)]
            intact = file.read_bytes()
            file.write_bytes(damage(intact, draw))
            try:
                store.read(CONFIG.run_id()).weights(2)
            except StoreError as error:
                found += CONFIG.run_id() in str(error)
            file.write_bytes(intact)
    return Figure(
        "records",
        f"{times} times a byte of a record changed, or the end cut off: {', '.join(file.name for file in files)}",
        "each a StoreError that names the record",
        f"{found} of {times}",
        found == times,
        seconds(),
    )
