"""What recorded runs say of a claim, at the sizes that no page trains live."""

from typing import Any

from .. import paths
from ..claims.judged import Judged, judged
from ..claims.rules import effect_text
from ..experiments.declaration import KEPT
from ..mime import RECORDS_MIME
from ..results import Results
from ..store import Store, manifest_digest
from .tables import Table


class OtherSizes:
    """A claim at `small` and at `paper`, from the records in `results/`; what was not run is listed as such.

    The runs it looked for travel with it, so that a chapter is made anew as soon as one of them is there.
    """

    def __init__(self, *claims: str) -> None:
        root = paths.results_root()
        stores = [Store(root)] if root and root.is_dir() else []
        self.judged = [each for size in KEPT for each in judged(size, stores, claims)]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        head = ["claim", "size", "what", "runs", "verdict", "what decides it", "machine"]
        table = Table(head, [_row(each) for each in self.judged])
        return {RECORDS_MIME: {"records": self._looked_for()}, **table._repr_mimebundle_()}

    def _looked_for(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for each in self.judged:
            if isinstance(each.evidence, Results):
                found |= {run.run_id(): manifest_digest(run.run_id()) for run in each.evidence.experiment.runs()}
                found |= {record.run_id: record.digest for record in each.evidence.all_records()}
        return found


def _row(each: Judged) -> list[str]:
    there, declared = each.run or (0, 0)
    deciding = next(part for part in each.verdict.parts if part.verdict == each.verdict.verdict)
    said = f"{deciding.statement}: {effect_text(deciding)}" if there else ""
    return [
        each.verdict.claim,
        each.profile,
        deciding.scale,
        f"{there} of {declared}",
        each.word,
        said,
        each.machine,
    ]
