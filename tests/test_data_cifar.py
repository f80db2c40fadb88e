import hashlib
import pickle
import struct
import tarfile
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torchvision.datasets import CIFAR10, CIFAR100

from mixrepro import data
from mixrepro.data import cifar10, cifar100
from mixrepro.errors import DataError

CIFAR10_NAMES = "airplane automobile bird cat deer dog frog horse ship truck".split()


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


def cifar10_files(images):
    """Return name -> content of small batches in the published format, and what they hold."""
    names = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]
    files = {
        name: {
            "data": part.reshape(20, 3072),
            "labels": [k % 10 for k in range(20)],
            "batch_label": name,
            "filenames": [f"{k}.png" for k in range(20)],
        }
        for name, part in zip(names, images, strict=True)
    }
    files["batches.meta"] = {"num_cases_per_batch": 20, "label_names": CIFAR10_NAMES, "num_vis": 3072}
    return files, list(range(10)) * 10, list(range(10)) * 2, tuple(CIFAR10_NAMES)


def cifar100_files(images):
    classes = [f"class {label}" for label in range(100)]
    labels = {"train": list(range(100)), "test": list(range(80, 100))}
    files = {
        name: {
            "data": part.reshape(-1, 3072),
            "fine_labels": labels[name],
            "coarse_labels": [label // 5 for label in labels[name]],
            "batch_label": f"{name} 1 of 1",
            "filenames": [f"{k}.png" for k in range(len(part))],
        }
        for name, part in [("train", images[:5].reshape(-1, 3, 32, 32)), ("test", images[5])]
    }
    files["meta"] = {"fine_label_names": classes, "coarse_label_names": [f"group {k}" for k in range(20)]}
    return files, labels["train"], labels["test"], tuple(classes)


CASES = {
    "cifar10": (cifar10, CIFAR10, cifar10_files, "batches.meta", "data_batch_3", "test_batch"),
    "cifar100": (cifar100, CIFAR100, cifar100_files, "meta", "train", "test"),
}


@pytest.fixture(params=CASES)
def case(request, tmp_path, monkeypatch):
    """Write a small copy of one of the two sets, and let torchvision expect its checksums."""
    module, kind, make, meta, batch, test = CASES[request.param]
    images = np.random.default_rng(0).integers(0, 256, (6, 20, 3, 32, 32), dtype=np.uint8)
    files, labels, test_labels, classes = make(images)
    folder = tmp_path / kind.base_folder
    folder.mkdir()
    md5 = {name: write_pickle(folder / name, entry) for name, entry in files.items()}
    monkeypatch.setattr(kind, "train_list", [[name, md5[name]] for name in files if name not in (meta, test)])
    monkeypatch.setattr(kind, "test_list", [[test, md5[test]]])
    monkeypatch.setattr(kind, "meta", kind.meta | {"md5": md5[meta]})
    data._load_downloaded.cache_clear()
    yield SimpleNamespace(
        name=request.param,
        load=module.load,
        kind=kind,
        root=tmp_path,
        folder=folder,
        images=images,
        labels=labels,
        test_labels=test_labels,
        classes=classes,
        files=list(files),
        meta=meta,
        batch=batch,
        test=test,
    )
    data._load_downloaded.cache_clear()


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("Network is unreachable")

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", refuse)


def pack(case, archive):
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(case.folder, case.kind.base_folder)


@pytest.fixture
def download(case, monkeypatch):
    """Stand in for the download, and count it."""
    calls = []
    archive = case.root / "archive.tar.gz"
    pack(case, archive)

    def unpack(url, download_root, **kwargs):
        calls.append((url, kwargs["md5"]))
        with tarfile.open(archive) as tar:
            tar.extractall(download_root, filter="data")

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", unpack)
    return calls


def test_load_yields_the_official_training_and_test_set(case, no_network):
    dataset = case.load(case.root)
    np.testing.assert_array_equal(dataset.x_train, case.images[:5].reshape(100, 3, 32, 32))
    np.testing.assert_array_equal(dataset.x_test, case.images[5])
    assert dataset.x_train.dtype == torch.uint8
    assert dataset.x_train.is_contiguous()
    assert dataset.y_train.dtype == torch.int64
    assert dataset.y_train.tolist() == case.labels
    assert dataset.y_test.tolist() == case.test_labels
    assert (dataset.name, dataset.num_classes, dataset.class_names) == (case.name, len(case.classes), case.classes)
    assert "100 images of the official training set and the 20 of the official test set" in dataset.source


def test_load_gives_the_statistics_of_the_training_channels(case, no_network):
    dataset = case.load(case.root)
    scaled = case.images[:5].reshape(100, 3, 32, 32) / 255
    np.testing.assert_allclose(dataset.mean, scaled.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(dataset.std, scaled.std((0, 2, 3)), rtol=1e-6)


def test_load_fingerprints_the_content_as_recorded_runs_have_it(case, no_network):
    content = hashlib.sha256()
    for head, values in [
        (b"torch.uint8 (100, 3, 32, 32)\n", case.images[:5]),
        (b"torch.int64 (100,)\n", np.array(case.labels, dtype="<i8")),
        (b"torch.uint8 (20, 3, 32, 32)\n", case.images[5]),
        (b"torch.int64 (20,)\n", np.array(case.test_labels, dtype="<i8")),
    ]:
        content.update(head + values.tobytes())
    assert case.load(case.root).sha256 == content.hexdigest()


def test_load_is_reached_by_name_and_reads_once_a_process(case, no_network):
    config = SimpleNamespace(data=case.name, seed=0)
    dataset = data.load(config, case.root)
    assert dataset.name == case.name
    assert data.load(SimpleNamespace(data=case.name, seed=1), case.root) is dataset


def test_load_downloads_nothing_when_all_is_there(case, download):
    case.load(case.root)
    assert download == []


@pytest.mark.parametrize("which", ["batch", "test", "meta"])
def test_load_downloads_when_a_file_is_missing(case, download, which):
    (case.folder / getattr(case, which)).unlink()
    assert len(case.load(case.root).x_train) == 100
    assert download == [(case.kind.url, case.kind.tgz_md5)]


def test_load_downloads_nothing_when_another_process_did_meanwhile(case, download, monkeypatch):
    (case.folder / case.batch).unlink()

    class Lock:
        """A lock that is free once the other process has unpacked the archive."""

        def __init__(self, path):
            assert path == case.root / f"{case.name}.lock"

        def __enter__(self):
            with tarfile.open(case.root / "archive.tar.gz") as tar:
                tar.extractall(case.root, filter="data")

        def __exit__(self, *error):
            pass

    monkeypatch.setattr("filelock.FileLock", Lock)
    assert len(case.load(case.root).x_train) == 100
    assert download == []


def test_load_unpacks_an_archive_put_in_place_by_hand(case, monkeypatch):
    archive = case.root / case.kind.filename
    pack(case, archive)
    monkeypatch.setattr(case.kind, "tgz_md5", hashlib.md5(archive.read_bytes()).hexdigest())
    monkeypatch.setattr("torchvision.datasets.utils._urlretrieve", pytest.fail)
    (case.folder / case.test).unlink()
    assert len(case.load(case.root).x_test) == 20


def test_load_says_what_to_put_where_when_there_is_nothing_and_no_network(case, no_network):
    absent = case.root / "absent"
    with pytest.raises(DataError) as caught:
        case.load(absent)
    message = str(caught.value)
    assert "found no file, and the download failed (Network is unreachable)" in message
    for part in (*case.files, str(absent / case.kind.base_folder), case.kind.filename, case.kind.url):
        assert part in message


@pytest.mark.parametrize("which", ["batch", "test", "meta"])
def test_load_names_a_damaged_file_and_never_replaces_it(case, download, which):
    name = getattr(case, which)
    file = case.folder / name
    file.write_bytes(file.read_bytes()[:-1])
    found = hashlib.md5(file.read_bytes()).hexdigest()
    with pytest.raises(
        DataError, match=rf"{name}: found a file of .* bytes, MD5 {found}, expected .* MD5 \w{{32}}"
    ):
        case.load(case.root)
    assert download == []


def test_load_says_so_when_the_download_is_damaged(case, monkeypatch):
    file = case.folder / case.batch
    file.unlink()

    def fetch(*args, **kwargs):
        file.write_bytes(b"<html>")

    monkeypatch.setattr("torchvision.datasets.utils.download_and_extract_archive", fetch)
    with pytest.raises(DataError, match=f"{case.batch}: found a file of 6 bytes, MD5"):
        case.load(case.root)


def test_load_names_a_missing_file_when_there_is_no_network(case, no_network):
    (case.folder / case.batch).unlink()
    with pytest.raises(DataError, match=f"found no {case.batch}, and the download failed"):
        case.load(case.root)
