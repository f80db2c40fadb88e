"""A configuration is right, or refused by an error that names the field."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixrepro.config import PROFILES, RunConfig, check_profile
from mixrepro.errors import ConfigError

# A default that changes would give old records a new meaning under an old id.
PINNED_DEFAULTS = {
    "data": "mnist1d", "data_files": "*.npz", "data_sha256": None, "test_size": None, "n": 1000, "model": "mlp",
    "width": 256, "depth": 2, "alpha": 1.0, "lam_per": "batch", "switch_epoch": None, "loss": "ce", "eta": 1.0,
    "lr": 0.05, "momentum": 0.9, "weight_decay": 0.0, "milestones": (), "batch_size": 100, "epochs": 400,
    "exact_mixup_loss": False, "seed": 0, "augment": "none", "shifted_sets": (), "snapshots": (),
    "precision": "fp32",
}  # fmt: skip

REFUSED = [
    ("alpha", dict(alpha=-0.5), "-0.5", "greater than or equal to 0"),
    ("alpha", dict(alpha=float("nan")), "nan", "finite"),
    ("alpha", dict(alpha="1"), "'1'", "number"),
    ("alhpa", dict(alhpa=1.0), "alhpa", "did you mean 'alpha'"),
    ("n", dict(n=True), "True", "integer"),
    ("n", dict(n=0), "0", "greater than or equal to 2"),
    ("data", dict(data="mnist"), "'mnist'", "mnist1d"),
    ("model", dict(model="vit"), "'vit'", "resnet18"),
    ("model", dict(model="resnet18"), "'resnet18'", "sequences"),
    ("model", dict(data="cifar10", model="conv1d"), "'conv1d'", "images"),
    ("loss", dict(loss="hinge"), "'hinge'", "ce"),
    ("lr", dict(lr=0.0), "0.0", "greater than 0"),
    ("momentum", dict(momentum=1.0), "1.0", "less than 1"),
    ("batch_size", dict(n=50, batch_size=100), "100", "at most n=50"),
    ("switch_epoch", dict(switch_epoch=500), "500", "at most epochs=400"),
    ("switch_epoch", dict(switch_epoch=5, alpha=0.0), "5", "nothing to switch off"),
    ("test_size", dict(test_size=10), "10", "arrays"),
    ("exact_mixup_loss", dict(exact_mixup_loss=True), "True", "n=1000"),
    ("milestones.0", dict(milestones=(0,)), "0", "greater than or equal to 1"),
    ("seed", dict(seed=-1), "-1", "greater than or equal to 0"),
    ("augment", dict(augment="crop_flip"), "'crop_flip'", "'none' or 'shift' with data='mnist1d'"),
    ("augment", dict(data="cifar10", model="resnet18", augment="shift"), "'shift'", "'none' or 'crop_flip'"),
    ("precision", dict(precision="bf16"), "'bf16'", "'fp32' with model='mlp'"),
    ("snapshots", dict(snapshots=(10, 5)), "(10, 5)", "rising epochs, at most epochs=400"),
    ("snapshots", dict(snapshots=(500,)), "(500,)", "rising epochs, at most epochs=400"),
    ("shifted_sets", dict(shifted_sets=("shear-1", "shear-1")), "'shear-1'", "each name once"),
]


def test_defaults_are_the_pinned_ones():
    assert dict(RunConfig()) == PINNED_DEFAULTS


@pytest.mark.parametrize(("field", "fields", "found", "expected"), REFUSED)
def test_config_names_field_found_and_expected(field, fields, found, expected):
    with pytest.raises(ConfigError) as error:
        RunConfig(**fields)
    message = str(error.value)
    assert field in message
    assert f"found {found}" in message or found in message
    assert expected in message


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "alpha": st.floats(0, 100),
            "n": st.integers(100, 10_000),
            "epochs": st.integers(1, 10_000),
            "milestones": st.lists(st.integers(1, 500), max_size=3).map(tuple),
            "loss": st.sampled_from(["ce", "mse", "regmixup"]),
            "seed": st.integers(0, 2**63 - 1),
        },
    )
)
def test_config_survives_json(fields):
    config = RunConfig(**fields)
    again = RunConfig.from_json(json.dumps(config.model_dump(mode="json")))
    assert again == config
    assert again.run_id() == config.run_id()


def test_run_id_ignores_fields_at_their_default():
    assert RunConfig(alpha=1.0, lr=0.05).run_id() == RunConfig().run_id()


def test_what_is_measured_besides_changes_the_id_but_not_the_family():
    plain, more = RunConfig(), RunConfig(shifted_sets=("shear-1",), snapshots=(100,))
    assert more.family() == plain.family()
    assert more.run_id() != plain.run_id()
    assert more.measures(plain)
    assert not plain.measures(more)
    assert not RunConfig(shifted_sets=("shear-2",), snapshots=(100,)).measures(more)


def test_runs_that_differ_in_length_only_are_a_family():
    short, long = RunConfig(epochs=10), RunConfig(epochs=20)
    assert short.family() == long.family()
    assert short.run_id() != long.run_id()
    assert RunConfig(seed=1).family() != RunConfig().family()


def test_but_validates_what_it_changes():
    with pytest.raises(ConfigError, match="switch_epoch"):
        RunConfig().but(switch_epoch=1000)


def test_alpha_and_lr_follow_switch_and_milestones():
    config = RunConfig(switch_epoch=5, milestones=(3, 6), lr=0.1)
    assert [config.alpha_at(epoch) for epoch in (0, 4, 5, 9)] == [1.0, 1.0, 0.0, 0.0]
    assert [config.lr_at(epoch) for epoch in (0, 2, 3, 6)] == pytest.approx([0.1, 0.1, 0.01, 0.001])


def test_profile_must_be_known():
    assert [check_profile(profile) for profile in PROFILES] == list(PROFILES)
    with pytest.raises(ConfigError, match="profile: found 'huge', expected one of smoke, quick, small, paper"):
        check_profile("huge")
