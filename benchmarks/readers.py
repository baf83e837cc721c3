"""Who loads: the dashboard's own worker, or a client library; each measurement is one Row."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from integrations import frames, sync
from integrations.config import settings
from integrations.config.settings import ROOT
from integrations.hubspot import OBJECTS
from integrations.model import Connection, Load
from integrations.model.errors import StoreUnavailable
from integrations.model.query import Condition, Operator, Query
from integrations.service.runtime import run
from integrations.store import keys, records

from .clients import NAMES
from .limits import Limit, together
from .stage import Process, bench, connect, workers

Ids = Sequence[tuple[str, str]]
Held = Mapping[str, tuple[set[tuple[str, str]], Limit]]  # by slug: what the sandbox holds, the shortest time for it


@dataclasses.dataclass(frozen=True)
class Row:
    """One measurement; seconds and MB.

    `missing` and `doubled` items are told by comparing ids with what the sandbox `held`. `calls`, `limited` (429) and
    `failed` (other errors, and answers cut off) are counted by the sandbox, `call` is how long it took for one.
    """

    what: str
    reader: str
    wall: float
    limit: float
    items: int
    held: int
    missing: int
    doubled: int
    calls: int
    needed: int
    limited: int
    failed: int
    call: float
    cpu: float
    peak: float
    state: str

    @property
    def multiple(self) -> float:
        """Wall time by the shortest possible time."""
        return self.wall / self.limit


def row(what: str, reader: str, held: Held, found: Ids, **measured: Any) -> Row:
    """A Row of what was found, and of what the sandbox has counted since it was last asked."""
    wanted = set().union(*(ids for ids, _ in held.values()))
    limit = together([limit for _, limit in held.values()])
    counts = [count for slug, count in bench("counts").items() if slug in held]
    calls, limited, failed, seconds = (sum(each[name] for each in counts) for name in counts[0])
    return Row(
        what, reader, limit=limit.seconds, needed=limit.calls, items=len(found), held=len(wanted),
        missing=len(wanted.difference(found)), doubled=len(found) - len(set(found)), calls=calls, limited=limited,
        failed=failed, call=seconds / max(1, calls), **measured,
    )  # fmt: skip


def bound(held: Held) -> float:
    """Seconds after which a reader is stopped: ten times the limit, at most two minutes or three times the limit."""
    limit = max(limit.seconds for _, limit in held.values())
    return max(5, min(10 * limit, max(120, 3 * limit)))


def dashboard(what: str, held: Held, refresh: bool) -> Iterator[Row]:
    """These providers loaded at once by one fresh worker; then again with one of a hundred items changed, if asked."""
    with workers() as processes:
        connected = [run(connect(slug)) for slug in held]
        bench("counts")
        first = _load(what, processes, connected, held)
        yield first
        if refresh and not first.missing:
            yield from (_refreshed(processes, each, held, first.calls) for each in connected)


def two_people(slug: str, held: Held) -> Row:
    """Two people who load the same account at once, each by a worker of their own."""
    with workers(2) as processes:
        connected = [run(connect(slug)), run(connect(slug))]
        bench("counts")
        used = [process.cpu for process in processes]
        measured = _load("two people", processes, connected, held)
        both = all(process.cpu - before > 0.05 for process, before in zip(processes, used, strict=True))
    here = measured.items == 2 * measured.held
    told = measured.state + ("" if here else "; one has not all") + ("" if both else "; one worker did it all")
    return dataclasses.replace(measured, items=measured.items // 2, doubled=0, state=told)


def filtering(held: Held) -> str:
    """How long a filter takes on a page that shows all this, without a load and while all is loaded again."""
    with workers():
        connected = [run(connect(slug)) for slug in held]
        run(_ended(connected, bound(held)))
        found = [shown[1].open() for connection in connected if (shown := run(sync.shown(connection)))]
        idle = _filtered(found, lambda done: done < 200)
        run(_start_again(connected))
        busy = _filtered(found, lambda done: any(load and load.active for load in run(_loads(connected))))
    rows = sum(table.num_rows for table in found)
    return (
        f"A filter of {rows:,} rows, p95: {idle * 1000:.1f} ms; while they are loaded again "
        f"{busy * 1000:.1f} ms (× {busy / idle:.2f}, within 2.00)."
    )


async def _loads(connected: Sequence[Connection]) -> list[Load | None]:
    return [await sync.status(connection) for connection in connected]


async def _start_again(connected: Sequence[Connection]) -> None:
    await asyncio.gather(*(sync.start(connection, full=True) for connection in connected))


def _filtered(tables: Sequence[frames.Table], more: Callable[[int], bool]) -> float:
    """The 95th percentile of seconds that a filter of all tables took, a pause after each as a person makes."""
    texts = [frames.search_texts(table) for table in tables]
    types = tuple(Condition("type", Operator.IS, each) for each in ("page", "record", "contact"))
    took: list[float] = []
    while more(len(took)):
        began = time.perf_counter()
        query = Query(where=types, search=str(len(took)))
        for table, kept in zip(tables, texts, strict=True):
            frames.apply(table, query, kept)
        took.append(time.perf_counter() - began)
        time.sleep(0.02)
    return statistics.quantiles(took, n=20)[-1]


def _load(what: str, processes: Sequence[Process], connected: Sequence[Connection], held: Held) -> Row:
    used, began = sum(process.cpu for process in processes), time.monotonic()
    loads = run(_ended(connected, bound(held)))
    wall, spent = time.monotonic() - began, sum(process.cpu for process in processes) - used
    cost = {"wall": wall, "cpu": spent, "peak": max(process.peak for process in processes)}
    found = [item for connection in connected for item in run(_shown(connection))]
    told = dict.fromkeys(words for load in loads for words in (_state(load, held), *load.notes))
    return row(what, "dashboard", held, found, **cost, state=" ".join(told))


def _state(load: Load, held: Held) -> str:
    return f"gave up after {bound(held):.0f} s" if load.active else load.state


async def _ended(connected: Sequence[Connection], seconds: float) -> Sequence[Load]:
    """The loads, once all are over, or the time is."""
    loads: Sequence[Load] = await asyncio.gather(*map(sync.start, connected))
    deadline = time.monotonic() + seconds
    while any(load.active for load in loads) and time.monotonic() < deadline:
        await asyncio.sleep(0.025)
        with contextlib.suppress(StoreUnavailable):  # a moment without CPU is no end
            loads = [await sync.status(connection) or load for connection, load in zip(connected, loads, strict=True)]
    return loads


async def _shown(connection: Connection, changed_since: datetime | None = None) -> Ids:
    """The (type, id) of each row that a page would show; those known to be older than a moment left out."""
    shown = await sync.shown(connection)
    table = shown[1].open() if shown else frames.Tables().open()
    columns = (table.standard(name).to_pylist() for name in ("type", "id", "last_modified_time"))
    return [(kind, key) for kind, key, changed in zip(*columns, strict=True)
            if not changed or not changed_since or changed >= changed_since]  # fmt: skip


def _refreshed(processes: Sequence[Process], connection: Connection, held: Held, full: int) -> Row:
    """The same connection once more, after one of a hundred items has changed."""
    minute = datetime.now(UTC).replace(second=0, microsecond=0)  # Notion tells no more
    touched = {(kind, key) for kind, key in bench(f"touch/{connection.slug}")}
    again = _load("1 % changed", processes, [connection], held)
    seen = len(touched.intersection(run(_shown(connection, minute))))
    told = f"{again.state}; {again.calls / full:.0%} of a full load's calls, {seen:,} of {len(touched):,} changes seen"
    return dataclasses.replace(again, state=told)


def client(slug: str, held: Held) -> Row:
    """An account read by its provider's public client library, with a token from the real OAuth flow."""
    connection = run(connect(slug))
    token = run(records.get(keys.TOKEN, connection.path))
    url, own = f"{settings().public_url}/sandbox/{slug}", {slug: held[slug]}
    asked_for = {kind: list(each.properties) for kind, each in OBJECTS.items()}
    arguments = (slug, url, token.access_token if token else "", str(bound(own)), json.dumps(asked_for))
    bench("counts")
    done = subprocess.run([sys.executable, "-m", "benchmarks.clients", *arguments], cwd=ROOT, stdout=-1, check=True)
    answer = json.loads(done.stdout)
    return row(slug, NAMES[slug], own, [tuple(each) for each in answer.pop("found")], **answer)
