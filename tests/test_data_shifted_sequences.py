import random

import numpy as np
import pytest
import torch

from mixrepro.data import mnist1d, shifted
from mixrepro.data.dataset import Dataset
from mixrepro.data.shifted import sequences
from mixrepro.errors import ConfigError, DataError


@pytest.fixture
def small(monkeypatch):
    """Make a pool of 200 sequences with the package itself."""
    monkeypatch.setattr(mnist1d, "TRAIN_SIZE", 120)
    monkeypatch.setattr(mnist1d, "TEST_SIZE", 80)
    tensors = {key: torch.from_numpy(values) for key, values in mnist1d.generate().items()}
    return Dataset(
        name="mnist1d",
        **tensors,
        num_classes=10,
        class_names=tuple("0123456789"),
        mean=None,
        std=None,
        source="",
        sha256="",
    )


def by_the_package(**changes):
    """Return the pool that the package makes with other parameters, float64 [n, 40], standardised over itself."""
    from mnist1d.data import make_dataset
    from mnist1d.utils import ObjectView

    states = random.getstate(), np.random.get_state()
    drawn = make_dataset(ObjectView(mnist1d.options() | changes))
    random.setstate(states[0])
    np.random.set_state(states[1])
    return np.concatenate([drawn["x"], drawn["x_test"]]), np.concatenate([drawn["y"], drawn["y_test"]])


def standardised(pool):
    return (pool - pool.mean()) / pool.std()


#: Shift -> how the package is told to make it. It also takes the places themselves for `max_translation`, and then
#: draws as many random numbers.
TOLD = {
    "iid_noise": lambda value: {"iid_noise_scale": value},
    "corr_noise": lambda value: {"corr_noise_scale": value},
    "scale": lambda value: {"scale_coeff": value},
    "shear": lambda value: {"shear_scale": value},
    "translation": lambda value: {"max_translation": np.arange(48) + value},
}


@pytest.mark.parametrize("severity", [1, 5])
@pytest.mark.parametrize("shift", TOLD)
def test_render_equals_the_package_under_the_same_parameter(small, shift, severity):
    parameter, values = sequences.SHIFTS[shift]
    options = mnist1d.options()
    draws = sequences.draw(options["num_samples"], options["seed"])
    mine = sequences.render(draws, options | {parameter: values[severity - 1]})
    expected, labels = by_the_package(**TOLD[shift](values[severity - 1]))
    np.testing.assert_allclose(standardised(mine), expected, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(labels[120:], small.y_test)


def test_render_gives_the_pool_back_at_its_own_parameters(small):
    options = mnist1d.options()
    pool = standardised(sequences.render(sequences.draw(200, options["seed"]), options))
    np.testing.assert_array_equal(pool[:120].astype(np.float32), small.x_train)
    np.testing.assert_array_equal(pool[120:].astype(np.float32), small.x_test)


@pytest.mark.parametrize("shift", TOLD)
def test_load_moves_the_same_sequences_farther_with_severity(small, shift):
    sets = [sequences.load(small, shift, severity) for severity in range(1, 6)]
    moved = [(each.x - small.x_test).abs().mean().item() for each in sets]
    assert 0 < moved[0]
    assert moved == sorted(moved)
    for severity, each in enumerate(sets, start=1):
        assert (each.name, each.x.dtype, each.x.shape) == (f"{shift}-{severity}", torch.float32, (80, 40))
        assert torch.equal(each.y, small.y_test)
    assert len({each.sha256 for each in sets}) == 5


@pytest.mark.parametrize(("shift", "parameter"), [("iid_noise", "iid_noise_scale"), ("shear", "shear_scale")])
def test_load_is_linear_in_noise_and_shear_and_standardised_as_the_training_data(small, shift, parameter):
    trained = mnist1d.options()[parameter]
    values = np.array(sequences.SHIFTS[shift][1])
    moved = np.stack([(sequences.load(small, shift, s).x - small.x_test).double().numpy() for s in range(1, 6)])
    # Were a set standardised by itself, the sequences would shrink as the noise grows.
    slope = moved[4] / (values[4] - trained)
    np.testing.assert_allclose(moved, (values - trained)[:, None, None] * slope, atol=1e-5)


def test_load_says_what_was_changed(small):
    source = sequences.load(small, "translation", 2).source
    assert source == (
        "MNIST-1D: the 80 test sequences rendered anew with offset = 8 (training data: 0), all else equal."
    )


def test_load_leaves_the_global_random_states_alone(small):
    random.seed(5)
    np.random.seed(5)
    expected = random.random(), np.random.random()
    random.seed(5)
    np.random.seed(5)
    sequences.draw.cache_clear()
    sequences.load(small, "shear", 1)
    assert (random.random(), np.random.random()) == expected


@pytest.mark.parametrize("severity", [0, 6, -1])
def test_load_names_a_severity_that_there_is_not(small, severity):
    with pytest.raises(ConfigError, match=f"^severity: found {severity}, expected 1 to 5$"):
        sequences.load(small, "shear", severity)


def test_load_names_a_shift_that_there_is_not(small):
    with pytest.raises(ConfigError, match=r"^shift: found 'blur', expected one of iid_noise, corr_noise, scale"):
        sequences.load(small, "blur", 1)


def test_load_refuses_a_pool_that_it_cannot_give_back(small):
    small.x_test[3] += 0.01
    with pytest.raises(DataError, match=r"^test set: found a mnist1d of other sequences"):
        sequences.load(small, "shear", 1)


def test_shifted_sets_of_the_sequences_go_by_name(small):
    assert len(shifted.available(small)) == 25
    by_name = shifted.load("corr_noise-4", small)
    assert by_name.sha256 == sequences.load(small, "corr_noise", 4).sha256
    with pytest.raises(
        ConfigError, match=r"^shifted test set for mnist1d: found 'cifar10\.1-v6', expected one of"
    ):
        shifted.load("cifar10.1-v6", small)
