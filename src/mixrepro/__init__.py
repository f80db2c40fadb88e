"""mixrepro: a literate reproduction of *Over-Training with Mixup May Hurt Generalization* (ICLR 2023)."""

import os
import sys
from typing import Any

from .config import RunConfig

if "torch" not in sys.modules:
    # OpenMP threads wait by spinning. Where a core is shared with other work they then stall one another, and an
    # epoch of a small network takes ten times as long; not spinning at all is slower on a quiet machine. Read
    # once, when torch loads its OpenMP library.
    os.environ.setdefault("GOMP_SPINCOUNT", "10000")

__all__ = ["RunConfig", "__version__", "train"]


def __getattr__(name: str) -> Any:
    # Reading and judging records must not wait for torch, so training is imported when it is asked for.
    if name == "train":
        from .sweep import train

        return train
    if name == "__version__":
        from importlib.metadata import version

        return version("mixrepro")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
