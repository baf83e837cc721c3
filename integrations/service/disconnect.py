"""Ending connections. The steps are in `sync.disconnect`, which the sweep of unused connections also takes."""

from __future__ import annotations

from .. import sync
from ..model import Connection, Outcome, Viewer
from ..store import audit, connections, keys, records
from .access import require_own


async def disconnect(viewer: Viewer, connection: Connection) -> None:
    """Revoke the viewer's connection at the provider and delete everything that was loaded from it.

    What is left to do at the provider is left as a notice (`connect.notice`). Raises NotAllowed.
    """
    require_own(viewer, connection)
    left_to_do = await sync.disconnect(connection, viewer.actor)
    ended = Outcome("failed", f"Disconnected. {left_to_do}") if left_to_do else Outcome("connected", "Disconnected.")
    await records.put(keys.NOTICE, (connection.owner, connection.slug), ended)


async def forget_browser(viewer: Viewer) -> None:
    """End all connections of a browser without sign-in, and delete everything stored about it, its log included."""
    for connection in await connections.of(viewer.owner):
        await sync.disconnect(connection, viewer.actor)
    await records.delete_owner(viewer.owner)
    await audit.forget(viewer.owner)
