"""FIG-15: networks trained with Mixup, tested on other distributions; all of the training data.

As FIG-16, which see, on 100 % of CIFAR-10. The sizes below `paper` have one amount of data: there both figures
read the same runs, so that their verdicts are one piece of evidence, not two.
Cost at `quick`: none besides FIG-2's runs. Run: `mixrepro sweep FIG-15 --profile quick`.
"""

from dataclasses import replace
from typing import Any

from . import fig_16
from .declaration import Experiment
from .settings import refuse_unused

#: Share of the training data in the paper, in per cent.
PERCENT = 100
SIZES = fig_16.SIZES


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Experiment:
    """Declare the runs of FIG-16, with all of CIFAR-10 at `paper`.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    refuse_unused("percent", overrides.pop("percent", None), "FIG-15 is on 100 %, FIG-16 on a share")
    percent = PERCENT if profile == "paper" else None
    return replace(fig_16.declare(profile, alpha, percent, **overrides), id="FIG-15")
