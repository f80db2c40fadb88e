"""Figures with several panels: the same arms on several amounts of data, and on several data sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..config import RunConfig
from ..errors import ConfigError, found_expected
from .declaration import Experiment, listed, mixup_alpha, seed_range, size_of

#: Classes of MNIST-1D, CIFAR-10 and SVHN: a subset has as many points of each.
NUM_CLASSES = 10


@dataclass(frozen=True)
class Panels(Experiment):
    """An experiment whose arms differ in their training data as well."""

    def panels(self) -> list[tuple[str, int]]:
        """Return data set and number of training points of each panel, sorted."""
        return sorted({(arm.data, arm.n) for arm in self.arms.values()})

    def panel(self, data: str, n: int) -> dict[str, str]:
        """Return the arms of one panel: `ERM` and `Mixup`, as far as it has them -> their names here."""
        return {
            "ERM" if arm.is_erm else "Mixup": name
            for name, arm in self.arms.items()
            if (arm.data, arm.n) == (data, n)
        }

    def scale(self) -> str:
        """Say in words what the experiment trains, with every amount of data."""
        first = next(iter(self.arms.values()))
        amounts = listed([f"{n:,}" for n in sorted({arm.n for arm in self.arms.values()})])
        said = super().scale().replace(f"n = {first.n:,}", f"n = {amounts}")
        sets = dict.fromkeys(arm.data for arm in self.arms.values())
        return said.replace(first.data, " and ".join(sets), 1) if len(sets) > 1 else said


def arm_name(arm: RunConfig, several_sets: bool = False) -> str:
    """Name the arm of a panel, as in `Mixup, n = 1,000`."""
    words = ["ERM" if arm.is_erm else "Mixup", *([arm.data] if several_sets else []), f"n = {arm.n:,}"]
    return ", ".join(words)


def amount(n: int, share: int) -> int:
    """Return how many points a share of `n` is: as many of each class, rounded down; all of them at 100 %.

    Args:
        n: Training points in 100 %.
        share: Per cent.

    Raises:
        ConfigError: `n` is too small for a point of each class, or the share is out of range.
    """
    if isinstance(share, bool) or not isinstance(share, int) or not 0 < share <= 100:
        raise ConfigError(found_expected("shares", share, "whole per cents, above 0 and at most 100"))
    if share == 100:
        return n
    points = n * share // 100 // NUM_CLASSES * NUM_CLASSES
    if points < NUM_CLASSES:
        expected = f"at least {-(-100 * NUM_CLASSES // share)}, so that {share} % has a point of each class"
        raise ConfigError(found_expected("n", n, expected))
    return points


def on_shares(largest: RunConfig, shares: Sequence[int]) -> list[RunConfig]:
    """Return a run on each share of its training points, rising; a batch is never larger than the subset.

    Raises:
        ConfigError: There are no shares, or one is out of range.
    """
    if not shares:
        raise ConfigError(found_expected("shares", shares, "at least one"))
    sizes = sorted({amount(largest.n, share) for share in shares})
    return [largest.but(n=n, batch_size=min(largest.batch_size, n)) for n in sizes]


def without(size: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Return the fields of a size that configure runs: all but `names`."""
    return {name: value for name, value in size.items() if name not in names}


def compared(
    claim: str,
    title: str,
    sizes: Mapping[str, Mapping[str, Any]],
    profile: str,
    alpha: float | None = None,
    **overrides: Any,
) -> Panels:
    """Declare ERM and Mixup on each share of the data, paired by seed.

    Args:
        claim: Its id.
        title: What is compared; the network is added.
        sizes: Profile -> fields of `RunConfig`, `num_seeds`, and `shares` in per cent of `n`.
        profile: One of them.
        alpha: Mixup's; default 1.
        overrides: Fields of `RunConfig`, `num_seeds` or `shares`; `n` is 100 %.

    Raises:
        ConfigError: A name or value is unknown or out of range.
    """
    size = size_of(sizes, profile, **overrides)
    largest = RunConfig(**{**without(size, "num_seeds", "shares"), "alpha": mixup_alpha(alpha)})
    mixup = on_shares(largest, size["shares"])
    return Panels(
        id=claim,
        title=f"{title}, {largest.model}",
        profile=profile,
        arms={arm_name(arm): arm for each in mixup for arm in (each.but(alpha=0.0), each)},
        seeds=seed_range(size["num_seeds"]),
    )
