"""`mixrepro run`: one configuration, one or many seeds."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from ..config import RunConfig
from ..errors import ConfigError, found_expected
from ..record import Record
from ..store import Store
from .ending import said_if_interrupted, status
from .options import AsJson, DataRoot, Device, StoreRoot, check_device, with_fields
from .reading import config_from, integers
from .summary import summary, turn, turn_line

RUN_FIELDS = [name for name in RunConfig.model_fields if name not in ("seed", "data_sha256")]
SEEDS = typer.Option(help="One seed, a range 0:10, or a list 0,3,5.")


def run(seeds: str, store: Path | None, data_root: Path | None, device: str, as_json: bool, **fields: Any) -> None:
    """Train one configuration with one or many seeds, and record it."""
    config = config_from(fields)
    kept = Store(store)
    with said_if_interrupted(kept):
        from ..sweep import train

        check_device(device)
        records = train(config, _seeds(seeds), kept, data_root, device)
    if as_json:
        typer.echo(json.dumps([{**summary(record), "turn": turn(records)} for record in records], indent=1))
    else:
        _show(records, kept)
    raise typer.Exit(status(records))


def _show(records: list[Record], store: Store) -> None:
    for record in records:
        found = summary(record)
        if found["epoch"] == 0:
            typer.echo(f"{record.run_id}  seed {record.config.seed}  {record.status} before it was measured")
            continue
        typer.echo(
            f"{record.run_id}  seed {record.config.seed}  {record.status}  epoch {found['epoch']}  "
            f"test accuracy {found['test_accuracy']:.1%}  test loss {found['test_loss']:.3f}"
        )
    typer.echo(turn_line(records))
    typer.echo(f"data: {records[0].manifest['data']['source']}")
    typer.echo(f"records in {store.root}")


def _seeds(text: str) -> list[int]:
    if ":" in text:
        bounds = integers("seeds", text.replace(":", ","))
        if len(bounds) != 2 or bounds[0] >= bounds[1]:
            raise ConfigError(found_expected("seeds", text, "a rising range such as 0:10"))
        return list(range(*bounds))
    low, dash, high = text.partition("-")
    if dash and low.isdecimal() and high.isdecimal():
        raise ConfigError(found_expected("seeds", text, f"a range such as {low}:{high}, without its end"))
    return list(dict.fromkeys(integers("seeds", text)))


command = with_fields(
    run,
    RUN_FIELDS,
    seeds=(Annotated[str, SEEDS], "0"),
    store=(StoreRoot, None),
    data_root=(DataRoot, None),
    device=(Device, "auto"),
    as_json=(AsJson, False),
)
