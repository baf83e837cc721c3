"""The connections of an owner: saved, listed, touched, forgotten."""

from __future__ import annotations

import contextlib
import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from ..model import Account, Connection, Token
from ..model.errors import RecordTooNew, RecordUnreadable, StoreFull
from . import records
from .connection import execute
from .keys import CONNECTION, TOKEN, USAGE, Usage

FORMAT = "1"
TOUCH_EVERY = timedelta(hours=1)


async def save(connection: Connection, token: Token) -> None:
    """Save a connection with its token, replacing what the same account had; it stays shared as it was."""
    await records.delete_unreadable(connection.path)
    before = await records.get(CONNECTION, connection.path)
    connection = dataclasses.replace(connection, share=before.share if before else connection.share)
    await records.put(TOKEN, connection.path, token)
    await records.put(CONNECTION, connection.path, connection)
    await records.put(USAGE, connection.path, Usage(datetime.now(UTC)))
    await execute(lambda redis: redis.sadd(_index(connection.owner), _member(connection)))


async def of(owner: str, slug: str | None = None) -> list[Connection]:
    """An owner's connections (of one provider), the oldest first.

    One whose record does not open is listed all the same, asking to be reconnected.
    """
    members = await execute(lambda redis: redis.smembers(_index(owner)))
    places = sorted(tuple(member.decode().split(":")[1:]) for member in members)
    found = [await _find(owner, *place) for place in places if slug in (None, place[0])]
    return sorted((connection for connection in found if connection), key=lambda c: c.connected_at)


async def find(owner: str, slug: str, connection_id: str) -> Connection | None:
    """One connection of this owner, or None."""
    return next((c for c in await of(owner, slug) if c.id == connection_id), None)


async def mark_reconnect(connection: Connection, reason: str) -> None:
    """Remember that only approving again repairs this connection."""
    await records.exchange(CONNECTION, connection.path, lambda found: dataclasses.replace(found, reconnect=reason))


async def touch(connection: Connection) -> None:
    """Note that it is in use (once an hour is enough), if Redis takes that down."""
    usage = await records.get(USAGE, connection.path)
    if usage is None or datetime.now(UTC) - usage.used_at > TOUCH_EVERY:
        with contextlib.suppress(StoreFull):
            await records.put(USAGE, connection.path, Usage(datetime.now(UTC)), only_over=True)


async def everybodys() -> list[Connection]:
    """The connections of all owners."""
    return [connection for owner in await _owners() for connection in await of(owner)]


async def unused(for_days: float) -> list[Connection]:
    """Every owner's connections that nobody used for that long."""
    limit = datetime.now(UTC) - timedelta(days=for_days)
    return [connection for connection in await everybodys() if await _last_used(connection) < limit]


async def forget(connection: Connection) -> None:
    """Delete everything that is stored about a connection."""
    await execute(lambda redis: redis.srem(_index(connection.owner), _member(connection)))
    await records.delete_connection(connection.path)


async def _find(owner: str, slug: str, connection_id: str) -> Connection | None:
    try:
        return await records.get(CONNECTION, (owner, slug, connection_id))
    except (RecordUnreadable, RecordTooNew) as error:
        unknown, long_ago = Account("", "an account that cannot be read"), datetime.min.replace(tzinfo=UTC)
        return Connection(connection_id, owner, slug, unknown, "real", "", long_ago, reconnect=str(error))


async def _last_used(connection: Connection) -> datetime:
    """When it was last used; now, if that cannot be read: what cannot be read is not deleted."""
    try:
        usage = await records.get(USAGE, connection.path)
    except (RecordUnreadable, RecordTooNew):
        return datetime.now(UTC)
    return usage.used_at if usage else connection.connected_at


async def _owners() -> list[str]:
    async def scan(redis: Any) -> list[str]:
        return [key.decode().rpartition(":")[2] async for key in redis.scan_iter(match=_index("*"), count=1000)]

    return await execute(scan, patiently=True)


def _index(owner: str) -> str:
    return f"dashboard:connections:{owner}"  # members: format version, slug, connection


def _member(connection: Connection) -> str:
    return f"{FORMAT}:{connection.slug}:{connection.id}"
