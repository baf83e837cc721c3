"""Connections whose rows an owner shows to their organisation, read-only.

A share is the connection's own word: the record says with whom, and is looked at each time, so that
taking it back works at once. The index only says where to look. A share's name is random, and names
neither the owner nor the account.
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
from datetime import UTC, datetime

from ..model import Connection, Session
from ..model.connection import NOT_SHARED, Share
from ..model.errors import RecordTooNew, RecordUnreadable
from . import connections, records
from .client import execute
from .keys import CONNECTION, SHARED

FORMAT = "1"


async def share(connection: Connection, session: Session) -> None:
    """Show what is loaded to everybody of the organisation that this session belongs to."""
    new = Share(secrets.token_hex(16), session.organisation, session.organisation_name, session.name, datetime.now(UTC))
    member = ":".join((FORMAT, *connection.path))
    await execute(lambda redis: redis.hset(_index(new.organisation), new.id, member))  # worth nothing by itself
    await _replace(connection, new)


async def stop(connection: Connection) -> None:
    """Stop sharing it."""
    await _replace(connection, NOT_SHARED)


async def forget(connection: Connection) -> None:
    """Take what is about to be deleted out of the index, if it can be read."""
    with contextlib.suppress(RecordUnreadable, RecordTooNew):
        if found := await records.get(CONNECTION, connection.path):
            await _drop(found.share)


async def _replace(connection: Connection, new: Share) -> None:
    """Put a share in the place of the one there is, and that one out of the index."""
    before = NOT_SHARED

    def change(found: Connection) -> Connection:
        nonlocal before
        before = found.share
        return dataclasses.replace(found, share=new)

    await records.exchange(CONNECTION, connection.path, change)
    await _drop(before)


async def _drop(share: Share) -> None:
    if share.id:
        await execute(lambda redis: redis.hdel(_index(share.organisation), share.id))


async def seen_by(session: Session | None, slug: str | None = None) -> list[Connection]:
    """Returns the connections that colleagues share with this person (of one provider), sorted by sharer."""
    if session is None or not session.organisation:
        return []
    index = await execute(lambda redis: redis.hgetall(_index(session.organisation)))
    places = [(name.decode(), *member.decode().split(":")[1:]) for name, member in index.items()]
    found = [(name, await connections.find(*place)) for name, *place in places if slug in (None, place[1])]
    shown = [each for name, each in found if each and each.share.id == name]
    theirs = [each for each in shown if each.share.organisation == session.organisation and each.owner != session.owner]
    return sorted(theirs, key=lambda each: (each.share.by, each.account.name))


def _index(organisation: str) -> str:
    return f"{SHARED}:{organisation}"
