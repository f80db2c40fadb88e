"""Checkpoints and names that somebody else made to do harm (R22, R24)."""

import hashlib
import io
import json
import os
import pickle
import resource
import shutil
import struct
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from ..data import arrays
from ..errors import CheckpointError, MixreproError
from ..record import CURVE, MANIFEST
from ..store import LOCKS, Store, manifest_digest
from ..training import checkpoint
from . import victims
from .disk import CONFIG, NEW, OLD, write_record
from .figure import Figure, stopwatch

#: What reading a hostile file may take at most.
MOST_SECONDS, MOST_BYTES = 2.0, 200 * 10**6
#: Bytes of the small checkpoint that the hostile ones pretend to be.
MOST_CHECKPOINT = 64 * 2**20


class _Bomb:
    """Runs code when it is unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple:
        return os.system, (f"touch '{self.canary}'",)


def _header(text: bytes, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(text)) + text + data


def _tensors(entry: str, data: bytes = bytes(8)) -> bytes:
    return _header(b'{"__metadata__": {"state": "{}"}, "a": %s}' % entry.encode(), data)


def _zip(canary: Path) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(_Bomb(canary)))
        archive.writestr("archive/version", "3\n")
    return buffer.getvalue()


def hostile_checkpoints(canary: Path) -> dict[str, bytes]:
    """Return files that look like checkpoints, by what is wrong with them."""
    state = json.dumps({"__metadata__": {"state": "[" * 100_000}}).encode()
    wide = json.dumps({"__metadata__": {"state": json.dumps({"version": [[]] * 250_000})}}).encode()
    spoken = json.dumps({"py/reduce": ["os.system", f"touch '{canary}'"], "__class__": "os.system"})
    return {
        "a pickle": pickle.dumps(_Bomb(canary)),
        "a torch file": _zip(canary),
        "a zip behind a header": _header(b"{}", _zip(canary)),
        "a zip that begins like a header": struct.pack("<Q", 2) + b"{}" + _zip(canary),
        "nothing": b"",
        "seven bytes": bytes(7),
        "a header longer than the file": struct.pack("<Q", 10**6) + b"{}",
        "a header of 2^63 bytes": struct.pack("<Q", 2**63) + b"{}",
        "a header of 90 MB": _header(b" " * 90 * 10**6),
        "a header that is no JSON": _header(b"\xff" * 64),
        "a header nested 100,000 deep": _header(b"[" * 100_000),
        "a header of millions of lists": _header(b"[" + b"[]," * 5_000_000 + b"[]]"),
        "overlapping tensors": _header(
            b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
            b'"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}',
            bytes(12),
        ),
        "a negative offset": _tensors('{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}'),
        "an offset behind the end": _tensors('{"dtype":"F32","shape":[2],"data_offsets":[0,1000000]}'),
        "a hole": _tensors('{"dtype":"F32","shape":[1],"data_offsets":[4,8]}'),
        "a shape of 2^120 numbers": _tensors(f'{{"dtype":"F32","shape":[{2**60},{2**60}],"data_offsets":[0,8]}}'),
        "a type that is none": _tensors('{"dtype":"NaN","shape":[2],"data_offsets":[0,8]}'),
        "no state": _header(b"{}"),
        "a state nested 100,000 deep": _header(state),
        "a state of 250,000 lists": _header(wide),
        "a state that names functions": _header(json.dumps({"__metadata__": {"state": spoken}}).encode()),
    }


def checkpoints() -> Figure:
    """Give hostile checkpoints, each under a name with its true digest, to a process that would use them."""
    seconds, refused, slowest, largest, missed = stopwatch(), 0, 0.0, 0, []
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        root = Path(name)
        canary = root / "canary"
        cases: dict[str, Callable[[Path], None]] = {
            what: (lambda folder, raw=raw: _put(folder, raw)) for what, raw in hostile_checkpoints(canary).items()
        }
        cases["a link to a device without end"] = lambda folder: _named(folder).symlink_to("/dev/zero")
        cases["a pipe"] = lambda folder: os.mkfifo(_named(folder))
        cases["a file of 20 GB with nothing in it"] = _put_sparse
        for number, (what, put) in enumerate(cases.items()):
            folder, note = root / f"{number}", root / f"{number}.json"
            folder.mkdir()
            put(folder)
            reader = victims.launch(read_hostile, folder, note)
            reader.join(60)
            victims.end(reader)
            said = json.loads(note.read_text()) if note.exists() else {"refused": False, "seconds": 60, "bytes": 0}
            slowest, largest = max(slowest, said["seconds"]), max(largest, said["bytes"])
            refused += said["refused"]
            if not said["refused"]:
                missed.append(what)
        ran = canary.exists()
    return Figure(
        "R22",
        f"{len(cases)} hostile checkpoints: {', '.join(cases)}",
        "each a CheckpointError within 2 s and 200 MB; no code run",
        f"{refused} of {len(cases)}, {'code run' if ran else 'no code run'}, at most {slowest:.2f} s "
        f"and {largest / 1e6:.0f} MB" + (f"; not refused: {', '.join(missed)}" if missed else ""),
        not missed and not ran and slowest < MOST_SECONDS and largest < MOST_BYTES,
        seconds(),
    )


def _named(folder: Path, raw: bytes = b"") -> Path:
    return folder / f"00000003-00000000-1-{hashlib.sha256(raw).hexdigest()}{checkpoint.SUFFIX}"


def _put(folder: Path, raw: bytes) -> None:
    _named(folder, raw).write_bytes(raw)


def _put_sparse(folder: Path) -> None:
    with _named(folder).open("wb") as file:
        file.truncate(20 * 10**9)


def read_hostile(folder: Path, note: Path) -> None:
    """Read the checkpoint in a folder as training would; note whether it was refused, and what that took."""
    (file,) = checkpoint.files(folder)
    before, started = _peak_bytes(), time.perf_counter()
    refused = True
    for read in (checkpoint.peek, lambda file: checkpoint.read(file, MOST_CHECKPOINT)):
        try:
            read(file)
            refused = read is checkpoint.peek and refused  # a header may be believed, the file not
        except CheckpointError as error:
            refused = refused and file.name in str(error)
    took = time.perf_counter() - started
    note.write_text(json.dumps({"refused": refused, "seconds": took, "bytes": _peak_bytes() - before}))


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


NAMES = (
    "..",
    ".",
    "",
    "../outside",
    "../../outside",
    "/etc",
    "a/../../outside",
    "0123456789abcdef-4\0",
    "0123456789abcdef-4/..",
    "0123456789abcdef-4\n",
    "x" * 300,
    "~",
    "CON",
    "%2e%2e%2foutside",
    "0123456789abcdef-04",
    "０123456789abcdef-4",
    "<script>alert(1)</script>",
)
PATTERNS = ("../*.npz", "/etc/*", "../../*", "*\0", "x" * 300, "..", "**/*", "outside/*.npz", "")


def names() -> Figure:
    """Give hostile names to everything that takes one, and plant links where files are expected."""
    seconds, refused, total, missed = stopwatch(), 0, 0, []
    with tempfile.TemporaryDirectory(prefix="mixrepro-") as name:
        top = Path(name)
        outside = top / "outside"
        outside.mkdir()
        (outside / "keep.npz").write_bytes(b"kept")
        before = _listing(outside)
        for what, attempt in _attempts(top, outside):
            total += 1
            try:
                good = attempt()
            except MixreproError as error:
                good = "found" in str(error) and "expected" in str(error)
            refused += good
            if not good:
                missed.append(what)
        untouched = _listing(outside) == before
        strays = {path.name for path in top.iterdir()} - {"outside", "store", "data"}
    return Figure(
        "R24",
        f"{total} hostile names: run ids, patterns of data files, manifests of other runs, links instead of files",
        "each refused by an error that says what was found; 0 bytes outside",
        f"{refused} of {total}, {'nothing' if untouched and not strays else 'something'} written outside"
        + (f"; not refused: {', '.join(missed)}" if missed else ""),
        not missed and untouched and not strays,
        seconds(),
    )


def _listing(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()}


def _attempts(top: Path, outside: Path) -> Iterator[tuple[str, Callable[[], bool]]]:
    """Yield what is tried, and a function that returns whether it was refused, or raises an error of ours."""
    store, data = Store(top / "store"), top / "data"
    data.mkdir()
    np.savez(data / "a.npz", images=np.zeros((20, 2, 2), np.uint8), labels=np.arange(20) % 2)
    for bad in NAMES:
        yield f"run id {bad[:20]!r}", lambda bad=bad: bool(store.read(bad)) and False
        yield f"manifest of {bad[:20]!r}", lambda bad=bad: manifest_digest(bad, top) is None
    for bad in PATTERNS:
        yield f"data files {bad[:20]!r}", lambda bad=bad: bool(arrays.load(data, bad)) and False
    for key, value in (("run_id", "../outside"), ("run_id", "f" * 16 + "-4"), ("config", "../outside")):
        yield f"manifest with {key} {value!r}", lambda key=key, value=value: _misnamed(store, key, value)
    for file in (MANIFEST, CURVE, "weights-2.safetensors"):
        yield f"link instead of {file}", lambda file=file: _linked_file(store, file, outside)
    for prefix in ("", ".draft-", ".outdated-"):
        yield f"link instead of folder {prefix}", lambda prefix=prefix: _linked_folder(store, prefix, outside)
    yield "link instead of the locks", lambda: _linked_locks(store, outside)


def _fresh(store: Store) -> Path:
    shutil.rmtree(store.root, ignore_errors=True)
    write_record(store, OLD)
    return store.root / CONFIG.run_id()


def _misnamed(store: Store, key: str, value: str) -> bool:
    from ..record import manifest_sha256

    file = _fresh(store) / MANIFEST
    manifest = json.loads(file.read_bytes()) | {key: value}
    file.write_text(json.dumps(manifest | {"sha256": manifest_sha256(manifest)}))
    return bool(store.find(CONFIG)) and False


def _linked_file(store: Store, file: str, outside: Path) -> bool:
    path = _fresh(store) / file
    shutil.move(path, outside.parent / "data" / file)
    path.symlink_to(outside.parent / "data" / file)
    try:
        return bool(store.find(CONFIG).weights(2)) and False
    finally:
        (outside.parent / "data" / file).unlink()


def _linked_folder(store: Store, prefix: str, outside: Path) -> bool:
    """Plant a link to a folder outside where a record, a draft or an outdated record lies, and write."""
    folder = _fresh(store)
    place = folder.with_name(f"{prefix}{folder.name}")
    shutil.rmtree(place, ignore_errors=True)
    place.symlink_to(outside, target_is_directory=True)
    write_record(store, NEW)
    return (
        (outside / "keep.npz").exists() and not place.is_symlink() and store.find(CONFIG).at(4, "test_loss") == NEW
    )


def _linked_locks(store: Store, outside: Path) -> bool:
    _fresh(store)
    shutil.rmtree(store.root / LOCKS)
    (store.root / LOCKS).symlink_to(outside, target_is_directory=True)
    write_record(store, NEW)
    return False
