"""A re-creation of CIFAR-10-C's Gaussian noise: its published severities, drawn anew. Not the published files.

Source: Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations",
ICLR 2019; the severities and the rounding are those of `make_cifar_c.py` in github.com/hendrycks/robustness.
"""

import numpy as np
import torch
from torch import Tensor

from ...errors import ConfigError, found_expected
from ...rng import stream
from ..dataset import Dataset, ShiftedSet, fingerprint

#: Severity -> standard deviation of the noise, in units of full brightness.
SEVERITIES = {1: 0.04, 2: 0.06, 3: 0.08, 4: 0.09, 5: 0.10}
#: Images to which noise is added at once; the draws do not depend on it.
CHUNK = 500


def recreate(dataset: Dataset, severity: int) -> ShiftedSet:
    """Re-create CIFAR-10-C's Gaussian noise on the test images of a data set, the same for every run.

    Args:
        dataset: Images; CIFAR-10 as arrays serves, and so does any other image set.
        severity: 1 to 5.

    Raises:
        ConfigError: There is no such severity, or the data are sequences.
    """
    x, y = add_gaussian_noise(dataset.x_test, severity), dataset.y_test
    source = (
        f"A re-creation of CIFAR-10-C's Gaussian noise of severity {severity} (standard deviation "
        f"{SEVERITIES[severity]:g} of full brightness) on the {len(y):,} test images; not the published files."
    )
    return ShiftedSet(f"recreated_noise-{severity}", x, y, source, fingerprint(x, y))


def add_gaussian_noise(images: Tensor, severity: int, seed: int = 0) -> Tensor:
    """Add independent Gaussian noise to every value, clip to the range of brightness, and round down to bytes.

    Args:
        images: uint8 [n, c, h, w].
        severity: 1 to 5.
        seed: Of the noise; each severity has a draw of its own, as in the published files.

    Returns:
        uint8 [n, c, h, w].

    Raises:
        ConfigError: There is no such severity, or `images` are not bytes.
    """
    if severity not in SEVERITIES:
        raise ConfigError(found_expected("severity", severity, "1 to 5"))
    if images.dtype != torch.uint8:
        raise ConfigError(found_expected("images", f"a {images.dtype} tensor", "uint8"))
    generator = stream(seed, "noise", severity)
    noisy = np.empty(tuple(images.shape), dtype=np.uint8)
    for start in range(0, len(noisy), CHUNK):
        chunk = images[start : start + CHUNK].cpu().numpy() / 255
        chunk += generator.normal(0, SEVERITIES[severity], chunk.shape)
        noisy[start : start + CHUNK] = np.clip(chunk, 0, 1) * 255  # casting to bytes rounds down
    return torch.from_numpy(noisy)
