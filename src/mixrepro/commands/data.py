"""`mixrepro data`: which data sets there are, and what is in one."""

from pathlib import Path
from typing import Any, get_args

import typer

from .. import paths
from ..config import RunConfig
from .options import DataRoot, with_fields
from .reading import config_from

SHIFTED_SETS = (
    "mnist1d         iid_noise-1 ... -5, corr_noise-, scale-, shear-, translation-1 ... -5: rendered anew",
    "images          recreated_noise-1 ... -5: the Gaussian noise of CIFAR-10-C, re-created on the test images",
    "CIFAR-10        cifar10.1-v4, cifar10.1-v6, cifar10.2, cifar10_c-noise-1 ... -5: the published files",
    "CIFAR-10        official_jpeg, official_1k, official_1k_jpeg: official test images, as JPEG or without loss",
)


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
    from ..data import load

    config = config_from(fields)
    dataset = load(config, data_root)
    typer.echo(dataset.source)
    shape = " x ".join(str(side) for side in dataset.x_train.shape[1:])
    typer.echo(f"{len(dataset.x_train):,} training and {len(dataset.x_test):,} test points of {shape}")
    typer.echo(f"sha256 {dataset.sha256}")


check_command = with_fields(data_check, ["data", "data_files", "test_size"], data_root=(DataRoot, None))
