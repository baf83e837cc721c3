"""The activity log."""

from __future__ import annotations

from ..model import Event, Viewer
from ..store import audit


async def events(viewer: Viewer, at_most: int = audit.MAX_EVENTS) -> list[Event]:
    """Returns what was done with the viewer's connections in the last 90 days, the latest first."""
    return await audit.events(viewer.owner, at_most)
