"""One attempt at a load: rows into sealed chunks, counts into the load's record.

Only the attempt that holds the connection may write (store.records.put_as_holder), so
that a worker which was thought dead, and a page that gave up waiting, never mix rows.
Whatever is interrupted leaves a record that is true: rows leave the hand once they are
saved, and a chunk that a record counts is never written over by another attempt.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import secrets
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, ParamSpec, TypeVar

import stamina

from .. import frames, providers
from ..model import Connection, Item, Load, LoadState, Page
from ..model.errors import StoreUnavailable
from ..store import audit, calls, cipher, keys, records

T = TypeVar("T")
P = ParamSpec("P")

ROWS = 5_000  # a chunk holds at most so many
TOGETHER = 8  # chunks asked for at once: some megabytes, which Redis sends well within our patience
EVERY = 0.5  # seconds between two looks at progress; rows are saved at least every second
LOST = "Some of the rows are no longer stored. Refresh to load them again."
KEPT = "What it did not reach is shown as it was loaded before."
REFUSED = "Something that could be read before was refused. Refresh to see whether that stays so."
NAMED = 500  # of the removed so many are named
ODD = "Some items have a form that this version cannot store."

log = logging.getLogger(__name__)


class Superseded(Exception):
    """Another attempt, or the page, has taken this load over, or it is gone: stop without a word."""


class Run:
    """The writing side of a load; waits `patience` seconds for a store that is away."""

    def __init__(self, connection: Connection, load: Load, patience: float = 1) -> None:
        self.connection = connection
        self.load = load
        self.calls = self._counted = 0
        self.notes: list[str] = []
        self.skipped: list[str] = []
        self.known: dict[str, str] = {}
        self._patience = patience
        self._holder = f"1:{secrets.token_hex(8)}".encode()
        self._buffer: list[Item] = []
        self._seen: Counter[str] = Counter()
        self._exact = False
        self._ids: set[int] = set()
        self._ahead: dict[str, str] = {}
        self._saved_at = time.monotonic()
        self._saving = asyncio.Lock()

    @property
    def total(self) -> int:
        """How many items have come in, saved or not."""
        return self._seen.total()

    async def begin(self) -> None:
        """Take the load over, with the chunks and marks that an earlier attempt has saved."""
        await self._take_over()
        self.calls = self._counted = self.load.calls
        self.notes = [note for note in self.load.notes if note == ODD]
        saved = await self.ask(chunks, self.connection, self.load)
        self._exact = len(saved) == self.load.chunks
        await asyncio.to_thread(self._count, saved)
        self.load = dataclasses.replace(
            self.load,
            state="running",
            started_at=self.load.started_at or datetime.now(UTC),
            run=self.load.run or secrets.token_hex(8),
            data_key=self.load.data_key or cipher.new_key(),
        )
        await self._save()

    async def adopt(self) -> None:
        """Take the load over with all that an earlier attempt saved and noted."""
        await self._take_over()
        self.calls = self._counted = self.load.calls
        self.notes, self.skipped = list(self.load.notes), list(self.load.skipped)
        self._seen.update(self.load.counts)

    def _count(self, saved: list[bytes]) -> None:
        """Count the rows that an earlier attempt has saved, and know them again."""
        if saved:
            rows = frames.unpack(saved)
            types = rows["type"].to_pylist()
            self._ids = {hash(pair) for pair in zip(types, rows["id"].to_pylist(), strict=True)}
            self._seen.update(types)

    async def add(self, part: str, page: Page) -> None:
        """Take in a page of a part; saves a chunk when there are enough."""
        self._buffer.extend(page.items)
        for item in page.items:
            identity = hash((item.type, item.id))
            if identity not in self._ids:
                self._ids.add(identity)
                self._seen[item.type] += 1
        self.reach(part, page.mark)
        while len(self._buffer) >= ROWS:
            await self._save(rows=ROWS)

    async def note(self, **known: Any) -> None:
        """Take down what has become known about the load."""
        async with self._saving:
            self.load = dataclasses.replace(self.load, **known)

    def reach(self, part: str, mark: str) -> None:
        """Note how far a part has been read; it counts once its rows are saved."""
        if mark:
            self._ahead[part] = mark

    async def report(self) -> None:
        """Keep the record up to date until cancelled, and rows at least every second."""
        while True:
            await asyncio.sleep(EVERY)
            await self._save(rows=ROWS if time.monotonic() - self._saved_at >= 1 else 0)

    async def flush(self) -> None:
        """Save the rows in hand."""
        while self._buffer:
            await self._save(rows=ROWS)

    async def finish(self, state: LoadState) -> None:
        """End the load; what it left behind becomes the snapshot, unless that is nothing.

        A refresh that stopped early keeps the rows it did not reach from the snapshot before; so does one that
        was newly refused something, since only what is refused twice is surely meant.
        """
        before = await self.ask(records.get, keys.SNAPSHOT, self.connection.path)
        if state == "complete" and before and self._newly_refused(before):
            state = "partial" if self.total else "failed"
            self.notes.append(REFUSED)
        if state == "failed" or (state == "partial" and before and not self.total):
            return await self._end(state, stays=before)
        await self.flush()
        kept = await self.ask(chunks, self.connection, self.load)
        old = await self.ask(chunks, self.connection, before) if before else []
        merging = state == "partial" or not self.load.full
        lost = len(kept) < self.load.chunks or (merging and before is not None and len(old) < before.chunks)
        if lost or not (before or self.load.full):
            state, merging = "partial", True
            self.notes.append(LOST)
        if merging:
            if old and state == "partial":
                self.notes.append(KEPT)
            kept = await self._merged(old, kept)
        elif before:
            await self.note(removed=await self._removed(before, old, kept))
        exact = self._exact and state == "complete" and self.load.full
        counts = dict(self._seen) if exact else await asyncio.to_thread(frames.count, kept)
        await self._end(state, counts=counts)

    def _newly_refused(self, before: Load) -> bool:
        """Whether something may not be read that the snapshot was read from."""
        return set(self.load.parts) <= set(before.parts) and not set(self.skipped) <= set(before.skipped)

    async def _removed(self, before: Load, old: list[bytes], kept: list[bytes]) -> tuple[str, ...]:
        """Names of what the snapshot had and the provider has no more; none where this load read less than that."""
        less = set(before.parts) - set(self.load.parts) or set(self.skipped) - set(before.skipped)
        if less or not before.parts:
            return ()
        names = await asyncio.to_thread(frames.missing, old, kept)
        more = [f"and {len(names) - NAMED:,} more"] if len(names) > NAMED else []
        return (*names[:NAMED], *more)

    async def write(self, *writes: tuple[keys.Kind[Any], Sequence[str], Any]) -> None:
        """Save records, if this attempt still holds the connection; else raises Superseded."""
        path, data_key = self.connection.path, self.load.data_key
        if not await self.ask(records.put_as_holder, path, self._holder, *writes, data_key=data_key):
            raise Superseded

    async def ask(self, call: Callable[P, Awaitable[T]], *arguments: P.args, **named: P.kwargs) -> T:
        """What the store answers, asked again for as long as this attempt is patient."""
        return await patiently(self._patience, call, *arguments, **named)

    async def _take_over(self) -> None:
        path = self.connection.path
        held = await self.ask(records.become_holder, path, self._holder)
        found = await self.ask(records.get, keys.LOAD, path) if held else None
        if found is None or found.id != self.load.id or not found.active:
            raise Superseded
        self.load = found

    async def _merged(self, old: list[bytes], new: list[bytes]) -> list[bytes]:
        """Both loads' rows, as chunks of a run of their own: what there was stays until the end is written."""
        merged = await asyncio.to_thread(lambda: list(frames.merge(old, new)))
        size = sum(map(len, merged))
        load = dataclasses.replace(self.load, run=secrets.token_hex(8), chunks=len(merged), bytes=size)
        for number, chunk in enumerate(merged):
            await self.write((keys.CHUNK, chunk_path(self.connection, load, number), chunk))
        self.load = load
        return merged

    async def _end(self, state: LoadState, stays: Load | None = None, counts: dict[str, int] | None = None) -> None:
        """Write the end of the load, then delete every chunk that belongs to no snapshot any more."""
        done = counts is not None
        run = self.load.run if done else stays and stays.run
        chunks = self.load.chunks if done else 0
        self.load = dataclasses.replace(
            self.load, state=state, finished_at=datetime.now(UTC), counts=counts or {}, chunks=chunks,
            bytes=self.load.bytes if done else 0,
        )  # fmt: skip
        found = await self.ask(records.paths, keys.CHUNK, *self.connection.path)
        await self._save(snapshot=done)
        await self.ask(records.delete, keys.CHUNK, *(path for path in found if path[4] != run))
        how = "in part" if state == "partial" else "in whole"
        what = f"loaded {how}: {self.load.total:,} items" if done else "could not be loaded"
        await audit.note(what, self.connection.owner, self.connection)

    async def _save(self, rows: int = 0, snapshot: bool = False) -> None:
        """Write the record, and up to so many of the rows in hand as one more chunk."""
        async with self._saving:
            taken = self._buffer[:rows]
            chunk = self._packed(taken) if taken else None
            load = dataclasses.replace(
                self.load,
                chunks=self.load.chunks + len(taken[:1]),
                bytes=self.load.bytes + len(chunk or b""),
                marks={**self.load.marks, **(self._ahead if len(taken) == len(self._buffer) else {})},
                counts=dict(self._seen) if self.load.active else self.load.counts,
                notes=tuple(dict.fromkeys(self.notes)),
                skipped=tuple(dict.fromkeys(self.skipped)),
                calls=self.calls,
                at=datetime.now(UTC),
            )
            writes: list[tuple[keys.Kind[Any], Sequence[str], Any]] = [(keys.LOAD, self.connection.path, load)]
            if chunk is not None:
                writes.append((keys.CHUNK, chunk_path(self.connection, load, self.load.chunks), chunk))
            if snapshot:
                writes.append((keys.SNAPSHOT, self.connection.path, load))
            await self.write(*writes)
            self.load = load
            del self._buffer[: len(taken)]
            self._saved_at = time.monotonic() if taken else self._saved_at
            await self._count_calls()

    async def _count_calls(self) -> None:
        """Where calls are rationed, add the latest ones to those of this month."""
        new, self._counted = self.calls - self._counted, self.calls
        if new and providers()[self.connection.slug].ration:
            await self.ask(calls.add, self.connection, new)

    def _packed(self, items: list[Item]) -> bytes:
        try:
            return frames.pack(items)
        except Exception as error:  # one odd item must not cost the others
            log.error("packing items failed: %s", type(error).__name__)
            self.notes.append(ODD)
            return frames.pack([item for item in items if _packs(item)])


def _packs(item: Item) -> bool:
    try:
        return bool(frames.pack([item]))
    except Exception:
        return False


async def patiently(seconds: float, call: Callable[P, Awaitable[T]], *arguments: P.args, **named: P.kwargs) -> T:
    """What the store answers, asked again for so long while it is away."""
    async for attempt in stamina.retry_context(on=StoreUnavailable, attempts=None, timeout=seconds, wait_max=2):
        with attempt:
            return await call(*arguments, **named)
    raise StoreUnavailable


async def chunks(connection: Connection, load: Load) -> list[bytes]:
    """The saved chunks of a load, in order; those that are gone by now are left out."""
    places = [chunk_path(connection, load, number) for number in range(load.chunks)]
    few = [places[start : start + TOGETHER] for start in range(0, len(places), TOGETHER)]
    size = load.bytes / max(1, load.chunks)
    found = [await records.get_many(keys.CHUNK, some, load.data_key, size * len(some)) for some in few]
    return [chunk for some in found for chunk in some if chunk is not None]


def chunk_path(connection: Connection, load: Load, number: int) -> tuple[str, ...]:
    """Where one chunk is kept: owner, slug, connection, load, run, number."""
    return (*connection.path, load.id, load.run, str(number))
