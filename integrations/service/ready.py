"""What the Overview shows of a connection before its viewer has saved a view of it."""

from __future__ import annotations

import hashlib

from .. import sync
from ..model import Connection, SavedView, Viewer
from ..model.query import Query, to_json
from .access import require_visible

MOST = 4  # of a connection


async def ready_views(viewer: Viewer, connection: Connection) -> list[SavedView]:
    """Returns views that nobody has saved: the first collections of a connection. Raises NotAllowed."""
    require_visible(viewer, connection)
    titles = await collection_titles(viewer, connection)
    return [_view(connection, titles[id], Query(id)) for id in list(titles)[:MOST]]


async def collection_titles(viewer: Viewer, connection: Connection) -> dict[str, str]:
    """Returns what people read for each collection, by its id; no row is read for that. Raises NotAllowed."""
    require_visible(viewer, connection)
    shown = await sync.snapshot(connection)
    collections = (await sync.schema(connection, shown)).collections if shown else ()
    return {each.id: f"{each.group} / {each.label}" if each.group else each.label for each in collections}


def _view(connection: Connection, name: str, query: Query) -> SavedView:
    id = "ready-" + hashlib.sha256(repr(query).encode()).hexdigest()[:12]
    at = connection.connected_at
    return SavedView(id, name, connection.slug, connection.id, to_json(query), at, at)
