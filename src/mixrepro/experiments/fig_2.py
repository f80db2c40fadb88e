"""FIG-1, FIG-2: over-training with Mixup against over-training with ERM.

Expected from the paper: Mixup's test accuracy rises, turns, and falls; ERM's does not fall.
The sizes `smoke` and `quick` run on MNIST-1D. `small` and `paper` are the paper's own setting on CIFAR-10,
30 % of the data; learning rate, schedule, weight decay and batch size are not stated there and follow the
public mixup-cifar10 recipe.
Run: `mixrepro sweep FIG-2 --profile quick`.
"""

from typing import Any

from ..config import RunConfig, unknown_name
from ..errors import ConfigError
from .declaration import Experiment, mixup_alpha, seed_range, size_of

MLP, CONV1D, RESNET18 = "mlp", "conv1d", "resnet18"

CIFAR10 = dict(
    data="cifar10", n=15_000, lr=0.1, momentum=0.9, weight_decay=1e-4, batch_size=128, milestones=(100, 150)
)

SIZES = {
    MLP: {
        "smoke": dict(n=100, width=32, epochs=40, batch_size=20, num_seeds=4),
        "quick": dict(n=1000, width=256, epochs=4000, num_seeds=5),
    },
    CONV1D: {
        "smoke": dict(n=100, width=8, depth=3, epochs=20, batch_size=20, num_seeds=4),
        "quick": dict(n=1000, width=25, depth=3, epochs=500, num_seeds=5),
    },
    RESNET18: {
        "small": dict(CIFAR10, width=8, epochs=400, num_seeds=3),
        "paper": dict(CIFAR10, width=64, epochs=1600, num_seeds=10),
    },
}


def declare(profile: str = "quick", model: str = MLP, alpha: float | None = None, **overrides: Any) -> Experiment:
    """Declare the runs: ERM and Mixup, paired by seed.

    Args:
        profile: Size.
        model: `mlp`, `conv1d` or `resnet18`.
        alpha: Mixup's; default 1.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    if model not in SIZES:
        raise ConfigError(unknown_name("model", model, list(SIZES)))
    size = size_of(SIZES[model], profile, **overrides)
    num_seeds = size.pop("num_seeds")
    mixup = RunConfig(model=model, alpha=mixup_alpha(alpha), **size)
    return Experiment(
        id="FIG-2",
        title=f"Over-training, {model}",
        profile=profile,
        arms={"ERM": mixup.but(alpha=0.0), "Mixup": mixup},
        seeds=seed_range(num_seeds),
    )
