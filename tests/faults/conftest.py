"""Stand-in providers behind a wire on which things go wrong, and a connection to each that was loaded in whole."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from weakref import WeakKeyDictionary

import httpx
import pytest
import uvicorn
from account import ITEMS, Account
from made_up import varied
from memory import Memory
from starlette.applications import Starlette
from trouble import Wire, misbehave

from integrations import providers
from integrations.config import Settings
from integrations.http import client as http_client
from integrations.model import RateLimit
from integrations.service.runtime import run
from integrations.store import client as store_connection
from sandbox import routes

QUICK = {"wait_initial": 0.01, "wait_max": 0.05, "wait_jitter": 0}


@pytest.fixture(scope="session")
def addresses() -> Iterator[tuple[str, str]]:
    """Where the stand-ins are, and where a server misbehaves."""
    with socket.create_server(("127.0.0.1", 0)) as good, socket.create_server(("127.0.0.1", 0)) as bad:
        urls = tuple(f"http://127.0.0.1:{each.getsockname()[1]}" for each in (good, bad))
        values = {"PUBLIC_URL": urls[0], "SANDBOX_ITEMS": str(ITEMS), "SANDBOX_LATENCY_MS": "0"}
        # tokens of five minutes: a clock that jumps by ten ends them
        app = Starlette(routes=routes(Memory(), Settings({**values, "SANDBOX_TOKEN_SECONDS": "300"})))
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off"))

        async def serve() -> None:
            async with await asyncio.start_server(misbehave, sock=bad):
                await server.serve([good])

        thread = threading.Thread(target=lambda: asyncio.run(serve()))
        thread.start()
        yield urls
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def wire(addresses: tuple[str, str]) -> Iterator[Wire]:
    """The wire, between httpx and the network; patience is short, and nobody's calls are rationed."""
    wire = Wire(addresses[1])
    genuine = httpx.AsyncHTTPTransport.handle_async_request

    async def carried(transport: httpx.AsyncHTTPTransport, request: httpx.Request) -> httpx.Response:
        return await wire.carry(lambda sent: genuine(transport, sent), request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", carried)
        clock = SimpleNamespace(time=lambda: time.time() + wire.skew, monotonic=time.monotonic)
        patch.setattr("sandbox.grants.time", clock)
        patch.setattr(http_client, "_clients", WeakKeyDictionary())
        patch.setattr(http_client, "TIMEOUT", httpx.Timeout(2))
        patch.setattr("integrations.oauth.client.TIMEOUT", 2)
        patch.setattr("integrations.listing.pagination.MAX_STALE_PAGES", 10)
        patch.setattr(http_client, "ATTEMPTS", 3)
        patch.setattr(http_client, "SOON", 0.1)
        patch.setattr(http_client, "BACKOFF", QUICK)
        for slug, provider in providers().items():
            unrationed = dict.fromkeys(provider.rate_limits, RateLimit(10_000, 1))
            patch.setitem(providers(), slug, varied(provider, rate_limits=unrationed, rate_limit_wait=0.1))
        yield wire
        run(_client_closed())


async def _client_closed() -> None:
    for slug in providers():
        await http_client.shared_client(slug).aclose()


@pytest.fixture(scope="module")
def known() -> dict[str, Account]:
    return {}


@pytest.fixture
def account(
    slug: str, wire: Wire, addresses: tuple[str, str], redis_url: str, configured: Callable[..., None],
    known: dict[str, Account],
) -> Iterator[Account]:  # fmt: skip
    """The account at one provider, loaded in whole; made once, as loading it takes a moment."""
    configured(REDIS_URL=redis_url, PUBLIC_URL=addresses[0], SANDBOX="on")
    if not known:
        run(store_connection.execute(lambda redis: redis.flushall()))
    if slug not in known:
        known[slug] = Account(slug, wire)
    yield known[slug]
    wire.plan()
    wire.skew = 0
    if known[slug].rows() != known[slug].everything:
        del known[slug]  # the next one must not suffer from this one's failure
    with contextlib.suppress(Exception):
        run(store_connection.close())
