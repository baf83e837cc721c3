"""The stand-in providers by themselves, without Redis and without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest
from memory import Memory
from sandbox_helpers import PUBLIC_URL, Scene, Visit
from starlette.applications import Starlette

from integrations.config import Settings
from sandbox import routes


@pytest.fixture
def play() -> Callable[..., None]:
    """Runs a scene, an async function of a Visit, against a fresh sandbox with the given settings."""

    def run(slug: str, scene: Scene, store: Memory | None = None, **settings: str) -> None:
        async def main() -> None:
            kept = store or Memory()
            values = {"SANDBOX_ITEMS": "300", "SANDBOX_LATENCY_MS": "0", "PUBLIC_URL": PUBLIC_URL, **settings}
            transport = httpx.ASGITransport(Starlette(routes=routes(kept, Settings(values))))
            async with httpx.AsyncClient(transport=transport, base_url=PUBLIC_URL) as http:
                await scene(Visit(http, slug, kept))

        asyncio.run(main())

    return run


@pytest.fixture(params=["notion", "airtable", "hubspot"])
def slug(request: pytest.FixtureRequest) -> str:
    return request.param
