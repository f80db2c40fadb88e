"""`mixrepro sweep`: the runs of an experiment that are missing."""

import json
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .. import experiments
from ..errors import ConfigError, MixreproError, found_expected
from ..experiments.declaration import KEPT
from ..results import Results, collect
from ..store import Store
from .ending import said_if_interrupted, status
from .options import AsJson, DataRoot, Device, ProfileName, StoreRoot, check_device
from .reading import read
from .summary import judge_swept, summary, verdict_lines

if TYPE_CHECKING:
    from ..claims import Judged
    from ..placing.plan import Plan


def sweep(
    claim: Annotated[str, typer.Argument(help=f"One of {', '.join(experiments.DECLARATIONS)}; + is ours.")],
    profile: ProfileName = "quick",
    model: Annotated[str | None, typer.Option(help="Network, where the claim is declared for several.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE: a field of the runs, num_seeds, or a panel.")
    ] = None,
    store: StoreRoot = None,
    data_root: DataRoot = None,
    device: Device = "auto",
    workers: Annotated[
        int | None, typer.Option(help="Train in this many processes.", show_default="this process")
    ] = None,
    threads: Annotated[
        int, typer.Option(help="Threads of each of the processes; they decide how sums round.")
    ] = 1,
    scheduler: Annotated[
        str | None, typer.Option(help="Train on the workers of a Dask scheduler, as tcp://HOST:8786.")
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="End in time, as 90s, 9m or 1h30m; the same command goes on later.")
    ] = None,
    arms: Annotated[
        list[str] | None, typer.Option("--arm", help="Train this arm only, as --dry-run names it; repeatable.")
    ] = None,
    any_code: Annotated[
        bool, typer.Option("--any-code", help="Keep records that other versions of the code made; add the rest.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the runs and what is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Train the runs of an experiment that are missing, and judge the claim by these runs.

    The exit status is 75 where the time was up before all were trained: the same command goes on.
    For chapters at several parameters: mixrepro sweep notebook --help.
    """
    overrides = read_settings([*(settings or ()), *([] if model is None else [f"model={model}"])], claim)
    experiment = experiments.declare(claim, profile, **overrides)
    experiment = experiment.only(arms) if arms else experiment
    kept = Store(store)
    if dry_run:
        _show_plan(collect(experiment, [kept], any_code), device)
        return
    with said_if_interrupted(kept):
        from ..placing.choice import choose
        from ..placing.plan import read_duration
        from ..sweep import run as run_sweep

        check_device(device)
        spent = _age()
        seconds = None if budget is None else read_duration(budget) - spent
        place = choose(workers, scheduler, threads, seconds, _show_budget, spent)
        results = run_sweep(experiment, kept, data_root, device, place, any_code)
    say = partial(typer.echo, err=as_json)
    lost = results.lost()
    say(f"{experiment.id}, {experiment.title}: {len(results.all_records())} records in {kept.root}")
    for line in lost:
        say(line)
    judged = None
    if left := sum("not run" in line for line in lost):
        say(f"the time was up; the same command goes on with the {left} runs that are left")
    elif not arms:
        if experiment.id == "FIG-2-LAND" and profile in KEPT:
            # What is measured of weights is kept, so that the weights need not be.
            from ..recorded_sharpness import record

            say(f"sharpness in {record(results, kept.root, data_root, device)}")
        judged = _judged(claim, results, say)
    if as_json:
        typer.echo(json.dumps(_as_dict(results, judged), indent=1))
    else:
        for line in verdict_lines(judged) if judged else ():
            say(line)
    raise typer.Exit(status([record for records in results.records.values() for record in records]))


def _judged(claim: str, results: Results, say: Callable[[str], None]) -> "Judged | None":
    """Judge what was swept; at settings of one's own the runs may lack what the rule needs."""
    try:
        if (judged := judge_swept(claim, results)) is None:
            say(f"no verdict: {claim} has no rule at {results.profile}")
        return judged
    except MixreproError as error:
        say(f"no verdict: {error}")
    except (ValueError, LookupError) as error:  # a rule counts on its own figure's panels; the runs are recorded
        say(f"no verdict: the rule of {claim} does not fit these settings ({type(error).__name__}: {error})")
    return None


def _as_dict(results: Results, judged: "Judged | None") -> dict[str, Any]:
    records = [
        {"arm": arm, **summary(record)} for arm, found in results.records.items() for record in found if record
    ]
    return {"verdict": judged and judged.as_dict(), "lost": results.lost(), "records": records}


def _age() -> float:
    """Return the seconds since this process was started: a budget counts from there, imports and all."""
    try:
        started = Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]
        return time.clock_gettime(time.CLOCK_BOOTTIME) - int(started) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):  # not Linux: all that has passed was spent on imports
        return time.process_time()


def _show_budget(plan: "Plan") -> None:
    fitting = sum(len(stack) for stack in plan.stacks[: plan.fitting])
    typer.echo(
        f"{fitting} of {sum(map(len, plan.stacks))} runs are expected to fit into the budget; "
        f"all take about {duration(sum(plan.seconds))} of one worker",
        err=True,
    )


def read_settings(texts: Sequence[str], claim: str) -> dict[str, Any]:
    """Read settings as NAME=VALUE, each by its type: several values at commas, none of several as `NAME=`.

    Raises:
        ConfigError: The claim is unknown, or a text is no setting, no value of its type, or given twice.
    """
    kinds = experiments.kinds_of(claim)
    settings: dict[str, Any] = {}
    for text in texts:
        name, given, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not (given and name):
            raise ConfigError(found_expected("--set", text, "NAME=VALUE, as in epochs=800"))
        if name in settings:
            raise ConfigError(found_expected(name, "a second value", "one"))
        # A name that is none stays text: the declaration says which it takes.
        settings[name] = read(name, value, kinds[name]) if name in kinds else value
    return settings


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
            f"run ({speed.together} timed together), about {duration(seconds)}"
        )
    typer.echo(f"  to do: {len(dict.fromkeys(missing))} runs, about {duration(total)} on this machine")


def duration(seconds: float) -> str:
    """Word a duration."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:,.1f} h"
