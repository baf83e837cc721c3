"""What the Overview shows of a connection before its viewer has saved a view of it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from .. import providers, sync
from ..model import Collection, Connection, SavedView, Viewer
from ..model.query import Operator, Query, to_json
from .access import require_visible
from .answers import answers_in

MOST = 4  # of a connection


async def ready_views(viewer: Viewer, connection: Connection, zone: str) -> list[SavedView]:
    """Returns views that nobody has saved: a connection's ready answers, or its first collections.

    `zone`: in which the days of periods are read. Raises NotAllowed.
    """
    collections = await _collections(viewer, connection)
    answers = answers_in(providers()[connection.slug], collections)[:MOST]
    if answers:
        return [_view(connection, title, _in_zone(query, zone)) for title, query in answers]
    return [_view(connection, _title(each), Query(each.id)) for each in collections[:MOST]]


async def collection_titles(viewer: Viewer, connection: Connection) -> dict[str, str]:
    """Returns what people read for each collection, by its id; no row is read for that. Raises NotAllowed."""
    return {each.id: _title(each) for each in await _collections(viewer, connection)}


async def _collections(viewer: Viewer, connection: Connection) -> tuple[Collection, ...]:
    require_visible(viewer, connection)
    shown = await sync.snapshot(connection)
    return (await sync.schema(connection, shown)).collections if shown else ()


def _title(collection: Collection) -> str:
    return f"{collection.group} / {collection.label}" if collection.group else collection.label


def _in_zone(query: Query, zone: str) -> Query:
    by_day = any(each.operator is Operator.PERIOD for each in query.where) or any(each.step for each in query.groups)
    return replace(query, zone=zone) if by_day and not query.zone else query


def _view(connection: Connection, name: str, query: Query) -> SavedView:
    id = "ready-" + hashlib.sha256(repr(query).encode()).hexdigest()[:12]
    at = connection.connected_at
    return SavedView(id, name, connection.slug, connection.id, to_json(query), at, at)
