"""The figures that the project promises, each measured beside what it is held against."""

from collections.abc import Callable
from typing import Any

import torch

from ..config import RunConfig
from ..data import Dataset, load
from . import gate, image_cases
from .floor import matmul_speed, training_flops
from .stacks import Ours, first_batch, noise_images, theirs
from .timing import Figure, Setting, figure, in_turn, ratio

TEN_SEEDS = RunConfig()
SIXTY_FOUR = RunConfig(n=4000, width=100)
SIXTY_FOUR_EPOCHS = 1600
OVER_FLOOR = "Time of an epoch over the time of its arithmetic, at the speed of a large matrix product"

Case = Callable[[Setting], tuple[list[Figure], dict[str, Any]]]


def ten_seeds(setting: Setting) -> tuple[list[Figure], dict[str, Any]]:
    """Ten seeds of the MNIST-1D network together, against a loop seed by seed, and against the arithmetic."""
    dataset, device = load(TEN_SEEDS), setting.device
    check = gate.passed(TEN_SEEDS.but(n=250), dataset, device)
    plain, ours = theirs(TEN_SEEDS, 10, dataset, device), Ours(TEN_SEEDS, 10, dataset, device)
    seconds = in_turn({"plain": plain, "ours": ours.train_epoch}, setting.share(1), device=device)
    says = "Ten seeds of the MNIST-1D network together, against a plain loop seed by seed"
    return [
        ratio("seeds_together", says, seconds, "plain", must=3.0, goal=5.0),
        figure("seeds_floor", OVER_FLOOR, seconds["ours"] / _floor(TEN_SEEDS, 10, dataset, device)),
    ], check


def sixty_four_seeds(setting: Setting) -> tuple[list[Figure], dict[str, Any]]:
    """How long 64 seeds would take for 1,600 epochs, from some epochs timed now."""
    dataset = load(SIXTY_FOUR)
    check = gate.passed(SIXTY_FOUR.but(n=400), dataset, setting.device)
    ours = Ours(SIXTY_FOUR, 64, dataset, setting.device)
    seconds = in_turn({"ours": ours.train_epoch}, setting.share(0.5), device=setting.device)["ours"]
    says = f"64 seeds, {SIXTY_FOUR_EPOCHS:,} epochs, n = 4,000, network 40-100-100-10, from timed epochs"
    minutes = seconds * SIXTY_FOUR_EPOCHS / 60
    return [
        figure("sixty_four_seeds", says, minutes, unit="minutes", must=8.0, goal=5.0, larger_is_better=False),
        figure("sixty_four_floor", OVER_FLOOR, seconds / _floor(SIXTY_FOUR, 64, dataset, setting.device)),
    ], check


def _floor(config: RunConfig, seeds: int, dataset: Dataset, device: torch.device) -> float:
    """Return the seconds that the arithmetic of an epoch takes at the speed of a large matrix product."""
    model, x = first_batch(config, seeds, dataset, device)
    return training_flops(model, x) * config.n / config.batch_size / matmul_speed(device)


def mixup_over_erm(setting: Setting) -> tuple[list[Figure], dict[str, Any]]:
    """What Mixup costs over ERM, step for step, with the same networks on both sides."""
    on_cpu = setting.device.type == "cpu"
    images = image_cases.RESNET18.but(n=256, width=8) if on_cpu else image_cases.RESNET18.but(precision="bf16")
    settings = [
        ("mixup_mlp", TEN_SEEDS, load(TEN_SEEDS), 10, 2.0),
        ("mixup_images", images, noise_images(images.n), 2 if on_cpu else 1, 0.5),
    ]
    found = []
    for id, config, dataset, seeds, share in settings:
        stacks = {name: Ours(config.but(alpha=alpha), seeds, dataset, setting.device)
                  for name, alpha in (("erm", 0.0), ("mixup", 1.0))}  # fmt: skip
        works = {name: stack.train_epoch for name, stack in stacks.items()}
        seconds = in_turn(works, setting.share(share), device=setting.device)
        cost = 100 * (seconds["mixup"] / seconds["erm"] - 1)
        says = f"Cost of Mixup over ERM, {config.model} of width {config.width}"
        found.append(figure(id, says, cost, unit="per cent", must=3.0, goal=1.0, larger_is_better=False))
    return found, {}


def cases(device: torch.device) -> dict[str, Case]:
    """Return what is measured on a device."""
    images = image_cases.on_cpu if device.type == "cpu" else image_cases.on_gpu
    return {"images": images, "ten seeds": ten_seeds, "64 seeds": sixty_four_seeds, "mixup": mixup_over_erm}
