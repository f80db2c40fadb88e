"""Which claims there are: for each the runs or the check that it rests on, and the rule that judges it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from .. import checks
from ..checks.check import Check
from ..experiments import fig_2 as fig_2_runs
from ..experiments import fig_6 as fig_6_runs
from ..experiments import lemma_3_1 as lemma_3_1_runs
from ..experiments.declaration import Experiment
from ..results import Results, collect
from ..store import Store
from . import (
    conv_noise,
    d_4,
    d_5,
    d_6,
    fig_2,
    fig_5,
    fig_6,
    fig_18,
    lemma_3_1,
    lemma_5_1,
    lr_stage,
    mp_law,
    rem_5_1,
    rem_5_2,
    rem_5_3,
    rem_5_5,
    section_d,
    thm_5_1,
    thm_5_2,
    u_shape,
)
from .rules import Evidence, Verdict

#: Profiles whose records are kept in `results/`.
KEPT = ("small", "paper")


@dataclass(frozen=True)
class Claim:
    """A claim of the paper, or of ours where its id ends in a plus.

    Attributes:
        id: Its name everywhere: `FIG-6`.
        model: The network it is judged on; `theory` where none is trained.
        evidence: Gives what it rests on at a profile: the records found in the stores, or a numerical check.
        judge: Gives its verdict from that.
        profiles: Profiles that are declared for it.
    """

    id: str
    model: str
    evidence: Callable[[str, Sequence[Store] | None], Evidence]
    judge: Callable[[Any], Verdict]
    profiles: tuple[str, ...]


def all_claims() -> list[Claim]:
    """Return every claim that can be judged, in the paper's order."""
    mlp_sizes = tuple(fig_2_runs.SIZES[fig_2_runs.MLP])
    figures = [
        _recorded(
            claim, model, lambda profile, model=model: fig_2_runs.declare(profile, model), judge, tuple(sizes)
        )
        for model, sizes in fig_2_runs.SIZES.items()
        for claim, judge in (("FIG-1", fig_2.judge_fig_1), ("FIG-2", fig_2.judge))
    ]
    return [
        _recorded("LEMMA-3.1", "mlp", lemma_3_1_runs.declare, lemma_3_1.judge, tuple(lemma_3_1_runs.SIZES)),
        _computed("LEMMA-3.1+", checks.lemma_3_1, lemma_3_1.judge_general),
        *figures,
        _computed("THM-5.1", checks.thm_5_1, thm_5_1.judge),
        _computed("THM-5.1+", checks.thm_5_1, thm_5_1.judge_corrected),
        _computed("REM-5.1", checks.rem_5_1, rem_5_1.judge),
        _computed("REM-5.1+", checks.rem_5_1, rem_5_1.judge_corrected),
        _computed("REM-5.2", checks.rem_5_2, rem_5_2.judge),
        _computed("REM-5.2+", checks.rem_5_2, rem_5_2.judge_corrected),
        _computed("CONV-NOISE", checks.conv_noise, conv_noise.judge),
        _computed("LEMMA-5.1", checks.lemma_5_1, lemma_5_1.judge),
        _computed("LEMMA-5.1+", checks.lemma_5_1, lemma_5_1.judge_minimum_norm),
        _computed("REM-5.3", checks.rem_5_3, rem_5_3.judge),
        _computed("THM-5.2", checks.thm_5_2, thm_5_2.judge),
        _computed("THM-5.2+", checks.thm_5_2, thm_5_2.judge_sharpened),
        _computed("U-SHAPE", checks.u_shape, u_shape.judge),
        _computed("U-SHAPE+", checks.u_shape, u_shape.judge_modes),
        _computed("REM-5.5", checks.rem_5_5, rem_5_5.judge),
        _computed("REM-5.5+", checks.rem_5_5, rem_5_5.judge_corrected),
        _computed("LR-STAGE", checks.lr_stage, lr_stage.judge),
        _computed("LR-STAGE+", checks.lr_stage, lr_stage.judge_sharpened),
        _computed("MP-LAW", checks.mp_law, mp_law.judge),
        _computed("MP-LAW+", checks.d_6, d_6.judge_spectrum),
        _computed("FIG-5", checks.fig_5, fig_5.judge),
        _computed("FIG-5+", checks.fig_5_far, fig_5.judge_far),
        _computed("FIG-18", checks.fig_18, fig_18.judge),
        _computed("FIG-18+", checks.fig_18_far, fig_18.judge_far),
        _recorded("FIG-6", "mlp", fig_6_runs.declare, fig_6.judge, mlp_sizes),
        _computed("D-1", checks.thm_5_1, section_d.judge_d_1),
        _computed("D-2", checks.thm_5_1, section_d.judge_d_2),
        _computed("D-3", checks.thm_5_1, section_d.judge_d_3),
        _computed("D-4", checks.d_4, d_4.judge),
        _computed("D-5", checks.d_5, d_5.judge),
        _computed("D-5+", checks.d_5, d_5.judge_gap),
        _computed("D-6", checks.d_6, d_6.judge),
    ]


def _recorded(
    claim: str,
    model: str,
    declare: Callable[[str], Experiment],
    judge: Callable[[Results], Verdict],
    profiles: tuple[str, ...],
) -> Claim:
    def evidence(profile: str, stores: Sequence[Store] | None) -> Results:
        # Long runs are kept, and outlive the code that made them; their records say which.
        return collect(declare(profile), stores, any_code=profile in KEPT)

    return Claim(claim, model, evidence, judge, profiles)


def _computed(claim: str, check: Any, judge: Callable[[Any], Verdict]) -> Claim:
    return Claim(claim, "theory", lambda profile, stores: _outcome(check, profile), judge, tuple(check.SIZES))


@cache
def _outcome(check: Any, profile: str) -> Check:
    """Run a check once, also where several claims rest on it."""
    return check.run(profile)
