"""The command line: `mixrepro run | sweep | verdicts | book | figure | data`."""

import contextlib
import inspect
import json
import sys
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from . import experiments, paths
from .claims import judged
from .claims.rules import effect_text
from .config import PROFILES, RunConfig
from .errors import ConfigError, MixreproError, found_expected
from .results import Results, collect
from .store import Record, Store

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
data_app = typer.Typer(no_args_is_help=True, help="Look at data sets.")
app.add_typer(data_app, name="data")

FLAGS = ("exact_mixup_loss",)
SHIFTED_SETS = (
    "mnist1d         iid_noise-1 ... -5, corr_noise-, scale-, shear-, translation-1 ... -5: rendered anew",
    "images          recreated_noise-1 ... -5: the Gaussian noise of CIFAR-10-C, re-created on the test images",
    "CIFAR-10        cifar10.1-v4, cifar10.1-v6, cifar10.2, cifar10_c-noise-1 ... -5: the published files",
)
INTEGERS = {name for name, field in RunConfig.model_fields.items() if type(field.default) is int}
INTEGERS |= {"switch_epoch", "test_size"}
NUMBERS = {name for name, field in RunConfig.model_fields.items() if type(field.default) is float}

DataRoot = Annotated[Path | None, typer.Option(help="Folder of the data; arrays: the folder of .npz files.")]
StoreRoot = Annotated[Path | None, typer.Option("--store", help="Folder of run records.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProfileName = Annotated[str, typer.Option(help=f"Size: {', '.join(PROFILES)}.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, ...")]


def run(seeds: str, store: Path | None, data_root: Path | None, device: str, as_json: bool, **fields: Any) -> None:
    """Train one configuration with one or many seeds, and record it."""
    config = _config(fields)
    from .sweep import train

    records = train(config, _seeds(seeds), Store(store), data_root, device)
    if as_json:
        typer.echo(json.dumps([_summary(record) for record in records], indent=1))
        return
    for record in records:
        summary = _summary(record)
        if summary["epoch"] == 0:
            typer.echo(f"{record.run_id}  seed {record.config.seed}  {record.status} before it was measured")
            continue
        typer.echo(
            f"{record.run_id}  seed {record.config.seed}  {record.status}  epoch {summary['epoch']}  "
            f"test accuracy {summary['test_accuracy']:.1%}  test loss {summary['test_loss']:.3f}"
        )
    typer.echo(f"data: {records[0].manifest['data']['source']}")
    typer.echo(f"records in {Store(store).root}")


@app.command()
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
    from .sweep import run as run_sweep

    results = run_sweep(experiment, kept, data_root, device)
    lost = results.lost()
    typer.echo(f"{experiment.id}, {experiment.title}: {len(results.all_records())} records in {kept.root}")
    for line in lost:
        typer.echo(line)


@app.command()
def verdicts(
    claims: Annotated[list[str] | None, typer.Argument(help="Ids of claims; default: every claim.")] = None,
    profile: Annotated[
        str | None, typer.Option(help=f"Size: {', '.join(PROFILES)}; default: every size, for theory quick.")
    ] = None,
    store: StoreRoot = None,
    as_json: AsJson = False,
) -> None:
    """Judge claims at each size: experiments from the records that are there, theory from checks computed now."""
    stores = [Store(store)]
    if (results := paths.results_root()) is not None and results.is_dir():
        stores.append(Store(results))
    if as_json:
        typer.echo(json.dumps([each.as_dict() for each in judged(profile, stores, claims)], indent=1))
        return
    for each in judged(profile, stores, claims):
        runs = f", {each.run[0]} of {each.run[1]} runs" if each.run else ""
        typer.echo(f"{each.verdict.claim}  {each.profile}  {each.word}  ({each.verdict.parts[0].scale}{runs})")
        if each.word == "not run":
            continue
        for part in each.verdict.parts:
            n = f"n = {part.n} of {part.n_declared}"
            typer.echo(f"    {part.verdict:12}  {n}  {effect_text(part):>28}  {part.statement}")
        typer.echo(f"    data: {each.data}; machine: {each.machine}")


@app.command()
def book(profile: ProfileName = "quick") -> None:
    """Run the chapters that are missing or stale, and build the book."""
    from .book.site import build_site

    raise typer.Exit(build_site(_project(), profile))


@app.command()
def figure(
    chapter: Annotated[str, typer.Argument(help="An executed chapter, as 02_over_training.")],
    number: Annotated[int, typer.Option(help="Which of its figures.")] = 1,
    out: Annotated[Path, typer.Option(help="The PNG file to write.")] = Path("figure.png"),
) -> None:
    """Take a figure out of an executed chapter, and print its alternative text."""
    from .book.figures import export_figure

    typer.echo(export_figure(_project(), chapter, number, out))


@data_app.command("list")
def data_list() -> None:
    """List the data sets."""
    about = {
        "mnist1d": "sequences of 40 numbers, 10 classes; generated, nothing to download",
        "cifar10": f"32 x 32 images, 10 classes; torchvision's files, kept in {paths.data_root()}",
        "cifar100": "32 x 32 images, 100 classes; as cifar10",
        "svhn": "32 x 32 images of house numbers, 10 classes; as cifar10",
        "arrays": "your own: a folder of .npz files with `images` (uint8) and `labels` (--data-root DIR)",
    }
    for name in get_args(RunConfig.model_fields["data"].annotation):
        typer.echo(f"{name:8}  {about[name]}")
    typer.echo("\nshifted test sets (--shifted-sets NAME,NAME):")
    for line in SHIFTED_SETS:
        typer.echo(f"  {line}")


def data_check(data_root: Path | None, **fields: Any) -> None:
    """Load a data set and say what is in it."""
    from .data import load

    config = _config(fields)
    dataset = load(config, data_root)
    typer.echo(dataset.source)
    shape = " x ".join(str(side) for side in dataset.x_train.shape[1:])
    typer.echo(f"{len(dataset.x_train):,} training and {len(dataset.x_test):,} test points of {shape}")
    typer.echo(f"sha256 {dataset.sha256}")


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
    from .cost import estimated_seconds, measure_speed
    from .sweep import stacks

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


def _metavar(name: str) -> str | None:
    if name in FLAGS:
        return None
    return "INTEGER" if name in INTEGERS else "NUMBER" if name in NUMBERS else "TEXT"


def _with_fields(function: Any, names: list[str], **own: tuple[Any, Any]) -> Any:
    """Give a command an option for each named field of `RunConfig`, so that options and fields never differ."""
    options = []
    for name in names:
        field = RunConfig.model_fields[name]
        kind = bool if name in FLAGS else str  # numbers are read by `_config`, so that its errors name them
        shown_default = f" [default: {field.default}]" if field.default not in (None, ()) else ""
        text = f"{field.description or name.replace('_', ' ')}{shown_default}"
        options.append(
            (
                name,
                Annotated[kind | None, typer.Option(help=text, metavar=_metavar(name), show_default=False)],
                None,
            )
        )
    options += [(name, annotation, default) for name, (annotation, default) in own.items()]
    function.__signature__ = inspect.Signature(
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)
        for name, annotation, default in options
    )
    function.__annotations__ = {name: annotation for name, annotation, _ in options}
    return function


RUN_FIELDS = [name for name in RunConfig.model_fields if name not in ("seed", "data_sha256")]
SEEDS = typer.Option(help="One seed, a range 0:10, or a list 0,3,5.")
app.command()(
    _with_fields(
        run,
        RUN_FIELDS,
        seeds=(Annotated[str, SEEDS], "0"),
        store=(StoreRoot, None),
        data_root=(DataRoot, None),
        device=(Device, "auto"),
        as_json=(AsJson, False),
    )
)
data_app.command("check")(
    _with_fields(data_check, ["data", "data_files", "test_size"], data_root=(DataRoot, None))
)


def _config(fields: dict[str, str | bool | None]) -> RunConfig:
    given: dict[str, Any] = {name: value for name, value in fields.items() if value is not None}
    for name, text in given.items():
        if name in ("milestones", "snapshots"):
            given[name] = _integers(name, text)
        elif name == "shifted_sets":
            given[name] = tuple(text.split(","))
        elif name in INTEGERS | NUMBERS:
            with contextlib.suppress(
                ValueError
            ):  # what is no number is refused by RunConfig, which names the field
                given[name] = int(text) if name in INTEGERS else float(text)
    return RunConfig(**given)


def _project() -> Path:
    project = paths.project_root()
    if project is None:
        raise ConfigError(found_expected("project", str(Path.cwd()), "a folder inside a checkout of mixrepro"))
    return project


def _seeds(text: str) -> list[int]:
    if ":" in text:
        bounds = _integers("seeds", text.replace(":", ","))
        if len(bounds) != 2 or bounds[0] >= bounds[1]:
            raise ConfigError(found_expected("seeds", text, "a rising range such as 0:10"))
        return list(range(*bounds))
    return list(dict.fromkeys(_integers("seeds", text)))


def _integers(field: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(found_expected(field, text, "integers separated by commas")) from None


def _summary(record: Record) -> dict[str, Any]:
    epochs, _ = record.measured("test_loss")
    last = int(epochs[-1]) if len(epochs) else 0  # a run may diverge before it is measured
    names = (
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "trial_epoch",
        "trial_test_accuracy",
    )
    measured = {name: record.at(last, name) if last else None for name in names}
    return {
        "run_id": record.run_id,
        "seed": record.config.seed,
        "status": record.status,
        "epoch": last,
        **measured,
    }


def main() -> None:
    """Run the command line; an error of the user's is one line on stderr and a non-zero exit."""
    try:
        app()
    except MixreproError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)
