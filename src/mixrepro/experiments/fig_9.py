"""FIG-9: as FIG-2, on other data; on all house numbers ERM gets worse too, and on 30 % of them it does not.

`paper` is the paper's own setting: ResNet-18 on 30 and 100 % of SVHN, no augmentation, to 1000 epochs; 100 % is
the whole set, which is not balanced. Only one data set can be generated on the spot, so at `quick` the other data
are merely more points of MNIST-1D than FIG-2 has, for a narrower network: 1,500 in 100 %. At `small` they are
1,000 images of CIFAR-10, half of FIG-2's. Another data set is thus stood in for by its size alone, and
what the paper says of ERM on all house numbers is judged at `paper` alone.
The paper's loss surfaces of these networks are left out; FIG-2-LAND has those of FIG-2's.
Cost at `quick`: a quarter of a minute on two cores. Run: `mixrepro sweep FIG-9 --profile quick`.
"""

from typing import Any

from .panels import Panels, compared
from .recipes import MLP, PAPER_SEEDS, RESNET18, SMALL, SMOKE, SVHN, SVHN_N

SHARES = (30, 100)

#: MNIST-1D, for the figures with other data: more of them than FIG-2 has, which is all that can differ.
MORE_QUICK: dict[str, Any] = dict(model=MLP, n=1500, epochs=400, num_seeds=4)

#: CIFAR-10, for the same figures: fewer images than FIG-2 has.
OTHER_SMALL: dict[str, Any] = dict(SMALL, n=1000, num_seeds=3)

SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(SMOKE, model=MLP, shares=SHARES),
    "quick": dict(MORE_QUICK, width=128, shares=SHARES),
    "small": dict(OTHER_SMALL, shares=SHARES),
    "paper": dict(SVHN, model=RESNET18, n=SVHN_N[100], epochs=1000, num_seeds=PAPER_SEEDS, shares=SHARES),
}


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Panels:
    """Declare the runs: ERM and Mixup on both amounts. Arguments and errors as for `panels.compared`."""
    return compared("FIG-9", "Over-training on other data", SIZES, profile, alpha, **overrides)
