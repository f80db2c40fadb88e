"""FIG-2-MAP: where a network of convolutions shows the U, and where not (ours).

FIG-2 at the paper's size takes a GPU. So the question here is which narrower networks on fewer images can be
over-trained on a CPU, and what the fall depends on: each setting changes one thing of a base, for ERM and Mixup,
paired by seed. Every setting is reported, not only those that fall.
Declared before the runs: does it take capacity, that is, does Mixup fall deeper the wider the network?
`small` trains ResNet-18 of width 8 and its changes on 250 images of CIFAR-10: hours of two cores. `paper` asks the
same of widths up to the paper's own, in half precision, which takes a GPU. `smoke` takes the fully connected
network on MNIST-1D.
Run: `mixrepro sweep FIG-2-MAP --profile small --data-root DIR --store results`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..config import RunConfig
from .declaration import Experiment, mixup_alpha, seed_range, size_of
from .recipes import MLP, NARROW, RESNET18, RESNET34, SMOKE

BASE = "base"

IMAGES: dict[str, Any] = dict(NARROW, model=RESNET18)

SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(SMOKE, model=MLP),
    "small": IMAGES,
    "paper": dict(IMAGES, width=64, precision="bf16"),
}

#: Profile -> setting -> what it changes of the base.
SETTINGS: dict[str, dict[str, dict[str, Any]]] = {
    "smoke": {
        "width 16": dict(width=16),
        BASE: {},
        "width 64": dict(width=64),
        "n = 50": dict(n=50),
        "weight decay 0.001": dict(weight_decay=1e-3),
    },
    "small": {
        "width 4": dict(width=4),
        BASE: {},
        "width 16": dict(width=16),
        "rate divided by 10 at epoch 50": dict(milestones=(50,)),
        "no weight decay": dict(weight_decay=0.0),
        "n = 500": dict(n=500),
        "ResNet-34": dict(model=RESNET34),
    },
    "paper": {
        "width 16": dict(width=16),
        "width 32": dict(width=32),
        BASE: {},
    },
}


@dataclass(frozen=True)
class Map(Experiment):
    """An experiment whose arms are pairs of ERM and Mixup, one a setting."""

    settings: tuple[str, ...] = ()

    def setting(self, name: str) -> dict[str, str]:
        """Return the arms of one setting: `ERM` and `Mixup` -> their names here."""
        return {arm: arm_name(arm, name) for arm in ("ERM", "Mixup")}

    def widths(self) -> dict[int, str]:
        """Return the settings that differ from the base in width alone, and the base: width -> setting."""
        base = self.arms[arm_name("Mixup", BASE)]
        return {
            arm.width: setting
            for setting in self.settings
            if (arm := self.arms[arm_name("Mixup", setting)]).but(width=base.width) == base
        }

    def scale(self) -> str:
        """Say in words what the base is."""
        base = {name: self.arms[name] for name in self.setting(BASE).values() if name in self.arms}
        return f"{Experiment.scale(replace(self, arms=base or self.arms))}, and one change at a time"


def arm_name(arm: str, setting: str) -> str:
    """Name the arm of a setting, as in `Mixup, width 8`."""
    return f"{arm}, {setting}"


def declare(
    profile: str = "small",
    alpha: float | None = None,
    settings: Mapping[str, Mapping[str, Any]] | None = None,
    **overrides: Any,
) -> Map:
    """Declare the runs: ERM and Mixup in every setting.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        settings: Name -> what it changes of the base; default: those declared for the profile.
        overrides: Fields of `RunConfig` of the base, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    size = size_of(SIZES, profile, **overrides)
    num_seeds = size.pop("num_seeds")
    base = RunConfig(**{**size, "alpha": mixup_alpha(alpha)})
    every = SETTINGS[profile] if settings is None else settings
    mixup = {name: base.but(**changes) for name, changes in every.items()}
    mixup.setdefault(BASE, base)
    return Map(
        id="FIG-2-MAP",
        title=f"Where the U appears, {base.model}",
        profile=profile,
        arms={
            arm_name(arm, name): run
            for name, run_of_mixup in mixup.items()
            for arm, run in (("ERM", run_of_mixup.but(alpha=0.0)), ("Mixup", run_of_mixup))
        },
        seeds=seed_range(num_seeds),
        settings=tuple(mixup),
    )
