"""The arithmetic of training, and how fast this device multiplies matrices: no loop is faster than their ratio."""

import time

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from .timing import wait

SIZE = {"cpu": 1024, "cuda": 8192}
REPEATS = 10


def training_flops(network: nn.Module, x: Tensor) -> int:
    """Count the floating-point operations of matrix products and convolutions, forward and backward.

    Args:
        network: Any module.
        x: The batch it is shown; it needs no gradient.
    """
    with FlopCounterMode(display=False) as counted:
        network(x).sum().backward()
    return counted.get_total_flops()


def matmul_speed(device: torch.device, dtype: torch.dtype = torch.float32) -> float:
    """Measure products of large square matrices, in operations a second: the best of some repeats."""
    size = SIZE[device.type]
    a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
    out, best = torch.empty_like(a), float("inf")
    for _ in range(REPEATS):
        wait(device)
        started = time.perf_counter()
        torch.mm(a, b, out=out)
        wait(device)
        best = min(best, time.perf_counter() - started)
    return 2 * size**3 / best
