"""FIG-7: over-training with Mixup on subsets of several sizes.

Expected from the paper: the fewer the data, the earlier the turn. The paper says neither which sizes it drew nor
which network it trained; `paper` takes ResNet-18, its choice for CIFAR-10 and SVHN elsewhere, on 10, 30, 50 and
100 % of both. `smoke` and `quick` halve MNIST-1D twice, `small` draws up to 5,000 images of CIFAR-10 for the
fully connected network. The subsets of a seed are nested. All runs of a size last equally long, so that no
subset has more room to turn late than another, and the learning rate does not depend on the subset.
On the largest subset there is ERM too where FIG-2 has those runs; nothing is judged on it.
Cost at `quick`, besides FIG-2's runs: about a minute on two cores. Run: `mixrepro sweep FIG-7 --profile quick`.
"""

from typing import Any

from ..config import RunConfig
from ..errors import ConfigError, found_expected
from .declaration import mixup_alpha, seed_range, size_of
from .panels import Panels, arm_name, on_shares, without
from .recipes import CIFAR, CIFAR_N, MLP, PAPER_SEEDS, QUICK, RESNET18, SMALL, SMOKE, SVHN_N

#: `shares`: per cents of `n`. `svhn_n`: what 100 % of the second data set is, where there is one.
SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(SMOKE, model=MLP, num_seeds=4, shares=(20, 50, 100)),
    "quick": dict(QUICK, model=MLP, epochs=1250, shares=(25, 50, 100)),
    "small": dict(SMALL, n=5000, shares=(10, 20, 40, 100)),
    "paper": dict(
        CIFAR,
        model=RESNET18,
        n=CIFAR_N[100],
        svhn_n=SVHN_N[100],
        epochs=1600,
        num_seeds=PAPER_SEEDS,
        shares=(10, 30, 50, 100),
    ),
}

#: Profiles in which the largest subset is one that FIG-2 trains ERM on.
WITH_ERM = ("smoke", "quick")


def declare(profile: str = "quick", alpha: float | None = None, **overrides: Any) -> Panels:
    """Declare the runs: Mixup on each subset, and ERM on the largest where FIG-2 has it.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        overrides: Fields of `RunConfig`, `num_seeds` or `shares`; `n` is the size of the largest subset.

    Raises:
        ConfigError: A name or value is unknown or out of range, or there are fewer than two subsets.
    """
    size = {"svhn_n": None, **size_of(SIZES, profile, **overrides)}
    fields = without(size, "num_seeds", "shares", "svhn_n")
    largest = RunConfig(**{**fields, "alpha": mixup_alpha(alpha)})
    sets = [largest] if size["svhn_n"] is None else [largest, largest.but(data="svhn", n=size["svhn_n"])]
    mixup = [subset for each in sets for subset in on_shares(each, size["shares"])]
    if len(mixup) < 2 * len(sets):
        raise ConfigError(found_expected("shares", size["shares"], "at least two, to be compared"))
    erm = [largest.but(alpha=0.0)] if profile in WITH_ERM else []
    return Panels(
        id="FIG-7",
        title=f"Over-training on several amounts of data, {largest.model}",
        profile=profile,
        arms={arm_name(arm, len(sets) > 1): arm for arm in [*erm, *mixup]},
        seeds=seed_range(size["num_seeds"]),
    )
