"""FIG-17: over-training with RegMixup, CE(x, y) + eta CE(x~, y~), beside Mixup and ERM.

Expected from the paper: eta = 2 behaves like Mixup; eta = 0.1 turns later and ends better than Mixup; with both,
accuracy falls after its turn. `paper` is the paper's own setting: ResNet-18 on CIFAR-10 without augmentation, to
1200 epochs; it does not say on how much of the data, which is taken as 100 %. `smoke` and `quick` train on
MNIST-1D, `small` on real images of CIFAR-10 with a fully connected network. The paper says nothing of lam: it is
Mixup's here, Beta(alpha, alpha), one a batch, and the same in all arms of a seed.
The ERM and Mixup runs of `small` are those of FIG-2 (same configuration, same record). `quick` has fewer points
and a higher learning rate than FIG-2, so that Mixup falls well within the run: eta = 0.1 learns the mixed labels
at a tenth of the rate.
Cost at `quick`: under a minute on two cores. Run: `mixrepro sweep FIG-17 --profile quick`.
"""

from collections.abc import Sequence
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError, found_expected
from .declaration import Experiment, mixup_alpha, seed_range, size_of
from .recipes import CIFAR, CIFAR_N, MLP, PAPER_SEEDS, QUICK, RESNET18, SMALL, SMOKE
from .settings import refuse_unused

#: Weights of the mixed term, in the paper's order.
ETAS = (0.1, 2.0)

SIZES: dict[str, dict[str, Any]] = {
    "smoke": dict(SMOKE, model=MLP, num_seeds=4),
    "quick": dict(QUICK, model=MLP, n=200, width=128, lr=0.1, epochs=2000),
    "small": dict(SMALL),
    "paper": dict(CIFAR, model=RESNET18, n=CIFAR_N[100], epochs=1200, num_seeds=PAPER_SEEDS),
}


def arm_name(eta: float) -> str:
    """Name the arm that weights the mixed term by `eta`."""
    return f"eta = {eta:g}"


def declare(
    profile: str = "quick", alpha: float | None = None, etas: Sequence[float] = ETAS, **overrides: Any
) -> Experiment:
    """Declare the runs: ERM, Mixup and RegMixup with each eta, paired by seed.

    Args:
        profile: Size.
        alpha: Of lam ~ Beta(alpha, alpha), in Mixup and RegMixup; default 1.
        etas: Weights of the mixed term, a small and a large one, rising.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    refuse_unused("eta", overrides.get("eta"), "the weights of the mixed term are `etas`")
    size = size_of(SIZES, profile, **overrides)
    num_seeds = size.pop("num_seeds")
    mixup = RunConfig(**{**size, "alpha": mixup_alpha(alpha)})
    if len(etas) != 2 or not etas[0] < etas[1]:
        raise ConfigError(found_expected("etas", etas, "a small and a larger weight"))
    return Experiment(
        id="FIG-17",
        title=f"Over-training with RegMixup, {mixup.model}",
        profile=profile,
        arms={
            "ERM": mixup.but(alpha=0.0),
            "Mixup": mixup,
            **{arm_name(eta): mixup.but(loss="regmixup", eta=eta) for eta in etas},
        },
        seeds=seed_range(num_seeds),
    )
