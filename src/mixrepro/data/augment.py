"""Random crops, flips and shifts of whole batches, on the device; the randomness is drawn beforehand.

Draws and their application are apart, so that an augmented epoch is a function of (seed, epoch) alone: the ERM and
the Mixup run of a seed see the same crops, and a run resumes without hidden state.
"""

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from ..errors import ConfigError, found_expected

#: Pixels by which an image is padded on every side before it is cropped back to its size.
PADDING = 4
#: Places by which a sequence of 40 is shifted at most: as many as pixels for an image.
MOST_SHIFT = 4


def draw_crop_flip(n: int, generator: np.random.Generator, padding: int = PADDING) -> np.ndarray:
    """Draw a crop and a flip for each of n images.

    Args:
        n: Number of images.
        generator: Source of randomness, one an epoch.
        padding: As in `crop_flip`.

    Returns:
        int64 [n, 3]: top and left corner of the crop in the padded image, each uniform on 0 to 2 padding, and 1
        where the crop is flipped, else 0.

    Raises:
        ConfigError: `padding` is negative.
    """
    if padding < 0:
        raise ConfigError(found_expected("padding", padding, "0 or more"))
    corners = generator.integers(0, 2 * padding + 1, (n, 2))
    return np.concatenate([corners, generator.integers(0, 2, (n, 1))], axis=1)


def crop_flip(images: Tensor, draws: Tensor, padding: int = PADDING) -> Tensor:
    """Crop each image out of itself padded by zeros, then mirror it left to right where the draw says so.

    Zero is black in images of bytes, and the mean color in standardised ones: public recipes crop first and
    standardise then.

    Args:
        images: uint8 or float [..., c, h, w].
        draws: int64 [..., 3] on the same device, from `draw_crop_flip`.
        padding: Pixels added on every side.

    Returns:
        As `images`.

    Raises:
        ConfigError: The leading axes of `images` and `draws` differ, or `draws` are not triples.
    """
    *leading, channels, height, width = images.shape
    _check_draws(draws, (*leading, 3))
    top, left, flipped = draws.reshape(-1, 3, 1).unbind(1)  # each [b, 1]
    column = torch.arange(width, device=images.device)
    rows = top + torch.arange(height, device=images.device)  # [b, h]
    columns = left + torch.where(flipped == 1, width - 1 - column, column)  # [b, w]
    pixel = rows[:, :, None] * (width + 2 * padding) + columns[:, None, :]  # [b, h, w]
    padded = pad(images, (padding,) * 4).reshape(len(pixel), channels, -1)
    index = pixel.reshape(len(pixel), 1, -1).expand(-1, channels, -1)
    return padded.gather(2, index).view(images.shape)


def draw_shift(n: int, most: int, generator: np.random.Generator) -> np.ndarray:
    """Draw a shift for each of n sequences.

    Args:
        n: Number of sequences.
        most: Largest shift, in places.
        generator: Source of randomness, one an epoch.

    Returns:
        int64 [n], uniform on -most to most.

    Raises:
        ConfigError: `most` is negative.
    """
    if most < 0:
        raise ConfigError(found_expected("most", most, "0 or more"))
    return generator.integers(-most, most + 1, n)


def shift(sequences: Tensor, draws: Tensor) -> Tensor:
    """Shift each sequence to the right by its draw, circularly: what leaves at one end enters at the other.

    The generator of MNIST-1D moves its templates in the same way, so that the class stays. It shears them
    afterwards, which leaves a step here where the ends meet.

    Args:
        sequences: float [..., length].
        draws: int64 [...] on the same device, from `draw_shift`.

    Returns:
        As `sequences`.

    Raises:
        ConfigError: The leading axes of `sequences` and `draws` differ.
    """
    _check_draws(draws, sequences.shape[:-1])
    place = torch.arange(sequences.shape[-1], device=sequences.device)
    return sequences.gather(-1, (place - draws[..., None]) % sequences.shape[-1])


def _check_draws(draws: Tensor, shape: tuple[int, ...]) -> None:
    if draws.dtype != torch.int64 or tuple(draws.shape) != tuple(shape):
        found = f"a {draws.dtype} tensor of shape {tuple(draws.shape)}"
        raise ConfigError(found_expected("draws", found, f"int64 of shape {tuple(shape)}"))
