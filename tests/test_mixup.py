"""Mixing and losses against literal transcriptions and other libraries."""

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional
from torchvision.transforms import v2

from mixrepro.mixup import cross_entropy, mix_batch, sample_lam, squared_error
from mixrepro.rng import stream


@pytest.fixture
def batch():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 5, 4, generator=generator)
    y = functional.one_hot(torch.randint(0, 6, (3, 5), generator=generator), 6).float()
    perm = torch.stack([torch.randperm(5, generator=generator) for _ in range(3)])
    return x, y, perm


@pytest.mark.parametrize("lam_shape", [(3,), (3, 5)])
def test_mix_batch_is_equation_1(batch, lam_shape):
    x, y, perm = batch
    lam = torch.rand(lam_shape, generator=torch.Generator().manual_seed(1))
    x_mix, y_mix = mix_batch(x, y, lam, perm)
    for r in range(3):
        for b in range(5):
            weight = float(lam[r] if lam.ndim == 1 else lam[r, b])
            partner = perm[r, b]
            assert torch.allclose(x_mix[r, b], weight * x[r, b] + (1 - weight) * x[r, partner], atol=1e-6)
            assert torch.allclose(y_mix[r, b], weight * y[r, b] + (1 - weight) * y[r, partner], atol=1e-6)


def test_mix_batch_takes_a_single_batch(batch):
    x, y, perm = batch
    stacked = mix_batch(x, y, torch.full((3,), 0.3), perm)
    single = mix_batch(x[1], y[1], 0.3, perm[1])
    assert all(torch.equal(whole[1], part) for whole, part in zip(stacked, single, strict=True))


def test_mix_batch_agrees_with_torchvision():
    images = torch.rand(8, 3, 4, 4, generator=torch.Generator().manual_seed(2))
    labels = torch.arange(8) % 5
    torch.manual_seed(3)
    x_theirs, y_theirs = v2.MixUp(alpha=1.0, num_classes=5)(images, labels)
    one_hot = functional.one_hot(labels, 5).float()
    lam = float(y_theirs[0].max() if y_theirs[0, 0] > 0.5 else 1 - y_theirs[0].max())
    assert lam == pytest.approx(float(y_theirs[0, 0]))
    partner = torch.arange(8).roll(1)  # torchvision pairs neighbours
    x_ours, y_ours = mix_batch(images, one_hot, lam, partner)
    assert torch.allclose(x_ours, x_theirs, atol=1e-6)
    assert torch.allclose(y_ours, y_theirs, atol=1e-6)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_sample_lam_is_beta(alpha):
    lam = sample_lam(alpha, 20_000, stream(0, "lam"))
    # False-alarm rate 0.1 %; the seed is fixed.
    assert stats.kstest(lam, stats.beta(alpha, alpha).cdf).pvalue > 1e-3


def test_sample_lam_is_one_for_erm():
    assert np.array_equal(sample_lam(0, (2, 3), stream(0, "lam")), np.ones((2, 3)))


def test_sample_lam_refuses_negative_alpha():
    with pytest.raises(ValueError, match="alpha: found -1, expected at least 0"):
        sample_lam(-1, 3, stream(0, "lam"))


def test_cross_entropy_agrees_with_torch(batch):
    _, y, perm = batch
    logits = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(4))
    _, y_mix = mix_batch(y, y, torch.tensor([0.2, 0.5, 0.9]), perm)
    expected = torch.stack([functional.cross_entropy(logits[r], y_mix[r]) for r in range(3)])
    assert torch.allclose(cross_entropy(logits, y_mix), expected, atol=1e-6)


def test_cross_entropy_on_mixed_labels_is_the_mix_of_two_losses(batch):
    _, y, perm = batch
    logits = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(5))
    lam = torch.tensor([0.2, 0.5, 0.9])
    _, y_mix = mix_batch(y, y, lam, perm)
    partner = torch.stack([y[r, perm[r]] for r in range(3)])
    two = lam * cross_entropy(logits, y) + (1 - lam) * cross_entropy(logits, partner)
    assert torch.allclose(cross_entropy(logits, y_mix), two, atol=1e-6)


def test_squared_error_agrees_with_torch(batch):
    _, y, _ = batch
    logits = torch.randn(3, 5, 6, generator=torch.Generator().manual_seed(6))
    expected = torch.stack([functional.mse_loss(logits[r].softmax(-1), y[r]) for r in range(3)])
    assert torch.allclose(squared_error(logits, y), expected, atol=1e-6)
