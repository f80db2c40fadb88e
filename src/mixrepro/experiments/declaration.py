"""What an experiment is: named runs, and nothing that trains them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from ..config import Profile, RunConfig, check_profile, unknown_name
from ..errors import ConfigError, found_expected
from .recipes import DATA_SHA256
from .settings import refuse_unused

#: Profiles whose runs are long: their records are kept in `results/`, and outlive the code that made them.
KEPT: tuple[Profile, ...] = ("small", "paper")
#: More are a slip of the hand: listing them alone would fill the memory.
MOST_SEEDS = 100_000
#: How training points are augmented, in words.
AUGMENTATIONS = {"crop_flip": "random crop and flip", "shift": "random shift"}


@dataclass(frozen=True)
class Experiment:
    """The runs of one figure at one size.

    Attributes:
        id: The paper's claim, as in `FIG-2`.
        title: What is compared, in a few words.
        profile: Which size this is.
        arms: Name of each arm -> its configuration, whose own seed is not used.
        seeds: Every arm is run with each of them; the runs of one seed are a pair.
    """

    id: str
    title: str
    profile: Profile | Literal["recorded"]
    arms: Mapping[str, RunConfig]
    seeds: tuple[int, ...]

    def runs(self) -> list[RunConfig]:
        """Return every run of the experiment, without repeats."""
        return list(dict.fromkeys(arm.but(seed=seed) for arm in self.arms.values() for seed in self.seeds))

    def only(self, arms: Sequence[str]) -> Self:
        """Return the experiment with some of its arms alone, to train a part of it.

        Raises:
            ConfigError: It has no such arm.
        """
        for name in arms:
            if name not in self.arms:
                raise ConfigError(found_expected("arm", name, f"one of {'; '.join(self.arms)}"))
        return replace(self, arms={name: arm for name, arm in self.arms.items() if name in arms})

    @property
    def epochs(self) -> int:
        """Length of the longest run."""
        return max(arm.epochs for arm in self.arms.values())

    def scale(self) -> str:
        """Say in words what the experiment trains: a verdict holds at this scale only."""
        arms = self.arms.values()
        first = next(iter(arms))
        alphas = {arm.alpha for arm in arms} - {0.0}
        words = [
            data_name(first),
            f"{first.model} of width {first.width}",
            f"n = {first.n:,}",
            f"{self.epochs:,} epochs",
            f"alpha = {_listed(alphas)}" if alphas else "ERM",
            f"lr = {first.lr:g}",
        ]
        if any(arm.loss == "mse" for arm in arms):
            words.append("squared error")
        if any(arm.loss == "regmixup" for arm in arms):
            words.append(f"eta = {_listed({arm.eta for arm in arms if arm.loss == 'regmixup'})}")
        words += [AUGMENTATIONS[how] for how in dict.fromkeys(arm.augment for arm in arms) if how != "none"]
        return ", ".join(words)


def data_name(config: RunConfig) -> str:
    """Return what people call the data of a run."""
    if config.data != "arrays":
        return config.data
    return "lossless CIFAR-10" if config.data_sha256 == DATA_SHA256 else config.data_files


def listed(words: Sequence[str]) -> str:
    """List words as `0.2, 1 and 4`: a comma alone would run into what follows."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def _listed(numbers: Iterable[float]) -> str:
    return listed([f"{number:g}" for number in sorted(numbers)])


def size_of(sizes: Mapping[str, Mapping[str, Any]], profile: str, **overrides: Any) -> dict[str, Any]:
    """Return the fields of a profile, with those overrides that are not None.

    Args:
        sizes: Profile -> fields of `RunConfig`, plus `num_seeds` and whatever else the experiment declares.
        profile: One of them.
        overrides: Fields a chapter's parameters change; None keeps the profile's.

    Raises:
        ConfigError: The profile is unknown or not declared here, or an override is no field of it.
    """
    if check_profile(profile) not in sizes:
        raise ConfigError(found_expected("profile", profile, f"one of {', '.join(sizes)} for this experiment"))
    refuse_unused("seed", overrides.get("seed"), "an experiment has the seeds 0 ... num_seeds - 1; set num_seeds")
    known = {*RunConfig.model_fields, *sizes[profile]} - {"seed"}
    for name in overrides:
        if name not in known and name != "seed":
            raise ConfigError(unknown_name("parameter", name, sorted(known)))
    return {**sizes[profile], **{name: value for name, value in overrides.items() if value is not None}}


def only_model(declared: str, overrides: dict[str, Any]) -> dict[str, Any]:
    """Return overrides without the network, where a figure is declared for one alone.

    Raises:
        ConfigError: Another network is asked for.
    """
    asked = overrides.get("model", declared)
    if asked != declared:
        raise ConfigError(found_expected("model", asked, f"{declared!r}, the only one declared here"))
    return {name: value for name, value in overrides.items() if name != "model"}


def mixup_alpha(alpha: float | None) -> float:
    """Return Mixup's alpha; default 1.

    Raises:
        ConfigError: It is 0, which is ERM, and leaves nothing to compare.
    """
    if alpha == 0:
        raise ConfigError(
            found_expected("alpha", alpha, "above 0: alpha = 0 is ERM, the arm Mixup is compared with")
        )
    return 1.0 if alpha is None else alpha


def seed_range(num_seeds: int) -> tuple[int, ...]:
    """Return the seeds 0 ... num_seeds - 1.

    Raises:
        ConfigError: There would be none.
    """
    if isinstance(num_seeds, bool) or not isinstance(num_seeds, int) or not 1 <= num_seeds <= MOST_SEEDS:
        raise ConfigError(
            found_expected("num_seeds", num_seeds, f"an integer, at least 1, at most {MOST_SEEDS:,}")
        )
    return tuple(range(num_seeds))
