import hashlib
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.io
import torch
from torchvision.datasets import SVHN

from mixrepro import data
from mixrepro.data import svhn
from mixrepro.errors import DataError

SIZES = {"train": 30, "test": 12}


@pytest.fixture
def images():
    generator = np.random.default_rng(0)
    return {split: generator.integers(0, 256, (n, 32, 32, 3), dtype=np.uint8) for split, n in SIZES.items()}


@pytest.fixture
def root(tmp_path, monkeypatch, images):
    """Write small files in the published format: X [h, w, c, n], y [n, 1] with 10 for the digit 0."""
    splits = dict(SVHN.split_list)
    for split, n in SIZES.items():
        url, name, _ = splits[split]
        labels = (np.arange(n) % 10 + 1).astype(np.uint8)[:, None]
        contents = {"X": images[split].transpose(1, 2, 3, 0), "y": labels}
        scipy.io.savemat(tmp_path / name, contents, do_compression=True)
        splits[split] = [url, name, hashlib.md5((tmp_path / name).read_bytes()).hexdigest()]
    monkeypatch.setattr(SVHN, "split_list", splits)
    data._load_downloaded.cache_clear()
    yield tmp_path
    data._load_downloaded.cache_clear()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr("torchvision.datasets.utils._urlretrieve", refuse)
    monkeypatch.setattr("torchvision.datasets.utils._get_redirect_url", lambda url, max_hops: url)


def test_load_yields_the_official_training_and_test_set(root, images, no_network):
    dataset = svhn.load(root)
    np.testing.assert_array_equal(dataset.x_train, images["train"].transpose(0, 3, 1, 2))
    np.testing.assert_array_equal(dataset.x_test, images["test"].transpose(0, 3, 1, 2))
    assert dataset.x_train.dtype == torch.uint8
    assert dataset.x_train.is_contiguous()
    assert (dataset.name, dataset.num_classes, dataset.class_names) == ("svhn", 10, tuple("0123456789"))
    assert "30 images of the official training set and the 12 of the official test set" in dataset.source


def test_load_calls_the_digit_0_class_0(root, no_network):
    dataset = svhn.load(root)
    assert dataset.y_train.dtype == torch.int64
    # The files say 1, 2, ..., 9, 10, 1, ...
    assert dataset.y_train.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0] * 3
    assert dataset.y_test.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]


def test_load_gives_the_statistics_of_the_training_channels(root, images, no_network):
    dataset = svhn.load(root)
    np.testing.assert_allclose(dataset.mean, (images["train"] / 255).mean((0, 1, 2)), rtol=1e-6)
    np.testing.assert_allclose(dataset.std, (images["train"] / 255).std((0, 1, 2)), rtol=1e-6)


def test_load_is_reached_by_name_and_reads_once_a_process(root, no_network):
    config = SimpleNamespace(data="svhn")
    dataset = data.load(config, root)
    assert dataset.name == "svhn"
    assert data.load(config, root) is dataset


def test_load_downloads_only_the_file_that_is_missing(root, tmp_path_factory, monkeypatch):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.move(root / "test_32x32.mat", elsewhere)
    asked = []

    def retrieve(url, filename):
        asked.append(url)
        shutil.copy(elsewhere / "test_32x32.mat", filename)

    monkeypatch.setattr("torchvision.datasets.utils._urlretrieve", retrieve)
    monkeypatch.setattr("torchvision.datasets.utils._get_redirect_url", lambda url, max_hops: url)
    assert len(svhn.load(root).x_test) == 12
    assert asked == ["http://ufldl.stanford.edu/housenumbers/test_32x32.mat"]


def test_load_says_what_to_put_where_when_there_is_nothing_and_no_network(tmp_path, no_network):
    with pytest.raises(DataError) as caught:
        svhn.load(tmp_path / "absent")
    message = str(caught.value)
    assert "found no file, and the download failed (Network is unreachable)" in message
    for part in (
        "train_32x32.mat and test_32x32.mat",
        f"in {tmp_path / 'absent'}",
        "ufldl.stanford.edu/housenumbers",
    ):
        assert part in message


@pytest.mark.parametrize("name", ["train_32x32.mat", "test_32x32.mat"])
def test_load_names_a_damaged_file(root, no_network, name):
    (root / name).write_bytes((root / name).read_bytes()[:-1])
    with pytest.raises(
        DataError, match=rf"{name}: found a file of .* bytes, MD5 \w{{32}}, expected the published one"
    ):
        svhn.load(root)
