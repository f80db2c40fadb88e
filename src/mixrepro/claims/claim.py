"""What a claim is: what it rests on, and the rule that judges it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..store import Store
from .rules import Evidence, Verdict


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, or of ours where its id ends in a plus.

    Attributes:
        id: Its name everywhere: `FIG-6`.
        model: The network it is judged on, and the panel; `theory` where none is trained.
        evidence: Gives what it rests on at a profile: the records found in the stores, or a numerical check.
        judge: Gives its verdict from that.
        profiles: Profiles that are declared for it.
    """

    id: str
    model: str
    evidence: Callable[[str, Sequence[Store] | None], Evidence]
    judge: Callable[[Any], Verdict]
    profiles: tuple[str, ...]
