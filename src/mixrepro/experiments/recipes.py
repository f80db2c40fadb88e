"""Settings that several experiments share: what is trained on what, at each size.

The paper does not state learning rate, momentum, weight decay and batch size. `CIFAR` follows the public
mixup-cifar10 recipe, the most likely source. `small` trains on real CIFAR-10 images, too, on what two cores can
over-train in hours: a fully connected network on some thousand of the lossless training images, tested on 10,000
others held out of them.
"""

from typing import Any

from ..config import unknown_name
from ..errors import ConfigError, found_expected

MLP, CONV1D, RESNET18, RESNET34, VGG16 = "mlp", "conv1d", "resnet18", "resnet34", "vgg16"

#: MNIST-1D, seconds a chapter: for tests of the path, never for a verdict.
SMOKE: dict[str, Any] = dict(n=100, width=32, epochs=40, batch_size=20, num_seeds=3)

#: MNIST-1D, live in the book.
QUICK: dict[str, Any] = dict(n=1000, width=256, num_seeds=5)

#: Fingerprint of the five files of lossless images: `sha256sum cifar10_train_*.npz | sha256sum`.
DATA_SHA256 = "0a0e3ad53722e6676e723cbbb29115c62778701ab6f1c40321cb22d83217c274"
#: Real CIFAR-10 from lossless files, 10,000 images of them held out for testing, balanced.
HELD_OUT: dict[str, Any] = dict(
    data="arrays", data_files="cifar10_train_*.npz", data_sha256=DATA_SHA256, test_size=10_000
)
#: For networks on some hundred images: with 10,000 to test on, a CPU would spend its time on measuring.
FEW_HELD_OUT: dict[str, Any] = HELD_OUT | {"test_size": 2_000}
SMALL: dict[str, Any] = dict(
    HELD_OUT, model=MLP, n=2000, width=512, lr=0.01, batch_size=100, epochs=500, num_seeds=5
)

#: The paper's images and networks; `n` and `epochs` are each figure's own.
CIFAR: dict[str, Any] = dict(
    data="cifar10", width=64, lr=0.1, momentum=0.9, weight_decay=1e-4, batch_size=128, milestones=(100, 150)
)
#: A ResNet-18 that two cores can over-train: the base of the map (FIG-2-MAP), and FIG-2's own at `small`.
NARROW: dict[str, Any] = dict(
    CIFAR | FEW_HELD_OUT, width=8, n=250, lr=0.05, milestones=(), epochs=400, num_seeds=3
)
SVHN: dict[str, Any] = dict(CIFAR, data="svhn")
CIFAR100: dict[str, Any] = dict(CIFAR, data="cifar100")

#: Training points in 100 %, 30 % and 10 % of each data set, balanced where it is not the whole.
CIFAR_N = {100: 50_000, 30: 15_000, 10: 5_000}
SVHN_N = {100: 73_257, 30: 21_970}
#: Of CIFAR-10 from lossless files 10,000 images are the test set, so that 100 % are what is left.
LOSSLESS_N = {100: 40_000, 30: 12_000, 10: 4_000, 2.5: 1_000}
#: Images -> their recipe, and the points in each share of them.
IMAGES = {
    "cifar10": (CIFAR, CIFAR_N),
    "lossless": (CIFAR | HELD_OUT, LOSSLESS_N),
    "cifar100": (CIFAR100, CIFAR_N),
    "svhn": (SVHN, SVHN_N),
}

PAPER_SEEDS = 10


def images(data: str, percent: float) -> dict[str, Any]:
    """Return the settings of a panel of the paper.

    Args:
        data: `cifar10`, `lossless` (CIFAR-10 from lossless files), `cifar100` or `svhn`.
        percent: Share of the training data.

    Raises:
        ConfigError: The paper has no such panel.
    """
    if data not in IMAGES:
        raise ConfigError(unknown_name("data", data, list(IMAGES)))
    recipe, points = IMAGES[data]
    if percent not in points:
        percent = int(percent) if float(percent).is_integer() else percent  # 31, as it was written
        raise ConfigError(found_expected("percent", percent, f"one of {', '.join(map(str, points))} for {data}"))
    return recipe | {"n": points[percent]}
