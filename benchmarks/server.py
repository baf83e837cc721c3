"""The sandbox as a server of its own that counts: `python -m benchmarks.server FD FAULTS SLUG=ITEMS…`.

FD is a listening socket; the server ends when its standard input does. POST /bench/counts answers with what was served
since it was last asked, POST /bench/touch/{slug} marks every hundredth item as changed now and answers with which.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import sandbox
from integrations.config import Settings, settings
from integrations.store.sandbox import SandboxStore
from sandbox.airtable_world import record_id
from sandbox.hubspot import ONE

from .limits import LATENCY

RENDERING = 0.05  # seconds of the latency that are left for making the answer: it must not lengthen the call
SHARE = 100  # one of so many is marked as changed


class Counter:
    """An ASGI application in front of the sandbox; `served` are its data endpoints by slug."""

    def __init__(self, app: ASGIApp, served: dict[str, Any]) -> None:
        self._app = app
        self._served = served
        self._counts = self._fresh()

    def _fresh(self) -> dict[str, dict[str, float]]:
        return {slug: dict.fromkeys(("calls", "limited", "failed", "seconds"), 0) for slug in self._served}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith("/bench/"):
            await JSONResponse(await self._bench(*path.split("/")[2:]))(scope, receive, send)
        elif path.startswith("/sandbox/") and "/oauth" not in path:
            # hubspot-api-client still calls v3, which has the same shape
            scope = {**scope, "path": path.replace("/crm/v3/objects/", "/crm/objects/2026-09/")}
            await self._counted(self._counts[path.split("/")[2]], scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _counted(self, counts: dict[str, float], scope: Scope, receive: Receive, send: Send) -> None:
        began, ended = time.monotonic(), False

        async def noting(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await asyncio.sleep(began + LATENCY - time.monotonic())
                counts["limited"] += message["status"] == 429
                counts["failed"] += message["status"] >= 400 and message["status"] != 429
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        counts["calls"] += 1
        await self._app(scope, receive, noting)
        counts["failed"] += not ended
        counts["seconds"] += time.monotonic() - began

    async def _bench(self, what: str, slug: str = "") -> Any:
        for data in self._served.values():
            await data.world.get()  # built now, not within the first call that is measured
        if what == "touch":
            self._served[slug]._selected.cache_clear()
            return TOUCH[slug](await self._served[slug].world.get(), int(time.time()))
        counts, self._counts = self._counts, self._fresh()
        return counts


def _touch_notion(world: Any, now: int) -> list[tuple[str, str]]:
    changed = {page.id: page._replace(edited=now // 60 * 60) for page in world.pages[::SHARE]}
    for pages in (world.all, world.pages, *world.rows):
        pages[:] = [changed.get(page.id, page) for page in pages]
    world.all.sort(key=lambda page: (page.edited, page.id))
    world.by_id.update(changed)
    return [("page", key) for key in changed]


def _touch_airtable(world: Any, now: int) -> list[tuple[str, str]]:
    tables = [table for found in world.tables.values() for table in found.values()]
    for table in tables:
        table.times[::SHARE] = [(created, now) for created, _ in table.times[::SHARE]]
    return [("record", record_id(table.id, n)) for table in tables for n in range(0, len(table.times), SHARE)]


def _touch_hubspot(world: Any, now: int) -> list[tuple[str, str]]:
    for entries in world.entries.values():
        entries[::SHARE] = [entry._replace(modified=now) for entry in entries[::SHARE]]
    return [(ONE[kind], str(entry.id)) for kind, entries in world.entries.items() for entry in entries[::SHARE]]


TOUCH = {"notion": _touch_notion, "airtable": _touch_airtable, "hubspot": _touch_hubspot}


def app(items: dict[str, str], faults: str) -> Counter:
    """All stand-ins under the documented limits, each with its own number of items."""
    served: dict[str, Any] = {}
    fixed = {"PUBLIC_URL": settings().public_url, "SANDBOX_RATE_LIMITS": "on", "SANDBOX_FAULTS": faults}
    fixed["SANDBOX_LATENCY_MS"] = str((LATENCY - RENDERING) * 1000)

    def keeping(slug: str, data: Callable[..., Any]) -> Any:
        return lambda *arguments: served.setdefault(slug, data(*arguments))

    def mount(rules: Any, data: Callable[..., Any]) -> Mount:
        own = Settings({**fixed, "SANDBOX_ITEMS": items[rules.slug]})
        return sandbox._mounted(rules, keeping(rules.slug, data), SandboxStore(), own)

    mounts = [mount(*pair) for pair in sandbox.PROVIDERS]
    return Counter(Starlette(routes=[Mount("/sandbox", routes=mounts)]), served)


def main(fd: str, faults: str, *items: str) -> None:
    """Serve until standard input ends."""
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), os._exit(0)), daemon=True).start()
    served = app(dict(each.split("=") for each in items), faults)
    # planted faults would be logged as errors; providers keep a connection open for longer than uvicorn's 5 s
    config = uvicorn.Config(served, log_level="critical", access_log=False, timeout_keep_alive=75)
    asyncio.run(uvicorn.Server(config).serve([socket.socket(fileno=int(fd))]))


if __name__ == "__main__":
    main(*sys.argv[1:])
