"""Every claim that can be judged."""

from .claim import Claim
from .computed import computed
from .trained import trained

__all__ = ["Claim", "all_claims"]


def all_claims() -> list[Claim]:
    """Return every claim: those about trained networks, then theory."""
    return [*trained(), *computed()]
