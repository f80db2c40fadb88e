"""The configuration of one run: everything that determines its numbers, and nothing else.

Where data lie on this machine is not part of it; what they contain is (`data_sha256`).
"""

import difflib
import hashlib
import json
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from .errors import ConfigError, found_expected

Data = Literal["mnist1d", "cifar10", "cifar100", "svhn", "arrays"]
Model = Literal["mlp", "conv1d", "resnet18", "resnet34", "preact_resnet18", "preact_resnet34", "vgg16"]
Loss = Literal["ce", "mse", "regmixup"]
Augment = Literal["none", "crop_flip", "shift"]
Profile = Literal["smoke", "quick", "small", "paper"]
PROFILES: tuple[str, ...] = get_args(Profile)

Finite = Field(allow_inf_nan=False)
Count = Annotated[int, Field(ge=1)]


#: What is measured along the way, and changes nothing about the training.
MEASUREMENTS = ("exact_mixup_loss", "shifted_sets", "snapshots")


class RunConfig(BaseModel):
    """One training run.

    A field at its default is left out of the run's id, so that adding a field later keeps every id that was
    recorded before. A default therefore never changes (a test pins them).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    data: Annotated[Data, Field(description="data set")] = "mnist1d"
    data_files: Annotated[str, Field(description="arrays: which files of the folder, a glob")] = "*.npz"
    data_sha256: Annotated[str | None, Field(description="arrays: fingerprint, filled in on loading")] = None
    test_size: Annotated[int | None, Field(ge=1, description="arrays: images held out for testing")] = None
    n: Annotated[int, Field(ge=2, description="training points, balanced over the classes")] = 1000
    model: Annotated[Model, Field(description="network")] = "mlp"
    width: Annotated[Count, Field(description="hidden units or channels; image networks: 64 is full")] = 256
    depth: Annotated[Count, Field(description="mlp, conv1d: hidden layers; others: not used")] = 2
    alpha: Annotated[float, Field(ge=0, description="lam ~ Beta(alpha, alpha); 0 is ERM"), Finite] = 1.0
    lam_per: Annotated[Literal["batch", "sample"], Field(description="one lam a batch or a sample")] = "batch"
    switch_epoch: Annotated[int | None, Field(ge=0, description="Mixup before, ERM from here on")] = None
    loss: Annotated[Loss, Field(description="cross-entropy, mean squared error or RegMixup")] = "ce"
    eta: Annotated[float, Field(ge=0, description="regmixup: weight of the mixed term"), Finite] = 1.0
    lr: Annotated[float, Field(gt=0, description="learning rate"), Finite] = 0.05
    momentum: Annotated[float, Field(ge=0, lt=1), Finite] = 0.9
    weight_decay: Annotated[float, Field(ge=0), Finite] = 0.0
    milestones: Annotated[
        tuple[Count, ...], Field(strict=False, description="epochs at which lr is divided by 10")
    ] = ()
    batch_size: Count = 100
    augment: Annotated[Augment, Field(description="random crop and flip of images, shift of sequences")] = "none"
    epochs: Count = 400
    precision: Annotated[
        Literal["fp32", "bf16"], Field(description="image networks: arithmetic of the convolutions")
    ] = "fp32"
    exact_mixup_loss: Annotated[bool, Field(description="measure it over all n^2 pairs; n at most 500")] = False
    shifted_sets: Annotated[tuple[str, ...], Field(strict=False, description="further test sets, by name")] = ()
    snapshots: Annotated[
        tuple[Count, ...], Field(strict=False, description="epochs after which the weights are kept")
    ] = ()
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise ConfigError(_explain(error, type(self))) from None

    @model_validator(mode="after")
    def _fields_agree(self) -> Self:
        if self.switch_epoch is not None and self.alpha == 0:
            raise self._disagreement("switch_epoch", "None with alpha=0: ERM has nothing to switch off")
        if self.switch_epoch is not None and self.switch_epoch > self.epochs:
            raise self._disagreement("switch_epoch", f"at most epochs={self.epochs}")
        if self.batch_size > self.n:
            raise self._disagreement("batch_size", f"at most n={self.n}")
        if list(self.snapshots) != sorted(set(self.snapshots)) or max(self.snapshots, default=0) > self.epochs:
            raise self._disagreement("snapshots", f"rising epochs, at most epochs={self.epochs}")
        if len(set(self.shifted_sets)) < len(self.shifted_sets):
            raise self._disagreement("shifted_sets", "each name once")
        fitting = "shift" if self.data == "mnist1d" else "crop_flip"
        if self.augment not in ("none", fitting):
            raise self._disagreement("augment", f"'none' or {fitting!r} with data={self.data!r}")
        if self.exact_mixup_loss and self.n > 500:
            raise self._disagreement("exact_mixup_loss", f"False with n={self.n}: n^2 pairs are too many")
        if self.data != "arrays":
            for field in ("data_files", "data_sha256", "test_size"):
                if getattr(self, field) != type(self).model_fields[field].default:
                    raise self._disagreement(
                        field,
                        f"its default, since only data='arrays' has a use for it, not data={self.data!r}",
                    )
        if self.data == "mnist1d" and self.model not in ("mlp", "conv1d"):
            raise self._disagreement("model", "'mlp' or 'conv1d' for the sequences of mnist1d")
        if self.precision != "fp32" and self.model in ("mlp", "conv1d"):
            raise self._disagreement(
                "precision", f"'fp32' with model={self.model!r}, which has no convolutions of images"
            )
        if self.data != "mnist1d" and self.model == "conv1d":
            others = [model for model in get_args(Model) if model != "conv1d"]
            raise self._disagreement("model", f"one of {', '.join(others)} for images")
        return self

    def _disagreement(self, field: str, expected: str) -> PydanticCustomError:
        context = {"field": field, "found": getattr(self, field), "expected": expected}
        return PydanticCustomError("disagreement", "{expected}", context)

    def but(self, **changes: Any) -> Self:
        """Return a validated copy with some fields changed (`model_copy` would not validate)."""
        return type(self)(**{**dict(self), **changes})

    @property
    def is_erm(self) -> bool:
        """True for ordinary training from the first epoch on."""
        return self.alpha == 0

    def alpha_at(self, epoch: int) -> float:
        """Return the alpha in force in the epoch that begins after `epoch` completed ones."""
        return 0.0 if self.switch_epoch is not None and epoch >= self.switch_epoch else self.alpha

    def lr_at(self, epoch: int) -> float:
        """Return the learning rate in force in the epoch that begins after `epoch` completed ones."""
        return self.lr * 0.1 ** sum(epoch >= milestone for milestone in self.milestones)

    def family(self) -> str:
        """Return what this run has in common with all that train as it does: 16 hex digits of a SHA-256.

        No random draw and no step depends on `epochs`, so a run is the beginning of every longer one of its
        family. Nor does one depend on what is measured along the way.
        """
        return _digest(self.model_dump(mode="json", exclude_defaults=True, exclude={"epochs", *MEASUREMENTS}))

    def run_id(self) -> str:
        """Return the run's id: its family, its length, and what it measures besides."""
        measured = self.model_dump(mode="json", exclude_defaults=True, include=set(MEASUREMENTS))
        return f"{self.family()}-{self.epochs}" + (f"-{_digest(measured)[:8]}" if measured else "")

    def measures(self, other: Self) -> bool:
        """Tell whether this run measures whatever `other` measures up to the end of `other`."""
        return (
            self.exact_mixup_loss >= other.exact_mixup_loss
            and {*self.shifted_sets} >= {*other.shifted_sets}
            and {*self.snapshots} >= {*other.snapshots}
        )

    def measured_things(self) -> int:
        """Count what this run measures along the way."""
        return self.exact_mixup_loss + len(self.shifted_sets) + len(self.snapshots)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read a configuration back from JSON.

        Raises:
            ConfigError: A field is unknown, mistyped or out of range; the message names it.
        """
        return cls(**json.loads(text))


def check_profile(profile: object) -> Profile:
    """Return `profile` if it is one.

    Raises:
        ConfigError: It is not.
    """
    if profile not in PROFILES:
        raise ConfigError(found_expected("profile", profile, f"one of {', '.join(PROFILES)}"))
    return profile  # type: ignore[return-value]


def unknown_name(kind: str, name: object, known: list[str]) -> str:
    """Word the error for an unknown name, with the nearest known one."""
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    return found_expected(kind, name, f"one of {', '.join(known)}{hint}")


def _digest(fields: dict[str, Any]) -> str:
    canonical = json.dumps(fields, sort_keys=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def _explain(error: ValidationError, model: type[BaseModel]) -> str:
    lines = []
    for item in error.errors():
        field = ".".join(str(part) for part in item["loc"])
        if item["type"] == "extra_forbidden":
            lines.append(unknown_name("parameter", field, sorted(model.model_fields)))
        elif item["type"] == "disagreement":
            lines.append(found_expected(item["ctx"]["field"], item["ctx"]["found"], item["ctx"]["expected"]))
        else:
            expected = item["msg"].removeprefix("Input should be ")
            lines.append(found_expected(field, item["input"], expected))
    return "; ".join(lines)
