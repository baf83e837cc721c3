"""Rows that are being read while newer ones have come."""

from __future__ import annotations

from .. import providers, sync
from ..model import Connection, Load, Viewer
from .access import find, is_own, require_visible
from .source import Rows


async def rows_in_memory(viewer: Viewer, connection: Connection, load: Load) -> Rows | None:
    """Returns the rows of an earlier load, None once they are no longer in memory. Raises NotAllowed."""
    require_visible(viewer, connection)
    tables = sync.in_memory(connection, load)
    return Rows(connection, load, tables, not is_own(viewer, connection)) if tables is not None else None


async def newest(viewer: Viewer, slug: str, name: str) -> Load | None:
    """Returns the load whose rows a page would show now; None if there are none, or none that the viewer may see."""
    connection = await find(viewer, slug, name) if slug in providers() else None
    return await sync.snapshot(connection) if connection else None
