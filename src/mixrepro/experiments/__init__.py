"""Declarations: which runs each figure needs, at which size. Nothing here trains, loops or draws."""

from collections.abc import Callable

from ..config import unknown_name
from ..errors import ConfigError
from . import fig_2, fig_6, lemma_3_1
from .declaration import Experiment

#: Claim id -> declaration, called as `declare(profile, **overrides)`.
DECLARATIONS: dict[str, Callable[..., Experiment]] = {
    "LEMMA-3.1": lemma_3_1.declare,
    "FIG-1": fig_2.declare,
    "FIG-2": fig_2.declare,
    "FIG-6": fig_6.declare,
}


def declare(claim: str, profile: str, **overrides: object) -> Experiment:
    """Declare the experiment of a claim.

    Raises:
        ConfigError: Claim, profile or an override is unknown or out of range.
    """
    if claim not in DECLARATIONS:
        raise ConfigError(unknown_name("claim", claim, list(DECLARATIONS)))
    return DECLARATIONS[claim](profile, **overrides)
