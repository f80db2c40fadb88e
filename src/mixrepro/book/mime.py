"""The mime types with which a chapter's outputs carry data for the book, beside what they show."""

from typing import Any, ClassVar

#: {"records": {run id: SHA-256 of the record's manifest.json}}: what the chapter read.
RECORDS_MIME = "application/vnd.mixrepro.records+json"
#: One claim's verdict, see `verdict_table`.
VERDICT_MIME = "application/vnd.mixrepro.verdict+json"


class MixreproMime:
    """Keeps myst-nb from warning of our mime types: they have no look (its `myst_nb.mime_renderers`)."""

    mime_priority_overrides: ClassVar[tuple] = ()

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list | None:
        """Return no nodes for our mime types, None (somebody else's) for others."""
        return [] if data.mime_type in (RECORDS_MIME, VERDICT_MIME) else None
