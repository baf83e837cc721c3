"""Signed, paced, retried calls to a provider: what a provider's `plan` and `read` are given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import httpx
import stamina

from ..model import Endpoints, Lane, Provider
from ..model.errors import (
    RateLimited,
    ReconnectNeeded,
    RefreshPaused,
    StoreUnavailable,
    Unauthorized,
    Unavailable,
)
from .answers import TooMuch, decoded, reaching
from .bounds import DATA, LIMITS, Limits, bounded
from .pacing import Budget, turn

ATTEMPTS = 6
BACKOFF = {"wait_initial": 0.1, "wait_exp_base": 3, "wait_jitter": 0.1, "wait_max": 20}  # seconds: 0.1 to 8
SOON = 1  # seconds until the first try after a 429 that does not say how long; then as long as documented
LONGEST_WAIT = 300  # seconds; a provider that asks for more is given up for now
TIMEOUT = httpx.Timeout(10, read=65)  # Notion answers or gives up within 60 s; the whole answer: bounds.DATA
logging.getLogger("httpx").setLevel(logging.WARNING)  # its request lines would hold cursors and ids
logging.getLogger("stamina").setLevel(logging.ERROR)  # a retry is no news

_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, httpx.AsyncClient]] = WeakKeyDictionary()


class Tokens(Protocol):
    """Where a client gets the access token of its connection."""

    async def current(self) -> str:
        """An access token that is not known to be spent."""
        ...

    async def renewed(self, refused: str) -> str:
        """Another one, after the provider refused that one; raises ReconnectNeeded."""
        ...

    async def given_up(self, refused: str, sentence: str) -> None:
        """The provider says that only approving again helps; `sentence` tells people so."""
        ...


class ApiClient:
    """Calls to one provider for one connection; implements `model.Api`.

    A refused token is renewed once. 429, 5xx, resets, timeouts and unreadable answers
    are tried again with the same request, up to ATTEMPTS times: all of these calls only read.
    """

    def __init__(
        self,
        provider: Provider,
        endpoints: Endpoints,
        tokens: Tokens,
        budget: Budget,
        on_call: Callable[[], None] = lambda: None,
        account: str = "",
        known: dict[str, str] | None = None,
        limits: Limits = DATA,
    ) -> None:
        self._provider = provider
        self._limits = limits
        self._budget = budget
        self._environment = endpoints.environment
        self._account = account
        self._tokens = tokens
        self._on_call = on_call
        self._api_url = endpoints.api_url
        self.web_url = endpoints.web_url
        self.known = {} if known is None else known

    async def get(self, path: str, params: Mapping[str, Any] | None = None, *, lane: str = "") -> Any:
        """GET a path below the API's address; the decoded JSON object."""
        return await self._patiently(lane, lambda: self._send("GET", path, lane, params=params))

    async def post(self, path: str, json: Mapping[str, Any], *, lane: str = "") -> Any:
        """POST a JSON body (a query, nothing that changes data); the decoded JSON object."""
        return await self._patiently(lane, lambda: self._send("POST", path, lane, json=json))

    async def _patiently(self, lane: str, call: Callable[[], Awaitable[Any]]) -> Any:
        again = False
        tries = stamina.retry_context(on=_wait, attempts=ATTEMPTS, timeout=None, **BACKOFF)
        async for attempt in tries:
            with attempt:
                try:
                    return await call()
                except RateLimited as limited:
                    if not limited.stated and not again:
                        limited.retry_after, again = min(limited.retry_after, SOON), True
                    await self._budget.close(self._lane(lane), min(limited.retry_after, LONGEST_WAIT))
                    raise

    async def _send(self, method: str, path: str, lane: str, **request: Any) -> Any:
        token = await self._tokens.current()
        try:
            return await self._send_as(token, method, path, lane, **request)
        except Unauthorized:
            return await self._send_as(await self._tokens.renewed(token), method, path, lane, **request)

    async def _send_as(self, token: str, method: str, path: str, lane: str, **request: Any) -> Any:
        headers = {**self._provider.headers, "Authorization": f"Bearer {token}"}
        async with turn(self._budget, self._lane(lane)) as trace:
            self._on_call()
            extensions = {"trace": trace, LIMITS: self._limits}
            with reaching(self._provider, self._limits):
                response = await shared_client(self._provider.slug).request(
                    method, self._api_url + path, headers=headers, extensions=extensions, **request
                )
        try:
            return decoded(self._provider, response)
        except ReconnectNeeded as refusal:
            await self._tokens.given_up(token, str(refusal))
            raise

    def _lane(self, lane: str) -> Lane:
        """The budget of a call: of the account, unless the lane names what it belongs to ("base:app…")."""
        kind, _, whose = lane.partition(":")
        rate = self._provider.rates.get(kind) or self._provider.rates[""]
        name = ":".join((self._provider.slug, self._environment, kind, whose or self._account))
        return Lane(name, rate)


def shared_client(slug: str = "") -> httpx.AsyncClient:
    """Returns this event loop's pooled client for a provider; it carries no credentials and follows no redirects.

    Each provider has its own: one that hangs fills no pool but its own.
    """
    clients = _clients.setdefault(asyncio.get_running_loop(), {})
    if slug not in clients:
        limits = httpx.Limits(max_connections=50, max_keepalive_connections=20)
        no_cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))  # one person's would go with another's calls
        client = httpx.AsyncClient(timeout=TIMEOUT, limits=limits, follow_redirects=False, cookies=no_cookies)
        clients[slug] = bounded(client, DATA)
    return clients[slug]


def _wait(error: Exception) -> bool | float:
    """Whether to try again, and after how long where the provider said so."""
    match error:
        case TooMuch() | RefreshPaused():
            return False
        case RateLimited(retry_after=seconds) | Unavailable(retry_after=seconds):
            return (seconds or 0) <= LONGEST_WAIT and (seconds + 0.05 if seconds else True)
        case StoreUnavailable():
            return True
    return False
