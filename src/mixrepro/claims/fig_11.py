"""FIG-11: FIG-10's trials on the data of FIG-9."""

from ..results import Results
from . import fig_9
from .fig_10 import between, trial_falls
from .panels import panels
from .rules import Verdict


def judge(results: Results) -> Verdict:
    """Judge FIG-11 from the shortest trial to the longest: Mixup falls, ERM on all house numbers only."""
    both = panels(results)
    when = between(next(iter(both.values())))
    return Verdict(
        claim="FIG-11",
        title="Deeper, on other data: longer trials end lower with Mixup; with ERM only on all house numbers",
        parts=fig_9.parts({n: (one, *trial_falls(one)) for (_, n), one in both.items()}, when, when),
    )
