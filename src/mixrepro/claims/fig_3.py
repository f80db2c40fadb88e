"""FIG-3: FIG-2 with a deeper network, and a test loss that is U-shaped."""

import numpy as np

from ..results import Results
from . import fig_2
from .panels import panels
from .rules import Part, Verdict, at_turn, exceeds

#: A change of the test loss that matters: a twentieth of a nat is a twentieth of the right class's probability.
MIN_CHANGE = 0.05


def judge(results: Results) -> Verdict:
    """Judge FIG-3: the parts of FIG-2, and Mixup's test loss falls first and rises later."""
    (one,) = panels(results).values()
    mixup, erm = fig_2.drops(one)
    fall, rise = u_shape(one)
    return Verdict(
        claim="FIG-3",
        title="A deeper network over-trained with Mixup falls, with ERM it does not; the test loss is U-shaped",
        parts=(
            fig_2.mixup_falls(mixup, one),
            fig_2.erm_stays(erm, one),
            _changes(fall, "Mixup's test loss falls at first", one),
            _changes(rise, "Mixup's test loss rises after it was lowest", one),
        ),
    )


def u_shape(one: Results) -> tuple[np.ndarray, np.ndarray]:
    """Return each seed's fall of Mixup's test loss to its lowest, and the rise from there to the end (nats).

    Where the loss is lowest is chosen on the other half of the seeds, as a turning epoch is.
    """
    _, loss = one.curve("Mixup", "test_loss")
    lowest = at_turn(loss, -loss)
    first = loss[:, 0] if loss.shape[1] else np.full(one.n_declared, np.nan)
    return first - lowest, one.final("Mixup", "test_loss") - lowest


def _changes(change: np.ndarray, statement: str, one: Results) -> Part:
    return exceeds(change, MIN_CHANGE, statement, one, unit="nats")
