"""FIG-16: networks trained with Mixup, tested on other distributions; 30 % of the training data.

The paper tests its ResNet-18 of FIG-2 on CIFAR-10.1 and CIFAR-10.2, new images of the same classes, and on
CIFAR-10-C, Gaussian noise of severity 1 and 5 (`paper`, from the published files). At `smoke` and `quick` the
generator of MNIST-1D renders the test sequences anew: shifted or sheared a little more in the place of new images,
under a little or much more noise in that of CIFAR-10-C. These differ from the paper's sets in kind. `small` has
real images under a re-creation of CIFAR-10-C's noise, and nothing in the place of new images.
Expected from the paper: on new images accuracy falls as it does on the standard test set; under weak noise there
is no clear trend; under strong noise it goes on improving.
Cost at `quick`: none besides FIG-2's runs, which are tested on these sets along the way.
Run: `mixrepro sweep FIG-16 --profile quick`.
"""

from dataclasses import replace
from typing import Any

from . import fig_2, fig_8
from .declaration import Experiment, only_model
from .settings import refuse_unused

#: Share of the training data in the paper, in per cent.
PERCENT = 30
SIZES = {
    profile: size | ({"shifted_sets": fig_2.PUBLISHED_SHIFTS} if profile == "paper" else {})
    for profile, size in fig_8.SIZES.items()
}


def declare(
    profile: str = "quick", alpha: float | None = None, percent: float | None = None, **overrides: Any
) -> Experiment:
    """Declare the runs: ERM and Mixup, paired by seed and tested on shifted sets.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        percent: `paper` alone: share of CIFAR-10; default 30.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    refuse_unused("data", overrides.get("data"), "the shifted test sets belong to the images of each size")
    model = fig_8.MODELS.get(profile, fig_2.MLP)
    published = {"shifted_sets": fig_2.PUBLISHED_SHIFTS} if profile == "paper" else {}
    changes = {**published, "snapshots": (), **only_model(model, overrides), "data": None}
    percent = PERCENT if profile == "paper" and percent is None else percent
    base = fig_2.declare(profile, model, alpha, percent=percent, **changes)
    return replace(base, id="FIG-16", title=f"Covariate shift, {model}")
