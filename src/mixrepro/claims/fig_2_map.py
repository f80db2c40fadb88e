"""FIG-2-MAP+ (ours): does it take capacity for Mixup to fall?"""

import numpy as np

from ..experiments.fig_2_map import Map
from ..results import Results
from . import fig_2
from .panels import part_of
from .rules import Verdict, exceeds

#: Deepening of the fall with every doubling of the width, from which on it matters.
MIN_SLOPE = 0.005


def settings(results: Results) -> dict[str, Results]:
    """Return every setting: its name -> its results, arms `ERM` and `Mixup`."""
    declared = results.experiment
    assert isinstance(declared, Map)
    return {name: part_of(results, declared.setting(name)) for name in declared.settings}


def judge(results: Results) -> Verdict:
    """Judge FIG-2-MAP+: Mixup falls deeper with each doubling of the width; at the widest, ERM does not fall."""
    declared = results.experiment
    assert isinstance(declared, Map)
    widths = declared.widths()
    every = settings(results)
    widest = every[widths[max(widths)]]
    where = f"width {max(widths)}: "
    mixup, erm = fig_2.drops(widest)
    return Verdict(
        claim="FIG-2-MAP+",
        title="The wider a network of convolutions, the deeper it falls under Mixup (ours)",
        parts=(
            exceeds(
                slopes({width: fig_2.drops(every[name])[0] for width, name in widths.items()}),
                MIN_SLOPE,
                "twice the width, a deeper fall of Mixup's test accuracy",
                results,
            ),
            fig_2.mixup_falls(mixup, widest, where),
            fig_2.erm_stays(erm, widest, where),
        ),
    )


def slopes(falls: dict[int, np.ndarray]) -> np.ndarray:
    """Fit each seed's fall against the logarithm of the width to base 2, by least squares.

    Args:
        falls: Width -> fall of test accuracy, float64 [seeds], NaN where there is no turn or no run.

    Returns:
        float64 [seeds], fall a doubling; NaN where the fall at some width is not known.
    """
    logs = np.log2(sorted(falls))
    weights = (logs - logs.mean()) / ((logs - logs.mean()) ** 2).sum()
    return np.stack([falls[width] for width in sorted(falls)], axis=1) @ weights
