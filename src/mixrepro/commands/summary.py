"""What commands say of a record, and of the verdict on a claim."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..record import Record
from ..results import Results

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
    best = _highest(accuracy) if len(accuracy) else None
    return {
        "run_id": record.run_id,
        "seed": record.config.seed,
        "status": record.status,
        "epoch": last,
        **measured,
        "highest_test_accuracy": None if best is None else float(accuracy[best]),
        "highest_at": None if best is None else int(tested_at[best]),
    }


def turn(records: Sequence[Record]) -> dict[str, Any] | None:
    """Find where test accuracy is highest, as a mean over the seeds that came to the end.

    Returns:
        `seeds` in the mean; `epoch` at which the mean is highest, the last one of equals, since a curve that comes
        back has not turned; `mean_test_accuracy` there; `last_epoch`, `mean_at_end`; and whether it `turned`.
        None where no seed came to the end.
    """
    curves = [record.measured("test_accuracy") for record in records if record.status == "complete"]
    if not curves:
        return None
    epochs, mean = curves[0][0], np.mean([accuracy for _, accuracy in curves], axis=0)
    best = _highest(mean)
    return {
        "seeds": len(curves),
        "epoch": int(epochs[best]),
        "mean_test_accuracy": float(mean[best]),
        "last_epoch": int(epochs[-1]),
        "mean_at_end": float(mean[-1]),
        "turned": best < len(mean) - 1,
    }


def turn_line(records: Sequence[Record]) -> str:
    """Word the turn of runs of one configuration; a run that was switched says so."""
    found = turn(records)
    if found is None:
        return "no seed came to the end"
    seeds = "1 seed" if found["seeds"] == 1 else f"mean of {found['seeds']} seeds"
    line = (
        f"test accuracy, {seeds}: highest at epoch {found['epoch']} of {found['last_epoch']}, "
        f"{found['mean_test_accuracy']:.1%}"
    )
    if found["turned"]:
        line += f"; at the end {found['mean_at_end']:.1%}"
    switch = records[0].config.switch_epoch
    if switch is not None and switch < found["last_epoch"]:
        return f"{line}; switched from Mixup to ERM at epoch {switch}"
    return line if found["turned"] else f"{line}; no turn within the run"


def _highest(accuracy: np.ndarray) -> int:
    """Return the position of the highest value, the last one of equals."""
    return int(np.flatnonzero(accuracy >= accuracy.max() - TIE)[-1])


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
