"""One worker's attempt at a load: rows into sealed chunks, counts into the load's record.

Only the attempt that holds the connection may write (store.records.put_as_holder), so
that a worker which was thought dead, and a page that gave up waiting, never mix rows.
"""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import stamina

from .. import frames
from ..model import Connection, Item, Load, LoadState
from ..model.errors import StoreUnavailable
from ..store import keys, records

ROWS = 5_000  # a chunk holds at most so many
EVERY = 0.5  # seconds between two looks at progress; rows are saved at least every second


class Superseded(Exception):
    """Another attempt, or the page, has taken this load over: stop without a word."""


class Run:
    """The writing side of a load."""

    def __init__(self, connection: Connection, load: Load) -> None:
        self.connection = connection
        self.load = dataclasses.replace(load, run=secrets.token_hex(8))
        self.calls = 0
        self.notes: list[str] = []
        self.skipped: list[str] = []
        self._buffer: list[Item] = []
        self._seen: Counter[str] = Counter()
        self._saved_at = time.monotonic()
        self._saving = asyncio.Lock()

    @property
    def _holder(self) -> bytes:
        return f"1:{self.load.run}".encode()

    async def begin(self) -> None:
        """Take the load over, from nothing: what an earlier attempt saved is dropped."""
        await records.become_holder(self.connection.path, self._holder)
        await self._drop_chunks(of_load=self.load.id)
        now = datetime.now(UTC)
        self.load = dataclasses.replace(self.load, state="running", started_at=now, chunks=0, counts={})
        await self._save()

    async def adopt(self, load: Load) -> None:
        """Take the load over with the chunks that an earlier attempt saved."""
        await records.become_holder(self.connection.path, self._holder)
        kept = await chunks(self.connection, load)
        self.load = dataclasses.replace(load, run=self.load.run, chunks=0)
        self._seen.update(load.counts)
        for chunk in kept:
            await self._save(chunk)

    async def add(self, items: Sequence[Item]) -> None:
        """Take in a page of items; saves a chunk when there are enough."""
        self._buffer.extend(items)
        self._seen.update(item.type for item in items)
        if len(self._buffer) >= ROWS:
            await self.flush()

    async def report(self) -> None:
        """Keep the record up to date until cancelled, and rows at least every second."""
        while True:
            await asyncio.sleep(EVERY)
            if self._buffer and time.monotonic() - self._saved_at >= 1:
                await self.flush()
            else:
                await self._save()

    async def flush(self) -> None:
        """Save the rows in hand."""
        rows, self._buffer = self._buffer, []
        if rows:
            await self._save(frames.pack(rows))

    async def finish(self, state: LoadState, before: Load | None) -> Load:
        """End the load; what it left behind becomes the snapshot, unless it has failed.

        A refresh that stopped early keeps the rows it did not reach from the snapshot before.
        """
        await self.flush()
        if state == "partial" and before and before.chunks:
            await self._merge(before)
        counts = frames.counts(frames.unpack(await chunks(self.connection, self.load)))
        self.load = dataclasses.replace(self.load, state=state, finished_at=datetime.now(UTC), counts=counts)
        await self._save(snapshot=state != "failed")
        if state != "failed":
            await self._drop_chunks(but_run=self.load.run)
        return self.load

    async def _merge(self, before: Load) -> None:
        old, new = await chunks(self.connection, before), await chunks(self.connection, self.load)
        self.load = dataclasses.replace(self.load, chunks=0)
        for chunk in frames.merge(old, new):
            await self._save(chunk)

    async def _save(self, chunk: bytes | None = None, snapshot: bool = False) -> None:
        async with self._saving:
            number = self.load.chunks
            self.load = dataclasses.replace(
                self.load,
                chunks=number + (chunk is not None),
                counts=dict(self._seen) if self.load.active else self.load.counts,
                notes=tuple(dict.fromkeys(self.notes)),
                skipped=tuple(dict.fromkeys(self.skipped)),
                calls=self.calls,
                at=datetime.now(UTC),
            )
            await self._write(number, chunk, snapshot)
            self._saved_at = time.monotonic() if chunk is not None else self._saved_at

    @stamina.retry(on=StoreUnavailable, attempts=None, timeout=600, wait_max=2)
    async def _write(self, number: int, chunk: bytes | None, snapshot: bool) -> None:
        path = self.connection.path
        writes = [(keys.LOAD, path, self.load)]
        if chunk is not None:
            writes.insert(0, (keys.CHUNK, chunk_path(self.connection, self.load, number), chunk))  # type: ignore[arg-type]
        if snapshot:
            writes.append((keys.SNAPSHOT, path, self.load))
        if not await records.put_as_holder(path, self._holder, *writes):
            raise Superseded

    async def _drop_chunks(self, of_load: str = "", but_run: str = "") -> None:
        found = await records.paths(keys.CHUNK, *self.connection.path, *filter(None, [of_load]))
        await records.delete(keys.CHUNK, *(path for path in found if path[4] != but_run))


async def chunks(connection: Connection, load: Load) -> list[bytes]:
    """The saved chunks of a load, in order; those that are gone by now are left out."""
    places = [chunk_path(connection, load, number) for number in range(load.chunks)]
    return [chunk for place in places if (chunk := await records.get(keys.CHUNK, place)) is not None]


def chunk_path(connection: Connection, load: Load, number: int) -> tuple[str, ...]:
    """Where one chunk is kept: owner, slug, connection, load, run, number."""
    return (*connection.path, load.id, load.run, str(number))
