"""The whole benchmark: each case checked and measured, with what a reader needs to judge it."""

import os
import platform
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import torch

from ..config import unknown_name
from ..errors import ConfigError
from ..training.device import denormals_flushed, pick_device
from ..training.trial import describe
from .cases import cases
from .floor import matmul_speed
from .timing import Setting

#: Rounds of the cheapest comparison.
ROUNDS, QUICK_ROUNDS = 30, 5
#: Numbers whose product tells how fast the machine was when a case began: what networks are trained in there.
PRODUCTS = {"cpu": torch.float32, "cuda": torch.bfloat16}
PACKAGES = ("torch", "torchvision", "numpy")


def measure(
    device: str = "auto", quick: bool = False, only: list[str] | None = None, told: Callable[[str], None] = print
) -> dict[str, Any]:
    """Check and measure every case.

    Args:
        device: `auto`, `cpu`, `cuda`, ...
        quick: A sixth of the rounds.
        only: Names of cases; default: all of the device.
        told: Called with a line when a case begins.

    Returns:
        A report for JSON: `machine`, `checks` (case -> what the gate found), `figures`.

    Raises:
        ConfigError: A name is unknown, or a case does not pass the gate.
    """
    on = pick_device(device)
    known = cases(on)
    for name in only or ():
        if name not in known:
            raise ConfigError(unknown_name("case", name, list(known)))
    setting = Setting(on, QUICK_ROUNDS if quick else ROUNDS)
    report: dict[str, Any] = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(on),
        "quick": quick,
        "checks": {},
        "figures": [],
    }
    for name in only or known:
        told(name)
        before = {"load": os.getloadavg()[0], "matmul_gflops": matmul_speed(on, PRODUCTS[on.type]) / 1e9}
        with denormals_flushed():
            figures, check = known[name](setting)
        if check:
            report["checks"][name] = check
        report["figures"] += [figure.as_dict() | before for figure in figures]
    return report


def machine(device: torch.device) -> dict[str, Any]:
    """Describe what a benchmark ran on."""
    return {
        "device": describe(device),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
        "cuda": torch.version.cuda if device.type == "cuda" else None,
    }
