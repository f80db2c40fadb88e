"""The claims of theory: each rests on a numerical check, and on a proof in its chapter."""

from collections.abc import Callable
from functools import cache
from typing import Any

from .. import checks
from ..checks.check import Check
from . import (
    conv_noise,
    d_4,
    d_5,
    d_6,
    fig_5,
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
from .claim import Claim
from .rules import Verdict


def computed() -> list[Claim]:
    """Return the claims of theory, in the paper's order; places where text and mathematics disagree come last."""
    return [
        _computed("LEMMA-3.1+", checks.lemma_3_1, lemma_3_1.judge_general),
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
        _computed("D-1", checks.thm_5_1, section_d.judge_d_1),
        _computed("D-2", checks.thm_5_1, section_d.judge_d_2),
        _computed("D-3", checks.thm_5_1, section_d.judge_d_3),
        _computed("D-4", checks.d_4, d_4.judge),
        _computed("D-5", checks.d_5, d_5.judge),
        _computed("D-5+", checks.d_5, d_5.judge_gap),
        _computed("D-6", checks.d_6, d_6.judge),
    ]


def _computed(claim: str, check: Any, judge: Callable[[Any], Verdict]) -> Claim:
    return Claim(claim, "theory", lambda profile, stores: _outcome(check, profile), judge, tuple(check.SIZES))


@cache
def _outcome(check: Any, profile: str) -> Check:
    """Run a check once, also where several claims rest on it."""
    return check.run(profile)
