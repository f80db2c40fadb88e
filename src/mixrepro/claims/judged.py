"""Every claim at every size, judged: what `mixrepro verdicts` prints."""

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..config import PROFILES, check_profile, unknown_name
from ..errors import ConfigError
from ..results import Results
from ..store import Store
from .registry import Claim, all_claims
from .rules import Evidence, Verdict

#: The size at which theory is checked where none is named: larger ones take minutes a claim.
THEORY_PROFILE = "quick"


@dataclass(frozen=True)
class Judged:
    """A claim at one size.

    Attributes:
        verdict: Its parts and its word.
        profile: The size.
        model: The network, or `theory`.
        run: Runs that are there, and how many are declared; None where nothing is trained.
        data: Where the data come from; "" where nothing was run.
        machine: What it ran on; "" where nothing was run.
        evidence: The records, or the check.
    """

    verdict: Verdict
    profile: str
    model: str
    run: tuple[int, int] | None
    data: str
    machine: str
    evidence: Evidence

    @property
    def word(self) -> str:
        """The verdict's word; `not run` where no run is there, which is not the same as `inconclusive`."""
        return "not run" if self.run and not self.run[0] else self.verdict.verdict

    def as_dict(self) -> dict[str, Any]:
        """Return plain data, for JSON."""
        there, declared = self.run or (None, None)
        return {
            **self.verdict.as_dict(), "verdict": self.word, "profile": self.profile, "model": self.model,
            "runs": there, "runs_declared": declared, "data": self.data, "machine": self.machine,
        }  # fmt: skip


def judged(
    profile: str | None = None, stores: Sequence[Store] | None = None, only: Sequence[str] | None = None
) -> Iterator[Judged]:
    """Judge claims one after the other: from the records that are there, and from numerical checks computed now.

    Args:
        profile: Size of the evidence; None: every declared size for what is trained, `quick` for theory.
        stores: Where to look for records; runs that are missing make a claim inconclusive.
        only: Ids of the claims to judge; default: all.

    Raises:
        ConfigError: The profile or a claim is unknown.
        StoreError: A record is damaged.
    """
    if profile is not None:
        check_profile(profile)
    claims = all_claims()
    ids = {claim.id for claim in claims}
    for name in only or ():
        if name not in ids:
            raise ConfigError(unknown_name("claim", name, sorted(ids)))
    return _judged([claim for claim in claims if not only or claim.id in only], profile, stores)


def verdicts(
    profile: str, stores: Sequence[Store] | None = None, only: Sequence[str] | None = None
) -> list[Verdict]:
    """Judge claims at one size. Arguments and errors as for `judged`."""
    return [each.verdict for each in judged(profile, stores, only)]


def _judged(claims: Sequence[Claim], profile: str | None, stores: Sequence[Store] | None) -> Iterator[Judged]:
    for claim in claims:
        every = (THEORY_PROFILE,) if claim.model == "theory" else PROFILES
        for size in every if profile is None else (profile,):
            if size in claim.profiles:
                evidence = claim.evidence(size, stores)
                yield Judged(claim.judge(evidence), size, claim.model, *_origin(evidence), evidence)


def _origin(evidence: Evidence) -> tuple[tuple[int, int] | None, str, str]:
    if not isinstance(evidence, Results):
        return None, "drawn by the check", f"{platform.machine()} CPU"
    records = evidence.all_records()
    sources, machines = (
        "; ".join(sorted({said(record.manifest) for record in records}))
        for said in (lambda manifest: manifest["data"]["source"], lambda manifest: manifest["device"])
    )
    declared = sum(len(runs) for runs in evidence.records.values())
    return (len(records), declared), sources, machines
