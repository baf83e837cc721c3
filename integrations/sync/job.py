"""Loading everything a connection may read: what a worker does."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from .. import providers
from ..config import settings
from ..http import ApiClient, Tokens
from ..model import Api, Catalog, Choice, Connection, KnownCatalog, Load, LoadState, Page, Provider, Stream
from ..model.errors import CursorExpired, DashboardError, Forbidden, ProviderError, ReconnectNeeded, StoreUnavailable
from ..oauth import ConnectionTokens, endpoints_of
from ..store import connections, keys, rate_limits, records
from ..store.retry import keep_trying
from .chunks import is_described, schema
from .fence import Superseded
from .finish import finish
from .writer import LoadWriter

log = logging.getLogger(__name__)
DONE = "done"
NOTHING_CHOSEN = Choice()
OVERLAP = timedelta(minutes=15)  # clocks differ by up to ten, searches lag, and a provider dates to the minute
PATIENCE = 600  # seconds that a load waits for Redis to come back
MAX_STARTS = 2  # of a load from the same point, each ended by the death of its worker
ENDS_ITS_WORKER = (
    "Loading stopped unexpectedly, twice at the same point, and was given up. Refresh to try again; if it happens "
    "again, tell whoever runs this dashboard."
)
CANCELLED = "Loading was cancelled before everything had arrived."
UNEXPECTED = "Something unexpected stopped this load. Refresh to try again; updating the dashboard may help."


async def load(owner: str, slug: str, connection_id: str, load_id: str) -> None:
    """The job: do one load of one connection, if it is still wanted.

    It may start again on another worker at any time; only the newest start goes on.
    """
    path = (owner, slug, connection_id)
    wanted = await keep_trying(lambda: records.get(keys.LOAD, path), PATIENCE)
    if wanted is None or wanted.id != load_id or not wanted.active:
        return
    connection = await keep_trying(lambda: connections.find(*path), PATIENCE)
    if connection is None:
        return await keep_trying(lambda: records.delete(keys.LOAD, path), PATIENCE)
    writer = LoadWriter(connection, wanted, PATIENCE)
    try:
        await _attempt(writer, wanted)
    finally:  # however it ended, the worker lives
        with contextlib.suppress(StoreUnavailable):
            await records.delete(keys.STARTS, path)


async def _attempt(writer: LoadWriter, wanted: Load) -> None:
    """Do the load, unless it ends its workers; whatever goes wrong, it ends."""
    slug = writer.connection.slug
    try:
        if await _kills_its_worker(wanted, writer.connection.path):
            return await _set_aside(writer)
        await _load(writer, providers()[slug])
    except* Superseded:
        pass
    except* StoreUnavailable:
        raise  # the next page that looks at it queues it again
    except* Exception as errors:
        log.error("loading from %s failed: %s", slug, ", ".join(type(e).__name__ for e in errors.exceptions))
        writer.notes.append(UNEXPECTED)
        with contextlib.suppress(Superseded):
            await finish(writer, "failed")


async def _kills_its_worker(load: Load, path: tuple[str, str, str]) -> bool:
    """Count this start; returns whether those before have each ended their worker without getting any further."""
    before = await keep_trying(lambda: records.get(keys.STARTS, path), PATIENCE)
    stuck = before and (before.load, before.cursors) == (load.id, load.cursors) and load.total <= before.items
    count = before.count + 1 if before and stuck else 1
    starts = keys.Starts(load.id, load.total, load.cursors, count)
    await keep_trying(lambda: records.put(keys.STARTS, path, starts), PATIENCE)
    return count > MAX_STARTS


async def _set_aside(writer: LoadWriter) -> None:
    """End a load that no worker survives, with the rows that it has saved."""
    log.error("a load from %s was given up: it has ended its worker %d times", writer.connection.slug, MAX_STARTS)
    await writer.adopt()
    writer.notes.append(ENDS_ITS_WORKER)
    await finish(writer, "partial" if writer.total else "failed")


async def _load(writer: LoadWriter, provider: Provider) -> None:
    await writer.begin()
    try:
        async with asyncio.TaskGroup() as tasks:  # whatever ends the reporting ends the reading
            reporting = tasks.create_task(writer.report())
            state = await _read_everything(writer, provider)
            reporting.cancel()
    except asyncio.CancelledError:
        if not await writer.ask(lambda: cancel_wanted(writer.connection, writer.load)):
            raise  # the worker is going away: another one takes this up again
        writer.notes.append(CANCELLED)
        state = "partial"
    await finish(writer, state)


async def _read_everything(writer: LoadWriter, provider: Provider) -> LoadState:
    choice = await writer.ask(lambda: records.get(keys.CHOICE, writer.connection.path[:2])) or Choice()
    try:
        catalog = await _discovered(writer, provider, choice)
    except Forbidden:
        writer.notes.append(f"{provider.title} lets this connection read nothing. Press Reconnect to approve it again.")
        return "failed"
    except DashboardError as error:
        writer.notes.append(str(error))
        return "failed"
    await writer.ask(lambda: records.renew(keys.CHOICE, writer.connection.path[:2]))
    wanted = [stream for stream in catalog.streams if not choice.leaves_out(stream)]
    writer.skipped.extend(catalog.skipped)
    spent = await _read_streams(writer, provider, wanted, choice)
    path = writer.connection.path
    await writer.write((keys.CATALOG, path, _known_catalog(catalog, spent)), (keys.NAMES, path, writer.cache))
    await writer.flush()
    if not writer.notes:
        return "complete"
    return "partial" if writer.total else "failed"


async def _read_streams(writer: LoadWriter, provider: Provider, wanted: list[Stream], choice: Choice) -> dict[str, int]:
    """Read streams, those of a group at most `Provider.concurrency` at once; returns how many calls each has taken."""
    since = await _since(writer, provider, wanted)
    known = await writer.ask(lambda: records.get(keys.CATALOG, writer.connection.path))
    spent = {stream.id: stream.calls for stream in known.streams} if known else {}
    places: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(provider.concurrency))
    async with asyncio.TaskGroup() as tasks:
        reading = {
            stream.id: tasks.create_task(_read_stream(writer, provider, stream, since, places[stream.group], choice))
            for stream in _longest_first(wanted, spent)
        }
    return spent | {stream: calls for stream, task in reading.items() if (calls := task.result()) is not None}


def _longest_first(streams: list[Stream], calls: dict[str, int]) -> list[Stream]:
    """Returns the streams that took the most calls before first, so that none of them is left alone at the end."""
    return sorted(streams, key=lambda stream: -calls.get(stream.id, stream.calls))


async def _discovered(writer: LoadWriter, provider: Provider, choice: Choice) -> Catalog:
    def count() -> None:
        writer.calls += 1

    try:
        return await provider.catalog(client(provider, writer.connection, count, PATIENCE, writer.cache, choice))
    except DashboardError:
        raise
    except Exception as error:
        log.error("planning for %s failed: %s", provider.slug, type(error).__name__)
        raise ProviderError(_not_understood(provider)) from None


async def _since(writer: LoadWriter, provider: Provider, wanted: list[Stream]) -> dict[str, datetime]:
    """Returns the incremental start per stream; a stream without one is read in full."""
    before = await writer.ask(lambda: records.get(keys.SNAPSHOT, writer.connection.path))
    streams = tuple(stream.id for stream in wanted)
    refreshes = before and provider.reads_changes and not writer.load.full and _serves(before, streams)
    if before and before.started_at and refreshes and await writer.ask(lambda: is_described(writer.connection, before)):
        known = await writer.ask(lambda: schema(writer.connection, before))
        writer.schema = known.with_seen(writer.schema.collections, writer.schema.people)
        await writer.update(streams=streams, full_at=before.full_at)
        names: dict[str, str] | None = await writer.ask(lambda: records.get(keys.NAMES, writer.connection.path))
        writer.cache.update(names or {})
        return {stream: before.started_at - OVERLAP for stream in streams if before.cursors.get(stream) == DONE}
    # cursors of an earlier attempt that read changes say nothing about a full load
    cursors = writer.load.cursors if writer.load.full else {}
    await writer.update(full=True, streams=streams, full_at=writer.load.started_at, cursors=cursors)
    return {}


def _serves(before: Load, streams: tuple[str, ...]) -> bool:
    """Whether a snapshot and what has changed since make a complete one."""
    recent = before.full_at is not None and datetime.now(UTC) - before.full_at < settings().full_every
    return recent and before.state == "complete" and set(before.streams) == set(streams)


async def _read_stream(
    writer: LoadWriter,
    provider: Provider,
    stream: Stream,
    since: dict[str, datetime],
    gate: asyncio.Semaphore,
    choice: Choice,
) -> int | None:
    """Read one stream to its end, or note why it has none; returns how many calls that took if it was read whole."""
    calls, cursor = 0, writer.load.cursors.get(stream.id, "")

    def count() -> None:
        nonlocal calls
        calls, writer.calls = calls + 1, writer.calls + 1

    if cursor != DONE:
        async with gate, _faults_told(writer, provider, stream):
            api = client(provider, writer.connection, count, PATIENCE, writer.cache, choice)
            async with aclosing(_pages(provider, stream, since.get(stream.id), cursor, api)) as pages:
                await _take_in(writer, stream, pages)
            writer.reach(stream.id, DONE)
    return None if cursor or stream.id in since else calls


async def _take_in(writer: LoadWriter, stream: Stream, pages: AsyncGenerator[Page, None]) -> None:
    arrived = False
    try:
        async for page in pages:
            await writer.add(stream.id, page)
            arrived = arrived or bool(page.items)
    except Forbidden:
        if not arrived:
            raise
        raise ProviderError("Reading it was refused in the middle. Refresh to try again.") from None


@contextlib.asynccontextmanager
async def _faults_told(writer: LoadWriter, provider: Provider, stream: Stream) -> AsyncGenerator[None, None]:
    """Note an error that ends a stream early, so that the other streams go on."""
    try:
        yield
    except (Superseded, StoreUnavailable):
        raise
    except Forbidden as error:
        writer.skipped.append(f"{_named(stream)}: {error}.")
    except CursorExpired:
        writer.notes.append(f"{_named(stream)}: {provider.title} ended the listing early. Refresh to try again.")
    except ReconnectNeeded as error:  # about the account, not about this stream
        writer.notes.append(str(error))
    except DashboardError as error:
        writer.notes.append(f"{_named(stream)}: {error}")
    except Exception as error:  # an unexpected shape must not cost the other streams
        log.error("reading %s of %s failed: %s", stream.id, provider.slug, type(error).__name__)
        writer.notes.append(f"{_named(stream)}: {_not_understood(provider)}")


def _pages(
    provider: Provider, stream: Stream, since: datetime | None, cursor: str, api: Api
) -> AsyncGenerator[Page, None]:
    if since and stream.item_type and provider.reads_changes:  # names, which have no item type, are read either way
        return provider.changes(api, stream, since)
    return provider.read(api, stream, cursor)


def client(
    provider: Provider,
    connection: Connection,
    on_call: Callable[[], None] = lambda: None,
    patience: float = 1,
    cache: dict[str, str] | None = None,
    choice: Choice = NOTHING_CHOSEN,
) -> ApiClient:
    """Calls to the provider in the name of this connection; raises ReconnectNeeded if it has moved."""
    endpoints, tokens = endpoints_of(provider, connection), ConnectionTokens(provider, connection)
    own = PatientTokens(tokens, patience)
    chosen = frozenset(choice.added)
    return ApiClient(provider, endpoints, own, rate_limits, on_call, connection.account.id, cache, chosen=chosen)


class PatientTokens:
    """Implements `http.Tokens` for a load that goes on when Redis comes back."""

    def __init__(self, tokens: Tokens, patience: float) -> None:
        self._tokens = tokens
        self._patience = patience

    async def current(self) -> str:
        """The access token."""
        return await keep_trying(self._tokens.current, self._patience)

    async def renewed(self, refused: str) -> str:
        """Another one than the refused one."""
        return await keep_trying(lambda: self._tokens.renewed(refused), self._patience)

    async def given_up(self, refused: str, sentence: str) -> None:
        """Only approving again helps."""
        await keep_trying(lambda: self._tokens.given_up(refused, sentence), self._patience)


async def save_catalog(connection: Connection, catalog: Catalog) -> KnownCatalog:
    """Remember the streams for choosing among them."""
    known = _known_catalog(catalog, {})
    await records.put_beside(keys.CATALOG, connection.path, known)
    return known


def _known_catalog(catalog: Catalog, calls: dict[str, int]) -> KnownCatalog:
    """The streams, with what reading each has cost."""
    streams = tuple(
        replace(stream, context=None, calls=calls.get(stream.id, stream.calls)) for stream in catalog.streams
    )
    return KnownCatalog(streams, catalog.skipped, datetime.now(UTC))


async def cancel_wanted(connection: Connection, load: Load) -> bool:
    """Whether the person has asked to stop this very load."""
    return await records.get(keys.CANCEL, connection.path) == load.id


def _named(stream: Stream) -> str:
    return f"{stream.group_title} / {stream.title}" if stream.group_title else stream.title


def _not_understood(provider: Provider) -> str:
    return (
        f"{provider.title} sent something this version does not understand. "
        "Refresh to try again; updating the dashboard may help."
    )
