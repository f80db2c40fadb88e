"""FIG-2-LAND: the loss around the trained networks, on the real training data, at several epochs.

The paper draws the surface around ResNet18, trained with Mixup on CIFAR-10, after 200, 400 and 800 epochs
(`paper`), 30 % of it and all. Elsewhere the fully connected network stands in for it: on MNIST-1D at `smoke` and
`quick`, on images at `small`. Nothing is trained for this figure: the runs are those of FIG-2 and keep snapshots.
Expected from the paper: the minima get sharper from one snapshot to the next. It draws no surface for ERM.
Cost at `quick`, besides FIG-2's runs: under a minute on two cores.
Run: `mixrepro sweep FIG-2-LAND --profile quick`.
"""

from dataclasses import replace
from typing import Any

from ..errors import ConfigError, found_expected
from . import fig_2
from .declaration import Experiment, only_model

#: Profile -> the network whose runs keep snapshots.
MODELS = {"smoke": fig_2.MLP, "quick": fig_2.MLP, "small": fig_2.MLP, "paper": fig_2.RESNET18}
SIZES = {profile: fig_2.SIZES[model][profile] for profile, model in MODELS.items()}
#: The paper's panels: share of CIFAR-10, in per cent.
PANELS = fig_2.PANELS

TITLES = {fig_2.MLP: "Loss surfaces, mlp", fig_2.RESNET18: "Loss surfaces, resnet18"}


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Experiment:
    """Declare the runs: ERM and Mixup, paired by seed, with the weights kept at several epochs.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        overrides: Fields of `RunConfig`, `num_seeds`, or, at `paper`, `data` and `percent` as in `fig_2.declare`.

    Raises:
        ConfigError: A name or value is unknown or out of range, or fewer than two snapshots would be kept.
    """
    model = MODELS.get(profile, fig_2.MLP)
    base = fig_2.declare(profile, model, alpha, **only_model(model, overrides))
    snapshots = base.arms["Mixup"].snapshots
    if len(snapshots) < 2:
        raise ConfigError(found_expected("snapshots", snapshots, "at least two epochs, to be compared"))
    return replace(base, id="FIG-2-LAND", title=TITLES[model])
