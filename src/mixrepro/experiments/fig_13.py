"""FIG-13: over-training with Mixup on the mean squared error, the learning rate divided by ten twice.

Expected from the paper: the curve of Mixup is U-shaped as with cross-entropy. The error is between probabilities
and labels, averaged over the classes (`mixup.squared_error`); whether the paper compares probabilities or logits
it does not say, nor network, amount of data, learning rate and length. `paper` takes those of FIG-2 and FIG-9:
ResNet-18 on 100 % of CIFAR-10 and SVHN, with the stated schedule, a tenth at epochs 100 and 150.

The mean over ten classes makes gradients a tenth of what the sum has, so the learning rate is ten times the
recipe's, and weight decay a tenth of it: that is the recipe for the error summed over classes.
On MNIST-1D an epoch is a few steps, so the schedule of `quick` is stretched: its milestones are where they leave
the first rate time to reach the turn.
`constant_lr` leaves the schedule out, for FIG-13+.
Cost at `quick`: about a minute on two cores, with FIG-13+. Run: `mixrepro sweep FIG-13 --profile quick`.
"""

from typing import Any

from ..config import RunConfig
from .declaration import mixup_alpha, seed_range, size_of
from .panels import Panels, arm_name, without
from .recipes import CIFAR, CIFAR_N, MLP, PAPER_SEEDS, RESNET18, SMALL, SMOKE, SVHN_N
from .settings import refuse_unused

#: `svhn_n`, `svhn_epochs`: the second data set, where there is one. `constant_epochs`: length at a constant rate,
#: if not that of the others: a rate that has fallen to a hundredth changes little however long it lasts.
SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(SMOKE, model=MLP, num_seeds=4, lr=1.0, milestones=(20, 30)),
    "quick": dict(
        model=MLP, n=200, width=192, lr=3.0, epochs=1600, milestones=(800, 1250), constant_epochs=2500, num_seeds=5
    ),
    "small": dict(SMALL, lr=0.2, milestones=(250, 375)),
    "paper": dict(
        CIFAR,
        model=RESNET18,
        n=CIFAR_N[100],
        lr=1.0,
        weight_decay=1e-5,
        epochs=1600,
        svhn_n=SVHN_N[100],
        svhn_epochs=1000,
        num_seeds=PAPER_SEEDS,
    ),
}


def declare(
    profile: str = "quick", alpha: float | None = None, constant_lr: bool = False, **overrides: Any
) -> Panels:
    """Declare the runs: ERM and Mixup on each data set, paired by seed.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        constant_lr: Leave out the milestones: which part of what is seen is the schedule's?
        overrides: Fields of `RunConfig`, `num_seeds`, `svhn_n`, `svhn_epochs` or `constant_epochs`; `n` is the
            first data set's.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    if overrides.get("loss") != "mse":
        refuse_unused("loss", overrides.get("loss"), "this figure is about the mean squared error")
    if constant_lr:
        refuse_unused("milestones", overrides.get("milestones"), "the learning rate is constant")
        if SIZES.get(profile, {}).get("constant_epochs") is not None:
            refuse_unused("epochs", overrides.get("epochs"), "the runs at a constant rate end at constant_epochs")
    else:
        refuse_unused(
            "constant_epochs", overrides.get("constant_epochs"), "it is the length of the runs of FIG-13+"
        )
    further = dict.fromkeys(("svhn_n", "svhn_epochs", "constant_epochs"))
    size = further | size_of(SIZES, profile, **overrides)
    fields = without(size, "num_seeds", *further)
    if constant_lr:
        fields |= dict(
            milestones=(), epochs=size["epochs"] if size["constant_epochs"] is None else size["constant_epochs"]
        )
    first = RunConfig(**{**fields, "loss": "mse", "alpha": mixup_alpha(alpha)})
    mixup = [first]
    if size["svhn_n"] is not None:
        svhn_epochs = first.epochs if size["svhn_epochs"] is None else size["svhn_epochs"]
        mixup.append(first.but(data="svhn", n=size["svhn_n"], epochs=svhn_epochs))
    constant = ", constant learning rate" if constant_lr else ""
    return Panels(
        id="FIG-13",
        title=f"Over-training on the mean squared error{constant}, {first.model}",
        profile=profile,
        arms={arm_name(arm, len(mixup) > 1): arm for each in mixup for arm in (each.but(alpha=0.0), each)},
        seeds=seed_range(size["num_seeds"]),
    )
