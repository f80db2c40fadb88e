"""FIG-5+ (ours): the toy again, with standard normal weights where the text says "random weights".

Drawn and trained as for FIG-5, but with all weights of the teacher and of the student's first layer from N(0, 1),
without biases. The sensitivity map found this setting; so the seeds are others than the map's. Expected: the whole
figure. Cost at `quick`: a quarter of a minute on two cores.
"""

from ..teacher_student.problem import Setting
from . import fig_5
from .check import size_of
from .fig_5 import ToyCurves

SIZES = {
    "smoke": dict(seeds=8, epochs=600),
    "quick": dict(seeds=96, epochs=10_000),
    "small": dict(seeds=1000, epochs=10_000),
}
SETTING = Setting(teacher="unit", student="unit")
#: Number of the first seed: far from those of the map.
FIRST = 500_000


def run(profile: str = "quick", seed: int = 0, seeds: int | None = None, epochs: int | None = None) -> ToyCurves:
    """Draw the toy and train it. Arguments and errors as for `fig_5.run`."""
    size = size_of(SIZES, profile, seeds=seeds, epochs=epochs)
    return fig_5.run(profile, seed, SETTING, first=FIRST, **size)
