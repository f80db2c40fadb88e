"""FIG-14: the norm of the gradient when training is switched from Mixup to ERM.

The runs are those of FIG-6: Mixup, ERM, and Mixup switched to ERM at an epoch declared as too early, in time and
too late. Each is measured at its switch epoch, before it leaves its Mixup run (so that norm is still Mixup's), one
epoch later, and on a grid that is dense after the switch. At `smoke`, `quick` and `small` the fully connected
network stands in for the paper's, which is ResNet-18 on CIFAR-10 and SVHN, 30 % and 100 % of each (`paper`).
Expected from the paper: switched after a while, the norm drops to zero at once.
Cost at `quick`: none besides FIG-6's runs. Run: `mixrepro sweep FIG-14 --profile quick`.
"""

from dataclasses import replace
from typing import Any

from . import fig_6, fig_8
from .declaration import Experiment, only_model

#: The paper's panels: images, and share of them in per cent.
PANELS = fig_6.PANELS
SIZES = fig_8.SIZES


def declare(
    profile: str = "quick",
    alpha: float | None = None,
    switch_epochs: tuple[int, ...] | None = None,
    data: str | None = None,
    percent: float | None = None,
    **overrides: Any,
) -> Experiment:
    """Declare the runs: ERM, Mixup, and a switched arm for each epoch, paired by seed.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        switch_epochs: Default: those of FIG-6.
        data: `paper` alone: which images; default CIFAR-10.
        percent: `paper` alone: share of them; default 30.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    model = fig_8.MODELS.get(profile, fig_6.fig_2.MLP)
    base = fig_6.declare(profile, model, alpha, switch_epochs, data, percent, **only_model(model, overrides))
    return replace(base, id="FIG-14", title=f"Gradient norm after a switch, {model}")
