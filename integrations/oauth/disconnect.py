"""Ending a connection: revoked at the provider where it can be, deleted here in any case."""

from __future__ import annotations

import contextlib

from ..model import Connection, Provider, Token
from ..model.errors import DashboardError
from ..store import connections, keys, records
from .client import revoke_token
from .tokens import endpoints_of


async def disconnect(provider: Provider, connection: Connection) -> str:
    """Revoke and delete; returns a sentence on what is left to do at the provider, or an empty one."""
    revoked = False
    with contextlib.suppress(DashboardError):
        token = await records.get(keys.TOKEN, connection.path)
        revoked = token is not None and await _revoked(provider, connection, token)
    await connections.forget(connection)
    if revoked or connection.environment == "sandbox":
        return ""
    return provider.not_revocable or f"{provider.title} did not confirm that it ended: remove the connection there too."


async def _revoked(provider: Provider, connection: Connection, token: Token) -> bool:
    endpoints = endpoints_of(provider, connection)
    refreshing = bool(token.refresh_token) and await revoke_token(
        provider, endpoints, str(token.refresh_token), "refresh_token"
    )
    accessing = await revoke_token(provider, endpoints, token.access_token, "access_token")
    return refreshing or accessing
