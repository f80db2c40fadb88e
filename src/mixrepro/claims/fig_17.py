"""FIG-17: does RegMixup over-train as Mixup does, and with a small weight of the mixed term later and less?"""

from functools import partial

from ..experiments.fig_17 import arm_name
from ..results import Results
from .fig_2 import MARGIN, MIN_DROP
from .fig_4 import drop
from .intervals import lies_within
from .later import UNIT, judge_later
from .rules import Verdict, exceeds

#: "Nearly identical" is taken as: within two points of accuracy, since a fall of two points is one that matters.
ALIKE = MIN_DROP
#: A later turn that matters: a quarter later.
MIN_LATER = 0.32


def small_and_large(results: Results) -> tuple[float, float]:
    """Return the two weights of the mixed term."""
    small, large = sorted(arm.eta for arm in results.experiment.arms.values() if arm.loss == "regmixup")
    return small, large


def judge(results: Results) -> Verdict:
    """Judge FIG-17: the large weight ends where Mixup does, the small one turns later, ends better; both fall."""
    small, large = map(arm_name, small_and_large(results))
    final = {arm: results.final(arm, "test_accuracy") for arm in results.experiment.arms}
    later = partial(
        exceeds, min_effect=MIN_LATER, statement=f"{small}: turns later than Mixup", evidence=results, unit=UNIT
    )
    return Verdict(
        claim="FIG-17",
        title="RegMixup degrades too: with a large weight like Mixup, with a small one later and less",
        parts=(
            lies_within(final[large] - final["Mixup"], ALIKE, f"{large}: ends where Mixup ends", results),
            judge_later(results, small, "Mixup", later),
            exceeds(final[small] - final["Mixup"], MARGIN, f"{small}: ends above Mixup", results),
            exceeds(drop(results, large), MIN_DROP, f"{large}: test accuracy falls after its turn", results),
            exceeds(drop(results, small), MIN_DROP, f"{small}: test accuracy falls after its turn", results),
        ),
    )


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    alike, later, better, *falls = (part.verdict for part in verdict.parts)
    if all(fall == "refuted" for fall in falls):
        return "RegMixup does not fall"
    large = {"supported": "ends where Mixup does", "refuted": "does not", "inconclusive": "may"}[alike]
    if alike != "supported":
        large += " end where Mixup does"
    said = [
        words for verdict, words in ((later, "turns later"), (better, "ends better")) if verdict == "supported"
    ]
    small = " and ".join(said) or (
        "is unclear" if "inconclusive" in (later, better) else "neither later nor better"
    )
    return f"Large η {large}; small η {small}"
