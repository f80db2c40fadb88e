"""Configurations from outside: right, or refused by an error that names the field (R19, R20)."""

import itertools
import json
import math
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError
from .figure import Figure, stopwatch

NAN, INFINITY = float("nan"), float("inf")

#: Field at fault, fields given.
MALFORMED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("alhpa", {"alhpa": 1.0}),
    ("", {"": 1}),
    ("__class__", {"__class__": "os.system"}),
    ("alpha", {"alpha": -0.5}),
    ("alpha", {"alpha": NAN}),
    ("alpha", {"alpha": INFINITY}),
    ("alpha", {"alpha": "1"}),
    ("alpha", {"alpha": None}),
    ("alpha", {"alpha": [1.0]}),
    ("alpha", {"alpha": True}),
    ("n", {"n": True}),
    ("n", {"n": 0}),
    ("n", {"n": 1}),
    ("n", {"n": -10}),
    ("n", {"n": 100.0}),
    ("n", {"n": "100"}),
    ("n", {"n": {"n": 100}}),
    ("epochs", {"epochs": 0}),
    ("epochs", {"epochs": 1.5}),
    ("epochs", {"epochs": NAN}),
    ("width", {"width": 0}),
    ("depth", {"depth": -1}),
    ("batch_size", {"batch_size": 0}),
    ("batch_size", {"n": 50, "batch_size": 100}),
    ("data", {"data": "mnist"}),
    ("data", {"data": "../../etc/passwd"}),
    ("model", {"model": "vit"}),
    ("model", {"model": "resnet18"}),
    ("model", {"data": "cifar10", "model": "conv1d"}),
    ("loss", {"loss": "hinge"}),
    ("lr", {"lr": 0.0}),
    ("lr", {"lr": -INFINITY}),
    ("momentum", {"momentum": 1.0}),
    ("weight_decay", {"weight_decay": -1e-4}),
    ("eta", {"eta": -1.0}),
    ("lam_per", {"lam_per": "epoch"}),
    ("switch_epoch", {"switch_epoch": 500}),
    ("switch_epoch", {"switch_epoch": -1}),
    ("switch_epoch", {"switch_epoch": 5, "alpha": 0.0}),
    ("milestones.0", {"milestones": (0,)}),
    ("milestones", {"milestones": "10,20"}),
    ("snapshots", {"snapshots": (10, 5)}),
    ("snapshots", {"snapshots": (500,)}),
    ("shifted_sets", {"shifted_sets": ("shear-1", "shear-1")}),
    ("shifted_sets.0", {"shifted_sets": (1,)}),
    ("augment", {"augment": "crop_flip"}),
    ("exact_mixup_loss", {"exact_mixup_loss": True}),
    ("exact_mixup_loss", {"exact_mixup_loss": "yes", "n": 100}),
    ("test_size", {"test_size": 10}),
    ("data_files", {"data_files": "a.npz"}),
    ("data_sha256", {"data_sha256": "0"}),
    ("seed", {"seed": -1}),
    ("seed", {"seed": 2**63}),
    ("seed", {"seed": 0.0}),
)


def malformed() -> Figure:
    """Give every malformed configuration."""
    seconds, caught = stopwatch(), 0
    for field, fields in MALFORMED:
        try:
            RunConfig(**fields)
        except ConfigError as error:
            message = str(error)
            caught += field in message and "found" in message and "expected" in message
    return Figure(
        "R19",
        f"{len(MALFORMED)} malformed configurations: unknown names, types, NaN, ranges, fields that disagree",
        "each a ConfigError that names field, found and expected",
        f"{caught} of {len(MALFORMED)}",
        caught == len(MALFORMED) >= 40,
        seconds(),
    )


def generated(cases: int, seed: int = 0) -> Figure:
    """Give random configurations, and hold each answer against a second statement of the rules.

    Args:
        cases: How many.
        seed: Of the draws.
    """
    seconds, draw = stopwatch(), random.Random(seed)  # noqa: S311
    right = accepted = 0
    for _ in range(cases):
        fields = {name: draw.choice(values) for name, values in POOL.items() if draw.random() < 0.25}
        expected = _may_be(fields)
        try:
            config = RunConfig(**fields)
        except ConfigError as error:
            right += not expected and _names_the_fault(str(error), fields)
            continue
        accepted += 1
        shuffled = draw.sample(list(fields.items()), len(fields))
        again = RunConfig.from_json(json.dumps(config.model_dump(mode="json"), allow_nan=False))
        right += expected and again == config and RunConfig(**dict(shuffled)).run_id() == again.run_id()
    return Figure(
        "R20",
        f"{cases:,} random configurations, of good and bad values, against a second statement of the rules",
        "each right, the same after JSON and in any order of its fields, or a ConfigError that names a field",
        f"{right:,} of {cases:,} ({accepted:,} accepted)",
        right == cases,
        seconds(),
    )


def _names_the_fault(message: str, fields: Mapping[str, Any]) -> bool:
    """Tell whether an error names exactly the fields that are wrong by themselves, or else one that disagrees."""
    named = set(re.findall(r"(?:^|; )(\w+)(?:\.\d+)*: found [^;]*, expected ", message))
    wrong = {name if name in _ALONE else "parameter" for name, value in fields.items() if not _alone(name, value)}
    return named == wrong if wrong else len(named) == 1 and named <= _ALONE.keys()


def _alone(name: str, value: Any) -> bool:
    return name in _ALONE and _ALONE[name](value)


#: Values to draw from, good and bad.
POOL: dict[str, tuple[Any, ...]] = {
    "data": ("mnist1d", "mnist1d", "cifar10", "svhn", "arrays", "mnist", 1),
    "n": (100, 500, 1000, 40_000, 2, 1, -5, True, 100.0, "100"),
    "model": ("mlp", "mlp", "conv1d", "resnet18", "vgg16", "vit", None),
    "width": (1, 8, 256, 0, 2.5),
    "alpha": (0.0, 0, 0.4, 1.0, 1, 100.0, -1.0, NAN, INFINITY, "1", None, False),
    "lam_per": ("batch", "sample", "epoch"),
    "switch_epoch": (None, 0, 5, 400, 401, 10_000, -1, 1.0),
    "loss": ("ce", "mse", "regmixup", "hinge"),
    "eta": (0.0, 0.5, 1, -0.1, NAN),
    "lr": (0.05, 1, 1e-9, 0.0, -1.0, INFINITY),
    "momentum": (0.0, 0.9, 1.0, -0.1),
    "milestones": ((), (10,), [10, 20], (0,), "10", (1.5,)),
    "batch_size": (1, 15, 100, 1000, 0, -1, True),
    "augment": ("none", "shift", "crop_flip", "flip"),
    "epochs": (1, 10, 400, 1600, 0, 2.0),
    "exact_mixup_loss": (False, True, 1, "no"),
    "snapshots": ((), (5,), (5, 10), (10, 5), (5, 5), (20_000,)),
    "test_size": (None, 10, 0),
    "seed": (0, 7, 2**63 - 1, 2**63, -1, True),
    "Seed": (0,),
}


def _whole(least: int, below: float = math.inf) -> Callable[[Any], bool]:
    return lambda value: type(value) is int and least <= value < below


def _number(test: Callable[[float], bool]) -> Callable[[Any], bool]:
    return lambda value: type(value) in (int, float) and math.isfinite(value) and test(value)


def _among(*words: object) -> Callable[[Any], bool]:
    return lambda value: type(value) is str and value in words


_MODELS = ("mlp", "conv1d", "resnet18", "resnet34", "preact_resnet18", "preact_resnet34", "vgg16")
_ALONE: dict[str, Callable[[Any], bool]] = {
    "data": _among("mnist1d", "cifar10", "cifar100", "svhn", "arrays"),
    "n": _whole(2),
    "model": _among(*_MODELS),
    "width": _whole(1),
    "alpha": _number(lambda value: value >= 0),
    "lam_per": _among("batch", "sample"),
    "switch_epoch": lambda value: value is None or _whole(0)(value),
    "loss": _among("ce", "mse", "regmixup"),
    "eta": _number(lambda value: value >= 0),
    "lr": _number(lambda value: value > 0),
    "momentum": _number(lambda value: 0 <= value < 1),
    "milestones": lambda value: type(value) in (tuple, list) and all(map(_whole(1), value)),
    "batch_size": _whole(1),
    "augment": _among("none", "shift", "crop_flip"),
    "epochs": _whole(1),
    "exact_mixup_loss": lambda value: type(value) is bool,
    "snapshots": lambda value: type(value) in (tuple, list) and all(map(_whole(1), value)),
    "test_size": lambda value: value is None or _whole(1)(value),
    "seed": _whole(0, 2**63),
}


def _may_be(fields: Mapping[str, Any]) -> bool:
    """State the rules of a configuration a second time, without its library."""
    if not all(_alone(name, value) for name, value in fields.items()):
        return False
    defaults = {
        "data": "mnist1d",
        "n": 1000,
        "model": "mlp",
        "alpha": 1.0,
        "switch_epoch": None,
        "batch_size": 100,
    }
    defaults |= {"augment": "none", "epochs": 400, "exact_mixup_loss": False, "snapshots": (), "test_size": None}
    run = defaults | dict(fields)
    sequences = run["data"] == "mnist1d"
    switch, kept = run["switch_epoch"], list(run["snapshots"])
    return (
        (switch is None or (run["alpha"] > 0 and switch <= run["epochs"]))
        and run["batch_size"] <= run["n"]
        and all(a < b for a, b in itertools.pairwise(kept))
        and all(epoch <= run["epochs"] for epoch in kept)
        and run["augment"] in ("none", "shift" if sequences else "crop_flip")
        and not (run["exact_mixup_loss"] and run["n"] > 500)
        and (run["test_size"] is None or run["data"] == "arrays")
        and (run["model"] in ("mlp", "conv1d") if sequences else run["model"] != "conv1d")
    )
