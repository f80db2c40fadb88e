"""What chapters show: figures, tables, verdicts and provenance. Draws records; never trains."""

from .cards import Provenance, VerdictCard
from .curves import bound_by_alpha, nearness_to_bound, over_training, switching
from .frames import FrameSlider
from .other_sizes import OtherSizes
from .recorded import NotRun, judged, recorded, recorded_together
from .tables import endings_table, protocol_table, roles_table, strategies_table, table

__all__ = [
    "FrameSlider",
    "NotRun",
    "OtherSizes",
    "Provenance",
    "VerdictCard",
    "bound_by_alpha",
    "endings_table",
    "judged",
    "nearness_to_bound",
    "over_training",
    "protocol_table",
    "recorded",
    "recorded_together",
    "roles_table",
    "strategies_table",
    "switching",
    "table",
]
