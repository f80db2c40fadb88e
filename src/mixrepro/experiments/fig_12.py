"""FIG-12: as FIG-2, with a convolutional network without residual connections; ERM does not change.

`paper` is the paper's own setting: VGG-16 on 30 and 100 % of CIFAR-10, no augmentation, to 1600 epochs. At `smoke`
and `quick` a narrow one-dimensional convolutional network stands in for it, on MNIST-1D; `small` trains a VGG-16
of an eighth of the width on 500 images of CIFAR-10, and on 150.
Expected from the paper: Mixup's test accuracy falls; ERM's has no significant change.
Cost at `quick`: a quarter of a minute on two cores. Run: `mixrepro sweep FIG-12 --profile quick`.
"""

from typing import Any

from .fig_9 import SHARES
from .panels import Panels, compared
from .recipes import CIFAR, CIFAR_N, CONV1D, FEW_HELD_OUT, PAPER_SEEDS, SMOKE, VGG16

SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(SMOKE, model=CONV1D, depth=3, width=6, epochs=20, shares=SHARES),
    "quick": dict(model=CONV1D, depth=3, width=25, lr=0.1, n=100, epochs=1600, num_seeds=4, shares=SHARES),
    "small": dict(
        CIFAR | FEW_HELD_OUT,
        model=VGG16,
        width=8,
        n=500,
        epochs=500,
        num_seeds=3,
        shares=SHARES,
    ),
    "paper": dict(CIFAR, model=VGG16, n=CIFAR_N[100], epochs=1600, num_seeds=PAPER_SEEDS, shares=SHARES),
}


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Panels:
    """Declare the runs: ERM and Mixup on both amounts. Arguments and errors as for `panels.compared`."""
    return compared("FIG-12", "Over-training a network of convolutions", SIZES, profile, alpha, **overrides)
