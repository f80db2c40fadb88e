import hashlib
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch

from mixrepro import data
from mixrepro.config import RunConfig
from mixrepro.data import arrays
from mixrepro.errors import DataError

REAL = Path(__file__).parents[2] / "shared" / "data"
CONFIG = RunConfig(data="arrays")


def unique_images(count, first=0, shape=(4, 5, 3)):
    """Make images that all differ: the first two pixels hold a serial number."""
    images = np.random.default_rng(first).integers(0, 256, (count, *shape), dtype=np.uint8)
    flat = images.reshape(count, -1)
    flat[:, 0], flat[:, 1] = divmod(np.arange(first, first + count), 256)
    return images


@pytest.fixture
def folder(tmp_path):
    """Write 100 images of four classes in two files."""
    for k, name in enumerate(["a.npz", "b.npz"]):
        np.savez(tmp_path / name, images=unique_images(50, 50 * k), labels=np.arange(50 * k, 50 * k + 50) % 4)
    return tmp_path


def rewrite(path, **changes):
    with np.load(path) as archive:
        members = {**archive, **changes}
    np.savez(path, **{key: value for key, value in members.items() if value is not None})


def as_set(images):
    return {image.numpy().tobytes() for image in images}


def test_load_yields_contiguous_channels_first_images_with_their_labels(folder):
    dataset = arrays.load(folder)
    images = np.concatenate([unique_images(50, 0), unique_images(50, 50)])
    labels = {image.transpose(2, 0, 1).tobytes(): k % 4 for k, image in enumerate(images)}
    for x, y in [(dataset.x_train, dataset.y_train), (dataset.x_test, dataset.y_test)]:
        assert x.shape[1:] == (3, 4, 5)
        assert x.dtype == torch.uint8
        assert x.is_contiguous()
        assert y.dtype == torch.int64
        assert [labels[image.numpy().tobytes()] for image in x] == y.tolist()
    assert (dataset.num_classes, dataset.class_names) == (4, ("0", "1", "2", "3"))


def test_load_reads_grey_images_as_one_channel(folder):
    np.savez(folder / "a.npz", images=unique_images(50, shape=(4, 5)), labels=np.arange(50) % 2)
    assert arrays.load(folder, "a.npz").x_train.shape[1:] == (1, 4, 5)


def test_load_holds_out_a_balanced_fifth_that_training_never_sees(folder):
    dataset = arrays.load(folder)
    assert dataset.y_test.bincount().tolist() == [5] * 4
    train, test = as_set(dataset.x_train), as_set(dataset.x_test)
    assert (len(train), len(test)) == (80, 20)
    assert not train & test


def test_load_holds_out_the_same_images_for_every_seed(folder):
    test_sets = []
    for seed in range(2):
        data._load_arrays.cache_clear()
        test_sets.append(as_set(data.load(CONFIG.but(seed=seed, test_size=12), folder).x_test))
    assert len(test_sets[0]) == 12
    assert test_sets[0] == test_sets[1]


def test_load_gives_the_statistics_of_the_training_images_alone(folder):
    dataset = arrays.load(folder)
    scaled = dataset.x_train.double() / 255
    torch.testing.assert_close(dataset.mean, scaled.mean((0, 2, 3)).float())
    torch.testing.assert_close(dataset.std, scaled.std((0, 2, 3), correction=0).float())


def test_load_only_centres_a_constant_channel(folder):
    images = unique_images(50)
    images[..., 2] = 51
    rewrite(folder / "a.npz", images=images)
    dataset = arrays.load(folder, "a.npz")
    assert dataset.mean[2] == pytest.approx(0.2)
    assert dataset.std[2] == 1


def test_load_says_where_the_test_images_come_from(folder):
    source = arrays.load(folder).source
    assert source == (
        "Images of a.npz, b.npz: 80 are the training set, and 20 were held out of the same files as the test "
        "set, 5 of each of 4 classes."
    )


def test_load_takes_the_class_names_of_the_files(folder):
    rewrite(folder / "b.npz", classes=np.array(["ant", "bee", "cat", "dog"]))
    assert arrays.load(folder).class_names == ("ant", "bee", "cat", "dog")


def test_load_fingerprints_what_sha256sum_prints(folder):
    lines = "".join(
        f"{hashlib.sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in ["a.npz", "b.npz"]
    )
    assert arrays.load(folder).sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_load_accepts_the_recorded_files_and_refuses_others(folder):
    recorded = CONFIG.but(data_sha256=data.load(CONFIG, folder).sha256)
    assert data.load(recorded, folder).sha256 == recorded.data_sha256
    with pytest.raises(DataError, match=rf"found '\w{{64}}', expected data_sha256='{'0' * 64}'"):
        data.load(CONFIG.but(data_sha256="0" * 64), folder)


def test_load_reads_once_until_a_file_changes(folder):
    before = data.load(CONFIG, folder)
    assert data.load(CONFIG.but(seed=7), folder) is before
    rewrite(folder / "b.npz", extra=np.zeros(3))
    assert data.load(CONFIG, folder).sha256 != before.sha256


def test_find_files_sorts_by_name_and_skips_hidden_files(folder):
    (folder / "._a.npz").write_bytes(b"what macOS leaves beside a file on a foreign disk")
    assert [path.name for path in arrays.find_files(folder, "*.npz")] == ["a.npz", "b.npz"]
    assert [path.name for path in arrays.find_files(folder, "b*")] == ["b.npz"]


def test_find_files_says_what_is_there_when_nothing_matches(folder):
    with pytest.raises(DataError, match=r"no match among its 2 files: a\.npz, b\.npz, expected .* 'x\*'"):
        arrays.find_files(folder, "x*")


def test_find_files_says_when_the_folder_is_empty_missing_or_a_file(tmp_path):
    with pytest.raises(DataError, match="found no file, expected"):
        arrays.find_files(tmp_path, "*.npz")
    with pytest.raises(DataError, match=r"absent: found no such folder, expected a folder of \.npz files"):
        data.load(CONFIG, tmp_path / "absent")
    (tmp_path / "a.npz").touch()
    with pytest.raises(DataError, match="found a file, expected a folder"):
        data.load(CONFIG, tmp_path / "a.npz")


GREY = np.zeros((50, 4, 5), np.uint8)
UNUSABLE = {
    "no images": ({"images": None}, r"found \['labels'\], expected also images .*--data-files"),
    "float images": ({"images": GREY / 255}, r"images .* a float64 array .* expected uint8"),
    "flat images": (
        {"images": GREY.reshape(50, 20)},
        r"images .* shape \(50, 20\), .* \[n, h, w, c\]",
    ),
    "no image": ({"images": GREY[:0], "labels": np.zeros(0, int)}, r"images .* shape \(0, 4, 5\)"),
    "channels first": ({"images": np.zeros((50, 3, 8, 9), np.uint8)}, "the channel comes last"),
    "other shape": (
        {"images": np.zeros((50, 4, 6, 3), np.uint8)},
        r"\(3, 4, 6\), .* as in a\.npz",
    ),
    "fewer labels": ({"labels": np.arange(49) % 4}, "labels .* found 49, expected 50, one an image"),
    "float labels": ({"labels": np.arange(50) % 4 / 1}, "labels .* a float64 array .* expected integers"),
    "one-hot labels": ({"labels": np.eye(4, dtype=int)[np.arange(50) % 4]}, r"labels .* \(50, 4\), expected"),
    "negative label": ({"labels": np.arange(50) % 4 - 1}, "smallest label .* found -1, expected 0 or more"),
    "huge label": ({"labels": np.full(50, 2**64 - 1, np.uint64)}, "smallest label"),
    "gap": (
        {"labels": np.arange(50) % 4 * 2},
        "only 6 distinct values, from 0 to 6, expected 0 to",
    ),
    "object labels": (
        {"labels": np.array([None] * 50)},
        "cannot be read .* expected .* plain arrays",
    ),
    "object names": (
        {"classes": np.array(["a", None])},
        "cannot be read .* expected .* plain arrays",
    ),
    "numeric names": ({"classes": np.arange(4)}, "classes .* int64 array .* expected strings"),
    "three names": ({"classes": np.array(["a", "b", "c"])}, r"\('a', 'b', 'c'\), expected 4 names"),
}


@pytest.mark.parametrize(("changes", "message"), UNUSABLE.values(), ids=UNUSABLE)
def test_load_names_the_file_and_what_is_wrong_with_it(folder, changes, message):
    rewrite(folder / "b.npz", **changes)
    with pytest.raises(DataError, match=message) as caught:
        arrays.load(folder)
    assert "b.npz" in str(caught.value) or f"*.npz in {folder}" in str(caught.value)


def test_load_refuses_a_single_class(folder):
    rewrite(folder / "a.npz", labels=np.zeros(50, int))
    with pytest.raises(DataError, match=r"found only 1 distinct values, from 0 to 0, expected .* at least two"):
        arrays.load(folder, "a.npz")


def test_load_refuses_class_names_that_differ_between_files(folder):
    rewrite(folder / "a.npz", classes=np.array(["a", "b", "c", "d"]))
    rewrite(folder / "b.npz", classes=np.array(["a", "b", "d", "c"]))
    with pytest.raises(DataError, match="expected the same names in every file"):
        arrays.load(folder)


def damaged_contents(content):
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 255
    npy = io.BytesIO()
    np.save(npy, np.arange(3))
    return {
        "empty": b"",
        "truncated": content[:-200],
        "flipped": bytes(flipped),
        "text": b"not a zip archive\n",
        "npy": npy.getvalue(),
    }


@pytest.mark.parametrize("kind", ["empty", "truncated", "flipped", "text", "npy"])
def test_load_names_a_damaged_file(folder, kind):
    path = folder / "b.npz"
    path.write_bytes(damaged_contents(path.read_bytes())[kind])
    with pytest.raises(DataError, match=r"b\.npz: found a file that cannot be read .* expected an intact"):
        arrays.load(folder)


def test_load_refuses_a_member_that_is_not_an_array(folder):
    with zipfile.ZipFile(folder / "b.npz", "w") as archive:
        archive.writestr("images", b"raw bytes")
        archive.writestr("labels", b"raw bytes")
    with pytest.raises(DataError, match=r"images of .*b\.npz: found a .* array of shape \(\), expected uint8"):
        arrays.load(folder)


@pytest.mark.parametrize(
    ("test_size", "message"),
    [
        (10, "^test_size: found 10, expected a positive multiple of the 4 classes$"),
        (100, "^test_size: found 100, expected at most 96, which leaves a training image of every class$"),
    ],
)
def test_load_names_a_test_size_that_cannot_be_held_out(folder, test_size, message):
    with pytest.raises(DataError, match=message):
        data.load(CONFIG.but(test_size=test_size), folder)


def test_load_says_when_one_fifth_is_more_than_a_rare_class_has(folder):
    rewrite(folder / "a.npz", labels=np.array([0] * 46 + [1] * 4))
    with pytest.raises(DataError, match=r"^test_size \(by default one fifth\): found 10, .* at most 6, "):
        arrays.load(folder, "a.npz")


@pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/data beside the project: real CIFAR-10 images")
def test_load_reads_real_images():
    config = CONFIG.but(data_files="cifar10_train_1.npz")
    dataset = data.load(config, REAL)
    # The checksum that the folder's README states for this file.
    line = "bff02fc08c47a1207d05b2d93f2253f9755358bc99a3c45541c558214299b92e  cifar10_train_1.npz\n"
    assert dataset.sha256 == hashlib.sha256(line.encode()).hexdigest()
    assert dataset.x_train.shape == (8000, 3, 32, 32)
    assert dataset.y_test.bincount().tolist() == [200] * 10
    assert dataset.class_names[3] == "cat"
    # The whole training set has 125.307, 122.950, 113.865; the mean of 8,000 images has an error near 0.4.
    np.testing.assert_allclose(dataset.mean * 255, [125.307, 122.950, 113.865], atol=2)
    data._load_arrays.cache_clear()


@pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/data beside the project: real CIFAR-10 images")
def test_load_says_which_keys_a_real_file_has_instead():
    with pytest.raises(DataError, match=r"cifar10_test_jpeg\.npz: found \['classes', 'data'.*--data-files"):
        data.load(CONFIG, REAL)
