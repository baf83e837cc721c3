"""The access token of a connection, refreshed when it is due, once for everybody.

The new pair is saved before it is used: a provider that rotates refresh tokens has
already forgotten the old one (RFC 9700 section 4.14.2).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ..model import Connection, Endpoints, Provider, Token, settings
from ..model.errors import ReconnectNeeded
from ..store import connections, keys, locks, records
from .client import JustRefreshed, request_token, token_of

EARLY = 120  # seconds before its end that a token is renewed
RECENT = 5  # seconds that a token is used without looking whether another process has renewed it


class ConnectionTokens:
    """Implements `http.Tokens` for one connection."""

    def __init__(self, provider: Provider, connection: Connection) -> None:
        self._provider = provider
        self._connection = connection
        self._recent: tuple[float, Token] | None = None

    async def current(self) -> str:
        """The access token, renewed if it is about to expire."""
        if self._recent is None or time.monotonic() - self._recent[0] > RECENT:
            self._recent = time.monotonic(), await self._stored()
        token = self._recent[1]
        due = token.refresh_token and token.expires_within(EARLY)
        return await self.renewed(token.access_token) if due else token.access_token

    async def renewed(self, refused: str) -> str:
        """Another access token than the refused one."""
        self._recent = None
        token = await self._refreshed(lambda found: found.access_token != refused)
        return token.access_token

    async def _refreshed(self, good: Callable[[Token], bool]) -> Token:
        async with locks.held(self._connection.path):
            token = await self._stored()
            return token if good(token) else await self._refresh(token, good)

    async def _refresh(self, token: Token, good: Callable[[Token], bool]) -> Token:
        try:
            answer = await self._ask(token)
        except (ReconnectNeeded, JustRefreshed) as refusal:
            found = await self._stored()
            if good(found):
                return found
            if isinstance(refusal, ReconnectNeeded):
                await connections.mark_reconnect(self._connection, str(refusal))
            raise
        fresh = token_of(answer, previous=token)
        await records.put(keys.TOKEN, self._connection.path, fresh, only_over=True)
        return fresh

    async def _ask(self, token: Token) -> dict[str, object]:
        if not token.refresh_token:
            raise ReconnectNeeded(f"{self._provider.title} no longer accepts this connection. Reconnect to go on.")
        endpoints = endpoints_of(self._provider, self._connection)
        answer = await request_token(self._provider, endpoints, "refresh_token", refresh_token=token.refresh_token)
        return dict(answer)

    async def _stored(self) -> Token:
        token = await records.get(keys.TOKEN, self._connection.path)
        if token is None:
            raise ReconnectNeeded(f"This {self._provider.title} connection is gone. Connect again to go on.")
        return token


def endpoints_of(provider: Provider, connection: Connection) -> Endpoints:
    """The endpoints that issued this connection's token; raises ReconnectNeeded if they have moved."""
    if connection.environment == "sandbox" and not settings().sandbox:
        raise ReconnectNeeded("Sample data is switched off on this server. Disconnect it, or ask for SANDBOX=on.")
    endpoints = settings().endpoints(provider, connection.environment)
    if endpoints.api_url != connection.api_url:
        raise ReconnectNeeded(
            f"This connection was made with another {provider.title} address than the one set now. Reconnect to go on."
        )
    return endpoints
