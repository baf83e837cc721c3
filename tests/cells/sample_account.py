"""An account at a stand-in in this process, loaded by the real job."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import airtable_truth
import httpx
import hubspot_truth
import notion_truth
from memory import Memory
from starlette.applications import Starlette
from truth import Held, compare, refreshed

import sandbox
from benchmarks.stage import connect
from integrations import sync
from integrations.config import Settings
from integrations.frames import Tables
from integrations.model import Load
from integrations.service.runtime import run
from integrations.store import keys, records
from integrations.sync.job import OVERLAP
from integrations.sync.job import load as job
from sandbox import airtable, hubspot, notion

URL = "http://sandbox.example"
SIZES = {"airtable": 500, "hubspot": 500, "notion": 500}
STAND_INS = {"airtable": airtable, "hubspot": hubspot, "notion": notion}
TRUTHS: dict[str, ModuleType] = {"airtable": airtable_truth, "hubspot": hubspot_truth, "notion": notion_truth}


class Account:
    """Somebody's connection to a stand-in with a `world` of its own."""

    def __init__(self, slug: str) -> None:
        self.slug, self._store = slug, Memory()
        self.world: Any = STAND_INS[slug].World(SIZES[slug])
        self.connection: Any = None

    def truth(self) -> Held:
        """What the world holds now."""
        found: Held = TRUTHS[self.slug].held(self.world, f"{URL}/sandbox/{self.slug}")
        return found

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """What the stand-in says; each time a new one, which remembers nothing of an earlier world."""
        settings = {"PUBLIC_URL": URL, "SANDBOX_LATENCY_MS": "0", "SANDBOX_RATE_LIMITS": "off"}
        app = Starlette(routes=sandbox.routes(self._store, Settings(settings)))
        return await httpx.ASGITransport(app).handle_async_request(request)

    def load(self, full: bool = True) -> Load:
        """Ask for a load and do it here and now, as a worker would."""
        self.connection = self.connection or run(connect(self.slug, "a" * 64))
        wanted = run(sync.start(self.connection, full))
        run(job(*self.connection.path, wanted.id))
        load = run(records.get(keys.LOAD, self.connection.path))
        assert (load.state, load.notes, load.skipped) == ("complete", (), ()) and load.full == full
        return load

    def refresh(self, before: Held, started: Load) -> Held:
        """Load what has changed since; returns what there must be then."""
        self.load(full=False)
        return refreshed(before, self.truth(), started.started_at - OVERLAP)

    @property
    def tables(self) -> Tables:
        """What is shown of it."""
        return run(sync.shown(self.connection))[1]

    def compare(self, expected: Held) -> int:
        """Compare every cell; returns how many there are."""
        return compare(self.tables, expected)
