"""FIG-11: trials of 200, 400 and 800 epochs with a deeper network, on other data.

`paper` is the paper's own setting: ResNet-34 on 30 and 100 % of SVHN, no augmentation; trials as in FIG-10. At
`quick` and `small` the deeper network is trained on the data of FIG-9, which differ from FIG-10's in number alone;
`smoke` has the runs of FIG-10.
Expected from the paper: as FIG-9: a longer trial ends lower with Mixup, and with ERM on all house
numbers only (`paper`).
Cost at `quick`: a quarter of a minute on two cores. Run: `mixrepro sweep FIG-11 --profile quick`.
"""

from typing import Any

from .fig_3 import DEEP_SMOKE
from .fig_9 import MORE_QUICK, OTHER_SMALL, SHARES
from .panels import Panels, compared
from .recipes import PAPER_SEEDS, RESNET34, SVHN, SVHN_N

SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(DEEP_SMOKE, shares=SHARES),
    "quick": dict(MORE_QUICK, depth=4, width=64, shares=SHARES),
    "small": dict(OTHER_SMALL, depth=4, shares=SHARES),
    "paper": dict(SVHN, model=RESNET34, n=SVHN_N[100], epochs=800, num_seeds=PAPER_SEEDS, shares=SHARES),
}


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Panels:
    """Declare the runs: ERM and Mixup on both amounts. Arguments and errors as for `panels.compared`."""
    return compared("FIG-11", "Trials with a deeper network on other data", SIZES, profile, alpha, **overrides)
