"""The access token of a connection, refreshed when it is due, once for everybody.

The new pair is saved, on disk, before it is used: a provider that rotates refresh tokens
has already forgotten the old one (RFC 9700 section 4.14.2). It is saved over the very pair
that it replaces and no other, and whoever asked for it going away does not stop that.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import NoReturn

from ..model import Connection, Endpoints, Provider, Token, settings
from ..model.errors import ReconnectNeeded
from ..store import audit, connections, keys, locks, records
from ..store.connection import insisted
from .client import JustRefreshed, request_token, token_of

EARLY = 120  # seconds before its end that a token is renewed
RECENT = 5  # seconds that a token is used without looking whether another process has renewed it

_refreshing: set[asyncio.Future[Token]] = set()  # under way, whoever asked perhaps gone


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
        refreshing = asyncio.ensure_future(self._refreshed(lambda found: found.access_token != refused))
        _refreshing.add(refreshing)
        refreshing.add_done_callback(_ended)
        return (await asyncio.shield(refreshing)).access_token

    async def given_up(self, refused: str, sentence: str) -> None:
        """Mark the connection for Reconnect, unless it has another token than the refused one by now."""
        async with locks.held(self._connection.path):
            found = await records.get(keys.CONNECTION, self._connection.path)
            if found and not found.reconnect and (await self._stored()).access_token == refused:
                await connections.mark_reconnect(self._connection, sentence)
                await audit.note("needs to be reconnected", self._connection.owner, self._connection)

    async def _refreshed(self, good: Callable[[Token], bool]) -> Token:
        async with locks.held(self._connection.path):
            token = await self._stored()
            if good(token):
                return token
            await self._still_honoured()
            return await self._refresh(token, good)

    async def _refresh(self, token: Token, good: Callable[[Token], bool]) -> Token:
        try:
            answer = await self._ask(token)
        except (ReconnectNeeded, JustRefreshed) as refusal:
            if good(found := await self._stored()):
                return found
            if isinstance(refusal, ReconnectNeeded):
                await connections.mark_reconnect(self._connection, str(refusal))
                if good(found := await self._stored()):  # saved in between, by a holder whose lease had run out
                    await connections.mark_reconnect(self._connection, "")
                    return found
                await audit.note("needs to be reconnected", self._connection.owner, self._connection)
            raise
        return await self._saved(token_of(answer, previous=token), instead_of=token)

    async def _saved(self, fresh: Token, instead_of: Token) -> Token:
        """The pair that is stored then: this one, or what a new approval has put in the place of the old one."""

        def change(found: Token) -> Token | None:
            return fresh if found == instead_of else None

        saved = await insisted(lambda: records.exchange(keys.TOKEN, self._connection.path, change))
        if saved == fresh:  # also where somebody who came too late was refused meanwhile
            await insisted(lambda: connections.mark_reconnect(self._connection, ""))
        await audit.note("token renewed", self._connection.owner, self._connection)
        return saved or self._gone()

    async def _ask(self, token: Token) -> dict[str, object]:
        if not token.refresh_token:
            raise ReconnectNeeded(f"{self._provider.title} no longer accepts this connection. Reconnect to go on.")
        endpoints = endpoints_of(self._provider, self._connection)
        answer = await request_token(self._provider, endpoints, "refresh_token", refresh_token=token.refresh_token)
        return dict(answer)

    async def _still_honoured(self) -> None:
        """Whoever waited while another was refused does not ask with the same refresh token again."""
        connection = await records.get(keys.CONNECTION, self._connection.path)
        if connection and connection.reconnect:
            raise ReconnectNeeded(connection.reconnect)

    async def _stored(self) -> Token:
        return await records.get(keys.TOKEN, self._connection.path) or self._gone()

    def _gone(self) -> NoReturn:
        raise ReconnectNeeded(f"This {self._provider.title} connection is gone. Connect again to go on.")


def _ended(refreshing: asyncio.Future[Token]) -> None:
    _refreshing.discard(refreshing)
    if not refreshing.cancelled():
        refreshing.exception()  # seen, if nobody waits for it any more


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
