"""The claims about trained networks: each rests on the records of an experiment."""

from collections.abc import Callable, Sequence

from ..experiments import fig_2 as fig_2_runs
from ..experiments import fig_6 as fig_6_runs
from ..experiments import lemma_3_1 as lemma_3_1_runs
from ..experiments.declaration import Experiment
from ..experiments.recipes import CONV1D, MLP, RESNET18
from ..results import Results, collect
from ..store import Store
from . import fig_2, fig_6, lemma_3_1
from .claim import Claim
from .rules import Verdict

#: Profiles whose records are kept in `results/`.
KEPT = ("small", "paper")
LIVE = ("smoke", "quick")
ON_CPU = (*LIVE, "small")


def trained() -> list[Claim]:
    """Return the claims about trained networks, in the paper's order, one for each panel."""
    return [
        _claim("LEMMA-3.1", MLP, lemma_3_1_runs.declare, lemma_3_1.judge, LIVE),
        *(
            _claim(claim, model, fig_2_runs.declare, judge, profiles, model=model)
            for claim, judge in (("FIG-1", fig_2.judge_fig_1), ("FIG-2", fig_2.judge))
            for model, profiles in ((MLP, ON_CPU), (CONV1D, LIVE), (RESNET18, ("small",)))
        ),
        _paper("FIG-1", fig_2_runs.declare, fig_2.judge_fig_1, "cifar10", 100, model=RESNET18),
        *(
            _paper("FIG-2", fig_2_runs.declare, fig_2.judge, "cifar10", p, model=RESNET18)
            for p in fig_2_runs.PANELS
        ),
        _claim("FIG-6", MLP, fig_6_runs.declare, fig_6.judge, ON_CPU),
        *(_paper("FIG-6", fig_6_runs.declare, fig_6.judge, *panel, model=RESNET18) for panel in fig_6_runs.PANELS),
    ]


def _claim(
    claim: str,
    name: str,
    declare: Callable[..., Experiment],
    judge: Callable[[Results], Verdict],
    profiles: tuple[str, ...],
    **panel: object,
) -> Claim:
    def evidence(profile: str, stores: Sequence[Store] | None) -> Results:
        # Long runs are kept, and outlive the code that made them; their records say which.
        return collect(declare(profile, **panel), stores, any_code=profile in KEPT)

    return Claim(claim, name, evidence, judge, profiles)


def _paper(
    claim: str,
    declare: Callable[..., Experiment],
    judge: Callable[[Results], Verdict],
    data: str,
    percent: int,
    **panel: object,
) -> Claim:
    name = f"{panel.get('model', RESNET18)}, {percent} % of {data}"
    return _claim(claim, name, declare, judge, ("paper",), data=data, percent=percent, **panel)
