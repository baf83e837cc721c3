"""Connections that a browser made before its user signed in become theirs."""

from __future__ import annotations

from .. import oauth, providers, sync
from ..model import Connection, Viewer
from ..store import connections
from .views import move_views


async def adoptable(viewer: Viewer) -> list[Connection]:
    """Returns the connections that the viewer's browser made before they signed in on it."""
    return await connections.of(viewer.browser) if viewer.browser != viewer.owner else []


async def adopt(viewer: Viewer) -> None:
    """Move those connections to the viewer with their saved views, and load them again where calls are not rationed."""
    for connection in await adoptable(viewer):
        await move_views(connection, viewer.owner)  # first: interrupted, this is done again with the connection
        moved = await oauth.adopt(connection, viewer.owner)
        if moved.slug in providers() and not providers()[moved.slug].ration:
            await sync.start(moved)
