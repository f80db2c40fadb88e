"""FIG-10: does a longer trial end lower, with Mixup and with ERM?"""

import numpy as np

from ..results import Results
from . import fig_2
from .panels import panels
from .rules import Part, Verdict, exceeds


def trials(one: Results) -> tuple[int, int, int]:
    """Return the length of the trials that a run serves: a quarter of it, half of it and all of it.

    Each is the measured epoch nearest to that: exactly 200, 400 and 800 of 800.
    """
    whole = one.experiment.epochs
    measured, _ = one.curve("Mixup", "test_accuracy")
    lengths = (whole / 4, whole / 2, whole)
    if not len(measured):
        return tuple(round(length) for length in lengths)
    return tuple(int(measured[np.abs(measured - length).argmin()]) for length in lengths)


def between(one: Results) -> str:
    """Say between which trials a fall is taken."""
    shortest, _, longest = trials(one)
    return f"from a trial of {shortest:,} epochs to one of {longest:,}"


def judge(results: Results) -> Verdict:
    """Judge FIG-10 on the shortest and the longest trial: Mixup falls from one to the other, ERM rises.

    That ERM does not fall is a part of its own, so that a reader sees whether a rise that is not there is a fall.
    """
    judged: list[Part] = []
    for (_, n), one in panels(results).items():
        when = between(one)
        mixup, erm = trial_falls(one)
        judged += [
            fig_2.mixup_falls(mixup, one, f"n = {n:,}: ", when),
            fig_2.erm_stays(erm, one, f"n = {n:,}: ", when),
            exceeds(-erm, fig_2.MARGIN, f"n = {n:,}: ERM's test accuracy rises {when}", one),
        ]
    return Verdict(
        claim="FIG-10",
        title="With a deeper network, a longer trial ends lower with Mixup and higher with ERM",
        parts=tuple(judged),
    )


def after(one: Results, arm: str, epochs: int) -> np.ndarray:
    """Return each seed's test accuracy after a trial, float64 [seeds]; NaN where it was not measured."""
    measured, accuracy = one.curve(arm, "test_accuracy")
    places = np.flatnonzero(measured == epochs)
    return accuracy[:, places[0]] if len(places) else np.full(one.n_declared, np.nan)


def trial_falls(one: Results) -> tuple[np.ndarray, np.ndarray]:
    """Return each seed's fall of test accuracy from the shortest trial to the longest, for Mixup and ERM.

    Both lengths are declared, so no epoch is chosen on the curve.
    """
    shortest, _, longest = trials(one)
    return tuple(after(one, arm, shortest) - after(one, arm, longest) for arm in ("Mixup", "ERM"))
