"""FIG-3: as FIG-2, with a deeper network.

`paper` is the paper's own setting: ResNet-34 on all of CIFAR-100, no augmentation, to 1600 epochs. At `smoke` and
`quick` a fully connected network of twice FIG-2's depth and narrower layers is trained on MNIST-1D, at `small` one
of twice the depth on images of CIFAR-10: the deeper network is stood in for, the hundred classes are not.
Expected from the paper: as FIG-2; and the test loss of a Mixup run is U-shaped.
Cost at `quick`: about twenty seconds on two cores. Run: `mixrepro sweep FIG-3 --profile quick`.
"""

from typing import Any

from .panels import Panels, compared
from .recipes import CIFAR100, CIFAR_N, MLP, PAPER_SEEDS, RESNET34, SMALL, SMOKE

#: MNIST-1D, for the figures with a deeper network.
DEEP_QUICK: dict[str, Any] = dict(model=MLP, depth=4, width=128, n=400, epochs=1250, num_seeds=4)
DEEP_SMOKE: dict[str, Any] = dict(SMOKE, model=MLP, depth=4, width=16)

SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(DEEP_SMOKE, shares=(100,)),
    "quick": dict(DEEP_QUICK, shares=(100,)),
    "small": dict(SMALL, depth=4, shares=(100,)),
    "paper": dict(CIFAR100, model=RESNET34, n=CIFAR_N[100], epochs=1600, num_seeds=PAPER_SEEDS, shares=(100,)),
}


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Panels:
    """Declare the runs: ERM and Mixup, paired by seed. Arguments and errors as for `panels.compared`."""
    return compared("FIG-3", "Over-training a deeper network", SIZES, profile, alpha, **overrides)
