"""Declarations: which runs each figure needs, at which size. Nothing here trains, loops or draws."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ..config import unknown_name
from ..errors import ConfigError, found_expected
from . import (
    fig_2,
    fig_2_land,
    fig_2_map,
    fig_3,
    fig_4,
    fig_6,
    fig_7,
    fig_8,
    fig_9,
    fig_10,
    fig_11,
    fig_12,
    fig_13,
    fig_14,
    fig_15,
    fig_16,
    fig_17,
    lemma_3_1,
    test_sets,
)
from .declaration import Experiment
from .settings import kinds

#: Claim id -> declaration, called as `declare(profile, **overrides)`. Claims with a + are ours; all but FIG-13+
#: are judged by the runs of the claim that they sharpen.
DECLARATIONS: dict[str, Callable[..., Experiment]] = {
    "LEMMA-3.1": lemma_3_1.declare,
    "FIG-1": fig_2.declare,
    "FIG-2": fig_2.declare,
    "FIG-2-LAND": fig_2_land.declare,
    "FIG-2-LAND-HESSIAN": fig_2_land.declare,
    "FIG-2-LAND+": fig_2_land.declare,
    "FIG-2-MAP": fig_2_map.declare,
    "FIG-2-MAP+": fig_2_map.declare,
    "FIG-3": fig_3.declare,
    "FIG-4": fig_4.declare,
    "FIG-6": fig_6.declare,
    "FIG-6+": fig_6.declare,
    "FIG-7": fig_7.declare,
    "FIG-7+": fig_7.declare,
    "FIG-8": fig_8.declare,
    "FIG-8+": fig_8.declare,
    "FIG-9": fig_9.declare,
    "FIG-10": fig_10.declare,
    "FIG-11": fig_11.declare,
    "FIG-12": fig_12.declare,
    "FIG-13": fig_13.declare,
    "FIG-13+": partial(fig_13.declare, constant_lr=True),
    "FIG-14": fig_14.declare,
    "FIG-14+": fig_14.declare,
    "FIG-15": fig_15.declare,
    "FIG-16": fig_16.declare,
    "FIG-17": fig_17.declare,
    "TEST-SETS": test_sets.declare,
    "TEST-SETS+": test_sets.declare,
}


def unknown_claim(claim: str, known: list[str]) -> str:
    """Word the error for an unknown claim, with the nearest known one, whatever its case."""
    if claim.upper() in known:
        return found_expected("claim", claim, f"{claim.upper()!r}: the ids of claims are in capitals")
    return unknown_name("claim", claim, known)


def kinds_of(claim: str) -> dict[str, Any]:
    """Return the type of every setting that a claim's experiment may know: name -> annotation.

    Raises:
        ConfigError: The claim is unknown.
    """
    if claim not in DECLARATIONS:
        raise ConfigError(unknown_claim(claim, list(DECLARATIONS)))
    return kinds(DECLARATIONS[claim])


def declare(claim: str, profile: str, /, **overrides: object) -> Experiment:
    """Declare the experiment of a claim.

    Raises:
        ConfigError: Claim, profile or an override is unknown or out of range.
    """
    known = kinds_of(claim)
    for name in overrides:
        if name not in known:  # checked here, since a name such as `profile` would be taken for an argument
            raise ConfigError(unknown_name("parameter", name, sorted({*known} - {"seed"})))
    return DECLARATIONS[claim](profile, **overrides)
