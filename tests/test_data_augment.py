import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torchvision.transforms import functional as reference

from mixrepro.data.augment import crop_flip, draw_crop_flip, draw_shift, shift
from mixrepro.errors import ConfigError
from mixrepro.rng import stream


def images(*shape, dtype=torch.uint8):
    values = torch.from_numpy(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    return values if dtype == torch.uint8 else values.to(dtype) / 255 - 0.4


def one_by_one(batch, draws, padding):
    """Crop and flip by torchvision, image after image."""
    out = []
    for image, (top, left, flipped) in zip(batch, draws.tolist(), strict=True):
        cropped = reference.crop(reference.pad(image, padding), top, left, *image.shape[-2:])
        out.append(reference.hflip(cropped) if flipped else cropped)
    return torch.stack(out)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float64])
@pytest.mark.parametrize(("shape", "padding"), [((64, 3, 32, 32), 4), ((50, 1, 5, 8), 2), ((9, 4, 6, 3), 0)])
def test_crop_flip_equals_torchvision_bit_for_bit(dtype, shape, padding):
    batch = images(*shape, dtype=dtype)
    draws = torch.from_numpy(draw_crop_flip(len(batch), stream(0, "order"), padding))
    out = crop_flip(batch, draws, padding)
    assert out.dtype == dtype
    assert torch.equal(out, one_by_one(batch, draws, padding))


def test_crop_flip_reaches_every_corner_with_and_without_flip():
    corners = torch.cartesian_prod(torch.arange(9), torch.arange(9), torch.arange(2))
    batch = images(1, 3, 32, 32).expand(len(corners), -1, -1, -1)
    assert torch.equal(crop_flip(batch, corners), one_by_one(batch, corners, 4))


def test_crop_flip_takes_a_stack_of_batches():
    stack = images(2, 5, 3, 32, 32)
    draws = torch.from_numpy(draw_crop_flip(10, stream(0, "order"))).view(2, 5, 3)
    expected = torch.stack([one_by_one(batch, drawn, 4) for batch, drawn in zip(stack, draws, strict=True)])
    assert torch.equal(crop_flip(stack, draws), expected)


def test_crop_flip_leaves_its_input_alone_and_commutes_with_standardising_by_a_black_of_zero():
    batch = images(20, 3, 32, 32)
    before = batch.clone()
    draws = torch.from_numpy(draw_crop_flip(20, stream(0, "order")))
    torch.testing.assert_close(crop_flip(batch / 255, draws), crop_flip(batch, draws) / 255)
    assert torch.equal(batch, before)


def test_draw_crop_flip_is_uniform_and_independent():
    draws = draw_crop_flip(81_000, stream(1, "order"))
    assert draws.dtype == np.int64
    assert draws.shape == (81_000, 3)
    counts = np.zeros((9, 9, 2))
    np.add.at(counts, tuple(draws.T), 1)
    # 162 cells of 500; the seed is fixed; over all seeds, 5 sigma in one cell is a false alarm of about 1e-4.
    assert np.abs(counts - 500).max() < 5 * 500**0.5


def test_draws_are_a_function_of_seed_and_epoch():
    for draw in (lambda *key: draw_crop_flip(50, stream(*key)), lambda *key: draw_shift(50, 5, stream(*key))):
        first = draw(3, "order", 7)
        np.testing.assert_array_equal(first, draw(3, "order", 7))
        assert (first != draw(3, "order", 8)).any()
        assert (first != draw(4, "order", 7)).any()


@pytest.mark.parametrize("shape", [(30, 40), (2, 30, 7)])
def test_shift_rolls_each_sequence(shape):
    sequences = torch.randn(*shape, generator=torch.Generator().manual_seed(0))
    most = shape[-1] + 3  # also farther than the sequence is long
    draws = torch.from_numpy(draw_shift(int(np.prod(shape[:-1])), most, stream(0, "order"))).view(shape[:-1])
    rows = zip(sequences.flatten(0, -2), draws.flatten().tolist(), strict=True)
    expected = torch.stack([torch.roll(row, places) for row, places in rows]).view(shape)
    assert torch.equal(shift(sequences, draws), expected)


def test_draw_shift_reaches_both_ends_uniformly():
    draws = draw_shift(70_000, 3, stream(2, "order"))
    counts = np.bincount(draws + 3)
    # 7 cells of 10,000; over all seeds, 5 sigma in one of them is a false alarm of about 4e-6.
    assert len(counts) == 7
    assert np.abs(counts - 10_000).max() < 5 * 10_000**0.5
    assert draw_shift(5, 0, stream(2, "order")).tolist() == [0] * 5


@pytest.mark.parametrize("apply", [crop_flip, shift])
@pytest.mark.parametrize("draws", [torch.zeros(4, 2).long(), torch.zeros(3, 3).long(), torch.zeros(4, 3)])
def test_applying_names_draws_that_do_not_fit(apply, draws):
    batch = images(4, 3, 8, 8) if apply is crop_flip else torch.zeros(4, 8)
    with pytest.raises(
        ConfigError, match=r"^draws: found a torch\.\w+ tensor of shape .*, expected int64 of shape"
    ):
        apply(batch, draws)


def test_drawing_names_a_negative_size():
    with pytest.raises(ConfigError, match=r"^padding: found -1, expected 0 or more$"):
        draw_crop_flip(3, stream(0, "order"), -1)
    with pytest.raises(ConfigError, match=r"^most: found -1, expected 0 or more$"):
        draw_shift(3, -1, stream(0, "order"))


class Counted(TorchDispatchMode):
    """Counts the operations that torch is told to do."""

    def __init__(self):
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += 1
        return function(*args, **(kwargs or {}))


def test_crop_flip_takes_as_many_operations_for_a_large_batch_as_for_a_small_one():
    found = []
    for size in (2, 128):
        batch, draws = images(size, 3, 32, 32), torch.from_numpy(draw_crop_flip(size, stream(0, "order")))
        with Counted() as counted:
            crop_flip(batch, draws)
        found.append(counted.count)
    assert found[0] == found[1] > 0
