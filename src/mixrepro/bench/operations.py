"""Where the time of an epoch goes: operations by the time that is their own."""

from typing import Any

from torch.profiler import ProfilerActivity, profile

from ..config import RunConfig
from ..training.device import denormals_flushed, pick_device
from .image_cases import ON_CPU, ON_GPU
from .stacks import Ours, noise_images
from .timing import wait

#: Epochs before the one that is looked at: the first ones compile, capture and choose algorithms.
WARM_UP = 2


def operations(device: str = "auto", config: RunConfig | None = None) -> list[dict[str, Any]]:
    """Train one network on images for an epoch, and list what the device did in it.

    On a GPU these are kernels, those of a captured step included.

    Args:
        device: `auto`, `cpu`, `cuda`, ...
        config: The run; default: that of the benchmark.

    Returns:
        `name`, `calls`, `seconds` and `share` of all operations' time, most time first.
    """
    on = pick_device(device)
    on_gpu = on.type == "cuda"
    config = config or (ON_GPU if on_gpu else ON_CPU)
    ours = Ours(config, 1, noise_images(config.n), on)
    with denormals_flushed():
        for _ in range(WARM_UP):
            ours.train_epoch()
        wait(on)
        with profile(activities=[ProfilerActivity.CUDA if on_gpu else ProfilerActivity.CPU]) as seen:
            ours.train_epoch()
            wait(on)
    own = "self_device_time_total" if on_gpu else "self_cpu_time_total"
    found = [(event.key, event.count, getattr(event, own) / 1e6) for event in seen.key_averages()]
    total = sum(seconds for *_, seconds in found) or float("nan")
    return [
        {"name": name, "calls": calls, "seconds": seconds, "share": seconds / total}
        for name, calls, seconds in sorted(found, key=lambda each: -each[2])
        if seconds
    ]
