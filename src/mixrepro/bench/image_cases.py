"""Convolutional networks on images: rates, others' loops, and what the trial protocol costs beside training."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import torch

from ..config import RunConfig
from ..training.device import single_precision
from ..training.precision import check_half
from ..training.schedule import evaluation_epochs
from . import gate
from .floor import matmul_speed, training_flops
from .stacks import Ours, first_batch, noise_images, theirs
from .timing import Figure, Setting, figure, in_turn, ratio

RESNET18 = RunConfig(data="cifar10", model="resnet18", batch_size=128, lr=0.1, weight_decay=1e-4, n=1280)
ON_CPU = RESNET18.but(width=8)
ON_GPU = RESNET18.but(width=64, n=12_800, precision="bf16")
#: Images of the epoch that is promised, test images, and the length of the run they are spread over.
EPOCH, TEST, LENGTH = 5_000, 10_000, 1600
#: Training images of 30 % of CIFAR-10.
THIRTY_PER_CENT = 15_000


@dataclass(frozen=True)
class Others:
    """The loops that a stack is held against: name, words for it, how, and what is asked for."""

    name: str
    says: str
    how: dict[str, bool]
    bars: dict[str, float]


def others(must: float, goal: float) -> list[Others]:
    """List the loops; the first has bars."""
    listed = [
        Others("plain", "a mixup-cifar10-style loop", {}, dict(must=must, goal=goal)),
        Others("modern", "that loop with AMP and channels-last", dict(modern=True), {}),
        Others("timm", "a loop with timm's Mixup, AMP and channels-last", dict(modern=True, timm=True), {}),
    ]
    return listed if find_spec("timm") else listed[:2]


def checked(config: RunConfig, setting: Setting) -> dict[str, Any]:
    """Pass the gate on a few small batches, in single precision proper."""
    with single_precision():
        few = config.but(n=160, batch_size=32, lr=0.002, precision="fp32")
        compiled = config.precision != "fp32" and setting.device.type == "cuda"
        return gate.passed(few, noise_images(few.n), setting.device, replicas=2, compiled=compiled)


def on_cpu(setting: Setting, config: RunConfig = ON_CPU) -> tuple[list[Figure], dict[str, Any]]:
    """ResNet-18 of width 8, two seeds at once: the epoch, and the same networks in others' loops."""
    device = setting.device
    check, dataset = checked(config, setting), noise_images(config.n)
    half = check_half(config.width, device)
    works: dict[str, Callable[[], object]] = {"ours": Ours(config, 2, dataset, device).train_epoch}
    listed = others(must=2.0, goal=3.0)
    if not half.worth_it:  # their half precision would only be slower
        listed = [one for one in listed if one.name == "plain"] + [
            Others(one.name, one.says.replace("AMP and ", ""), one.how | dict(half=False), one.bars)
            for one in listed if one.name != "plain"
        ]  # fmt: skip
    works |= {one.name: theirs(config, 2, dataset, device, **one.how) for one in listed}
    seconds = in_turn(works, setting.share(0.2), warm_up=1, device=device)
    says = f"ResNet-18 of width 8, {EPOCH:,} images, two seeds: one epoch, from {config.n:,} images timed"
    found = [
        figure("images_epoch", says, seconds["ours"] * EPOCH / config.n,
               unit="seconds", must=6.0, goal=3.0, larger_is_better=False),
        *(ratio(f"images_{one.name}", f"The same, against {one.says}", seconds, one.name, **one.bars)
          for one in listed),
        _over_floor("images_floor", config, 2, setting, seconds["ours"]),
        Figure("images_half", "bfloat16 against single precision, a convolution of width 8", half.speed_up,
               (half.speed_up, half.speed_up), 1, of={"error": half.error, "used": half.worth_it}),
        protocol(config, 2, setting),
    ]  # fmt: skip
    return found, check


def on_gpu(setting: Setting, config: RunConfig = ON_GPU) -> tuple[list[Figure], dict[str, Any]]:
    """ResNet-18 at full width in half precision: one run, four at once, and the same network in others' loops."""
    device = setting.device
    check, dataset = checked(config, setting), noise_images(config.n)
    listed = others(must=5.0, goal=12.0)
    works = {
        "ours": Ours(config, 1, dataset, device).train_epoch,
        "four": Ours(config, 4, dataset, device).train_epoch,
        **{one.name: theirs(config, 1, dataset, device, **one.how) for one in listed},
    }
    seconds = in_turn(works, setting.share(0.2), warm_up=1, device=device)
    overhead = protocol(config, 1, setting)
    run = seconds["ours"] * THIRTY_PER_CENT / config.n * LENGTH / 60
    rate = "ResNet-18, batch 128"
    return [
        figure("gpu_one", f"{rate}, one run", config.n / seconds["ours"], unit="images/s", must=50e3, goal=80e3),
        figure("gpu_packed", f"{rate}, four runs", 4 * config.n / seconds["four"], unit="images/s", must=65e3,
               goal=95e3),
        figure("gpu_run", f"{LENGTH:,} epochs on 30 % of CIFAR-10 with evaluations, from timed epochs",
               run * (1 + overhead.value / 100 * EPOCH / THIRTY_PER_CENT), unit="minutes", must=8.0, goal=4.5,
               larger_is_better=False),
        *(ratio(f"gpu_{one.name}", f"One run, against {one.says}", seconds, one.name, **one.bars)
          for one in listed),
        _over_floor("gpu_floor", config, 1, setting, seconds["ours"]),
        overhead,
    ], check  # fmt: skip


def protocol(config: RunConfig, seeds: int, setting: Setting) -> Figure:
    """What evaluations and gradient norms cost beside training, over a whole run on 10 % of CIFAR-10.

    A measurement and an epoch are timed on fewer images, test images in proportion; how many measurements there
    are in a run is counted.
    """
    few = config.but(n=config.n // 2)
    ours = Ours(few, seeds, noise_images(few.n, test=TEST * few.n // EPOCH), setting.device)
    ours.train_epoch()
    works = {"measure": ours.measure, "train": ours.train_epoch}
    seconds = in_turn(works, setting.share(0.2), warm_up=1, device=setting.device)
    count = len(evaluation_epochs(config.but(epochs=LENGTH)))
    says = f"Evaluations and gradient norms of {LENGTH:,} epochs on 10 % of CIFAR-10, over bare training"
    cost = 100 * seconds["measure"] / seconds["train"] * count / LENGTH
    return figure("protocol", says, cost, unit="per cent", must=5.0, goal=2.0, larger_is_better=False,
                  of={"measurements": count})  # fmt: skip


def _over_floor(id: str, config: RunConfig, seeds: int, setting: Setting, seconds: np.ndarray) -> Figure:
    model, x = first_batch(config, seeds, noise_images(config.batch_size), setting.device)
    dtype = torch.float32 if config.precision == "fp32" else torch.bfloat16
    floor = training_flops(model, x) * config.n / config.batch_size / matmul_speed(setting.device, dtype)
    return figure(id, "Time of an epoch over the time of its arithmetic, at the speed of a matrix product",
                  seconds / floor)  # fmt: skip
