import hashlib
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mixrepro.data import shifted
from mixrepro.data.shifted import cifar
from mixrepro.errors import ConfigError, DataError

REAL = Path(__file__).parents[2] / "shared" / "data"

DATA_V6 = "CIFAR-10.1/datasets/cifar10.1_v6_data.npy"
LABELS_V6 = "CIFAR-10.1/datasets/cifar10.1_v6_labels.npy"
TEST_2 = "cifar-10.2/cifar102_test.npz"
NOISE_C = "CIFAR-10-C/gaussian_noise.npy"
LABELS_C = "CIFAR-10-C/labels.npy"


def images(n, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (n, 32, 32, 3), dtype=np.uint8)


def labels(n, dtype):
    return (np.arange(n) * 7 % 10).astype(dtype)


def expect(monkeypatch, root, file):
    """Let the loader expect the checksum that a file has, by the tools that define them."""
    kind, _ = cifar.CHECKSUMS[file]
    if kind == "git":
        command = ["git", "hash-object", "--no-filters", str(root / file)]
        checksum = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    else:
        checksum = hashlib.md5((root / file).read_bytes()).hexdigest()
    monkeypatch.setitem(cifar.CHECKSUMS, file, (kind, checksum))


def write(monkeypatch, root, file, *array, **arrays):
    (root / file).parent.mkdir(parents=True, exist_ok=True)
    np.save(root / file, *array) if array else np.savez(root / file, **arrays)
    expect(monkeypatch, root, file)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Write the published files with other images, at their own sizes but CIFAR-10-C, which has 5 x 30 here."""
    for version, n in [("v4", 2021), ("v6", 2000)]:
        stem = f"CIFAR-10.1/datasets/cifar10.1_{version}"
        write(monkeypatch, tmp_path, f"{stem}_data.npy", images(n))
        write(monkeypatch, tmp_path, f"{stem}_labels.npy", labels(n, np.int32))
    for part, n in [("test", 2000), ("train", 10_000)]:
        contents = {
            "images": images(n, 1),
            "labels": labels(n, np.int64),
            "label_names": np.array(cifar.CLASS_NAMES),
            "ti_indices": np.arange(n),
            "keywords": np.array(["a keyword"] * n),
        }
        write(monkeypatch, tmp_path, f"cifar-10.2/cifar102_{part}.npz", **contents)
    monkeypatch.setattr(cifar, "CORRUPTED", 30)
    write(monkeypatch, tmp_path, NOISE_C, images(150, 2))
    write(monkeypatch, tmp_path, LABELS_C, np.tile(labels(30, np.uint8), 5))
    return tmp_path


CASES = [
    ("cifar10.1-v4", 0, 2021, 2021, 0, "CIFAR-10.1, version v4: 2,021 new images."),
    ("cifar10.1-v6", 0, 2000, 2000, 0, "CIFAR-10.1, version v6: 2,000 new images."),
    ("cifar10.2", 1, 2000, 2000, 0, "CIFAR-10.2, its test set: 2,000 new images."),
    (
        "cifar10_c-noise-1",
        2,
        150,
        30,
        0,
        "CIFAR-10-C: the official test images under Gaussian noise of severity 1.",
    ),
    (
        "cifar10_c-noise-5",
        2,
        150,
        30,
        120,
        "CIFAR-10-C: the official test images under Gaussian noise of severity 5.",
    ),
]


def like_cifar10(class_names=cifar.CLASS_NAMES, name="arrays"):
    return SimpleNamespace(name=name, class_names=class_names)


@pytest.mark.parametrize(("name", "seed", "drawn", "n", "start", "source"), CASES)
def test_load_reads_the_published_format(root, name, seed, drawn, n, start, source):
    loaded = shifted.load(name, like_cifar10(), root)
    np.testing.assert_array_equal(loaded.x, images(drawn, seed)[start : start + n].transpose(0, 3, 1, 2))
    assert (loaded.x.dtype, loaded.y.dtype, loaded.x.is_contiguous()) == (torch.uint8, torch.int64, True)
    assert loaded.y.tolist() == labels(n, np.int64).tolist()
    assert (loaded.name, loaded.source) == (name, source)


def test_load_reads_the_training_part_of_cifar10_2(root):
    loaded = cifar.cifar10_2(root, "train")
    assert (loaded.name, loaded.x.shape) == ("cifar10.2-train", (10_000, 3, 32, 32))


FILES = [
    ("cifar10.1-v6", DATA_V6, "https://github.com/modestyachts/CIFAR-10.1"),
    ("cifar10.1-v6", LABELS_V6, "https://github.com/modestyachts/CIFAR-10.1"),
    ("cifar10.2", TEST_2, "https://github.com/modestyachts/cifar-10.2"),
    ("cifar10_c-noise-3", NOISE_C, "https://zenodo.org/records/2535967"),
    ("cifar10_c-noise-3", LABELS_C, "https://zenodo.org/records/2535967"),
]


@pytest.mark.parametrize(("name", "file", "origin"), FILES)
def test_load_says_where_to_get_a_missing_file_and_where_to_put_it(root, name, file, origin):
    (root / file).unlink()
    with pytest.raises(DataError) as caught:
        shifted.load(name, like_cifar10(), root)
    message = str(caught.value)
    assert message.startswith(f"{root / file}: found no such file, expected that of ")
    assert origin in message
    assert message.endswith(f" in {root}")


@pytest.mark.parametrize("content", [b"", b"<html>Not Found</html>", "truncated"])
@pytest.mark.parametrize(("name", "file", "origin"), FILES)
def test_load_names_a_file_that_cannot_be_read(root, name, file, origin, content):
    whole = (root / file).read_bytes()
    (root / file).write_bytes(whole[: len(whole) // 2] if content == "truncated" else content)
    with pytest.raises(DataError, match=r"found a file that cannot be read \(") as caught:
        shifted.load(name, like_cifar10(), root)
    assert str(root / file) in str(caught.value)


@pytest.mark.parametrize(("name", "file", "origin"), FILES)
def test_load_refuses_a_file_that_is_not_the_published_one(root, name, file, origin, monkeypatch):
    kind, right = cifar.CHECKSUMS[file]
    monkeypatch.setitem(cifar.CHECKSUMS, file, (kind, "0" * len(right)))
    with pytest.raises(DataError, match=rf"^{kind} checksum of .*: found '{right}', expected 0+, that of the pub"):
        shifted.load(name, like_cifar10(), root)


WRONG = {
    "images of v4": (
        images(2021),
        r"images of .*data\.npy: .* array of shape \(2021, 32, 32, 3\), expected uint8 of",
    ),
    "floats": (
        images(2000) / 255,
        r"found a float64 array of shape .*, expected uint8 of shape \(2000, 32, 32, 3\)",
    ),
    "channels first": (images(2000).transpose(0, 3, 1, 2), r"shape \(2000, 3, 32, 32\), expected uint8 of shape"),
}


@pytest.mark.parametrize("case", WRONG)
def test_load_names_images_of_the_wrong_kind(root, monkeypatch, case):
    array, message = WRONG[case]
    write(monkeypatch, root, DATA_V6, array)
    with pytest.raises(DataError, match=message):
        cifar.cifar10_1(root)


WRONG_LABELS = {
    "one-hot": (
        np.eye(10)[labels(2000, int)],
        r"found a float64 array of shape \(2000, 10\), expected integers of",
    ),
    "too few": (
        labels(1999, np.int32),
        r"found a int32 array of shape \(1999,\), expected integers of shape \(2000,",
    ),
    "from one": (labels(2000, np.int32) + 1, r"labels of .*npy: found a range from 1 to 10, expected 0 to 9"),
    "negative": (labels(2000, np.int32) - 1, r"found a range from -1 to 8, expected 0 to 9"),
    "pickled": (
        labels(2000, int).astype(object),
        r"found a file that cannot be read \(Array can't be memory-mapped",
    ),
}


@pytest.mark.parametrize("case", WRONG_LABELS)
def test_load_names_labels_of_the_wrong_kind(root, monkeypatch, case):
    array, message = WRONG_LABELS[case]
    write(monkeypatch, root, LABELS_V6, array)
    with pytest.raises(DataError, match=message):
        cifar.cifar10_1(root)


def test_load_names_the_key_that_an_archive_lacks(root, monkeypatch):
    write(monkeypatch, root, TEST_2, images=images(2000), y=labels(2000, int))
    with pytest.raises(
        DataError, match=r"^keys of .*cifar102_test\.npz: found \['images', 'y'\], expected also lab"
    ):
        cifar.cifar10_2(root)


def test_load_names_an_array_for_an_archive_and_an_archive_for_an_array(root):
    (root / TEST_2).write_bytes((root / DATA_V6).read_bytes())
    with pytest.raises(DataError, match=r"cifar102_test\.npz: .* \(one array without a key\)"):
        cifar.cifar10_2(root)
    (root / DATA_V6).write_bytes((root / "cifar-10.2/cifar102_train.npz").read_bytes())
    with pytest.raises(DataError, match=r"v6_data\.npy: .* \(an archive of arrays\)"):
        cifar.cifar10_1(root)


def test_load_names_a_version_a_part_or_a_severity_that_there_is_not(root):
    with pytest.raises(ConfigError, match=r"^version of CIFAR-10\.1: found 'v5', expected one of v4, v6$"):
        cifar.cifar10_1(root, "v5")
    with pytest.raises(ConfigError, match=r"^part of CIFAR-10\.2: found 'extra', expected one of test, train$"):
        cifar.cifar10_2(root, "extra")
    for severity in (0, 6):
        with pytest.raises(ConfigError, match=rf"^severity: found {severity}, expected 1 to 5$"):
            cifar.cifar10_c_noise(root, severity)


def test_sets_of_other_classes_are_not_offered(root):
    digits = like_cifar10(class_names=tuple("0123456789"), name="svhn")
    assert list(shifted.available(digits, root)) == [f"recreated_noise-{severity}" for severity in range(1, 6)]
    assert {case[0] for case in CASES} <= set(shifted.available(like_cifar10(), root))
    with pytest.raises(
        ConfigError, match=r"^shifted test set for svhn: found 'cifar10\.2', expected one of recrea"
    ):
        shifted.load("cifar10.2", digits, root)


@pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/data beside the project: real CIFAR-10 labels")
def test_published_checksum_is_that_of_the_real_labels_five_times_over(tmp_path, monkeypatch):
    with np.load(REAL / "cifar10_test_jpeg.npz") as archive:
        real = archive["labels"]
    (tmp_path / LABELS_C).parent.mkdir()
    np.save(tmp_path / LABELS_C, np.tile(real, 5).astype(np.uint8))
    np.testing.assert_array_equal(cifar._read_labels(tmp_path, LABELS_C, 50_000), np.tile(real, 5))
