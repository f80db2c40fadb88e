"""What commands say of a record, and of the verdict on a claim."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..results import Results
from ..store import Record

if TYPE_CHECKING:
    from ..claims import Judged

MEASURED = ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "trial_epoch", "trial_test_accuracy")
#: Means that differ by less are equal: one test point of one seed makes more.
TIE = 1e-9


def summary(record: Record) -> dict[str, Any]:
    """Return what a run came to, as plain data: measured at its last epoch, and where it tested best."""
    epochs, _ = record.measured("test_loss")
    last = int(epochs[-1]) if len(epochs) else 0  # a run may diverge before it is measured
    measured = {name: record.at(last, name) if last else None for name in MEASURED}
    tested_at, accuracy = record.measured("test_accuracy")
    accuracy = accuracy[tested_at <= last]  # where a run is lost, a network of no numbers was tested, too
    best = int(accuracy.argmax()) if len(accuracy) else None
    return {
        "run_id": record.run_id,
        "seed": record.config.seed,
        "status": record.status,
        "epoch": last,
        **measured,
        "highest_test_accuracy": None if best is None else float(accuracy[best]),
        "highest_at": None if best is None else int(tested_at[best]),
    }


def verdict_lines(each: "Judged") -> Iterator[str]:
    """Word a verdict: a line, one a part, and one on where it comes from."""
    from ..claims.rules import effect_text

    runs = f", {each.run[0]} of {each.run[1]} runs" if each.run else ""
    yield f"{each.verdict.claim}  {each.profile}  {each.word}  ({each.evidence.scale}{runs})"
    if each.word == "not run":
        return
    for part in each.verdict.parts:
        n = f"n = {part.n} of {part.n_declared}"
        yield f"    {part.verdict:12}  {n}  {effect_text(part):>28}  {part.statement}"
    yield f"    data: {each.data}; machine: {each.machine}"


def judge_swept(claim: str, results: Results) -> "Judged | None":
    """Judge a claim by the very runs that were swept for it, at whichever settings.

    Args:
        claim: As it was swept; what is declared for a claim of ours alone is judged as that, `TEST-SETS+`.
        results: The runs, at least one.

    Returns:
        The verdict; None where no rule is declared at this size.

    Raises:
        MixreproError: The runs lack what the rule needs.
    """
    from ..claims import Judged, all_claims

    rules = {each.id: each for each in all_claims() if results.profile in each.profiles}
    rule = rules.get(claim) or rules.get(f"{claim}+")
    if rule is None:
        return None
    records = results.all_records()
    run = (len(records), sum(map(len, results.records.values())))
    sources = sorted({record.manifest["data"]["source"] for record in records})
    machines = sorted({record.manifest["device"] for record in records})
    model = records[0].config.model
    return Judged(
        rule.judge(results), results.profile, model, run, "; ".join(sources), "; ".join(machines), results
    )
