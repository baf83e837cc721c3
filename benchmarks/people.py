"""Many people on one process: real websocket sessions, each with its own rows and a filter every few seconds.

`python -m benchmarks --people 100`. The time of a filter is from asking until the page has been drawn, with all that
was sent. Memory is the server's, after everybody has opened a page, less what it was before.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import secrets
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from integrations.config import settings
from integrations.config.settings import ROOT
from integrations.identity import cookie_name, owner_of
from integrations.model import Account, Connection, Load, Token
from integrations.service.runtime import run
from integrations.store import connections, keys, records

from .made import SCHEMA, chunks, rows

COUNT = 100  # people, unless asked for another number
ROWS, PAUSE, FILTERS = 20_000, 5.0, 6  # of each person
LIMIT, LIMIT_MB, LIMIT_RERUN = 0.5, 10.0, 0.1


@dataclass
class Person:
    """A browser with a page open: its cookie, what it waited for each filter, and the bytes that came."""

    cookie: str
    waited: list[float] = field(default_factory=list)
    received: int = 0


def measured(count: int, size: int = ROWS) -> Iterator[str]:
    """Yields what so many people wait for, and the memory of each."""
    with _server() as (url, process):
        people = [_person(url) for _ in range(count)]
        packed = chunks(rows(size))
        for each in people:
            run(_planted(str(owner_of(each.cookie)), packed, size))
        _open_once(url, people[:1])
        before = _memory(process.pid)
        asyncio.run(_all(url, people))
        memory = (_memory(process.pid) - before) / (count - 1) if count > 1 else None
        yield _told(people, size, memory)


def _told(people: Sequence[Person], size: int, memory: float | None) -> str:
    waited = sorted(each for person in people for each in person.waited)
    middle, late = statistics.median(waited), waited[int(len(waited) * 0.95)]
    limit = LIMIT if len(people) > 1 else LIMIT_RERUN
    sent = sum(each.received for each in people) / len(waited) / 1e3
    each = f"; {memory:.1f} MB a person (limit {LIMIT_MB:.0f})" if memory is not None else ""
    return (
        f"{len(people)} with {size:,} rows each, a filter every {PAUSE:.0f} s: median {middle * 1000:.0f} ms, "
        f"p95 {late * 1000:.0f} ms (limit {limit * 1000:.0f}); {sent:,.0f} kB a filter{each}"
    )


@contextmanager
def _server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    url = f"http://localhost:{port}"
    place = {"PUBLIC_URL": url}
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | place, stdout=subprocess.DEVNULL)
    try:
        _until_it_answers(url)
        yield url, process
    finally:
        process.kill()
        process.wait()


def _until_it_answers(url: str) -> None:
    for _ in range(300):
        try:
            httpx.get(f"{url}/healthz")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _person(url: str) -> Person:
    answer = httpx.get(f"{url}/hubspot", headers={"Sec-Fetch-Dest": "document", "Accept": "text/html"})
    return Person(answer.cookies[cookie_name()])


async def _planted(owner: str, packed: Sequence[bytes], size: int) -> None:
    now = datetime.now(UTC)
    connection = Connection(
        "0123456789abcdef", owner, "hubspot", Account("1", "Bench"), "sandbox", "https://x.example", now
    )
    load = Load(secrets.token_hex(8), "complete", now, now, now, run="run", at=now, full_at=now, chunks=len(packed),
                counts={"deal": size}, streams=("deals",))  # fmt: skip
    await connections.save(connection, Token("none"))
    for number, chunk in enumerate(packed):
        await records.put(keys.CHUNK, (*connection.path, load.id, load.run, str(number)), chunk)
    await records.put(keys.SCHEMA, (*connection.path, load.id, load.run), SCHEMA)
    await records.put(keys.SNAPSHOT, connection.path, load)
    await records.put(keys.LOAD, connection.path, load)


async def _all(url: str, people: Sequence[Person]) -> None:
    await asyncio.gather(*(_visit(url, each) for each in people))


def _open_once(url: str, people: Sequence[Person]) -> None:
    for each in people:
        asyncio.run(_visit(url, each, filters=0))


async def _visit(url: str, person: Person, filters: int = FILTERS) -> None:
    """Open a page, then filter again and again, a pause after each as a person makes."""
    await asyncio.sleep(random.random() * PAUSE)
    headers = {"Cookie": f"{cookie_name()}={person.cookie}"}
    address = url.replace("http", "ws") + "/_stcore/stream"
    asked = connect(
        address, origin=Origin(url), additional_headers=headers, subprotocols=[Subprotocol("streamlit")], max_size=None
    )
    async with asked as page:
        await _drawn(page, person, {"in": "deal"})
        for number in range(filters):
            await asyncio.sleep(PAUSE * (0.5 + random.random()))
            before, began = person.received, time.perf_counter()
            await _drawn(page, person, {"in": "deal", "f.field0": f"stage{number % 7}", "f.field1": f"~from~{number}"})
            person.waited.append(time.perf_counter() - began)
            if person.received == before:
                raise RuntimeError("nothing was sent")


async def _drawn(page: ClientConnection, person: Person, query: dict[str, str]) -> None:
    asked = BackMsg()
    asked.rerun_script.query_string = urlencode(query)
    asked.rerun_script.page_name = "hubspot"
    asked.rerun_script.context_info.url = settings().public_url
    await page.send(asked.SerializeToString())
    while True:
        frame = await page.recv()
        person.received += len(frame)
        message = ForwardMsg.FromString(bytes(frame)) if isinstance(frame, bytes) else ForwardMsg()
        if message.WhichOneof("type") == "script_finished":
            return


def _memory(pid: int) -> float:
    """Returns the resident memory in MB; proc(5)."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
