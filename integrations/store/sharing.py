"""Connections whose rows an owner shows to their organisation, read-only.

A share is the connection's own word: the record says with whom, and is looked at each time, so that
taking it back works at once. The index only says where to look. A share's name is random, and names
neither the owner nor the account.
"""

from __future__ import annotations

import dataclasses
import secrets

from ..model import Connection, Session
from ..model.connection import NOT_SHARED, Share
from . import connections, records
from .connection import execute
from .keys import CONNECTION, SHARED

FORMAT = "1"


async def share(connection: Connection, session: Session) -> None:
    """Show what is loaded to everybody of the organisation that this session belongs to."""
    new = Share(secrets.token_hex(16), session.organisation, session.organisation_name, session.name)
    shared = await records.exchange(CONNECTION, connection.path, lambda found: dataclasses.replace(found, share=new))
    if shared:
        member = ":".join((FORMAT, *shared.path))
        await execute(lambda redis: redis.hset(_index(new.organisation), new.id, member))


async def stop(connection: Connection) -> None:
    """Show it to nobody else any more."""
    await records.exchange(CONNECTION, connection.path, lambda found: dataclasses.replace(found, share=NOT_SHARED))
    await forget(connection)


async def forget(connection: Connection) -> None:
    """Take a share out of the index."""
    if connection.share.id:
        await execute(lambda redis: redis.hdel(_index(connection.share.organisation), connection.share.id))


async def seen_by(session: Session | None, slug: str | None = None) -> list[Connection]:
    """What colleagues show to whoever is signed in (of one provider), by who shows it."""
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
