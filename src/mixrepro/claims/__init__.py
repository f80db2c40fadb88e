"""Claims: a statement, what it rests on and the rule that judges it. Never trains."""

from .judged import Judged, judged, verdicts
from .registry import Claim, all_claims

__all__ = ["Claim", "Judged", "all_claims", "judged", "verdicts"]
