"""FIG-13: does over-training with Mixup hurt on the mean squared error, too?"""

from ..results import Results
from .fig_2 import MIN_DROP, drops, mixup_falls
from .panels import panels
from .rules import Part, Verdict, exceeds


def judge(results: Results) -> Verdict:
    """Judge FIG-13: on each data set Mixup's test accuracy falls after its turn, and by more than ERM's."""
    title = "Trained on the mean squared error with the rate lowered twice, Mixup's curve is U-shaped, too"
    return Verdict(claim="FIG-13", title=title, parts=_parts(results))


def judge_constant(results: Results) -> Verdict:
    """Judge FIG-13+, ours: the same at a constant learning rate, where nothing slows the later training."""
    title = "Trained on the mean squared error at a constant rate, Mixup's curve is U-shaped, too"
    return Verdict(claim="FIG-13+", title=title, parts=_parts(results))


def _parts(results: Results) -> tuple[Part, ...]:
    several = len(panels(results)) > 1
    parts: list[Part] = []
    for (data, _), one in panels(results).items():
        mixup, erm = drops(one)
        where = f"{data}: " if several else ""
        parts.append(mixup_falls(mixup, one, where))
        parts.append(exceeds(mixup - erm, MIN_DROP, f"{where}Mixup falls by more than ERM (same seeds)", one))
    return tuple(parts)


def headline(verdict: Verdict) -> str:
    """Word what was found, for the title of the figure."""
    how = " (constant rate)" if verdict.claim.endswith("+") else ""
    falls = [part.verdict for part in verdict.parts[::2]]
    if any(part.effect is None for part in verdict.parts[::2]):
        return "No turn was found within the run"
    if set(falls) == {"supported"}:
        return f"On the squared error, Mixup turns and falls{how}"
    if set(falls) == {"refuted"}:
        return f"On the squared error, Mixup does not fall{how}"
    return f"On the squared error, Mixup may fall{how}"
