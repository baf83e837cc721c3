"""One attempt at a load, as it writes: rows into sealed chunks, counts and cursors into the load's record.

An interrupted attempt leaves a record that is true: rows stay buffered until they are saved, and a chunk that a record
counts is never overwritten by another attempt.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from .. import frames, providers
from ..model import Connection, Item, Load, Page, Schema
from ..store import calls, cipher, keys
from ..store.retry import keep_trying
from .chunks import chunk_path, chunks, schema, schema_path
from .fence import Fence, Write

T = TypeVar("T")

MAX_CHUNK_ROWS = 5_000
REPORT_EVERY = 0.5  # seconds between two updates of the record, with a stream's first rows
SAVE_EVERY = 1  # seconds after which rows are saved however few they are
UNSTORABLE_ITEMS_NOTICE = "Some items have a form that this version cannot store."

log = logging.getLogger(__name__)


class LoadWriter:
    """Writes one load; waits `patience` seconds for Redis when that is away."""

    def __init__(self, connection: Connection, load: Load, patience: float = 1) -> None:
        self.connection = connection
        self.load = load
        self.calls = self._calls_counted = 0
        self.notes: list[str] = []
        self.skipped: list[str] = []
        self.cache: dict[str, str] = {}
        self.all_chunks_seen = False
        self.schema = Schema()
        self._schema_saved: Schema | None = None
        self._stream_of: dict[str, int] = {}  # collection: number of the stream that described it
        self.gone = dict.fromkeys(load.gone)  # see `Load.gone`, of which this is what was learnt so far
        self._patience = patience
        self._fence = Fence(connection, patience)
        self._buffer: list[Item] = []
        self._counts: Counter[str] = Counter()
        self._identities: set[int] = set()
        self._unsaved_cursors: dict[str, str] = {}
        self._saved_at = time.monotonic()
        self._shown: set[str] = set()  # streams with rows that were saved, or will be with the next report
        self._first_rows = False
        self._saving = asyncio.Lock()

    @property
    def total(self) -> int:
        """How many items have arrived, saved or not."""
        return self._counts.total()

    @property
    def counts(self) -> dict[str, int]:
        """How many items of each type have arrived."""
        return dict(self._counts)

    async def begin(self) -> None:
        """Take the load over, with the chunks and cursors that an earlier attempt has saved."""
        self.load = await self._fence.take(self.load)
        self.gone = dict.fromkeys(self.load.gone)
        self.calls = self._calls_counted = self.load.calls
        self.notes = [note for note in self.load.notes if note == UNSTORABLE_ITEMS_NOTICE]
        saved = await self.ask(lambda: chunks(self.connection, self.load))
        self.all_chunks_seen = len(saved) == self.load.chunks
        await asyncio.to_thread(self._count, saved)
        self.schema = await self.ask(lambda: schema(self.connection, self.load))
        self.load = dataclasses.replace(
            self.load,
            state="running",
            started_at=self.load.started_at or datetime.now(UTC),
            run=self.load.run or secrets.token_hex(8),
            data_key=self.load.data_key or cipher.new_key(),
        )
        await self.save()

    async def adopt(self) -> None:
        """Take the load over with everything that an earlier attempt saved and noted, in order to end it."""
        self.load = await self._fence.take(self.load)
        self.gone = dict.fromkeys(self.load.gone)
        self.calls = self._calls_counted = self.load.calls
        self.notes, self.skipped = list(self.load.notes), list(self.load.skipped)
        self._counts.update(self.load.counts)
        self.schema = await self.ask(lambda: schema(self.connection, self.load))

    async def add(self, stream: str, page: Page) -> None:
        """Take in a page of a stream; saves a chunk when there are enough rows."""
        self._learn(stream, page)
        self._buffer.extend(page.items)
        if page.items and stream not in self._shown:
            self._shown.add(stream)
            self._first_rows = True
        for item in page.items:
            identity = hash((item.place, item.id))
            if identity not in self._identities:
                self._identities.add(identity)
                self._counts[item.type] += 1
        self.reach(stream, page.cursor)
        while len(self._buffer) >= MAX_CHUNK_ROWS:
            await self.save(rows=MAX_CHUNK_ROWS)

    def _learn(self, stream: str, page: Page) -> None:
        """Take in what a page tells beside its items: schemas in the order of their streams, people, removed items."""
        if page.collections or not page.people.items() <= self.schema.people.items():
            self.schema = self.schema.with_seen(page.collections, page.people)
        if page.collections and self.load.full:
            place = self.load.streams.index(stream) if stream in self.load.streams else 0
            self._stream_of.update({each.id: place for each in page.collections})
            self.schema = self.schema.in_order(self._stream_of)
        if not self.load.full:  # what a full load does not find is gone anyway
            self.gone.update(dict.fromkeys(page.removed))

    def reach(self, stream: str, cursor: str) -> None:
        """Note how far a stream has been read; it counts once its rows are saved."""
        if cursor:
            self._unsaved_cursors[stream] = cursor

    async def update(self, **facts: Any) -> None:
        """Change fields of the load's record; saved with the next rows."""
        async with self._saving:
            self.load = dataclasses.replace(self.load, **facts)

    async def report(self) -> None:
        """Save the record regularly until cancelled, and rows every second, a stream's first ones sooner."""
        while True:
            await asyncio.sleep(REPORT_EVERY)
            due = self._first_rows or time.monotonic() - self._saved_at >= SAVE_EVERY
            await self.save(rows=MAX_CHUNK_ROWS if due else 0)

    async def flush(self) -> None:
        """Save all buffered rows."""
        while self._buffer:
            await self.save(rows=MAX_CHUNK_ROWS)

    async def write(self, *writes: Write, data_key: str = "") -> None:
        """Save records while this attempt is the newest; else raises Superseded. `data_key`: if not the load's own."""
        await self._fence.write(*writes, data_key=data_key or self.load.data_key)

    async def ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Returns the result of a call to the store, repeated while Redis is away."""
        return await keep_trying(call, self._patience)

    async def save(self, rows: int = 0, as_snapshot: bool = False) -> None:
        """Write the record, and up to so many buffered rows as one more chunk."""
        async with self._saving:
            taken = self._buffer[:rows]
            chunk = self._packed(taken) if taken else None
            load = self._record(chunk, complete=len(taken) == len(self._buffer))
            writes: list[Write] = [(keys.LOAD, self.connection.path, load)]
            if chunk is not None:
                writes.append((keys.CHUNK, chunk_path(self.connection, load, self.load.chunks), chunk))
            if as_snapshot:
                writes.append((keys.SNAPSHOT, self.connection.path, load))
            described = self.schema
            if (taken or as_snapshot) and described != self._schema_saved:
                writes.append((keys.SCHEMA, schema_path(self.connection, load), described))
            await self.write(*writes)
            self.load = load
            self._schema_saved = described if taken or as_snapshot else self._schema_saved
            del self._buffer[: len(taken)]
            if taken:
                self._saved_at, self._first_rows = time.monotonic(), False
            await self._count_calls()

    def _record(self, chunk: bytes | None, complete: bool) -> Load:
        """Returns the load's record with one more chunk; cursors count if it completes the buffered rows."""
        return dataclasses.replace(
            self.load,
            chunks=self.load.chunks + (chunk is not None),
            bytes=self.load.bytes + len(chunk or b""),
            cursors={**self.load.cursors, **(self._unsaved_cursors if complete else {})},
            counts=self.counts if self.load.active else self.load.counts,
            gone=tuple(self.gone) if self.load.active else (),
            notes=tuple(dict.fromkeys(self.notes)),
            skipped=tuple(dict.fromkeys(self.skipped)),
            calls=self.calls,
            at=datetime.now(UTC),
        )

    def _count(self, saved: list[bytes]) -> None:
        """Count the rows that an earlier attempt has saved, so that they are recognised when they come again."""
        for place, item_id, item_type in frames.identities(saved):
            identity = hash((place, item_id))
            if identity not in self._identities:
                self._identities.add(identity)
                self._counts[item_type] += 1

    async def _count_calls(self) -> None:
        """Where calls are rationed, add the latest ones to those of this month."""
        new, self._calls_counted = self.calls - self._calls_counted, self.calls
        if new and providers()[self.connection.slug].ration:
            await self.ask(lambda: calls.add(self.connection, new))

    def _packed(self, items: list[Item]) -> bytes:
        try:
            return frames.pack(items, self.schema)
        except Exception as error:  # one odd item must not cost the others
            log.error("packing items failed: %s", type(error).__name__)
            self.notes.append(UNSTORABLE_ITEMS_NOTICE)
            return frames.pack([item for item in items if _packs(item, self.schema)], self.schema)


def _packs(item: Item, schema: Schema) -> bool:
    try:
        return bool(frames.pack([item], schema))
    except Exception:
        return False
