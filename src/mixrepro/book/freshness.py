"""When an executed chapter may stay: nothing that determines what it says has changed since."""

import hashlib
import json
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import nbformat

from .. import recorded_sharpness
from ..mime import RECORDS_MIME
from ..store import manifest_digest


def fingerprint(source: Path, parameters: Mapping[str, Any], project: Path) -> str:
    """Return a digest of all that determines a chapter but the records it reads.

    Args:
        source: The chapter's notebook.
        parameters: What is injected into it.
        project: The checkout, whose `src/mixrepro` the chapter imports.

    Returns:
        SHA-256 over the notebook, every file of the library, the parameters and the versions of Python,
        torch and matplotlib.
    """
    python = ".".join(platform.python_version_tuple()[:2])
    versions = {"python": python} | {name: version(name) for name in ("torch", "matplotlib")}
    digest = hashlib.sha256(json.dumps([versions, dict(parameters)], sort_keys=True).encode())
    library = project / "src" / "mixrepro"
    for name, file in [("", source), *_files(library)]:
        content = file.read_bytes()
        digest.update(f"\n{name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _files(library: Path) -> list[tuple[str, Path]]:
    """List the modules, and what else lies beside them: a style sheet changes a figure too."""
    files = {p.relative_to(library).as_posix(): p for p in library.rglob("[!.]*") if p.is_file()}
    return sorted((name, file) for name, file in files.items() if "__pycache__" not in file.parts)


def records_read(notebook: nbformat.NotebookNode) -> dict[str, str | None]:
    """Collect {run id: digest of its manifest} from a notebook's outputs; see `mime.RECORDS_MIME`."""
    records: dict[str, str | None] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            records |= output.get("data", {}).get(RECORDS_MIME, {}).get("records", {})
    return records


def why_stale(source: Path, target: Path, parameters: Mapping[str, Any], project: Path) -> str | None:
    """Say why a chapter has to be executed, or None if it may stay.

    Args:
        source: The chapter's notebook.
        target: Where the executed chapter lies, if it does.
        parameters: What would be injected now.
        project: The checkout.
    """
    if not target.is_file():
        return "not executed yet"
    try:
        metadata = nbformat.read(target, as_version=4).metadata
    except (ValueError, nbformat.reader.NotJSONError):
        return "unreadable"
    run, ours = metadata.get("papermill", {}), metadata.get("mixrepro", {})
    if not run.get("end_time") or run.get("exception") or not ours:
        return "unfinished"
    if ours.get("fingerprint") != fingerprint(source, parameters, project):
        return "its source, the library, its parameters or a version changed"
    for name, digest in ours.get("records", {}).items():
        digest_now = recorded_sharpness.file_digest if recorded_sharpness.FILE.fullmatch(name) else manifest_digest
        if digest_now(name, project) != digest:
            return f"record {name} changed"
    return None
