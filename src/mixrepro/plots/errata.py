"""The figure of the errata: how often what is printed fails, and its correction beside it."""

from collections.abc import Sequence

import matplotlib.pyplot as plt

from ..claims.rules import RATES, Part, Verdict, effect_text
from . import style
from .style import Shown

#: Shares below this (per cent) are drawn on a linear scale, so that zero has a place on a logarithmic axis.
LINEAR_BELOW = 0.01


def counterexamples(verdicts: Sequence[Verdict]) -> Shown:
    """Draw the share of cases of every part that is judged by cases, with its interval.

    Args:
        verdicts: Judged points of the errata; parts in other units (errors, effects) are left out.
    """
    rows = [(verdict.claim, part) for verdict in verdicts for part in verdict.parts if part.unit in RATES]
    refuted = sum(part.verdict == "refuted" for _, part in rows)
    with style.style():
        figure, axes = plt.subplots(figsize=(7.2, 0.42 * len(rows) + 1.1))
        for place, (_, part) in enumerate(rows):
            _dot(axes, place, part)
        axes.set_yticks(range(len(rows)), [f"{claim}: {part.statement}" for claim, part in rows], fontsize=7)
        axes.invert_yaxis()
        axes.set_xscale("symlog", linthresh=LINEAR_BELOW)
        axes.set_xlim(-0.002, 100)
        axes.set_xlabel("share of cases (%), 95 % interval")
        title = f"{refuted} of {len(rows)} statements fail on drawn cases"
        figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    plt.close(figure)
    listed = "; ".join(f"{claim}, {part.statement}: {effect_text(part)}, {part.verdict}" for claim, part in rows)
    return Shown(
        figure,
        f"One row a statement, with the share of cases drawn. {listed}.",
        "Open circle: refuted; filled: supported. For most rows the share is that of counterexamples; where the "
        "statement says that something happens, of the cases where it does. Logarithmic above "
        f"{LINEAR_BELOW:g} %, linear below.",
    )


def _dot(axes: plt.Axes, place: int, part: Part) -> None:
    if part.effect is None or part.interval is None:
        return
    low, high = (100 * end for end in part.interval)
    fill = "white" if part.verdict == "refuted" else "black"
    axes.plot([low, high], [place, place], color="black", linewidth=1)
    axes.plot(100 * part.effect, place, "o", color="black", markerfacecolor=fill, markersize=5)
