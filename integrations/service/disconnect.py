"""Ending connections."""

from __future__ import annotations

from .. import sync
from ..model import Connection, Viewer
from ..store import audit, connections, records
from .access import require_own


async def disconnect(viewer: Viewer, connection: Connection) -> str:
    """End the viewer's connection, revoked at the provider, and delete all that was loaded from it.

    Returns a sentence on what is left to do at the provider, or an empty one. Raises NotAllowed.
    """
    require_own(viewer, connection)
    return await sync.disconnect(connection, viewer.actor)


async def forget_browser(viewer: Viewer) -> None:
    """End all connections of a browser that signs nobody in, and delete what is known of it, its log as well."""
    for connection in await connections.of(viewer.owner):
        await sync.disconnect(connection, viewer.actor)
    await records.delete_owner(viewer.owner)
    await audit.forget(viewer.owner)
