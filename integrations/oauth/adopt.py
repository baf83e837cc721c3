"""Move connections that a browser made before sign-in to the person."""

from __future__ import annotations

import dataclasses

from ..model import Connection
from ..store import connections, keys, locks, records


async def adopt(connection: Connection, owner: str) -> Connection:
    """Move a connection to another owner, who loads it again; a working one of theirs to the same account stays."""
    theirs = dataclasses.replace(connection, owner=owner)
    async with locks.held(connection.path), locks.held(theirs.path):
        token = await records.get(keys.TOKEN, connection.path)
        already = await connections.find(owner, connection.slug, connection.id)
        if token and (already is None or already.reconnect):
            await connections.save(theirs, token)
        await connections.forget(connection)
    return theirs
