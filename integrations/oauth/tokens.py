"""The access token of a connection, refreshed when it is due, once for all processes.

The new pair is saved to disk before it is used, because a provider that rotates refresh tokens has already
invalidated the old one (RFC 9700 section 4.14.2). It replaces exactly the pair it was made from. Neither a cancelled
caller nor an ordinary shutdown, which waits for it (see `shutdown`), stops that.

Where a second use of a refresh token may end the grant (Provider.refresh_reuse), the stored token notes that its
refresh has begun before the request is sent. If that note is still there when the lease is free, the answer is lost:
the refresh token is not sent again, and the connection asks to be reconnected.
"""

from __future__ import annotations

import asyncio
import dataclasses
import math
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

from ..config import settings
from ..http import NoAnswer
from ..model import Bucket, Connection, Endpoints, Provider, RateLimit, Token
from ..model.errors import NotConfigured, ProviderError, ReconnectNeeded, RefreshPaused, Unavailable
from ..model.event import EventType
from ..store import audit, connections, keys, locks, rate_limits, records
from ..store.retry import keep_trying
from . import shutdown
from .client import JustRefreshed, request_token, token_of

EARLY = 120  # seconds before its end that a token is renewed,
EARLY_SHARE = 0.1  # or this share of its lifetime, if that is less
RECENT = 5  # seconds that a token is used without looking whether another process has renewed it
FAILURES = RateLimit(2, 60)  # failed refreshes in a row that are tried again soon; the next one pauses the connection's
SOON, LATER, LONGEST = 1, 60, 300  # seconds until the next try: soon, after too many, and the most of a Retry-After
WORTH_WAITING = 20  # seconds that a caller waits for a pause to end

_refreshing: set[asyncio.Future[Token]] = set()  # under way, even if their callers were cancelled


class ConnectionTokens:
    """Implements `http.Tokens` for one connection."""

    def __init__(self, provider: Provider, connection: Connection) -> None:
        self._provider = provider
        self._connection = connection
        self._failures = failures_of(connection)
        self._recent: tuple[float, Token] | None = None

    async def current(self) -> str:
        """Returns the access token, refreshed if it is about to expire; if that fails, the old one until it expires."""
        if self._recent is None or time.monotonic() - self._recent[0] > RECENT:
            self._recent = time.monotonic(), await self._stored()
        token = self._recent[1]
        if not (token.refresh_token and _is_due(token)):
            return token.access_token
        try:
            return await self.renewed(token.access_token)
        except (ProviderError, ReconnectNeeded, NotConfigured):
            if token.expires_within(0, datetime.now(UTC)):
                raise
            return token.access_token

    async def renewed(self, refused: str) -> str:
        """Returns a newer access token than the refused one."""
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
                await audit.note(EventType.RECONNECT_NEEDED, self._connection.owner, self._connection)

    async def _refreshed(self, good: Callable[[Token], bool]) -> Token:
        while True:
            try:
                async with locks.held(self._connection.path):
                    token = await self._stored()
                    if good(token):
                        return token
                    await self._still_honoured()
                    await self._end_of_pause()
                    with shutdown.unfinished():
                        fresh = await self._refresh(token, good)
                    if fresh:
                        return fresh
            except shutdown.ShuttingDown:
                await shutdown.the_end()

    async def _refresh(self, token: Token, good: Callable[[Token], bool]) -> Token | None:
        """Returns a new token; None if the stored one has changed meanwhile and must be checked again."""
        if token.refresh_begun and not self._may_repeat:
            await self._give_up(_stopped(self._provider))
        begun = await self._begun(token)
        if begun is None:
            return None
        try:
            answer = await self._ask(begun)
        except NoAnswer as lost:
            if self._may_repeat:
                raise await self._failed(lost) from None
            await self._give_up(_lost(self._provider))
        except (ReconnectNeeded, JustRefreshed) as refusal:
            return await self._refused(begun, refusal, good)
        except (Unavailable, NotConfigured) as refusal:
            await self._not_spent(begun)
            raise await self._failed(refusal) from None
        return await self._saved(token_of(self._provider, answer, previous=begun), instead_of=begun)

    async def _refused(
        self, token: Token, refusal: JustRefreshed | ReconnectNeeded, good: Callable[[Token], bool]
    ) -> Token:
        """Returns the pair that another process has saved meanwhile; without one, raises what the refusal means."""
        if good(found := await self._stored()):
            return found
        if isinstance(refusal, ReconnectNeeded):
            await connections.mark_reconnect(self._connection, str(refusal))
            if good(found := await self._stored()):  # saved in between by a process whose lease had expired
                await connections.mark_reconnect(self._connection, "")
                return found
            await self._not_spent(token)
            await audit.note(EventType.RECONNECT_NEEDED, self._connection.owner, self._connection)
            raise refusal
        await self._not_spent(token)
        raise await self._failed(refusal) from None

    @property
    def _may_repeat(self) -> bool:
        return self._provider.refresh_reuse == "harmless"

    async def _begun(self, token: Token) -> Token | None:
        """The token as it is stored while its refresh is under way; None if another one is stored by now.

        Where it may not be sent twice, that is noted on disk.
        """
        if self._may_repeat or not token.refresh_token:
            return token
        noted = dataclasses.replace(token, refresh_begun=datetime.now(UTC))
        return noted if await self._exchanged(token, noted) == noted else None

    async def _not_spent(self, token: Token) -> None:
        """Clear the note that a refresh has begun: its answer is known, so the refresh token may be sent again."""
        if token.refresh_begun:
            await keep_trying(lambda: self._exchanged(token, dataclasses.replace(token, refresh_begun=None)))

    async def _exchanged(self, old: Token, new: Token) -> Token:
        """Replace a token; returns the one that is stored then."""

        def change(found: Token) -> Token | None:
            return new if found == old else None

        return await records.exchange(keys.TOKEN, self._connection.path, change) or self._gone()

    async def _saved(self, fresh: Token, instead_of: Token) -> Token:
        """Save a pair; returns the stored one: this pair, or that of a new approval which replaced the old pair."""
        saved = await keep_trying(lambda: self._exchanged(instead_of, fresh))
        await keep_trying(lambda: rate_limits.forget(self._failures))
        if saved == fresh:  # clears a mark that a late, refused refresh may have left
            await keep_trying(lambda: connections.mark_reconnect(self._connection, ""))
        await audit.note(EventType.TOKEN_RENEWED, self._connection.owner, self._connection)
        return saved

    async def _ask(self, token: Token) -> dict[str, object]:
        if not token.refresh_token:
            raise ReconnectNeeded(f"{self._provider.title} no longer accepts this connection. Reconnect to go on.")
        endpoints = endpoints_of(self._provider, self._connection)
        answer = await request_token(self._provider, endpoints, "refresh_token", refresh_token=token.refresh_token)
        return dict(answer)

    async def _give_up(self, reason: str) -> NoReturn:
        """Ask for a new approval, since the refresh token may be spent."""
        await keep_trying(lambda: connections.mark_reconnect(self._connection, reason))
        await audit.note(EventType.RECONNECT_NEEDED, self._connection.owner, self._connection)
        raise ReconnectNeeded(reason)

    async def _failed(self, error: ProviderError | NotConfigured) -> ProviderError | NotConfigured:
        """Pause the refreshes of this connection, for all processes; returns the error to raise."""
        if isinstance(error, NotConfigured):
            return error
        stated = error.retry_after if isinstance(error, Unavailable) else None
        soon = await rate_limits.admit(self._failures)
        seconds = min(max(stated or 0, SOON if soon else LATER), LONGEST)
        await rate_limits.close(self._failures, seconds)
        return error if seconds <= WORTH_WAITING else self._paused(seconds)

    async def _end_of_pause(self) -> None:
        """Wait for the end of a pause while holding the lease; raises RefreshPaused if that would take long."""
        seconds = await rate_limits.closed_for(self._failures)
        if seconds > WORTH_WAITING:
            raise self._paused(seconds)
        await asyncio.sleep(seconds)

    def _paused(self, seconds: float) -> RefreshPaused:
        minutes = math.ceil(seconds / 60)
        when = "a minute" if minutes == 1 else f"{minutes} minutes"
        return RefreshPaused(f"{self._provider.title} cannot renew this connection right now. Try again in {when}.")

    async def _still_honoured(self) -> None:
        """Raise ReconnectNeeded if the provider refused this refresh token while we waited for the lease."""
        connection = await records.get(keys.CONNECTION, self._connection.path)
        if connection and connection.reconnect:
            raise ReconnectNeeded(connection.reconnect)

    async def _stored(self) -> Token:
        return await records.get(keys.TOKEN, self._connection.path) or self._gone()

    def _gone(self) -> NoReturn:
        raise ReconnectNeeded(f"This {self._provider.title} connection is gone. Connect again to go on.")


def failures_of(connection: Connection) -> Bucket:
    """The bucket that counts a connection's failed refreshes in a row, and is closed while they pause."""
    return Bucket(":".join(("refresh", *connection.path)), FAILURES)


def _is_due(token: Token) -> bool:
    """Whether to renew a token now; one of a short lifetime is used for most of it."""
    return token.expires_within(min(EARLY, (token.lifetime or math.inf) * EARLY_SHARE), datetime.now(UTC))


def _stopped(provider: Provider) -> str:
    return (
        f"The server stopped while it was renewing this connection, so {provider.title}'s answer was lost. "
        "Reconnect to go on."
    )


def _lost(provider: Provider) -> str:
    return (
        f"{provider.title}'s answer was lost while this connection was being renewed, and asking a second time could "
        "end it for good. Reconnect to go on."
    )


def _ended(refreshing: asyncio.Future[Token]) -> None:
    _refreshing.discard(refreshing)
    if not refreshing.cancelled():
        refreshing.exception()  # retrieved, so that asyncio does not log it


def endpoints_of(provider: Provider, connection: Connection) -> Endpoints:
    """The endpoints that issued this connection's token; raises ReconnectNeeded if they have moved."""
    if connection.environment == "sandbox" and not settings().offers_sample(provider):
        raise ReconnectNeeded("Sample data is switched off on this server. Disconnect it, or ask for SANDBOX=on.")
    endpoints = settings().endpoints(provider, connection.environment)
    if endpoints.api_url != connection.api_url:
        raise ReconnectNeeded(
            f"This connection was made with another {provider.title} address than the one set now. Reconnect to go on."
        )
    return endpoints
