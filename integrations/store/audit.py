"""The activity log: what was done with an owner's connections, by whom and from where; kept 90 days in a stream.

Entries are sealed with a data key of the owner's, which is in a record of its own. A failed audit write never fails
the action. Format 2 stores the type of an event; format 1 stored a sentence.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from ..model import Actor, Connection, Event
from ..model.errors import RecordUnreadable, StoreError
from ..model.event import BY_ITSELF, EventType
from . import cipher, records, shapes
from .client import execute, now
from .keys import AUDIT, AUDIT_KEY, DAY

FORMAT, KEPT, MAX_EVENTS = 2, 90 * DAY, 100_000
TOGETHER = 1_000  # events asked for at once


async def note(
    what: EventType, owner: str, connection: Connection | None = None, actor: Actor = BY_ITSELF, detail: str = ""
) -> None:
    """Add an event to the log that `owner` can read; `detail` completes the words of its type."""
    slug, account = (connection.slug, connection.account.name) if connection else ("", "")
    event = Event(datetime.now(UTC), what, slug, account, actor.who, actor.where, detail)
    with contextlib.suppress(StoreError):
        await _add(owner, cipher.seal(FORMAT, _name(owner), shapes.to_json(Event, event), await _key(owner)))


async def events(owner: str, most: int = MAX_EVENTS) -> list[Event]:
    """What was done in the last 90 days, the latest first, and no more than `most`."""
    name, since = _name(owner), datetime.now(UTC) - timedelta(seconds=KEPT)
    key = await records.get(AUDIT_KEY, (owner,))
    read: list[Event] = []
    last, oldest = "+", str(int(since.timestamp() * 1000))
    while key and len(read) < most:
        found = await execute(lambda redis: redis.xrevrange(name, last, oldest, count=TOGETHER))  # noqa: B023
        read += [event for _, fields in found if (event := _read(name, fields[b"event"], key)) and event.at > since]
        if len(found) < TOGETHER:
            break
        last = f"({found[-1][0].decode()}"
    return read[:most]


async def forget(owner: str) -> None:
    """Delete all of it."""
    await execute(lambda redis: redis.unlink(_name(owner), AUDIT_KEY.key(owner)))


def _read(name: str, record: bytes, key: str) -> Event | None:
    try:
        version, plain = cipher.open_(name, record, key)
        found = shapes.from_json(dict, plain)
        if version == 1:
            found = {**found, "type": EventType.OTHER, "detail": found["what"]}
        return shapes.from_python(Event, found)
    except (RecordUnreadable, shapes.Misshapen):  # sealed with a lost key, or by a newer version
        return None


async def _add(owner: str, sealed: bytes) -> None:
    name, oldest = _name(owner), int(((await now()).timestamp() - KEPT) * 1000)

    async def added(redis: Any) -> None:
        async with redis.pipeline(transaction=True) as pipe:
            pipe.xadd(name, {b"event": sealed}, minid=oldest, approximate=False).expire(name, KEPT)
            await pipe.expire(AUDIT_KEY.key(owner), AUDIT_KEY.expiry).execute()

    await execute(added)


async def _key(owner: str) -> str:
    return await records.put_unless(AUDIT_KEY, (owner,), cipher.new_key(), keep=bool)


def _name(owner: str) -> str:
    return f"{AUDIT}:{owner}"
