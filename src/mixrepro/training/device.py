"""Which device trains, and the floating-point mode it trains in."""

from collections.abc import Iterator
from contextlib import contextmanager

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


# The mode belongs to a thread, and torch's workers inherit it when they start, with the first large operation.
with denormals_flushed():
    torch.zeros(1_000_000).add_(1)
