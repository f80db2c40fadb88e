"""mixrepro: a literate reproduction of *Over-Training with Mixup May Hurt Generalization* (ICLR 2023)."""

from typing import Any

from .config import RunConfig

__all__ = ["RunConfig", "train"]


def __getattr__(name: str) -> Any:
    # Reading and judging records must not wait for torch, so training is imported when it is asked for.
    if name == "train":
        from .sweep import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
