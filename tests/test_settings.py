"""Settings of a sweep: read by their types, refused by name, and never without effect."""

import contextlib
import itertools

import pytest

from mixrepro import experiments
from mixrepro.commands.reading import config_from, read
from mixrepro.commands.sweep import read_settings
from mixrepro.config import PROFILES
from mixrepro.errors import ConfigError, MixreproError
from mixrepro.experiments import DECLARATIONS, declare

VALUES = [
    "",
    "0",
    "-1",
    "2",
    "5,",
    "0.1,0.5",
    "1,2,3",
    "abc",
    "a,b",
    "true",
    "nan",
    "inf",
    "1e400",
    "9" * 5000,
    "{}",
]
#: Names that stand in signatures on the way to a run, and are no settings.
NO_NAMES = ["profile", "claim", "title", "sizes", "overrides", "self", "nonsense", ""]


def known_sizes(claim):
    for profile in PROFILES:
        try:
            yield profile, declare(claim, profile, **({"model": "resnet18"} if profile == "paper" else {}))
        except ConfigError:
            continue


@pytest.mark.parametrize("claim", DECLARATIONS)
def test_no_setting_of_any_experiment_ends_in_a_traceback(claim):
    sizes = [profile for profile, _ in known_sizes(claim)]
    for name, value in itertools.product([*experiments.kinds_of(claim), *NO_NAMES], VALUES):
        for profile in {sizes[0], sizes[-1]}:
            with contextlib.suppress(MixreproError):
                declare(claim, profile, **read_settings([f"{name}={value}"], claim))


@pytest.mark.parametrize(
    ("claim", "setting", "message"),
    [
        ("FIG-6", "switch_epochs=2", r"switch_epochs: found \(2,\), expected at least three, rising"),
        ("FIG-6", "switch_epochs=", r"switch_epochs: found \(\), expected at least three, rising"),
        ("FIG-6", "epochs=5", r"switch_epochs: found \(2, 10, 20\), expected none after the last epoch, 5"),
        (
            "FIG-2-MAP",
            "settings=abc",
            "settings: found 'abc', expected a mapping, which can be given in Python only",
        ),
        ("FIG-7", "shares=0.5,1.0", "shares: found '0.5,1.0', expected integers separated by commas"),
        ("FIG-2", "exact_mixup_loss=maybe", "exact_mixup_loss: found 'maybe', expected true or false"),
        ("LEMMA-3.1", "exact_mixup_loss=false", "exact_mixup_loss: found False, expected no value here"),
        ("FIG-2", "num_seeds=1000000000000", "num_seeds: found 1000000000000, expected an integer"),
        ("FIG-4", "plain_epochs=0", "epochs: found 0, expected greater than or equal to 1"),
        ("FIG-2", "profile=paper", "parameter: found 'profile', expected one of"),
        ("FIG-13+", "constant_lr=false", "parameter: found 'constant_lr', expected one of"),
        ("FIG-2", "seed=3", "seed: found 3, expected no value here: .* num_seeds"),
        ("FIG-6", "data=svhn", "data: found 'svhn', expected no value here: .* `paper`"),
        ("FIG-6", "percent=30", "percent: found 30.0, expected no value here: .* `paper`"),
        ("FIG-2", "data=arrays", "data: found 'arrays', expected no value here: .* `paper`"),
        ("FIG-8", "data=svhn", "data: found 'svhn', expected no value here: .* `paper`"),
        ("FIG-14", "percent=30", "percent: found 30.0, expected no value here: .* `paper`"),
        ("FIG-16", "data=svhn", "data: found 'svhn', expected no value here"),
        ("FIG-15", "percent=30", "percent: found 30.0, expected no value here: FIG-15 is on 100 %"),
        ("FIG-2-LAND", "data=svhn", "data: found 'svhn', expected no value here: .* `paper`"),
    ],
)
def test_a_setting_that_does_not_fit_is_named(claim, setting, message):
    with pytest.raises(ConfigError, match=message):
        declare(claim, "smoke", **read_settings([setting], claim))


def test_settings_are_read_by_their_types():
    texts = ["n=5", "lr=1", "switch-epochs=1,2", "shifted_sets=iid_noise-1", "snapshots=5,", "milestones=5",
             "exact_mixup_loss=True", "data=svhn", "num_seeds=2", "width=", "nonsense=1"]  # fmt: skip
    with pytest.raises(ConfigError, match="width: found '', expected a valid integer"):
        read_settings(texts, "FIG-6")
    texts.remove("width=")
    assert read_settings(texts, "FIG-6") == {
        "n": 5, "lr": 1.0, "switch_epochs": (1, 2), "shifted_sets": ("iid_noise-1",), "snapshots": (5,),
        "milestones": (5,), "exact_mixup_loss": True, "data": "svhn", "num_seeds": 2, "nonsense": "1",
    }  # fmt: skip
    assert read_settings(["snapshots="], "FIG-6") == {"snapshots": ()}
    assert read_settings(["etas=0.1,0.5"], "FIG-17") == {"etas": (0.1, 0.5)}
    with pytest.raises(ConfigError, match="n: found a second value, expected one"):
        read_settings(["n=5", "n=6"], "FIG-6")


def test_options_of_a_run_are_read_by_the_same_types():
    config = config_from({"snapshots": "5,", "epochs": "7", "lr": "1", "exact_mixup_loss": False, "n": None})
    assert (config.snapshots, config.epochs, config.lr, config.exact_mixup_loss) == ((5,), 7, 1.0, False)
    assert read("x", "1,2", tuple[float, ...]) == (1.0, 2.0)


#: For each name values of which most experiments take one.
OTHERS = {
    "data": ["svhn", "cifar10"], "percent": [30.0, 100.0], "n": [200, 60], "model": ["conv1d", "resnet34"],
    "width": [48], "depth": [6], "alpha": [0.5], "lam_per": ["sample"], "switch_epoch": [3], "loss": ["mse", "ce"],
    "eta": [0.5], "lr": [0.07], "momentum": [0.5], "weight_decay": [0.3], "milestones": [(3,)], "batch_size": [25],
    "augment": ["shift", "crop_flip", "none"], "epochs": [300, 30], "precision": ["bf16"],
    "exact_mixup_loss": [True, False], "shifted_sets": [("scale-1",)], "snapshots": [(3, 7)], "seed": [3],
    "test_size": [100], "data_files": ["x*.npz"], "num_seeds": [2], "shares": [(10, 100)], "plain_epochs": [5],
    "erm_epochs": [5], "svhn_n": [1000], "svhn_epochs": [5], "constant_epochs": [5], "switch_epochs": [(3, 4, 5)],
    "etas": [(0.3, 0.7)], "settings": [{}], "constant_lr": [True],
}  # fmt: skip


@pytest.mark.parametrize("claim", DECLARATIONS)
def test_a_setting_changes_what_is_trained_or_is_refused(claim):
    for profile, plain in known_sizes(claim):
        model = {"model": "resnet18"} if profile == "paper" else {}
        for name in set(experiments.kinds_of(claim)) & set(OTHERS):
            effects = []
            for value in OTHERS[name]:
                if value in [getattr(arm, name, None) for arm in plain.arms.values()]:
                    continue  # it is so anyway
                try:
                    changed = declare(claim, profile, **model | {name: value})
                except ConfigError:
                    continue
                effects.append((changed.arms, changed.seeds) != (plain.arms, plain.seeds))
            # At `paper` one of several panels is the one that is trained anyway.
            assert not effects or any(effects), (claim, profile, name)
