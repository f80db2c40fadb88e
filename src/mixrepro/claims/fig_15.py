"""FIG-15: FIG-16's rules, on all of the training data where there is more than one amount."""

from ..results import Results
from . import fig_16
from .rules import Verdict


def judge(results: Results) -> Verdict:
    """Judge FIG-15; see `fig_16.judge`."""
    return fig_16.judge(results, "FIG-15")
