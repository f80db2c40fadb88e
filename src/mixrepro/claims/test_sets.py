"""TEST-SETS+ (ours): does the choice of test set make the result?

The fall is taken between the same two epochs on either set: from the one at which accuracy on the held-out images
turns, which is chosen on other seeds, to the last one. That two numbers are equal takes evidence, too: the whole
interval of their difference has to lie within the margin.
"""

from ..experiments.test_sets import OFFICIAL
from ..results import Results
from .fig_2 import MARGIN, MIN_DROP
from .fig_16 import STANDARD, column_of, fall
from .intervals import lies_within
from .rules import Verdict

#: Two falls agree if they differ by less than a difference that does not matter.
SAME_FALL = MARGIN
#: Two final accuracies agree if they differ by less than a fall that matters.
SAME_ACCURACY = MIN_DROP


def judge(results: Results) -> Verdict:
    """Judge TEST-SETS+: Mixup falls as far on the official images, and JPEG changes no final accuracy."""
    everything, lossless, as_jpeg = OFFICIAL
    gap = fall(results, "Mixup", everything) - fall(results, "Mixup", STANDARD)
    changes = {
        arm: results.final(arm, column_of(as_jpeg)) - results.final(arm, column_of(lossless))
        for arm in ("Mixup", "ERM")
    }
    return Verdict(
        claim="TEST-SETS+",
        title="The choice of test set does not make the result (ours)",
        parts=(
            lies_within(
                gap, SAME_FALL, "Mixup falls on the official test set (JPEG) as on the held-out images", results
            ),
            *(
                lies_within(
                    change,
                    SAME_ACCURACY,
                    f"{arm} ends at the same accuracy on 1,000 images as JPEG and without loss",
                    results,
                )
                for arm, change in changes.items()
            ),
        ),
    )
