"""TEST-SETS (ours): does the choice of test set make the result?

The recorded runs train on lossless images of CIFAR-10 and are tested on 10,000 that were held out of the official
training set: of the official test set only the first 1,000 images are there without loss, all are there as JPEG.
Here FIG-2's runs of `small` are tested on all of them along the way: on the official test set as JPEG, and on the
1,000 images in both forms, which tell a difference that JPEG makes from one that the images make.
Declared before the runs: Mixup falls on the official images as on the held-out ones, and JPEG alone changes no
final accuracy by an amount that matters.
Cost: that of six of FIG-2's runs at `small`.
Run: `mixrepro sweep TEST-SETS --profile small --data-root DIR --store results`.
"""

from dataclasses import replace
from typing import Any

from . import fig_2
from .declaration import Experiment, only_model, size_of
from .recipes import MLP

#: The official test set as JPEG; 1,000 of its images without loss; the same ones as JPEG.
OFFICIAL = ("official_jpeg", "official_1k", "official_1k_jpeg")
#: Those of FIG-2, which keep the same snapshots, and so serve FIG-2-LAND too.
SIZES: dict[str, dict[str, Any]] = {"small": fig_2.SIZES[MLP]["small"] | dict(shifted_sets=OFFICIAL, num_seeds=3)}


def declare(profile: str = "small", alpha: float | None = None, **overrides: Any) -> Experiment:
    """Declare the runs: ERM and Mixup, paired by seed and tested on official test images.

    Args:
        profile: Size; `small` alone, since the others have no lossless images of CIFAR-10.
        alpha: Mixup's; default 1.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    size = size_of(SIZES, profile, **overrides)
    ours = {name: size[name] for name in ("shifted_sets", "num_seeds")}
    base = fig_2.declare(profile, MLP, alpha, **(only_model(MLP, overrides) | ours))
    return replace(base, id="TEST-SETS", title=f"Choice of test set, {MLP}")
