"""`mixrepro sweep`: the runs of an experiment that are missing."""

import contextlib
from typing import Annotated, Any

import typer

from .. import experiments
from ..errors import ConfigError, found_expected
from ..results import Results, collect
from ..store import Store
from .options import DataRoot, Device, ProfileName, StoreRoot


def sweep(
    claim: Annotated[str, typer.Argument(help=f"One of {', '.join(experiments.DECLARATIONS)}.")],
    profile: ProfileName = "quick",
    model: Annotated[str | None, typer.Option(help="Network, where the claim is declared for several.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE: a field of the runs, num_seeds, or a panel.")
    ] = None,
    store: StoreRoot = None,
    data_root: DataRoot = None,
    device: Device = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the runs and what is there.")] = False,
) -> None:
    """Train the runs of an experiment that are missing."""
    overrides = dict(_setting(text) for text in settings or ())
    experiment = experiments.declare(claim, profile, **overrides | ({} if model is None else {"model": model}))
    kept = Store(store)
    if dry_run:
        _show_plan(collect(experiment, [kept]), device)
        return
    from ..sweep import run as run_sweep

    results = run_sweep(experiment, kept, data_root, device)
    lost = results.lost()
    typer.echo(f"{experiment.id}, {experiment.title}: {len(results.all_records())} records in {kept.root}")
    for line in lost:
        typer.echo(line)


def _setting(text: str) -> tuple[str, Any]:
    """Read NAME=VALUE; what looks like a number, or like integers separated by commas, is one."""
    name, given, value = text.partition("=")
    if not (given and name.strip()):
        raise ConfigError(found_expected("--set", text, "NAME=VALUE, as in epochs=800"))
    name = name.strip().replace("-", "_")
    for read in (int, float, lambda parts: tuple(int(part) for part in parts.split(","))):
        with contextlib.suppress(ValueError):
            return name, read(value)
    return name, value


def _show_plan(results: Results, device: str) -> None:
    """List the runs of an experiment, which are there, and what the others would cost on this machine."""
    from ..cost import estimated_seconds, measure_speed
    from ..sweep import stacks

    typer.echo(f"{results.experiment.id}, {results.experiment.title}: {results.scale}")
    missing = []
    for arm, records in results.records.items():
        config = results.experiment.arms[arm]
        there = sum(record is not None for record in records)
        seeds = zip(results.experiment.seeds, records, strict=True)
        missing += [config.but(seed=seed) for seed, record in seeds if record is None]
        typer.echo(f"  {arm}: {there} of {len(records)} runs there, {config.epochs:,} epochs each")
    total = 0.0
    for group in stacks(dict.fromkeys(missing)):
        speed = measure_speed(group, device)
        seconds = estimated_seconds(group, speed)
        total += seconds
        typer.echo(
            f"  {len(group)} runs of {group[0].model}, n = {group[0].n:,}: {1000 * speed.step:.3g} ms a step and "
            f"run ({speed.together} timed together), about {_duration(seconds)}"
        )
    typer.echo(f"  to do: {len(dict.fromkeys(missing))} runs, about {_duration(total)} on this machine")


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
