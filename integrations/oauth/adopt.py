"""Connections that a browser made before anybody signed in become the person's."""

from __future__ import annotations

import dataclasses

from ..model import Connection
from ..store import connections, keys, locks, records


async def adopt(connection: Connection, owner: str) -> Connection:
    """Give a connection to another owner, who loads it afresh; one that they have already stays, if it works."""
    theirs = dataclasses.replace(connection, owner=owner)
    async with locks.held(connection.path), locks.held(theirs.path):
        token = await records.get(keys.TOKEN, connection.path)
        already = await connections.find(owner, connection.slug, connection.id)
        if token and (already is None or already.reconnect):
            await connections.save(theirs, token)
        await connections.forget(connection)
    return theirs
