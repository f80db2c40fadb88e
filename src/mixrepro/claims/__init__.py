"""Claims: a statement, what it rests on and the rule that judges it. Never trains."""

from .claim import Claim
from .judged import Judged, judged, verdicts
from .registry import all_claims

__all__ = ["Claim", "Judged", "all_claims", "judged", "verdicts"]
