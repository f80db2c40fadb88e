"""What a page shows of recorded runs: their figure where they are there, and what is missing where not."""

import html
from collections.abc import Callable, Sequence
from typing import Any

from ..claims.rules import Verdict
from ..errors import StoreError
from ..mime import RECORDS_MIME
from ..results import Results
from ..store import manifest_digest
from .cards import VerdictCard
from .style import Shown


class NotRun:
    """Runs that nobody has made yet. They travel with it, so that the page is made anew when they are there.

    Args:
        results: The runs looked for.
        said: What was not done; `not measured` where something is missing that was to be measured of the runs.
    """

    def __init__(self, results: Results, said: str = "not run") -> None:
        self.results, self.said = results, said

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        declared = self.results.experiment.runs()
        there = len({record.config for record in self.results.all_records()})
        text = f"{self.results.experiment.title}: {self.said} ({there} of {len(declared)} runs are there)."
        looked_for = {run.run_id(): manifest_digest(run.run_id()) for run in declared}
        looked_for |= {record.run_id: record.digest for record in self.results.all_records()}
        return {
            RECORDS_MIME: {"records": looked_for},
            "text/html": f'<p class="not-run">{html.escape(text)}</p>',
            "text/plain": text,
        }


def judged(results: Results, verdict: Verdict) -> VerdictCard | NotRun:
    """Show a verdict on recorded runs; where there are none, say so, which is not the same as `inconclusive`."""
    return VerdictCard(verdict) if results.all_records() else NotRun(results)


def recorded(results: Results, draw: Callable[[Results], Shown]) -> Shown | NotRun:
    """Draw recorded runs if every arm has one, else say what is missing.

    Args:
        results: The runs looked for.
        draw: Makes the figure.
    """
    return draw(results) if _can_be_drawn(results) else NotRun(results)


def recorded_together(every: Sequence[Results], draw: Callable[[Sequence[Results]], Any]) -> Any:
    """Draw those of several experiments that have a run in every arm; if none has, say that they are missing.

    Args:
        every: The runs looked for, at least one experiment.
        draw: Makes one figure or table of those that are there.
    """
    there = [results for results in every if _can_be_drawn(results)]
    return draw(there) if there else NotRun(every[0])


def _can_be_drawn(results: Results) -> bool:
    try:
        results.require_runs()
    except StoreError:
        return False
    return True
