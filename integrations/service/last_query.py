"""The query that a person last had on a page, to go on with at the next visit."""

from __future__ import annotations

import contextlib

from ..model import Connection, Viewer
from ..model.errors import StoreFull
from ..model.query import Query, from_json, to_json
from ..store import keys, records
from .access import require_visible


async def remember_query(viewer: Viewer, connection: Connection, query: Query) -> None:
    """Keep the query in place of the one before, for KEEP_DAYS. Raises NotAllowed."""
    require_visible(viewer, connection)
    with contextlib.suppress(StoreFull):  # looking at rows goes on
        await records.put(keys.LAST_QUERY, _path(viewer, connection), to_json(query))


async def last_query(viewer: Viewer, connection: Connection) -> Query | None:
    """Returns the query that was kept, None if none was. Raises NotAllowed."""
    require_visible(viewer, connection)
    found = await records.get(keys.LAST_QUERY, _path(viewer, connection))
    return None if found is None else from_json(found)


def _path(viewer: Viewer, connection: Connection) -> tuple[str, str, str]:
    return viewer.owner, connection.slug, connection.id
