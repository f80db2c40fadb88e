"""The claims about trained networks: each rests on the records of an experiment."""

from collections.abc import Callable, Sequence

from .. import expected_gradient, recorded_sharpness, sharpness
from ..config import PROFILES
from ..experiments import fig_2 as fig_2_runs
from ..experiments import fig_2_land as fig_2_land_runs
from ..experiments import fig_2_map as fig_2_map_runs
from ..experiments import fig_3 as fig_3_runs
from ..experiments import fig_4 as fig_4_runs
from ..experiments import fig_6 as fig_6_runs
from ..experiments import fig_7 as fig_7_runs
from ..experiments import fig_8 as fig_8_runs
from ..experiments import fig_9 as fig_9_runs
from ..experiments import fig_10 as fig_10_runs
from ..experiments import fig_11 as fig_11_runs
from ..experiments import fig_12 as fig_12_runs
from ..experiments import fig_13 as fig_13_runs
from ..experiments import fig_14 as fig_14_runs
from ..experiments import fig_15 as fig_15_runs
from ..experiments import fig_16 as fig_16_runs
from ..experiments import fig_17 as fig_17_runs
from ..experiments import lemma_3_1 as lemma_3_1_runs
from ..experiments import test_sets as test_sets_runs
from ..experiments.declaration import KEPT, Experiment
from ..experiments.recipes import CONV1D, MLP, RESNET18, RESNET34
from ..results import Results, collect
from ..store import Store
from . import (
    fig_2,
    fig_2_land,
    fig_2_map,
    fig_3,
    fig_4,
    fig_6,
    fig_6_rule,
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
from .claim import Claim
from .rules import Verdict

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
        *(
            _paper(claim, fig_2_runs.declare, judge, model=RESNET18, **fig_2_runs.RECORDED)
            for claim, judge in (("FIG-1", fig_2.judge_fig_1), ("FIG-2", fig_2.judge))
        ),
        # Measured from the weights that the runs keep; recorded runs keep what was measured.
        *(
            _claim(claim, MLP, fig_2_land_runs.declare, _of_sharpness(judge), ON_CPU)
            for claim, judge in (
                ("FIG-2-LAND", fig_2_land.judge),
                ("FIG-2-LAND-HESSIAN", fig_2_land.judge_curvature),
                ("FIG-2-LAND+", fig_2_land.judge_scale_free),
            )
        ),
        _claim("FIG-2-MAP+", "", fig_2_map_runs.declare, fig_2_map.judge, ("smoke", "small", "paper")),
        _claim("FIG-3", "", fig_3_runs.declare, fig_3.judge),
        _claim("FIG-4", MLP, fig_4_runs.declare, fig_4.judge, ON_CPU),
        *(
            _claim("FIG-4", model, fig_4_runs.declare, fig_4.judge, ("paper",), model=model)
            for model in (RESNET18, RESNET34)
        ),
        _claim("FIG-6", MLP, fig_6_runs.declare, fig_6.judge, ON_CPU),
        _claim("FIG-6+", MLP, fig_6_runs.declare, fig_6_rule.judge, ON_CPU),
        *(_paper("FIG-6", fig_6_runs.declare, fig_6.judge, *panel, model=RESNET18) for panel in fig_6_runs.PANELS),
        _claim("FIG-7", "", fig_7_runs.declare, fig_7.judge),
        _claim("FIG-7+", "", fig_7_runs.declare, fig_7.judge_steps),
        _claim("FIG-8", MLP, fig_8_runs.declare, fig_8.judge, ON_CPU),
        *(_paper("FIG-8", fig_8_runs.declare, fig_8.judge, *panel) for panel in fig_8_runs.PANELS),
        _paper("FIG-8", fig_8_runs.declare, fig_8.judge, **fig_2_runs.RECORDED),
        _claim("FIG-8+", MLP, fig_8_runs.declare, _judge_expected_gradient, LIVE),
        _claim("FIG-9", "", fig_9_runs.declare, fig_9.judge),
        _claim("FIG-10", "", fig_10_runs.declare, fig_10.judge),
        _claim("FIG-11", "", fig_11_runs.declare, fig_11.judge),
        _claim("FIG-12", "", fig_12_runs.declare, fig_12.judge),
        _claim("FIG-13", "", fig_13_runs.declare, fig_13.judge),
        _claim("FIG-13+", MLP, fig_13_runs.declare, fig_13.judge_constant, ON_CPU, constant_lr=True),
        _claim("FIG-14", MLP, fig_14_runs.declare, fig_14.judge, ON_CPU),
        _claim("FIG-14+", MLP, fig_14_runs.declare, fig_14.judge_sharpened, ON_CPU),
        *(_paper("FIG-14", fig_14_runs.declare, fig_14.judge, *panel) for panel in fig_14_runs.PANELS),
        _claim("FIG-15", "", fig_15_runs.declare, fig_15.judge),
        _claim("FIG-16", "", fig_16_runs.declare, fig_16.judge),
        _claim("TEST-SETS+", "", test_sets_runs.declare, test_sets.judge, ("small",)),
        _claim("FIG-17", "", fig_17_runs.declare, fig_17.judge),
    ]


def _of_sharpness(judge: Callable[[sharpness.Sharpness], Verdict]) -> Callable[[Results], Verdict]:
    def judged(results: Results) -> Verdict:
        if results.profile not in KEPT:
            return judge(sharpness.measure(results))
        kept = recorded_sharpness.find(results)
        return judge(kept["sharpness"] if kept else recorded_sharpness.nothing(results))

    return judged


def _judge_expected_gradient(results: Results) -> Verdict:
    return fig_8.judge_expected(expected_gradient.measure(results))


def _claim(
    claim: str,
    name: str,
    declare: Callable[..., Experiment],
    judge: Callable[[Results], Verdict],
    profiles: tuple[str, ...] = PROFILES,
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
    percent: float,
    **panel: object,
) -> Claim:
    name = f"{panel.get('model', RESNET18)}, {percent:g} % of {data}"
    return _claim(claim, name, declare, judge, ("paper",), data=data, percent=percent, **panel)
