"""Tells myst-nb that our mime types are data for the book: they have no look."""

from typing import Any, ClassVar

from ..mime import RECORDS_MIME, VERDICT_MIME


class MixreproMime:
    """Keeps myst-nb from warning of our mime types (its entry point group `myst_nb.mime_renderers`)."""

    mime_priority_overrides: ClassVar[tuple] = ()

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list | None:
        """Return no nodes for our mime types, None (somebody else's) for others."""
        return [] if data.mime_type in (RECORDS_MIME, VERDICT_MIME) else None
