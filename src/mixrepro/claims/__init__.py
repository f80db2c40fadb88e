"""Claims: a statement, the runs it needs and the rule that judges them. Reads records; never trains."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..config import check_profile
from ..experiments import fig_2 as fig_2_runs
from ..experiments import fig_6 as fig_6_runs
from ..experiments import lemma_3_1 as lemma_3_1_runs
from ..experiments.declaration import Experiment
from ..results import Results, collect
from ..store import Store
from . import fig_2, fig_6, lemma_3_1
from .rules import Verdict


@dataclass(frozen=True)
class Claim:
    """A claim of the paper on one kind of network.

    Attributes:
        id: Its name everywhere: `FIG-6`.
        model: The network it is judged on.
        declare: Gives its runs at a profile.
        judge: Gives its verdict from their records.
        profiles: Profiles that are declared for it.
    """

    id: str
    model: str
    declare: Callable[[str], Experiment]
    judge: Callable[[Results], Verdict]
    profiles: tuple[str, ...]


def all_claims() -> list[Claim]:
    """Return every claim that can be judged, in the paper's order."""
    claims = [Claim("LEMMA-3.1", "mlp", lemma_3_1_runs.declare, lemma_3_1.judge, tuple(lemma_3_1_runs.SIZES))]
    for model, sizes in fig_2_runs.SIZES.items():

        def fig_2_of(profile: str, model: str = model) -> Experiment:
            return fig_2_runs.declare(profile, model)

        claims.append(Claim("FIG-1", model, fig_2_of, fig_2.judge_fig_1, tuple(sizes)))
        claims.append(Claim("FIG-2", model, fig_2_of, fig_2.judge, tuple(sizes)))
    claims.append(Claim("FIG-6", "mlp", fig_6_runs.declare, fig_6.judge, tuple(fig_2_runs.SIZES[fig_2_runs.MLP])))
    return claims


def verdicts(profile: str, stores: Sequence[Store] | None = None) -> list[Verdict]:
    """Judge every claim from the records that are there; runs that are missing make it inconclusive.

    Raises:
        ConfigError: The profile is unknown.
        StoreError: A record is damaged.
    """
    check_profile(profile)
    return [
        claim.judge(collect(claim.declare(profile), stores)) for claim in all_claims() if profile in claim.profiles
    ]
