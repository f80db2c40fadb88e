"""FIG-4: over-training with Mixup when the training data are augmented.

Expected from the paper: Mixup's test accuracy still rises, turns and falls, but turns much later than without
augmentation. Every arm is run with and without it, paired by seed, so that only augmentation differs.
`paper` is the paper's own setting: random crop and flip, 10 % of the data, 7000 epochs, ResNet-18 on CIFAR-10 and
ResNet-34 on CIFAR-100. On the sequences of MNIST-1D (`smoke`, `quick`) a random circular shift stands in for the
crop; `small` crops and flips real images of CIFAR-10 for a fully connected network.
Cost at `quick`: under a minute on two cores. Run: `mixrepro sweep FIG-4 --profile quick`.
"""

from typing import Any

from ..config import RunConfig, unknown_name
from ..errors import ConfigError
from .declaration import Experiment, mixup_alpha, seed_range, size_of
from .recipes import CIFAR, CIFAR100, CIFAR_N, MLP, PAPER_SEEDS, QUICK, RESNET18, RESNET34, SMALL, SMOKE

#: Suffix of the arms that are trained on augmented data.
AUGMENTED = "augmented"

PAPER: dict[str, Any] = dict(
    n=CIFAR_N[10], epochs=7000, plain_epochs=1600, erm_epochs=None, num_seeds=PAPER_SEEDS, augment="crop_flip"
)

#: `plain_epochs`: length of the arms without augmentation, which turn earlier; `erm_epochs`: of ERM with it, which
#: has nothing to turn. None: as long as Mixup with augmentation.
SIZES = {
    MLP: {
        "smoke": dict(SMOKE, num_seeds=4, augment="shift", plain_epochs=None, erm_epochs=None),
        "quick": dict(QUICK, n=100, lr=0.1, augment="shift", epochs=5000, plain_epochs=1000, erm_epochs=500),
        "small": dict(
            SMALL, n=500, augment="crop_flip", epochs=2000, plain_epochs=500, erm_epochs=None, num_seeds=3
        ),
    },
    RESNET18: {"paper": dict(CIFAR, **PAPER)},
    RESNET34: {"paper": dict(CIFAR100, **PAPER)},
}


def augmented(arm: str) -> str:
    """Name the arm that is trained as `arm` is, on augmented data."""
    return f"{arm}, {AUGMENTED}"


def declare(profile: str = "quick", model: str = MLP, alpha: float | None = None, **overrides: Any) -> Experiment:
    """Declare the runs: ERM and Mixup, each with and without augmentation, paired by seed.

    Args:
        profile: Size.
        model: `mlp`, `resnet18` (CIFAR-10) or `resnet34` (CIFAR-100).
        alpha: Mixup's; default 1.
        overrides: Fields of `RunConfig`, `num_seeds`, `plain_epochs` or `erm_epochs`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    if model not in SIZES:
        raise ConfigError(unknown_name("model", model, list(SIZES)))
    size = size_of(SIZES[model], profile, **overrides)
    num_seeds, plain_epochs = size.pop("num_seeds"), size.pop("plain_epochs")
    erm_epochs = size.pop("erm_epochs")
    mixup = RunConfig(**{**size, "model": model, "alpha": mixup_alpha(alpha)})
    plain = mixup.but(augment="none", epochs=mixup.epochs if plain_epochs is None else plain_epochs)
    return Experiment(
        id="FIG-4",
        title=f"Over-training with and without augmentation, {model}",
        profile=profile,
        arms={
            "ERM": plain.but(alpha=0.0),
            "Mixup": plain,
            augmented("ERM"): mixup.but(alpha=0.0, epochs=mixup.epochs if erm_epochs is None else erm_epochs),
            augmented("Mixup"): mixup,
        },
        seeds=seed_range(num_seeds),
    )
