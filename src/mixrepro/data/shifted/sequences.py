"""Covariate shift for MNIST-1D: its own test sequences, rendered anew with one parameter of its generator changed.

Everything else stays, the class and every random choice included: sequence i of a shifted set is sequence i of the
test set under more noise, stretched or sheared more, or beginning later than it did.

The package can do this by itself for noise, scale and shear: its generator draws as many random numbers whatever
these parameters are, so that regenerating with the seed of the pool gives the same sequences. It cannot for the
translation, whose draw takes more or fewer numbers as its range changes; and it renders one sequence at a time.
So the random numbers are drawn here in the package's order and rendered for all sequences together. At the
parameters of the training data that gives the test set back, which is checked at every call.

The five severities of each shift are a choice of this project.

Source: Greydanus and Kobak, "Scaling Down Deep Learning with MNIST-1D", ICML 2024; its package `mnist1d`.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.ndimage import gaussian_filter1d

from ...errors import ConfigError, DataError, found_expected
from .. import mnist1d
from ..dataset import Dataset, ShiftedSet, fingerprint

#: Shift -> what it changes (a parameter of the package, or `offset`: places by which every sequence begins later)
#: and its value at severities 1 to 5.
SHIFTS: dict[str, tuple[str, tuple[float, ...]]] = {
    "iid_noise": ("iid_noise_scale", (0.04, 0.06, 0.08, 0.10, 0.15)),
    "corr_noise": ("corr_noise_scale", (0.30, 0.35, 0.40, 0.50, 0.60)),
    "scale": ("scale_coeff", (0.6, 0.8, 1.2, 1.6, 1.9)),
    "shear": ("shear_scale", (1.0, 1.5, 2.0, 2.5, 3.0)),
    "translation": ("offset", (4, 8, 12, 18, 24)),
}


@dataclass(frozen=True)
class Draws:
    """The random choices behind a pool of n sequences, before it is shuffled; u is uniform on [0, 1).

    Attributes:
        u_padding: Decides how many zeros follow the template, [n].
        u_scale: Decides the amplitude, [n].
        place: Where the sequence begins, int64 [n].
        corr_noise: Standard normal, [n, length]; smoothed, it fills what the template leaves empty.
        iid_noise: Standard normal, [n, length].
        u_shear: Decides the slope, [n].
        order: The shuffle, int64 [n].
    """

    u_padding: np.ndarray
    u_scale: np.ndarray
    place: np.ndarray
    corr_noise: np.ndarray
    iid_noise: np.ndarray
    u_shear: np.ndarray
    order: np.ndarray


def load(dataset: Dataset, shift: str, severity: int) -> ShiftedSet:
    """Render the test set of MNIST-1D under a shift, standardised as the training data are.

    Args:
        dataset: MNIST-1D.
        shift: One of `SHIFTS`.
        severity: 1 to 5.

    Raises:
        ConfigError: There is no such shift or severity.
        DataError: `dataset` is not what the random numbers render to at its own parameters.
    """
    if shift not in SHIFTS:
        raise ConfigError(found_expected("shift", shift, f"one of {', '.join(SHIFTS)}"))
    parameter, values = SHIFTS[shift]
    if severity not in range(1, len(values) + 1):
        raise ConfigError(found_expected("severity", severity, f"1 to {len(values)}"))
    options = mnist1d.options()
    draws = draw(options["num_samples"], options["seed"])
    pool = render(draws, options)
    test = slice(mnist1d.TRAIN_SIZE, None)
    mean, std = pool.mean(), pool.std()
    if not np.allclose((pool[test] - mean) / std, dataset.x_test, atol=1e-5):
        raise DataError(found_expected("test set", f"a {dataset.name} of other sequences", "the pool of MNIST-1D"))
    value = values[severity - 1]
    raw = render(draws, options | {parameter: value})[test]
    x = torch.from_numpy(((raw - mean) / std).astype(np.float32))
    source = (
        f"MNIST-1D: the {len(x):,} test sequences rendered anew with {parameter} = {value:g} (training data: "
        f"{options.get(parameter, 0):g}), all else equal."
    )
    return ShiftedSet(f"{shift}-{severity}", x, dataset.y_test, source, fingerprint(x, dataset.y_test))


@functools.lru_cache(maxsize=2)
def draw(n: int, seed: int) -> Draws:
    """Draw what the package draws for a pool of n sequences, in its order, leaving the global state alone."""
    options = mnist1d.options()
    # The generator behind numpy's global functions, which the package uses.
    generator = np.random.RandomState(seed)
    length = _length(options)
    drawn = [
        (
            generator.rand(),
            generator.rand(),
            generator.choice(options["max_translation"]),
            generator.randn(length),
            generator.randn(length),
            generator.rand(),
        )
        for _ in range(n)
    ]
    return Draws(*(np.array(values) for values in zip(*drawn, strict=True)), order=generator.permutation(n))


def render(draws: Draws, options: dict[str, Any]) -> np.ndarray:
    """Render all sequences of a pool, before it is standardised.

    Args:
        draws: The random choices.
        options: Parameters of the package, and `offset` (default 0).

    Returns:
        float64 [n, final_seq_length], shuffled.
    """
    from mnist1d.data import get_templates
    from mnist1d.transform import interpolate

    n, length = draws.corr_noise.shape
    templates = get_templates()["x"] + 1e-8  # no zero but the padding, by which the noise finds its place
    digits = np.arange(n) // (n // len(templates))
    low, high = options["padding"]
    paddings = low + (draws.u_padding * (high - low + 1)).astype(int)
    x = np.empty((n, length))
    for padding in np.unique(paddings):
        rows = paddings == padding
        padded = np.pad(templates[digits[rows]], ((0, 0), (0, padding)))
        x[rows] = interpolate(padded.T, length).T
    x *= 1 + options["scale_coeff"] * (draws.u_scale[:, None] - 0.5)
    begins = draws.place + options.get("offset", 0)
    x = np.take_along_axis(x, (np.arange(length) - begins[:, None]) % length, axis=1)
    background = gaussian_filter1d(options["corr_noise_scale"] * draws.corr_noise, 2, axis=1)
    x = np.where(x == 0, background, x) + options["iid_noise_scale"] * draws.iid_noise
    slope = options["shear_scale"] * (draws.u_shear[:, None] - 0.5)
    x -= slope * np.linspace(-0.5, 0.5, length)
    return interpolate(x.T, options["final_seq_length"]).T[draws.order]


def _length(options: dict[str, Any]) -> int:
    return options["template_len"] + options["padding"][1]
