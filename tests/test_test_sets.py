"""TEST-SETS+: the official test images in their files, what is declared, and a verdict that follows the sets."""

import hashlib
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from mixrepro.claims import all_claims
from mixrepro.claims import test_sets as claim
from mixrepro.claims.fig_16 import STANDARD, column_of
from mixrepro.data import shifted
from mixrepro.data.shifted import cifar, official
from mixrepro.errors import ConfigError, DataError
from mixrepro.experiments import declare, fig_2, test_sets

REAL = Path(__file__).parents[2] / "shared" / "data"
NAMES = ("official_jpeg", "official_1k", "official_1k_jpeg")
N, BOTH = 30, 12
LIKE_CIFAR10 = SimpleNamespace(name="arrays", class_names=cifar.CLASS_NAMES)


def encoded(pixels, **options):
    """Encode an image, uint8 [h, w, c] or [h, w]."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, **{"format": "JPEG", "quality": 75, **options})
    return file.getvalue()


def smooth_images(n, side=32):
    """Draw images that JPEG keeps nearly as they are: slopes of colour."""
    slopes = np.random.default_rng(0).uniform(-3, 3, (n, 2, 1, 1, 3))
    y, x = np.mgrid[:side, :side][..., None] - side / 2
    return np.clip(128 + slopes[:, 0] * y + slopes[:, 1] * x, 0, 255).astype(np.uint8)


def jpeg_arrays(files, labels):
    """Lay out JPEG files as the archive does."""
    offsets = np.cumsum([0, *map(len, files)])
    return {"data": np.frombuffer(b"".join(files), np.uint8), "offsets": offsets, "labels": labels}


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a file, and let the loader expect it."""

    def write(name, **arrays):
        np.savez(tmp_path / name, **arrays)
        sha256 = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        monkeypatch.setitem(official.CHECKSUMS, name, sha256)

    return write


@pytest.fixture
def images():
    return smooth_images(N)


@pytest.fixture
def labels():
    return (np.arange(N) * 7 % 10).astype(np.uint8)


@pytest.fixture
def root(tmp_path, monkeypatch, write, images, labels):
    """Both files, of fewer images."""
    monkeypatch.setattr(official, "ALL", N)
    monkeypatch.setattr(official, "BOTH_WAYS", BOTH)
    write(official.JPEG, **jpeg_arrays([encoded(image) for image in images], labels))
    write(official.LOSSLESS, images=images[:BOTH], labels=labels[:BOTH])
    return tmp_path


def load(name, root):
    return shifted.load(name, LIKE_CIFAR10, root)


def test_sets_have_the_images_of_their_files_in_order(root, images, labels):
    for name, n, lossy in zip(NAMES, (N, BOTH, BOTH), (True, False, True), strict=True):
        loaded = load(name, root)
        assert (loaded.name, loaded.x.shape, loaded.x.dtype) == (name, (n, 3, 32, 32), torch.uint8)
        assert (loaded.y.dtype, loaded.y.tolist()) == (torch.int64, labels[:n].tolist())
        difference = np.abs(loaded.x.numpy().transpose(0, 2, 3, 1).astype(int) - images[:n])
        assert (difference.max() > 0) == lossy
        assert difference.mean() < 4  # of 255; another order or other channels would be 40
        assert ("JPEG of quality 75, which is lossy" in loaded.source) == lossy
        assert ("without loss" in loaded.source) != lossy
        assert f"{n:,}" in loaded.source or f"first {n}" in loaded.source
    assert torch.equal(load("official_1k_jpeg", root).x, load("official_jpeg", root).x[:BOTH])
    assert len({load(name, root).sha256 for name in NAMES}) == 3


FILES = [(NAMES[0], official.JPEG), (NAMES[1], official.LOSSLESS), (NAMES[2], official.JPEG)]


@pytest.mark.parametrize(("name", "file"), FILES)
def test_a_missing_file_is_named_with_what_to_do(root, name, file):
    (root / file).unlink()
    with pytest.raises(DataError) as caught:
        load(name, root)
    assert str(caught.value).startswith(f"{root / file}: found no such file, expected the one that belongs beside")
    assert "--data-root" in str(caught.value)
    assert official.CHECKSUMS[file] in str(caught.value)


@pytest.mark.parametrize(("name", "file"), FILES)
@pytest.mark.parametrize("change", ["cut", "a byte", "another file"])
def test_a_file_that_is_not_the_pinned_one_is_refused_before_it_is_parsed(root, name, file, change, monkeypatch):
    content = bytearray((root / file).read_bytes())
    content[len(content) // 2] ^= 1
    changed = {"cut": content[: len(content) // 2], "a byte": content, "another file": b"<html>Not Found</html>"}
    (root / file).write_bytes(changed[change])

    def parse(*arguments, **options):
        raise AssertionError("parsed")

    monkeypatch.setattr(np, "load", parse)
    with pytest.raises(DataError, match=r": found a file of [\d,]+ bytes, SHA-256 [0-9a-f]{64}, expected the one"):
        load(name, root)


def test_pickles_are_never_loaded(root, write, images, labels):
    write(official.LOSSLESS, images=images[:BOTH], labels=labels[:BOTH].astype(object))
    with pytest.raises(DataError, match=r"found a file that cannot be read \(Object arrays cannot be loaded"):
        load("official_1k", root)


def test_a_file_that_is_no_archive_is_named(root, monkeypatch, images):
    with (root / official.LOSSLESS).open("wb") as file:
        np.save(file, images)
    sha256 = hashlib.sha256((root / official.LOSSLESS).read_bytes()).hexdigest()
    monkeypatch.setitem(official.CHECKSUMS, official.LOSSLESS, sha256)
    with pytest.raises(DataError, match=r"cannot be read \(one array without a key\)"):
        load("official_1k", root)


WRONG_IMAGES = {
    "too small": (lambda images: encoded(images[0, :16, :24]), r"found a JPEG of 16 x 24 pixels, mode RGB"),
    "grey": (lambda images: encoded(images[0, :, :, 0]), r"found a JPEG of 32 x 32 pixels, mode L"),
    "a PNG": (lambda images: encoded(images[0], format="PNG"), r"found a file that cannot be read \(cannot ident"),
    "cut": (lambda images: encoded(images[0])[:-200], r"found a file that cannot be read \("),
    "nothing": (lambda images: b"", r"found a file that cannot be read \("),
}


@pytest.mark.parametrize("case", WRONG_IMAGES)
def test_an_image_of_the_wrong_kind_is_named(root, write, images, labels, case):
    make, found = WRONG_IMAGES[case]
    files = [encoded(image) for image in images]
    files[BOTH - 1] = make(images)
    write(official.JPEG, **jpeg_arrays(files, labels))
    for name in ("official_jpeg", "official_1k_jpeg"):
        expected = rf"^image {BOTH - 1} of .*{official.JPEG}: {found}.*, expected a JPEG of 32 x 32 pixels in col"
        with pytest.raises(DataError, match=expected):
            load(name, root)


WRONG_ARRAYS = {
    "no labels": ({"labels": None}, r"^keys of .*: found \['data', 'offsets'\], expected also labels$"),
    "too few labels": (
        {"labels": np.zeros(N - 1, int)},
        r"^labels of .*shape \(29,\), expected integers",
    ),
    "a class too many": (
        {"labels": np.full(N, 10)},
        r"^labels of .*a range from 10 to 10, expected 0 to 9$",
    ),
    "floats": ({"data": np.zeros(9)}, r"^data of .*found a float64 array .*, expected uint8 of shape"),
    "too few offsets": ({"offsets": np.zeros(N, int)}, r"^offsets of .*expected integers of shape \(31,\)$"),
    "offsets past the end": (
        {"offsets": np.arange(N + 1)},
        r"^offsets of .*a range from 0 to 30, expected ris",
    ),
}


@pytest.mark.parametrize("case", WRONG_ARRAYS)
def test_arrays_of_the_wrong_kind_are_named(root, write, images, labels, case):
    change, message = WRONG_ARRAYS[case]
    arrays = jpeg_arrays([encoded(image) for image in images], labels) | change
    write(official.JPEG, **{key: value for key, value in arrays.items() if value is not None})
    with pytest.raises(DataError, match=message):
        load("official_jpeg", root)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"images": np.zeros((BOTH, 3, 32, 32), np.uint8)},
            r"^images of .*uint8 of shape \(12, 32, 32, 3\)$",
        ),
        ({"images": np.zeros((BOTH, 32, 32, 3))}, r"^images of .*: found a float64 array"),
        ({"labels": np.full(BOTH, -1)}, r"^labels of .*: found a range from -1 to -1, expected 0 to 9$"),
    ],
)
def test_lossless_images_of_the_wrong_kind_are_named(root, write, images, labels, change, message):
    write(official.LOSSLESS, **({"images": images[:BOTH], "labels": labels[:BOTH]} | change))
    with pytest.raises(DataError, match=message):
        load("official_1k", root)


def test_sets_are_offered_with_the_classes_of_cifar10_alone(root):
    assert set(NAMES) < set(shifted.available(LIKE_CIFAR10, root))
    others = SimpleNamespace(name="svhn", class_names=tuple("0123456789"))
    assert not set(NAMES) & set(shifted.available(others, root))


def counts(loaded):
    return torch.bincount(loaded.y, minlength=10).tolist()


@pytest.mark.skipif(not REAL.is_dir(), reason="no ../shared/data beside the project: the real test images")
def test_real_files_are_what_they_are_called():
    everything, lossless, as_jpeg = (load(name, REAL) for name in NAMES)
    assert [len(each.x) for each in (everything, lossless, as_jpeg)] == [10_000, 1_000, 1_000]
    assert counts(everything) == [1_000] * 10
    assert counts(lossless) == counts(as_jpeg) == [103, 89, 100, 103, 90, 86, 112, 102, 106, 109]
    assert torch.equal(lossless.y, as_jpeg.y)
    assert torch.equal(everything.x[:1_000], as_jpeg.x)
    with np.load(REAL / official.JPEG) as jpeg, np.load(REAL / official.LOSSLESS) as pairs:
        np.testing.assert_array_equal(jpeg["index"], np.arange(10_000))
        np.testing.assert_array_equal(pairs["index"], np.arange(1_000))
    # Each image is the JPEG of its own: the data's README has 30.49 dB on average, 23.3 to 38.8.
    squares = ((lossless.x.double() - as_jpeg.x.double()) ** 2).mean((1, 2, 3))
    decibels = 10 * torch.log10(255**2 / squares)
    assert decibels.mean().item() == pytest.approx(30.49, abs=0.02)
    assert (decibels.min().item(), decibels.max().item()) == pytest.approx((23.3, 38.8), abs=0.1)


def test_runs_are_those_of_fig_2_tested_on_official_images():
    ours, theirs = test_sets.declare(), fig_2.declare("small", "mlp")
    assert (ours.id, ours.profile, ours.seeds) == ("TEST-SETS", "small", (0, 1, 2))
    assert declare("TEST-SETS", "small") == ours
    assert set(ours.arms) == {"ERM", "Mixup"}
    for arm, config in ours.arms.items():
        assert config.shifted_sets == NAMES
        assert config.snapshots == theirs.arms[arm].snapshots == (50, 200, 500)
        assert config.family() == theirs.arms[arm].family()
        assert config.epochs == theirs.arms[arm].epochs
        assert not theirs.arms[arm].measures(config)  # so that they are trained, and not taken from FIG-2


def test_declaration_takes_changes_and_names_what_is_wrong():
    changed = test_sets.declare(epochs=60, num_seeds=5, alpha=0.5)
    assert len(changed.seeds) == 5
    assert (changed.arms["Mixup"].alpha, changed.arms["Mixup"].snapshots) == (0.5, (50,))
    assert test_sets.declare(num_seeds=None) == test_sets.declare()
    for arguments, message in [
        (dict(profile="quick"), "profile: found 'quick', expected one of small for this experiment"),
        (dict(alpha=0.0), "alpha: found 0"),
        (dict(epochss=3), "parameter: found 'epochss'"),
        (dict(num_seeds=0), "num_seeds: found 0"),
    ]:
        with pytest.raises(ConfigError, match=message):
            test_sets.declare(**arguments)


EPOCHS, SEEDS, TURN = 60, 3, 30


SAME = dict(Mixup=0.0, ERM=0.0)


def curves(fall=0.06, official_fall=0.06, jpeg=SAME, noise=0.001, official_turn=TURN):
    """Simulate accuracies: Mixup's rise to a turn and then fall, ERM's stay; JPEG shifts what it is made of."""
    generator = np.random.default_rng(0)
    time = np.arange(1, EPOCHS + 1)

    def course(fall, level=0.4, turn=TURN):
        return (
            level * np.clip(time / turn, 0, 1)
            - fall * np.clip((time - turn) / (EPOCHS - turn), 0, 1)
            + generator.normal(0, noise, (SEEDS, EPOCHS))
        )

    return {
        arm: {
            column_of(STANDARD): course(falls * fall),
            column_of("official_jpeg"): course(falls * official_fall, 0.38, official_turn),
            column_of("official_1k"): course(falls * fall, 0.41),
            column_of("official_1k_jpeg"): course(falls * fall, 0.41) + jpeg[arm],
        }
        for arm, falls in (("Mixup", 1), ("ERM", 0))
    }


@pytest.fixture
def judged(simulate):
    def judge(lost=frozenset(), **settings):
        return claim.judge(simulate(test_sets.declare(epochs=EPOCHS), curves(**settings), lost))

    return judge


def words(verdict):
    return [part.verdict for part in verdict.parts]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (dict(), ["supported"] * 3),
        (dict(official_fall=0.0), ["refuted", "supported", "supported"]),  # only the held-out images fall
        (
            dict(official_fall=0.09),
            ["refuted", "supported", "supported"],
        ),  # official ones fall further
        (dict(jpeg=dict(Mixup=-0.04, ERM=0.0)), ["supported", "refuted", "supported"]),
        (dict(jpeg=dict(Mixup=0.0, ERM=0.04)), ["supported", "supported", "refuted"]),
        (dict(noise=0.03), ["inconclusive"] * 3),  # no difference found is not yet equality
    ],
)
def test_verdict_follows_the_sets(judged, settings, expected):
    assert words(judged(**settings)) == expected


def test_supported_only_if_all_parts_are_and_refuted_if_one_is(judged):
    assert judged().verdict == "supported"
    assert judged(jpeg=dict(Mixup=0.0, ERM=0.04)).verdict == "refuted"


def test_parts_tell_differences_with_their_sign(judged):
    fall, mixup, erm = judged(official_fall=0.08, jpeg=dict(Mixup=-0.03, ERM=0.01), noise=1e-6).parts
    assert [part.effect for part in (fall, mixup, erm)] == pytest.approx([0.02, -0.03, 0.01], abs=1e-4)
    assert {part.profile for part in (fall, mixup, erm)} == {"small"}


def test_the_turn_is_that_on_the_held_out_images(judged):
    # The official curve turns ten epochs earlier: a quarter of its fall is over when the other turns.
    early = judged(official_fall=0.08, official_turn=TURN - 10, noise=1e-6)
    assert early.parts[0].effect == pytest.approx(0.08 * 0.75 - 0.06, abs=1e-4)


def test_a_lost_seed_is_never_passed_over(judged):
    verdict = judged(lost={("Mixup", 1)})
    assert words(verdict) == ["inconclusive", "inconclusive", "supported"]


def test_a_run_that_never_turns_is_no_evidence(judged):
    assert words(judged(fall=-0.1, official_fall=-0.1))[0] == "inconclusive"


def test_claim_is_judged_at_small_alone():
    (found,) = [each for each in all_claims() if each.id == "TEST-SETS+"]
    assert found.profiles == ("small",)
    assert found.judge is claim.judge
