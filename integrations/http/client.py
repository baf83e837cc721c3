"""Signed, paced, retried calls to a provider: the `model.Api` that a provider's methods are given."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Protocol
from weakref import WeakKeyDictionary

import httpx
import stamina

from ..model import Answer, Bucket, Endpoints, Provider
from ..model.errors import (
    RateLimited,
    ReconnectNeeded,
    RefreshPaused,
    StoreUnavailable,
    Unauthorized,
    Unavailable,
)
from .answers import JsonTypes, TooMuch, decoded, links_below, reaching
from .bounds import DATA, LIMITS, Limits, bounded
from .pacing import RateLimits, acquire

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
        rate_limits: RateLimits,
        on_call: Callable[[], None] = lambda: None,
        account: str = "",
        cache: dict[str, str] | None = None,
        limits: Limits = DATA,
        chosen: frozenset[str] = frozenset(),
    ) -> None:
        self.chosen = chosen
        self._provider = provider
        self._limits = limits
        self._rate_limits = rate_limits
        self._environment = endpoints.environment
        self._account = account
        self._tokens = tokens
        self._on_call = on_call
        self._api_url = endpoints.api_url
        self.web_url = endpoints.web_url
        self.cache = {} if cache is None else cache

    async def get(self, path: str, params: Mapping[str, Any] | None = None, *, bucket: str = "") -> Any:
        """GET a path below the API's address; returns the decoded JSON object."""
        return (await self._with_retries(bucket, lambda: self._send("GET", path, bucket, params=params))).body

    async def post(self, path: str, json: Mapping[str, Any], *, bucket: str = "") -> Any:
        """POST a JSON body (a query, nothing that changes data); returns the decoded JSON object."""
        return (await self._with_retries(bucket, lambda: self._send("POST", path, bucket, json=json))).body

    async def get_answer(self, path: str, params: Mapping[str, Any] | None = None, *, bucket: str = "") -> Answer:
        """GET a path below the API's address; returns the decoded JSON object or array with its links."""
        send = partial(self._send, "GET", path, bucket, takes=(dict, list), params=params)
        return await self._with_retries(bucket, send)

    async def _with_retries(self, bucket: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        again = False
        tries = stamina.retry_context(on=_wait, attempts=ATTEMPTS, timeout=None, **BACKOFF)
        async for attempt in tries:
            with attempt:
                try:
                    return await call()
                except RateLimited as limited:
                    if not (limited.stated or again or self._provider.locks_out):
                        limited.retry_after, again = min(limited.retry_after, SOON), True
                    await self._rate_limits.close(self._bucket(bucket), min(limited.retry_after, LONGEST_WAIT))
                    raise
        raise AssertionError("unreachable")

    async def _send(self, method: str, path: str, bucket: str, takes: JsonTypes = (dict,), **request: Any) -> Answer:
        token = await self._tokens.current()
        try:
            return await self._send_as(token, method, path, bucket, takes, **request)
        except Unauthorized:
            return await self._send_as(await self._tokens.renewed(token), method, path, bucket, takes, **request)

    async def _send_as(
        self, token: str, method: str, path: str, bucket: str, takes: JsonTypes, **request: Any
    ) -> Answer:
        headers = {**self._provider.headers, "Authorization": f"Bearer {token}"}
        async with acquire(self._rate_limits, self._bucket(bucket)) as trace:
            self._on_call()
            extensions = {"trace": trace, LIMITS: self._limits}
            with reaching(self._provider, self._limits):
                response = await shared_client(self._provider.slug).request(
                    method, self._api_url + path, headers=headers, extensions=extensions, **request
                )
        try:
            return Answer(decoded(self._provider, response, takes), links_below(self._api_url, response))
        except ReconnectNeeded as refusal:
            await self._tokens.given_up(token, str(refusal))
            raise

    def _bucket(self, bucket: str) -> Bucket:
        """The rate_limits of a call: of the account, unless the bucket names what it belongs to ("base:app…")."""
        kind, _, whose = bucket.partition(":")
        rate = self._provider.rate_limits.get(kind) or self._provider.rate_limits[""]
        name = ":".join((self._provider.slug, self._environment, kind, whose or self._account))
        return Bucket(name, rate)


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
