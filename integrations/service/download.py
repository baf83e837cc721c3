"""Rows to take away as a file."""

from __future__ import annotations

from .. import providers, sync
from ..model import Bucket, RateLimit, Viewer
from ..model.errors import StoreFull
from ..model.event import EventType
from ..store import audit, rate_limits
from . import access
from .source import Rows, rows_now

DOWNLOADS = RateLimit(30, 60)  # of one browser


async def admit_download(browser: str) -> bool:
    """Count one more download of a browser; returns whether it is within the limit."""
    try:
        return await rate_limits.admit(Bucket(f"downloads:{browser}", DOWNLOADS))
    except StoreFull:  # reading still works
        return True


async def download(viewer: Viewer, slug: str, name: str) -> Rows | None:
    """Returns the rows of the viewer's own connection with this id, or of the one that is shared under this name.

    During a first load, those that have arrived. None if there is no such connection for them, no such provider, or
    nothing was loaded yet.
    """
    connection = await access.find(viewer, slug, name) if slug in providers() else None
    rows = await rows_now(viewer, connection, await sync.status(connection)) if connection else None
    if connection and rows:
        await audit.note(EventType.DOWNLOADED, connection.owner, connection, viewer.actor)
    return rows
