"""What a measurement stands on: a Valkey, a sandbox, workers and connections of this run alone. Linux: reads /proc."""

from __future__ import annotations

import asyncio
import math
import os
import re
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx

from integrations import oauth, providers
from integrations.config import settings
from integrations.config.settings import ROOT
from integrations.model import Connection
from integrations.service.runtime import run
from integrations.store import client as store
from integrations.store import connections, embedded
from integrations.store.queue import new_docket
from sandbox import airtable_world, hubspot, notion
from sandbox.hubspot_records import FORWARD
from sandbox.hubspot_schema import OWN

from . import limits
from .limits import LATENCY, Limit

HUBSPOT_DEFINITIONS = 12  # properties of seven types, the account and its own types, owners, two sets of pipelines
TICK = os.sysconf("SC_CLK_TCK")


def contents(slug: str, items: int, people: int = 1) -> tuple[set[tuple[str, str]], Limit]:
    """The (type, id) of all that the sandbox holds of a provider, and the shortest time in which so many people who
    share an account's limits read it."""
    if slug == "notion":
        pages = notion.World(items).all
        return {(page.kind, page.id) for page in pages}, limits.notion(len(pages), LATENCY)
    if slug == "airtable":
        bases = airtable_world.World(items).tables
        tables = [table for found in bases.values() for table in found.values()]
        ids = {("record", airtable_world.record_id(table.id, n)) for table in tables for n in range(len(table.times))}
        ids |= {("base", base) for base in bases} | {("table", f"{table.base}/{table.id}") for table in tables}
        sizes = [[len(each.times) for each in found.values()] * people for found in bases.values()]
        return ids, limits.airtable(sizes, LATENCY)
    crm = hubspot.World(items)
    entries = crm.entries
    ids = {(hubspot.ONE[kind], str(entry.id)) for kind, found in entries.items() for entry in found}
    pairs = [pair for forward in FORWARD for pair in (forward, forward[::-1]) if pair[0] in entries and pair[1] != OWN]
    related = [(len(entries[pair[0]]), _answers(crm, *pair)) for pair in pairs]
    return ids, limits.hubspot(list(map(len, entries.values())), LATENCY, related, HUBSPOT_DEFINITIONS)


def _answers(crm: hubspot.World, kind: str, other: str) -> int:
    """How many answers the associations of the record with the most of them take."""
    most = max(map(len, crm.links(kind, other).values()), default=0)
    return max(1, math.ceil(most / hubspot.ASSOCIATIONS_PAGE))


class Process:
    """A child in a session of its own, whose costs are those of the whole session."""

    def __init__(self, *command: str, files: tuple[int, ...] = ()) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True, pass_fds=files
        )

    @property
    def cpu(self) -> float:
        """Seconds so far, user and system; proc(5)."""
        return sum(sum(map(int, fields[11:15])) for _, fields in self._session()) / TICK

    @property
    def peak(self) -> float:
        """Peak resident memory in MB."""
        found = (re.search(r"VmHWM:\s+(\d+)", _text(folder / "status")) for folder, _ in self._session())
        return sum(int(each[1]) for each in found if each) / 1024

    def end(self) -> None:
        """Kill it: what it was doing is of no interest."""
        self._child.kill()
        self._child.communicate()

    def _session(self) -> Iterator[tuple[Path, list[str]]]:
        for folder in Path("/proc").glob("[0-9]*"):
            fields = _text(folder / "stat").rpartition(")")[2].split()
            if fields and fields[3] == str(self._child.pid):
                yield folder, fields


def _text(path: Path) -> str:
    with suppress(OSError):  # it has ended meanwhile
        return path.read_text()
    return ""


@contextmanager
def stage() -> Iterator[socket.socket]:
    """This process's settings point to a Valkey of its own and to the socket that sandboxes will listen at."""
    with tempfile.TemporaryDirectory(prefix="bench-", ignore_cleanup_errors=True) as folder:
        with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
            os.environ |= {
                "REDIS_URL": embedded.ensure(Path(folder)), "TOKEN_KEYS": secrets.token_urlsafe(32), "SANDBOX": "on",
                "PUBLIC_URL": f"http://127.0.0.1:{listening.getsockname()[1]}", "WORKERS": "external",
            }  # fmt: skip
            settings.cache_clear()
            yield listening
        embedded.release(Path(folder))


@contextmanager
def sandbox(listening: socket.socket, items: Mapping[str, int], faults: str) -> Iterator[None]:
    """The stand-in providers under their limits, ready to answer."""
    sizes = [f"{slug}={count}" for slug, count in items.items()]
    process = Process("benchmarks.server", str(listening.fileno()), faults, *sizes, files=(listening.fileno(),))
    try:
        bench("counts")
        yield
    finally:
        process.end()


@contextmanager
def workers(count: int = 1) -> Iterator[list[Process]]:
    """Real workers that wait for jobs, with nothing else in Redis: budgets and snapshots are of one measurement."""
    run(store.execute(lambda redis: redis.flushall()))
    processes = [Process("integrations", "worker", "--with-parent") for _ in range(count)]
    try:
        run(_ready(count))
        yield processes
    finally:
        for process in processes:
            process.end()


async def _ready(count: int) -> None:
    async with new_docket() as docket, asyncio.timeout(30):
        while len(await docket.workers()) < count:
            await asyncio.sleep(0.02)


def bench(what: str) -> Any:
    """What the sandbox's own page for benchmarks says (see `server`)."""
    return httpx.post(f"{settings().public_url}/bench/{what}", timeout=120).raise_for_status().json()


async def connect(slug: str, owner: str = "") -> Connection:
    """An owner's connection by the real OAuth flow; the press of Approve is a POST from here."""
    provider, owner = providers()[slug], owner or secrets.token_hex(32)
    url = await oauth.authorize(provider, owner, "sandbox")
    async with httpx.AsyncClient(timeout=60) as browser:
        ticket = re.search(r'name="ticket" value="([^"]+)"', (await browser.get(url)).text)
        form = {"ticket": ticket[1] if ticket else "", "decision": "approve"}
        answer = await browser.post(url.partition("?")[0], data=form)
    outcome = await oauth.redeem(provider, owner, dict(parse_qsl(urlsplit(answer.headers["location"]).query)))
    found = await connections.find(owner, slug, outcome.connection_id)
    if found is None:
        raise RuntimeError(f"{slug} could not be connected: {outcome.message}")
    return found
