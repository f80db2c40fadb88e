"""FIG-9: FIG-2 on other data; on all house numbers ERM gets worse, too, and on a part of them it does not.

That ERM gets worse on all of them is a statement about SVHN; of CIFAR-10 the paper says the opposite. So it is
judged where house numbers are trained on, and decides nothing where other data stand in for them.
"""

import numpy as np

from ..results import Results
from . import fig_2
from .panels import panels
from .rules import Part, Verdict, at_turn, exceeds, turning_epochs

#: The data of which the paper says that ERM, too, gets worse on all of them.
HOUSE_NUMBERS = "svhn"


def judge(results: Results) -> Verdict:
    """Judge FIG-9: Mixup falls on both amounts of data; ERM not on the part, but on all house numbers."""
    return Verdict(
        claim="FIG-9",
        title="On other data Mixup falls, too; ERM does not on a part of them, but on all house numbers",
        parts=parts(
            {n: (one, *falls(one)) for (_, n), one in panels(results).items()},
            "after its turning epoch",
            "after its own turning epoch",
        ),
    )


def falls(one: Results) -> tuple[np.ndarray, np.ndarray]:
    """Return each seed's fall of test accuracy to the end: Mixup's, and ERM's from ERM's *own* turning epoch.

    ERM's fall is zero where its curve is highest at the end: what never turned has not fallen. Mixup's is unknown
    then, as in FIG-2, whose claim is that it turns.
    """
    _, erm = one.curve("ERM", "test_accuracy")
    fall = at_turn(erm, erm) - one.final("ERM", "test_accuracy")
    if len(erm) > 1 and erm.size and np.isfinite(erm).all():
        fall[turning_epochs(erm) < 0] = 0.0
    return fig_2.drops(one)[0], fall


def parts(
    falls: dict[int, tuple[Results, np.ndarray, np.ndarray]], mixup_when: str, erm_when: str
) -> tuple[Part, ...]:
    """Judge the falls on each amount of data; ERM's on all of the data where these are house numbers.

    Args:
        falls: Amount of data -> its results, Mixup's falls and ERM's, float64 [seeds] each.
        mixup_when: Between which epochs Mixup's were taken.
        erm_when: Between which epochs ERM's were taken.
    """
    judged = []
    for n, (one, mixup, erm) in falls.items():
        where = f"n = {n:,}: "
        judged.append(fig_2.mixup_falls(mixup, one, where, mixup_when))
        if n < max(falls):
            judged.append(fig_2.erm_stays(erm, one, where, erm_when))
        elif one.experiment.arms["ERM"].data == HOUSE_NUMBERS:
            statement = f"{where}ERM's test accuracy falls, too, {erm_when}"
            judged.append(exceeds(erm, fig_2.MARGIN, statement, one))
    return tuple(judged)
