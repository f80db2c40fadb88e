"""Which device trains, and the floating-point mode it trains in."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache

import torch

from ..errors import ConfigError, found_expected


def pick_device(name: str = "auto") -> torch.device:
    """Return the device to train on: a GPU if there is one, unless named otherwise.

    Raises:
        ConfigError: The device is unknown or not there.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        found = f"{name} ({str(error).splitlines()[0]})"
        raise ConfigError(found_expected("device", found, "auto, cpu, or a device of this machine")) from None
    return device


@contextmanager
def denormals_flushed() -> Iterator[None]:
    """Treat denormal numbers as zero while training.

    An over-trained ERM run has gradients and momenta that decay towards zero; below 1e-38 each such number
    costs a CPU a hundred times more than a normal one, and changes nothing.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@contextmanager
def single_precision(proper: bool = True) -> Iterator[None]:
    """Let convolutions in single precision be just that: a GPU else rounds what it multiplies to 10 bits (TF32).

    Args:
        proper: False: leave that to the GPU, as where the network is trained in half precision anyway.
    """
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = allowed and not proper
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32 = allowed


#: Settings of glibc's malloc.h, in bytes: how much free memory stays (M_TRIM_THRESHOLD), from which size on each
#: piece is the system's own (M_MMAP_THRESHOLD), and how much is taken ahead (M_TOP_PAD).
KEPT_MEMORY = {-1: 1 << 30, -3: 1 << 25, -2: 1 << 26}


@cache
def keep_freed_memory() -> None:
    """Let the C library keep memory that was freed, up to a gigabyte, instead of handing it back to the system.

    A step frees what the next one needs. Handed back, every page of it is cleared and mapped again: a tenth of the
    time of a narrow ResNet. Does nothing where the C library is not glibc.
    """
    with suppress(AttributeError, OSError, TypeError):
        set_option = ctypes.CDLL(None).mallopt
        for name, value in KEPT_MEMORY.items():
            set_option(name, value)


# The mode belongs to a thread, and torch's workers inherit it when they start, with the first large operation.
with denormals_flushed():
    torch.zeros(1_000_000).add_(1)
