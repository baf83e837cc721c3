"""End a connection with its loads, for a person or for the sweep of unused ones."""

from __future__ import annotations

from .. import oauth, providers
from ..model import Actor, Connection
from ..model.event import BY_ITSELF
from ..store import connections, saved_views, sharing
from .loads import stop_for_good


async def disconnect(connection: Connection, by: Actor = BY_ITSELF) -> str:
    """Stop its load, revoke the grant where the provider is still there, and delete all of it, saved views included.

    Returns a sentence on what is left to do at the provider, or an empty one.
    """
    await stop_for_good(connection)
    await saved_views.forget(connection)
    if provider := providers().get(connection.slug):
        return await oauth.disconnect(provider, connection, by)
    await sharing.forget(connection)
    await connections.forget(connection)
    return ""
