"""FIG-8: the norm of the gradient along training, of ERM and of Mixup.

The paper trains on CIFAR-10 and SVHN, 30 % and 100 % of each (`paper`); it does not name the network, which is
ResNet-18 in the figures that this one refers to, nor the batch whose gradient it takes. At `smoke`, `quick` and
`small` the fully connected network of FIG-2 stands in for it, on MNIST-1D and on images.
Every run measures two norms anyway: that of a whole epoch's mean gradient, with the epoch's own pairs and lam
(full batch), and the mean over mini-batches of the norm of their own. So nothing is trained for this figure. At
the snapshots of the Mixup runs many draws tell the expected loss's gradient from the noise of one (FIG-8+).
Expected from the paper: ERM's norm goes to zero; Mixup's does not, it rises to a plateau. ERM is at a minimum when
Mixup, which is not, generalises better.
Cost at `quick`: none besides FIG-2's runs. Run: `mixrepro sweep FIG-8 --profile quick`.
"""

from dataclasses import replace
from typing import Any

from . import fig_2, fig_6
from .declaration import Experiment, only_model

#: The paper's panels: images, and share of them in per cent.
PANELS = fig_6.PANELS
#: Profile -> the network.
MODELS = {"smoke": fig_2.MLP, "quick": fig_2.MLP, "small": fig_2.MLP, "paper": fig_2.RESNET18}
SIZES = {profile: fig_2.SIZES[model][profile] for profile, model in MODELS.items()}
#: The runs on SVHN are those of FIG-9, which end sooner and keep no snapshots.
SVHN_EPOCHS = 1000


def declare(
    profile: str = "quick",
    alpha: float | None = None,
    data: str | None = None,
    percent: float | None = None,
    **overrides: Any,
) -> Experiment:
    """Declare the runs: ERM and Mixup, paired by seed.

    Args:
        profile: Size.
        alpha: Mixup's; default 1.
        data: `paper` alone: which images; default CIFAR-10.
        percent: `paper` alone: share of them; default 30.
        overrides: Fields of `RunConfig`, or `num_seeds`.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    model = MODELS.get(profile, fig_2.MLP)
    svhn = {"epochs": SVHN_EPOCHS, "snapshots": ()} if (profile, data) == ("paper", "svhn") else {}
    changes = {"shifted_sets": (), **svhn, **only_model(model, overrides)}
    base = fig_2.declare(profile, model, alpha, data, percent, **changes)
    return replace(base, id="FIG-8", title=f"Gradient norm, {model}")
