"""`mixrepro records`: which runs a store holds."""

import json
from typing import Any

import typer

from ..config import RunConfig
from ..errors import StoreError, found_expected
from ..record import Record
from ..store import Store
from .options import AsJson, StoreRoot

FIELDS = ("model", "n", "alpha", "switch_epoch", "loss", "epochs", "seed")
COLUMNS = ("run_id", *FIELDS, "status", "test_accuracy")


def records(store: StoreRoot = None, as_json: AsJson = False) -> None:
    """List the records of a store, the newest last.

    One that is damaged is named on stderr, and the exit status is 1.
    """
    kept = Store(store)
    if store is not None and not store.is_dir():
        raise StoreError(found_expected(f"--store {store}", "no such folder", "a folder of run records"))
    found, damaged = [], False
    for run_id in kept.run_ids():
        try:
            found.append(kept.read(run_id))
        except StoreError as error:
            damaged = True
            typer.echo(f"error: {error}", err=True)
    rows = [row(record) for record in sorted(found, key=lambda each: each.manifest["started"])]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
    elif rows:
        for line in table(rows):
            typer.echo(line)
    else:
        typer.echo(f"no records in {kept.root}")
    raise typer.Exit(damaged)


def row(record: Record) -> dict[str, Any]:
    """Return what a record is, and its test accuracy at the last epoch of a run that came to its end."""
    _, accuracy = record.measured("test_accuracy")
    config: RunConfig = record.config
    return {
        "run_id": record.run_id,
        **{name: getattr(config, name) for name in FIELDS},
        "status": record.status,
        "test_accuracy": float(accuracy[-1]) if len(accuracy) and record.status == "complete" else None,
        "started": record.manifest["started"],
    }


def table(rows: list[dict[str, Any]]) -> list[str]:
    """Lay out rows under their names; what is not there is a dash."""
    cells = [COLUMNS, *(tuple(_cell(name, each[name]) for name in COLUMNS) for each in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    ]


def _cell(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.1%}" if name == "test_accuracy" else f"{value:g}" if isinstance(value, float) else str(value)
