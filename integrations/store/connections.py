"""The connections of an owner: saved, listed, touched, forgotten."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from typing import Any

from ..model import Account, Connection, Token
from ..model.connection import Share
from ..model.errors import RecordTooNew, RecordUnreadable, StoreFull
from . import client as redis
from . import records
from .client import execute
from .keys import CONNECTION, TOKEN, UNUSED, USAGE, Unused, Usage

FORMAT = "1"
TOUCH_EVERY = timedelta(hours=1)
BETWEEN_FINDINGS = timedelta(days=1)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def save(connection: Connection, token: Token) -> None:
    """Save a connection with its token in one step, replacing what the same account had; it stays shared as it was."""
    name = CONNECTION.key(*connection.path)
    usage = Usage(await redis.now())

    async def whole(pipe: Any) -> None:
        kept = dataclasses.replace(connection, share=_share(name, await pipe.get(name)) or connection.share)
        pipe.multi()
        for record_type, value in ((TOKEN, token), (CONNECTION, kept), (USAGE, usage)):
            key = record_type.key(*connection.path)
            pipe.set(key, records.encode(record_type, key, value))
        pipe.unlink(UNUSED.key(*connection.path))
        pipe.sadd(_index(connection.owner), _member(connection))

    await execute(lambda redis: redis.transaction(whole, name))


async def of(owner: str, slug: str | None = None) -> list[Connection]:
    """An owner's connections (of one provider), the oldest first.

    One whose record does not open is listed all the same, asking to be reconnected.
    """
    members = await execute(lambda redis: redis.smembers(_index(owner)))
    places = sorted(tuple(member.decode().split(":")[1:]) for member in members)
    found = [await _find(owner, *place) for place in places if slug in (None, place[0])]
    return sorted((connection for connection in found if connection), key=lambda c: c.connected_at)


async def exist(owner: str) -> bool:
    """Returns whether the owner has any connection, without reading one."""
    return bool(await execute(lambda redis: redis.exists(_index(owner))))


async def find(owner: str, slug: str, connection_id: str) -> Connection | None:
    """One connection of this owner, or None."""
    return next((c for c in await of(owner, slug) if c.id == connection_id), None)


async def mark_reconnect(connection: Connection, reason: str) -> None:
    """Remember that only approving again repairs this connection, or, without a reason, that it works."""

    def change(found: Connection) -> Connection | None:
        return dataclasses.replace(found, reconnect=reason) if found.reconnect != reason else None

    await records.exchange(CONNECTION, connection.path, change)


async def touch(connection: Connection) -> None:
    """Note by Redis' clock that it is in use (once an hour is enough), if Redis takes that down."""
    used, now = await asyncio.gather(_last_used(connection, otherwise=LONG_AGO), redis.now())
    if used and not timedelta() <= now - used <= TOUCH_EVERY:
        with contextlib.suppress(StoreFull):
            await records.delete(UNUSED, connection.path)  # first: this works in a Redis that is full, too
            await records.put_beside(USAGE, connection.path, Usage(now))


async def everybodys() -> list[Connection]:
    """The connections of all owners."""
    return [connection for owner in await _owners() for connection in await of(owner)]


async def unused(for_days: float) -> AsyncGenerator[Connection, None]:
    """Yield each connection that was unused for that long at a sweep at least a day ago, and still is.

    By Redis' clock: one that jumps ahead and is put right within a day ends nothing.
    """
    for connection in await everybodys():
        if await _unused_twice(connection, timedelta(days=for_days)):
            yield connection


async def forget(connection: Connection) -> None:
    """Delete everything that is stored about a connection; interrupted, it is still listed, to be deleted again."""
    await records.delete_connection(connection.path)
    await execute(lambda redis: redis.srem(_index(connection.owner), _member(connection)))


async def _find(owner: str, slug: str, connection_id: str) -> Connection | None:
    try:
        return await records.get(CONNECTION, (owner, slug, connection_id))
    except (RecordUnreadable, RecordTooNew) as error:
        unknown = Account("", "an account that cannot be read")
        return Connection(connection_id, owner, slug, unknown, "real", "", LONG_AGO, reconnect=str(error))


def _share(name: str, record: bytes | None) -> Share | None:
    with contextlib.suppress(RecordUnreadable, RecordTooNew):  # what cannot be read is replaced
        before = records.decode(CONNECTION, name, record)
        return before.share if before else None
    return None


async def _unused_twice(connection: Connection, limit: timedelta) -> bool:
    """Whether a connection is unused now and was at a sweep a day ago; notes the first finding."""
    used, now = await _last_used(connection, otherwise=connection.connected_at), await redis.now()
    if used is None or used == LONG_AGO or now - used <= limit:
        return False
    try:
        first = await records.get(UNUSED, connection.path)
    except RecordTooNew:
        return False
    if first is None or first.used_at != used or first.found_at > now:
        with contextlib.suppress(StoreFull):  # then the next sweep notes it
            await records.put_beside(UNUSED, connection.path, Unused(now, used))
        return False
    return now - first.found_at >= BETWEEN_FINDINGS


async def _last_used(connection: Connection, otherwise: datetime) -> datetime | None:
    """Returns when it was last used; None if that cannot be read."""
    try:
        usage = await records.get(USAGE, connection.path)
    except (RecordUnreadable, RecordTooNew):
        return None
    return usage.used_at if usage else otherwise


async def _owners() -> list[str]:
    async def scan(redis: Any) -> list[str]:
        return [key.decode().rpartition(":")[2] async for key in redis.scan_iter(match=_index("*"), count=1000)]

    return await execute(scan, without_deadline=True)


def _index(owner: str) -> str:
    return f"dashboard:connections:{owner}"  # members: format version, slug, connection


def _member(connection: Connection) -> str:
    return f"{FORMAT}:{connection.slug}:{connection.id}"
