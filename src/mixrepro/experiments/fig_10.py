"""FIG-10: trials of 200, 400 and 800 epochs with a deeper network.

`paper` is the paper's own setting: ResNet-34 on 30 and 100 % of CIFAR-10, no augmentation. One run of 800 epochs
serves all three trials: each is its beginning. At other sizes the deeper network is the fully connected one of
FIG-3 (its runs are those of FIG-3 at 100 %), and the trials are a quarter, half and all of its run.
Expected from the paper: a longer trial ends lower with Mixup, and higher with ERM.
Cost at `quick`, besides FIG-3's runs: some seconds on two cores. Run: `mixrepro sweep FIG-10 --profile quick`.
"""

from typing import Any

from .fig_3 import DEEP_QUICK, DEEP_SMOKE
from .fig_9 import SHARES
from .panels import Panels, compared
from .recipes import CIFAR, CIFAR_N, PAPER_SEEDS, RESNET34, SMALL

SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(DEEP_SMOKE, shares=SHARES),
    "quick": dict(DEEP_QUICK, shares=SHARES),
    "small": dict(SMALL, depth=4, shares=SHARES),
    "paper": dict(CIFAR, model=RESNET34, n=CIFAR_N[100], epochs=800, num_seeds=PAPER_SEEDS, shares=SHARES),
}


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Panels:
    """Declare the runs: ERM and Mixup on both amounts. Arguments and errors as for `panels.compared`."""
    return compared("FIG-10", "Trials with a deeper network", SIZES, profile, alpha, **overrides)
