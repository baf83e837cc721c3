"""Ending a connection: revoked at the provider where it can be, deleted here in any case."""

from __future__ import annotations

import contextlib

from ..model import Actor, Connection, Endpoints, Provider, Token
from ..model.event import BY_ITSELF, EventType
from ..store import audit, connections, keys, locks, records, sharing
from .client import revoke_token
from .tokens import endpoints_of


async def disconnect(provider: Provider, connection: Connection, by: Actor = BY_ITSELF) -> str:
    """Revoke and delete; returns a sentence on what is left to do at the provider, or an empty one."""
    revoked = False
    async with locks.held(connection.path):  # a refresh under way ends first: what it got is to be revoked
        with contextlib.suppress(Exception):  # whatever keeps the provider from agreeing, here it is deleted
            token = await records.get(keys.TOKEN, connection.path)
            revoked = token is not None and await _revoked(provider, connection, token)
        await sharing.forget(connection)
        await connections.forget(connection)
    ended = EventType.REVOKED if revoked else EventType.DISCONNECTED
    await audit.note(ended, connection.owner, connection, by)
    if revoked or connection.environment == "sandbox":
        return ""
    return provider.not_revocable or f"{provider.title} did not confirm that it ended: remove the connection there too."


async def _revoked(provider: Provider, connection: Connection, token: Token) -> bool:
    """Whether the token that the others come from is ended; each is tried, whatever becomes of the other."""
    endpoints = endpoints_of(provider, connection)
    refreshing = token.refresh_token and await _ended(provider, endpoints, token.refresh_token, "refresh_token")
    accessing = await _ended(provider, endpoints, token.access_token, "access_token")
    return bool(refreshing) if token.refresh_token else accessing


async def _ended(provider: Provider, endpoints: Endpoints, token: str, hint: str) -> bool:
    with contextlib.suppress(Exception):
        return await revoke_token(provider, endpoints, token, hint)
    return False
