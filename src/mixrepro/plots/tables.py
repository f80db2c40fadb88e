"""Tables of a chapter."""

import html
import re
from collections.abc import Sequence

import numpy as np

from ..claims import fig_6, fig_6_monitor, fig_6_rule
from ..claims.rules import student_interval
from ..results import Results
from . import style
from .curves import seeds_caption


class Table:
    """A table as a page shows it."""

    def __init__(self, head: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> None:
        self.head, self.rows, self.caption = head, rows, caption

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        numeric = [_is_numeric(column) for column in zip(*self.rows, strict=True)] or [False] * len(self.head)
        head = _row("th", self.head, numeric)
        rows = "".join(f"<tr>{_row('td', row, numeric)}</tr>" for row in self.rows)
        caption = f"<caption>{html.escape(self.caption)}</caption>" if self.caption else ""
        plain = "\n".join("  ".join(row) for row in [self.head, *self.rows])
        body = f"{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>"
        return {"text/html": f'<table class="numbers">{body}</table>', "text/plain": plain}


#: A cell of at most so many characters is not broken over lines.
SHORT = 14


def _is_numeric(column: Sequence[str]) -> bool:
    """Tell whether a column holds numbers, which are compared digit under digit, and not prose."""
    return any(re.match(r"[-−+]?\d", cell) for cell in column) and max(map(len, column)) < 40


def _row(tag: str, cells: Sequence[str], numeric: Sequence[bool]) -> str:
    marked = []
    for cell, is_number in zip(cells, numeric, strict=True):
        names = [*(["number"] if is_number else []), *(["short"] if len(cell) <= SHORT else [])]
        marked.append(f'<{tag} class="{" ".join(names)}">{html.escape(cell)}</{tag}>')
    return "".join(marked)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Show rows of text under a head."""
    return Table(head, rows)


def endings_table(results: Results) -> Table:
    """Show where each arm stands after the last epoch: test accuracy, test loss and loss on training points."""
    rows = [
        [
            arm,
            mean_and_std(results.final(arm, "test_accuracy"), percent=True),
            mean_and_std(results.final(arm, "test_loss")),
            mean_and_std(results.final(arm, "train_loss")),
        ]
        for arm in results.experiment.arms
    ]
    return Table(["arm", "test accuracy", "test loss (nats)", "training loss (nats)"], rows, _caption(results))


def protocol_table(results: Results) -> Table:
    """Show test accuracy after the last epoch beside that at the epoch of the smallest training loss."""
    rows = [
        [
            arm,
            mean_and_std(results.final(arm, "test_accuracy"), percent=True),
            mean_and_std(results.final(arm, "trial_test_accuracy"), percent=True),
            mean_and_std(results.final(arm, "trial_epoch"), digits=0),
        ]
        for arm in results.experiment.arms
    ]
    head = ["arm", "accuracy after the last epoch", "accuracy at the smallest training loss", "its epoch"]
    return Table(head, rows, _caption(results))


def strategies_table(results: Results) -> Table:
    """Show what comes of each way to end Mixup: told by other runs (FIG-6+), or by a run's own `SwitchMonitor`."""
    chosen, watched = fig_6_rule.choose(results), fig_6_monitor.watch(results)
    rows = [
        ["Mixup throughout", "", results.final("Mixup", "test_accuracy")],
        ["ERM throughout", "", results.final("ERM", "test_accuracy")],
        ["stop where the other seeds turn", _epochs_text(chosen.turn), chosen.stopped],
        ["switch nearest to where they turn", _epochs_text(chosen.switch), chosen.switched],
        ["switch that is best for the other seeds", _epochs_text(chosen.best), chosen.best_switched],
        ["switch where the run's own monitor says so", _epochs_text(watched.switch), watched.ended],
    ]
    head = ["strategy", "at epoch", "test accuracy in the end"]
    return Table(
        head, [[name, at, mean_and_std(ends, percent=True)] for name, at, ends in rows], _caption(results)
    )


def roles_table(*every: Results) -> Table:
    """Show the switches declared as early, in time and late beside the epoch at which Mixup turned (FIG-6).

    Args:
        every: Runs of FIG-6, one size each.
    """
    rows = []
    for results in every:
        turn = fig_6.turn(results)
        there = bool(len(results.curve("Mixup", "test_accuracy")[0]))
        known = f"{turn:,.0f}" if np.isfinite(turn) else "not known of every seed" if there else "not run"
        roles = [
            f"{epoch:,}" + (f" ({epoch / turn:.2g} × the turn)" if np.isfinite(turn) else "")
            for epoch in fig_6.roles(results)
        ]
        rows.append([results.profile, results.scale, known, *roles])
    head = ["size", "what", "Mixup turns at epoch", "declared too early", "declared in time", "declared too late"]
    caption = (
        "Turn: median over seeds of the epoch at which the Mixup curve of the other half of the seeds is highest."
    )
    return Table(head, rows, caption)


def _epochs_text(epochs: np.ndarray) -> str:
    """List the epochs that were chosen, as in `200 or 250`."""
    there = np.unique(epochs[np.isfinite(epochs)])
    return " or ".join(f"{epoch:,.0f}" for epoch in there) or "none"


def mean_and_std(values: np.ndarray, percent: bool = False, digits: int = 3) -> str:
    """Word mean and standard deviation over seeds; a single seed is shown as such, a lost one is counted."""
    there = values[np.isfinite(values)]
    if not len(there):
        return "not run"
    scale, unit, digits = (100, " %", 1) if percent else (1, "", digits)
    mean, std = style.mean_and_spread(there)
    text = f"{scale * mean:,.{digits}f}"
    if len(there) > 1:
        text += f" ± {scale * std:,.{digits}f}"
    lost = f" ({len(there)} of {len(values)} seeds)" if len(there) < len(values) else ""
    return text + unit + lost


def fall_text(fall: np.ndarray) -> str:
    """Word a fall of accuracy in points, mean and 95 % interval over seeds: float64 [seeds], NaN if unknown."""
    there = fall[np.isfinite(fall)]
    if not len(there):
        return "no estimate"
    low, high = student_interval(fall)
    return f"{100 * there.mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def _caption(results: Results) -> str:
    return seeds_caption(results).replace("line: mean, band: ±1 standard deviation", "mean ± standard deviation")
