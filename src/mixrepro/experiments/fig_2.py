"""FIG-1, FIG-2: over-training with Mixup against over-training with ERM.

Expected from the paper: Mixup's test accuracy rises, turns, and falls; ERM's does not fall.
The sizes `smoke` and `quick` run on MNIST-1D, `small` and `paper` on CIFAR-10 (see `recipes`); `paper` is the
paper's own setting at 30 % of the data. At `small` the runs of ResNet-18 are those of the base of FIG-2-MAP. The
runs of the fully connected network also serve FIG-2-LAND (they keep snapshots), FIG-8 (gradient norms are always
measured), FIG-15 and FIG-16 (they are tested on shifted sets).
Run: `mixrepro sweep FIG-2 --profile quick`.
"""

from typing import Any

from ..config import RunConfig, unknown_name
from ..errors import ConfigError
from .declaration import Experiment, mixup_alpha, seed_range, size_of
from .recipes import CONV1D, MLP, NARROW, PAPER_SEEDS, QUICK, RESNET18, SMALL, SMOKE, images
from .settings import refuse_unused

#: Shifted test sets in the place of the paper's, in its order: CIFAR-10.1 and 10.2, new images of the classes,
#: and CIFAR-10-C, weak (severity 1) and strong (severity 5) noise.
SHIFTED_SEQUENCES = ("translation-1", "shear-1", "iid_noise-1", "iid_noise-5")
SHIFTED_IMAGES = ("recreated_noise-1", "recreated_noise-5")
PUBLISHED_SHIFTS = ("cifar10.1-v6", "cifar10.2", "cifar10_c-noise-1", "cifar10_c-noise-5")

SIZES = {
    MLP: {
        "smoke": dict(SMOKE, num_seeds=4, shifted_sets=SHIFTED_SEQUENCES, snapshots=(10, 20, 40)),
        "quick": dict(QUICK, epochs=2500, shifted_sets=SHIFTED_SEQUENCES, snapshots=(250, 500, 1000, 2500)),
        "small": dict(SMALL, shifted_sets=SHIFTED_IMAGES, snapshots=(50, 200, 500)),
    },
    CONV1D: {
        "smoke": dict(SMOKE, num_seeds=4, width=8, depth=3, epochs=20),
        "quick": dict(QUICK, width=25, depth=3, epochs=500),
    },
    RESNET18: {
        "small": NARROW,
        "paper": dict(width=64, epochs=1600, num_seeds=PAPER_SEEDS, snapshots=(200, 400, 800)),
    },
}
#: The paper's panels: share of CIFAR-10, in per cent.
PANELS = (30, 100)
#: The panel that is recorded: the paper's network on the public recipe's schedule, but on fewer images than the
#: paper ever takes, so that nearly as many epochs take minutes on one GPU.
RECORDED: dict[str, Any] = dict(
    data="lossless", percent=2.5, epochs=1450, precision="bf16", num_seeds=3, snapshots=()
)


def declare(
    profile: str = "quick",
    model: str = MLP,
    alpha: float | None = None,
    data: str | None = None,
    percent: float | None = None,
    **overrides: Any,
) -> Experiment:
    """Declare the runs: ERM and Mixup, paired by seed.

    Args:
        profile: Size.
        model: `mlp`, `conv1d` or `resnet18`.
        alpha: Mixup's; default 1.
        data: `paper` alone: which images; default CIFAR-10.
        percent: `paper` alone: share of them; default 30.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range, or has no effect at this size.
    """
    if model not in SIZES:
        raise ConfigError(unknown_name("model", model, list(SIZES)))
    size = size_of(SIZES[model], profile, **overrides)
    num_seeds = size.pop("num_seeds")
    if overrides.get("snapshots") is None:  # a shorter run keeps those that it reaches
        size["snapshots"] = tuple(epoch for epoch in size.get("snapshots", ()) if epoch <= size["epochs"])
    if profile == "paper":
        size = images(data or "cifar10", 30 if percent is None else percent) | size
    else:
        for name, value in (("data", data), ("percent", percent)):
            refuse_unused(
                name, value, f"it chooses a panel of `paper`, and {profile} has one amount of its own data"
            )
    mixup = RunConfig(**{**size, "model": model, "alpha": mixup_alpha(alpha)})
    return Experiment(
        id="FIG-2",
        title=f"Over-training, {model}",
        profile=profile,
        arms={"ERM": mixup.but(alpha=0.0), "Mixup": mixup},
        seeds=seed_range(num_seeds),
    )
