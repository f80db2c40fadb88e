"""FIG-12: FIG-2 with a network of convolutions, whose ERM runs do not change."""

from ..results import Results
from . import fig_2
from .panels import panels
from .rules import Part, Verdict, stays_below


def judge(results: Results) -> Verdict:
    """Judge FIG-12: on both amounts of data Mixup falls, and ERM neither falls nor rises."""
    judged: list[Part] = []
    for (_, n), one in panels(results).items():
        where = f"n = {n:,}: "
        mixup, erm = fig_2.drops(one)
        statement = f"{where}ERM's test accuracy does not rise between the same epochs"
        judged += [
            fig_2.mixup_falls(mixup, one, where),
            fig_2.erm_stays(erm, one, where),
            stays_below(-erm, fig_2.MARGIN, statement, one),
        ]
    return Verdict(
        claim="FIG-12",
        title="A network of convolutions falls with Mixup, and does not change with ERM",
        parts=tuple(judged),
    )
