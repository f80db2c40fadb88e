import hashlib
import pickle
import struct
import tarfile

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10

from mixrepro import data
from mixrepro.config import RunConfig
from mixrepro.data import cifar10
from mixrepro.errors import DataError

NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()
BATCHES = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]


class Python2Pickler(pickle._Pickler):
    """Write strings as Python 2 did, which wrote the published files: as BINSTRING."""

    def _save_string(self, value):
        value = value.encode("latin1") if isinstance(value, str) else value
        self.write(pickle.BINSTRING + struct.pack("<i", len(value)) + value)

    dispatch = pickle._Pickler.dispatch | {str: _save_string, bytes: _save_string}


def write_pickle(path, entry):
    with path.open("wb") as file:
        Python2Pickler(file, protocol=2).dump(entry)
    return hashlib.md5(path.read_bytes()).hexdigest()


@pytest.fixture
def images():
    return np.random.default_rng(0).integers(0, 256, (6, 20, 3, 32, 32), dtype=np.uint8)


@pytest.fixture
def root(tmp_path, monkeypatch, images):
    """Write small batches in the published format, and let torchvision expect their checksums."""
    folder = tmp_path / CIFAR10.base_folder
    folder.mkdir()
    checksums = []
    for part, name in zip(images, BATCHES, strict=True):
        entry = {
            "data": part.reshape(20, 3072),
            "labels": [k % 10 for k in range(20)],
            "batch_label": name,
            "filenames": [f"{k}.png" for k in range(20)],
        }
        checksums.append([name, write_pickle(folder / name, entry)])
    meta = {"num_cases_per_batch": 20, "label_names": NAMES, "num_vis": 3072}
    md5 = write_pickle(folder / "batches.meta", meta)
    monkeypatch.setattr(CIFAR10, "train_list", checksums[:5])
    monkeypatch.setattr(CIFAR10, "test_list", checksums[5:])
    monkeypatch.setattr(CIFAR10, "meta", CIFAR10.meta | {"md5": md5})
    data._load_cifar10.cache_clear()
    yield tmp_path
    data._load_cifar10.cache_clear()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", refuse)


def test_load_yields_the_official_training_and_test_set(root, images, no_network):
    dataset = cifar10.load(root)
    np.testing.assert_array_equal(dataset.x_train, images[:5].reshape(100, 3, 32, 32))
    np.testing.assert_array_equal(dataset.x_test, images[5])
    assert dataset.x_train.dtype == torch.uint8
    assert dataset.x_train.is_contiguous()
    assert dataset.y_train.tolist() == list(range(10)) * 10
    assert dataset.class_names == tuple(NAMES)
    assert "official test set" in dataset.source


def test_load_gives_the_statistics_of_the_training_channels(root, images, no_network):
    dataset = cifar10.load(root)
    scaled = images[:5].reshape(100, 3, 32, 32) / 255
    np.testing.assert_allclose(dataset.mean, scaled.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(dataset.std, scaled.std((0, 2, 3)), rtol=1e-6)


def test_load_reads_once_a_process(root, no_network):
    config = RunConfig(data="cifar10")
    assert data.load(config, root) is data.load(config.but(seed=1), root)


def test_load_downloads_when_files_are_missing(root, monkeypatch):
    archive = root / "archive.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root / CIFAR10.base_folder, CIFAR10.base_folder)
    (root / CIFAR10.base_folder / "data_batch_2").unlink()

    def unpack(url, download_root, **kwargs):
        with tarfile.open(archive) as tar:
            tar.extractall(download_root, filter="data")

    monkeypatch.setattr("torchvision.datasets.cifar.download_and_extract_archive", unpack)
    assert len(cifar10.load(root).x_train) == 100


def test_load_unpacks_an_archive_put_in_place_by_hand(root, monkeypatch):
    archive = root / CIFAR10.filename
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(root / CIFAR10.base_folder, CIFAR10.base_folder)
    monkeypatch.setattr(CIFAR10, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    monkeypatch.setattr("torchvision.datasets.utils._urlretrieve", pytest.fail)
    (root / CIFAR10.base_folder / "test_batch").unlink()
    assert len(cifar10.load(root).x_test) == 20


def test_load_says_what_to_put_where_when_there_is_nothing_and_no_network(tmp_path, no_network):
    with pytest.raises(DataError) as caught:
        cifar10.load(tmp_path / "absent")
    message = str(caught.value)
    assert "found no intact file, and the download failed (Network is unreachable)" in message
    for part in (*BATCHES, "batches.meta", str(tmp_path / "absent" / "cifar-10-batches-py"), CIFAR10.url):
        assert part in message


@pytest.mark.parametrize("name", ["data_batch_3", "batches.meta"])
def test_load_names_a_damaged_file_when_there_is_no_network(root, no_network, name):
    file = root / CIFAR10.base_folder / name
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(DataError, match=f"found no intact {name}, and"):
        cifar10.load(root)
