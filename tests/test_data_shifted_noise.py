from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.stats import norm

from mixrepro.data.shifted import noise
from mixrepro.errors import ConfigError
from mixrepro.rng import stream


def image_set(n=40):
    x = np.random.default_rng(3).integers(0, 256, (n, 3, 32, 32), dtype=np.uint8)
    return SimpleNamespace(x_test=torch.from_numpy(x), y_test=torch.arange(n) % 10)


def literal_noise(image, c, generator):
    """Transcribe the published recipe for one image of bytes."""
    scaled = image.numpy() / 255
    return np.uint8(np.clip(scaled + generator.normal(size=scaled.shape, scale=c), 0, 1) * 255)


@pytest.mark.parametrize(("severity", "c"), [(1, 0.04), (2, 0.06), (3, 0.08), (4, 0.09), (5, 0.10)])
def test_recreated_noise_follows_the_published_recipe(severity, c, monkeypatch):
    monkeypatch.setattr(noise, "CHUNK", 7)
    dataset = image_set(20)
    generator = stream(0, "noise", severity)
    expected = np.stack([literal_noise(image, c, generator) for image in dataset.x_test])
    np.testing.assert_array_equal(noise.recreate(dataset, severity).x, expected)


@pytest.mark.parametrize(("severity", "c"), [(1, 0.04), (5, 0.10)])
def test_recreated_noise_has_the_stated_deviation_and_rounds_down(severity, c):
    grey = torch.full((100, 3, 32, 32), 128, dtype=torch.uint8)
    noisy = noise.add_gaussian_noise(grey, severity).double()
    # Rounding down takes half a step and adds 1/12 of variance. Both tolerances are 5 standard errors.
    variance = (255 * c) ** 2 + 1 / 12
    assert noisy.mean().item() == pytest.approx(127.5, abs=5 * (variance / 307_200) ** 0.5)
    assert noisy.var().item() == pytest.approx(variance, rel=5 * (2 / 307_200) ** 0.5)


def test_recreated_noise_clips_black_and_white():
    for level in (0, 255):
        flat = torch.full((20, 3, 32, 32), level, dtype=torch.uint8)
        noisy = noise.add_gaussian_noise(flat, 5).numpy()
        # Black stays 0 where the noise is below one step; white stays 255 where the noise is not negative.
        share = norm.cdf(1 / 25.5) if level == 0 else 0.5
        assert (noisy == level).mean() == pytest.approx(share, abs=5 * (0.25 / noisy.size) ** 0.5)


def test_recreated_noise_is_the_same_for_every_run_and_another_for_every_severity():
    dataset = image_set(200)
    first = noise.recreate(dataset, 3)
    assert noise.recreate(dataset, 3).sha256 == first.sha256
    assert torch.equal(first.y, dataset.y_test)
    grey = torch.full((100, 3, 32, 32), 128, dtype=torch.uint8)
    draws = [noise.add_gaussian_noise(grey, severity).flatten().double() for severity in (1, 5)]
    # 307,200 pairs: a correlation of independent draws is beyond 5 / sqrt(307,200) once in 2 million.
    assert abs(torch.corrcoef(torch.stack(draws))[0, 1]) < 5 / 307_200**0.5
    assert not torch.equal(noise.add_gaussian_noise(grey, 1, seed=1), noise.add_gaussian_noise(grey, 1))


def test_recreated_noise_says_that_it_is_a_recreation():
    recreated = noise.recreate(image_set(), 4)
    assert recreated.name == "recreated_noise-4"
    assert recreated.source == (
        "A re-creation of CIFAR-10-C's Gaussian noise of severity 4 (standard deviation 0.09 of full brightness) "
        "on the 40 test images; not the published files."
    )


def test_recreated_noise_refuses_sequences():
    with pytest.raises(ConfigError, match=r"^images: found a torch\.float32 tensor, expected uint8$"):
        noise.add_gaussian_noise(torch.zeros(3, 40), 1)


@pytest.mark.parametrize("severity", [0, 6])
def test_recreated_noise_names_a_severity_that_there_is_not(severity):
    with pytest.raises(ConfigError, match=rf"^severity: found {severity}, expected 1 to 5$"):
        noise.recreate(image_set(), severity)
