"""Loads as pages see them: asked for, watched, cancelled, and their rows read."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import secrets
import threading
from datetime import UTC, datetime, timedelta

import cachetools

from .. import providers
from ..config import settings
from ..frames import Tables
from ..http import within
from ..model import Choice, Connection, KnownCatalog, Load
from ..model.errors import StoreFull
from ..store import calls, connections, keys, queue, records
from .changes import forget_changes
from .chunks import chunks, schema
from .fence import Superseded
from .finish import ROWS_LOST_NOTICE, finish
from .job import CANCELLED, cancel_wanted, client, save_catalog
from .writer import LoadWriter

CANCEL_WITHIN = 0.8  # seconds that the worker has; then the page ends the load itself
LIST = 90  # seconds that a page waits for the streams of a connection: a provider may ask for a pause of 60
READS = 3
CACHE_BYTES = 512 * 1024 * 1024

_tables: cachetools.TTLCache[tuple[str, ...], Tables] = cachetools.TTLCache(
    CACHE_BYTES, ttl=900, getsizeof=lambda tables: tables.size + 1
)
_tables_lock = threading.Lock()


async def start(connection: Connection, full: bool = False) -> Load:
    """Ask for a load; one that waits or runs already is the answer.

    It reads what has changed since the last one, or everything: when that is wanted, or long ago.
    """
    load = await _ask(connection, full)
    await connections.touch(connection)
    return load


async def start_if_older(connection: Connection, than: timedelta) -> Load | None:
    """Refresh a snapshot of that age, unless a load has been tried meanwhile; returns the latest load.

    Does not count as use of the connection.
    """
    load, kept = await status(connection), await snapshot(connection)
    if load is None or load.active or kept is None or connection.reconnect:
        return load
    tried = max(each.finished_at or each.queued_at for each in (load, kept))
    if datetime.now(UTC) - tried > than:
        with contextlib.suppress(StoreFull):  # a scheduled refresh must not keep a page from being drawn
            return await _ask(connection)
    return load


async def status(connection: Connection) -> Load | None:
    """Returns the latest load, under way or ended."""
    return await records.get(keys.LOAD, connection.path)


async def requeue_if_lost(connection: Connection) -> Load | None:
    """Returns the latest load, after queueing it again (or ending it, if that was asked for) if no worker has it."""
    load = await status(connection)
    if load is None or not is_lost(load) or await queue.is_known(_key(connection, load)):
        return load
    with contextlib.suppress(StoreFull):  # the next look asks again
        if await cancel_wanted(connection, load):
            return await _end_here(connection, load)
        await _enqueue(connection, load)
    return load


async def cancel(connection: Connection) -> Load | None:
    """Stop the load under way; the rows that have arrived are kept as a partial snapshot."""
    load = await records.get(keys.LOAD, connection.path)
    if load is None or not load.active:
        return load
    await records.put(keys.CANCEL, connection.path, load.id)
    await queue.cancel(_key(connection, load))
    for _ in range(int(CANCEL_WITHIN / 0.1)):
        await asyncio.sleep(0.1)
        now = await records.get(keys.LOAD, connection.path)
        if now is None or now.id != load.id or not now.active:
            return now
    return await _end_here(connection, load)


async def snapshot(connection: Connection) -> Load | None:
    """The rows there are to show: the last load that left any behind."""
    return await records.get(keys.SNAPSHOT, connection.path)


async def shown(connection: Connection, reads: int = READS) -> tuple[Load, Tables] | None:
    """The snapshot and its tables; None before the first one.

    A snapshot that a load replaces meanwhile is read again; one with chunks lost is partial, and says so.
    """
    load = await snapshot(connection)
    if load is None:
        return None
    tables = await so_far(connection, load)
    if tables is not None:
        return load, tables
    if reads > 1:
        return await shown(connection, reads - 1)
    left = Tables(await chunks(connection, load), await schema(connection, load))
    return dataclasses.replace(load, state="partial", notes=tuple(dict.fromkeys((*load.notes, ROWS_LOST_NOTICE)))), left


async def so_far(connection: Connection, load: Load) -> Tables | None:
    """The tables that a load has saved; None if some of its rows are not there any more."""
    key = (*connection.path, load.id, load.run, str(load.chunks))
    with _tables_lock:
        tables = _tables.get(key)
    return tables if tables is not None else await _read(connection, load, key)


def in_memory(connection: Connection, load: Load) -> Tables | None:
    """Returns the tables of a load that may be stored no more, and keeps them in memory as if they were read anew."""
    key = (*connection.path, load.id, load.run, str(load.chunks))
    with _tables_lock:
        tables = _tables.get(key)
        if tables is not None:
            _tables[key] = tables
    return tables


async def _read(connection: Connection, load: Load, key: tuple[str, ...]) -> Tables | None:
    found = await chunks(connection, load)
    if len(found) < load.chunks:
        return None
    described = await schema(connection, load)
    tables = await asyncio.to_thread(Tables, found, described)
    with _tables_lock:
        if tables.size < CACHE_BYTES:
            _tables[key] = tables
    return tables


async def catalog(connection: Connection, look_again: bool = False) -> KnownCatalog:
    """The streams that can be left out, from the last look or from a new one at the provider."""
    known = None if look_again else await records.get(keys.CATALOG, connection.path)
    if known:
        return known
    provider = providers()[connection.slug]
    async with within(provider, LIST):
        catalog = await provider.catalog(client(provider, connection))
    return await save_catalog(connection, catalog)


async def calls_this_month(connection: Connection) -> int:
    """How often its account was asked this month; counted where calls are rationed."""
    return await calls.this_month(connection)


async def choice(owner: str, slug: str) -> Choice:
    """What this owner leaves out of loads from this provider."""
    return await records.get(keys.CHOICE, (owner, slug)) or Choice()


async def choose(owner: str, slug: str, left_out: tuple[str, ...], added: tuple[str, ...] = ()) -> None:
    """Remember what to leave out, and what to read that is left out otherwise."""
    await records.put(keys.CHOICE, (owner, slug), Choice(left_out, asked=True, added=added))


async def stop_for_good(connection: Connection) -> None:
    """Before a connection is deleted: no worker goes on with it, no row stays in memory."""
    load = await records.get(keys.LOAD, connection.path)
    if load and load.active:
        await queue.cancel(_key(connection, load))
    forget_tables(connection)


def forget_tables(connection: Connection) -> None:
    """Drop the connection's tables from memory."""
    with _tables_lock:
        for key in [key for key in _tables if key[:3] == connection.path]:
            _tables.pop(key, None)
    forget_changes(connection)


def is_lost(load: Load) -> bool:
    """Whether a load under way shows no sign of a worker."""
    silence = datetime.now(UTC) - (load.at or load.queued_at)
    return load.active and silence > timedelta(seconds=settings().lease_seconds)


async def _end_here(connection: Connection, load: Load) -> Load | None:
    """End a load whose worker does not answer, with the chunks it has saved; returns how it ended."""
    writer = LoadWriter(connection, load)
    with contextlib.suppress(Superseded):
        await writer.adopt()
        writer.notes.append(CANCELLED)
        await finish(writer, "partial")
    return await records.get(keys.LOAD, connection.path)


async def _ask(connection: Connection, full: bool = False) -> Load:
    fresh = Load(secrets.token_hex(8), "queued", datetime.now(UTC), full=full)
    load = await records.put_unless(keys.LOAD, connection.path, fresh, keep=lambda found: found.active)
    await _enqueue(connection, load)
    return load


async def _enqueue(connection: Connection, load: Load) -> None:
    await queue.enqueue("load", *connection.path, load.id, key=_key(connection, load))


def _key(connection: Connection, load: Load) -> str:
    return ":".join((*connection.path, load.id))
