"""What each epoch draws: partners and lam. A seed has its own streams, so its path depends on no other seed."""

from functools import cache
from typing import Literal, get_args

import numpy as np

from ..errors import ConfigError, found_expected
from ..rng import stream

Pairing = Literal["permutation", "derangement", "all pairs", "all pairs, no self"]
#: "permutation" and "derangement" draw n pairs an epoch; the others use every pair in every epoch.
PAIRINGS: tuple[Pairing, ...] = get_args(Pairing)
DRAWN: tuple[Pairing, ...] = ("permutation", "derangement")
#: Epochs that one stream serves: opening a stream costs as much as drawing fifty permutations.
BLOCK = 1000
#: How many values lam can have. Tables for each of them take the place of a million exponentials.
LEVELS = 128


def allows_self_pairs(pairing: Pairing) -> bool:
    """Tell whether a point may be its own partner.

    Raises:
        ConfigError: The pairing is unknown.
    """
    if pairing not in PAIRINGS:
        raise ConfigError(found_expected("pairing", pairing, f"one of {', '.join(PAIRINGS)}"))
    return pairing in ("permutation", "all pairs")


def partners(pairing: Pairing, seed: int, block: int, epochs: int, n: int) -> np.ndarray:
    """Draw the partners of the points for a block of epochs.

    Args:
        pairing: "permutation": uniform over all permutations; "derangement": over those without a fixed point.
        seed: The run's seed.
        block: Number of the block, from 0.
        epochs: How many epochs to draw; the first of a longer block are the same.
        n: Points, at least 2.

    Returns:
        int64 [epochs, n]: epoch e mixes point i with point [e, i].

    Raises:
        ConfigError: The pairing draws no partners.
    """
    if pairing not in DRAWN:
        raise ConfigError(found_expected("pairing", pairing, f"one of {', '.join(DRAWN)}"))
    if pairing == "permutation":
        return _permutations(stream(seed, "partner", block), epochs, n)
    generator, kept, found = stream(seed, "pairs", block), [], 0
    while found < epochs:  # 1/e of all permutations are derangements
        drawn = _permutations(generator, BLOCK, n)
        kept.append(drawn[(drawn != np.arange(n)).all(1)])
        found += len(kept[-1])
    return np.concatenate(kept)[:epochs]


def levels(seed: int, block: int, epochs: int) -> np.ndarray:
    """Draw lam ~ Beta(1, 1), one an epoch, as a level: int64 [epochs]. Arguments as for `partners`."""
    return stream(seed, "lam", block).integers(0, LEVELS, epochs)


@cache
def lam_levels() -> np.ndarray:
    """Return the lam of each level, the midpoints of equal cells: float64 [LEVELS], rising.

    Their mean is that of Beta(1, 1), and E lam (1 - lam) differs from 1/6 by 3 in 100,000.
    """
    return (np.arange(LEVELS) + 0.5) / LEVELS


def _permutations(generator: np.random.Generator, rows: int, n: int) -> np.ndarray:
    return generator.permuted(np.tile(np.arange(n), (rows, 1)), axis=1)
