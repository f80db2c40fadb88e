"""Half precision (bfloat16) for convolutions: only where this machine does it right, and faster."""

import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor, nn

from ..config import RunConfig
from ..errors import ConfigError, found_expected
from .device import single_precision

#: bfloat16 keeps 8 bits: it takes some thousandths of the inputs of a ReLU to its other side, and a gradient that
#: points anywhere is off by about the root of that.
TOLERANCE = 0.06
#: Seconds after which the check stops timing.
PATIENCE = 2.0
#: Images of the check, and their height and width. On a GPU a small convolution takes longer to start than to run.
SIZE = {"cpu": (32, 16), "cuda": (512, 32)}
ROUNDS = 5


@dataclass(frozen=True)
class Check:
    """What half precision was found to be on a device.

    Attributes:
        speed_up: Time of single precision over that of half precision, forward and backward.
        error: Norm of the difference of all gradients, over their norm.
    """

    speed_up: float
    error: float

    @property
    def right(self) -> bool:
        """True if the gradients are those of single precision but for rounding."""
        return self.error <= TOLERANCE

    @property
    def worth_it(self) -> bool:
        """True if it is right and faster."""
        return self.right and self.speed_up > 1


@lru_cache
def check_half(width: int, device: torch.device) -> Check:
    """Try half precision on a convolution of `width` channels with batch normalization, in less than five seconds.

    Args:
        width: Channels, in and out.
        device: Where.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        convolution = nn.Conv2d(width, width, 3, padding=1, bias=False)
        network = nn.Sequential(convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True))
        images, side = SIZE.get(device.type, SIZE["cpu"])
        x = torch.randn(images, width, side, side)
        direction = torch.randn(images, width, side, side).to(device)  # else batch norm has no gradient
    network, x = (part.to(device).to(memory_format=torch.channels_last) for part in (network, x))

    def gradients(half: bool) -> tuple[Tensor, float]:
        started = time.perf_counter()
        with torch.autocast(device.type, torch.bfloat16, enabled=half, cache_enabled=False):
            made = network(x)
        found = torch.autograd.grad((made.float() * direction).mean(), list(network.parameters()))
        norm = torch.cat([part.flatten() for part in found])
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return norm, time.perf_counter() - started

    with single_precision():
        single, half = gradients(False)[0], gradients(True)[0]
        started, seconds = time.perf_counter(), {True: [], False: []}
        for _ in range(ROUNDS):
            for kind, times in seconds.items():
                times.append(gradients(kind)[1])
            if time.perf_counter() - started > PATIENCE:
                break
    return Check(min(seconds[False]) / min(seconds[True]), float((half - single).norm() / single.norm()))


def measured_in(config: RunConfig, device: torch.device) -> AbstractContextManager[object]:
    """Return the context in which a run is measured: on a GPU in the precision in which it is trained."""
    if config.precision == "fp32" or device.type != "cuda":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def require(config: RunConfig, device: torch.device) -> None:
    """Make sure that a run which asks for half precision gets it right, and gains by it.

    Raises:
        ConfigError: It would not.
    """
    if config.precision == "fp32":
        return
    check = check_half(config.width, device)
    if not check.worth_it:
        what = f"{config.precision} ({check.speed_up:.2f} times as fast here, gradients off by {check.error:.1%})"
        raise ConfigError(found_expected("precision", what, "fp32 on this device"))
