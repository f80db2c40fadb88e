"""What commands share: their options."""

import inspect
from pathlib import Path
from typing import Annotated, Any

import typer

from .. import paths
from ..config import PROFILES, RunConfig
from ..errors import ConfigError, found_expected
from .reading import type_of

FLAGS = ("exact_mixup_loss",)
METAVARS = {(int, False): "INTEGER", (float, False): "NUMBER"}

DataRoot = Annotated[Path | None, typer.Option(help="Folder of the data; arrays: the folder of .npz files.")]
StoreRoot = Annotated[
    Path | None,
    typer.Option(
        "--store",
        help="Folder of run records.",
        show_default=f"${paths.STORE_VARIABLE}, else .mixrepro/runs of the checkout, else the user's cache folder",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ProfileName = Annotated[str, typer.Option(help=f"Size: {', '.join(PROFILES)}.")]
CellTimeout = Annotated[float | None, typer.Option(help="Seconds that a cell may take.", show_default="any")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, ...")]


def with_fields(function: Any, names: list[str], **own: tuple[Any, Any]) -> Any:
    """Give a command an option for each named field of `RunConfig`, so that options and fields never differ."""
    options = []
    for name in names:
        field = RunConfig.model_fields[name]
        kind = bool if name in FLAGS else str  # numbers are read by `config_from`, so that its errors name them
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


def check_cell_timeout(seconds: float | None) -> None:
    """Refuse a limit that is none.

    Raises:
        ConfigError: It is negative, or no number.
    """
    if seconds is not None and not seconds >= 0:
        raise ConfigError(found_expected("--cell-timeout", seconds, "a number, at least 0"))


def check_device(name: str) -> None:
    """Refuse a name that is no device anywhere, even where nothing is left to train.

    Whether this machine has the device is asked when something is trained on it.

    Raises:
        ConfigError: No device has this name.
    """
    import torch

    try:
        name == "auto" or torch.device(name)
    except RuntimeError:
        expected = "auto, cpu, cuda, cuda:1 or another device of torch"
        raise ConfigError(found_expected("device", name, expected)) from None


def _metavar(name: str) -> str | None:
    if name in FLAGS:
        return None
    return METAVARS.get(type_of(RunConfig.model_fields[name].annotation), "TEXT")


def project() -> Path:
    """Return the checkout around the working directory.

    Raises:
        ConfigError: There is none.
    """
    root = paths.project_root()
    if root is None:
        raise ConfigError(found_expected("project", str(Path.cwd()), "a folder inside a checkout of mixrepro"))
    return root
