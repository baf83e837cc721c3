"""The end of a load: what it has read becomes the snapshot, merged with the one before where it read less."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from datetime import UTC, datetime
from functools import partial

from .. import frames
from ..frames.differences import Compared
from ..model import Load, LoadState, Schema
from ..model.event import EventType
from ..store import audit, keys, records
from .changes import Loaded, keep_changes
from .chunks import chunk_path, chunks, is_described, schema, schema_path
from .writer import LoadWriter

ROWS_LOST_NOTICE = "Some of the rows are no longer stored. Refresh to load them again."
SNAPSHOT_INCOMPLETE_NOTICE = "Some records may be older."
NEWLY_REFUSED_NOTICE = "Something that could be read before was refused. Refresh to see whether that stays so."
MAX_REMOVED_NAMES = 500


async def finish(writer: LoadWriter, state: LoadState) -> None:
    """End the load; what it left becomes the snapshot, unless that is nothing.

    A refresh that stopped early keeps the rows it did not reach from the snapshot before. So does one that was newly
    refused something: only what is refused twice is taken as meant.
    """
    before = await writer.ask(lambda: records.get(keys.SNAPSHOT, writer.connection.path))
    if state == "complete" and before and _is_newly_refused(writer, before):
        state = "partial" if writer.total else "failed"
        writer.notes.append(NEWLY_REFUSED_NOTICE)
    if state == "failed" or (state == "partial" and before and not writer.total):
        await _end(writer, state, stays=before)
        return
    await writer.flush()
    new = read = await writer.ask(lambda: chunks(writer.connection, writer.load))
    old = await writer.ask(lambda: chunks(writer.connection, before)) if before else []
    merging = state == "partial" or not writer.load.full
    lost = len(new) < writer.load.chunks or (merging and before is not None and len(old) < before.chunks)
    if lost or not (before or writer.load.full):
        state, merging = "partial", True
        writer.notes.append(ROWS_LOST_NOTICE)
    new = await (_with_old(writer, before, old, new, state) if merging else _in_place_of(writer, before, old, new))
    if before and len(old) == before.chunks:
        await _keep_changes(writer, before, merging, old, new, read)
    counted = writer.all_chunks_seen and state == "complete" and writer.load.full
    counts = writer.counts if counted else await asyncio.to_thread(frames.count, new)
    await _end(writer, state, counts=counts)


async def _keep_changes(
    writer: LoadWriter, before: Load, merging: bool, old: list[bytes], new: list[bytes], read: list[bytes]
) -> None:
    """Keep what has changed since the snapshot before; nothing beside one of an earlier version."""
    if not await writer.ask(lambda: is_described(writer.connection, before)):
        return  # an earlier version told items apart in another way
    whole = not merging and not _reads_less(writer, before)
    by = Compared(whole, frozenset(writer.gone), before.state == "complete", before.started_at, bool(writer.skipped))
    await keep_changes(writer, Loaded(before, old, new, new if not merging else read, by))


def _is_newly_refused(writer: LoadWriter, before: Load) -> bool:
    """Returns whether something may not be read that the snapshot was read from."""
    return set(writer.load.streams) <= set(before.streams) and not set(writer.skipped) <= set(before.skipped)


async def _with_old(
    writer: LoadWriter, before: Load | None, old: list[bytes], new: list[bytes], state: LoadState
) -> list[bytes]:
    """Returns the rows of the snapshot before with those of this load, which count; notes what they left out."""
    if old and state == "partial":
        writer.notes.append(SNAPSHOT_INCOMPLETE_NOTICE)
    known = await writer.ask(lambda: schema(writer.connection, before)) if before else Schema()
    writer.schema = known.with_seen(writer.schema.collections, writer.schema.people)
    merged = await _merged(writer, old, new)
    if writer.gone:
        await writer.update(removed=_listed(await asyncio.to_thread(frames.missing, old, merged)))
    return merged


async def _in_place_of(writer: LoadWriter, before: Load | None, old: list[bytes], new: list[bytes]) -> list[bytes]:
    """Returns the rows of this load, which has read everything; notes what the snapshot before had beside them."""
    if before:
        await writer.update(removed=await _removed(writer, before, old, new))
    return await _merged(writer, [], new) if await asyncio.to_thread(frames.scattered, new) else new


async def _removed(writer: LoadWriter, before: Load, old: list[bytes], new: list[bytes]) -> tuple[str, ...]:
    """Returns names of items that the snapshot had and the provider has no more; none if this load read less."""
    known = await writer.ask(lambda: is_described(writer.connection, before))
    if (
        _reads_less(writer, before) or not before.streams or not known
    ):  # an earlier version told items apart in another way
        return ()
    return _listed(await asyncio.to_thread(frames.missing, old, new))


def _reads_less(writer: LoadWriter, before: Load) -> bool:
    """Returns whether the load has not read something that the snapshot was read from."""
    return bool(set(before.streams) - set(writer.load.streams) or set(writer.skipped) - set(before.skipped))


def _listed(names: list[str]) -> tuple[str, ...]:
    more = [f"and {len(names) - MAX_REMOVED_NAMES:,} more"] if len(names) > MAX_REMOVED_NAMES else []
    return (*names[:MAX_REMOVED_NAMES], *more)


async def _merged(writer: LoadWriter, old: list[bytes], new: list[bytes]) -> list[bytes]:
    """Returns both loads' rows, saved under a run of their own: the old chunks stay until the end is written."""
    merged = await asyncio.to_thread(lambda: list(frames.merge(old, new, writer.gone)))
    size = sum(map(len, merged))
    load = dataclasses.replace(writer.load, run=secrets.token_hex(8), chunks=len(merged), bytes=size)
    for number, chunk in enumerate(merged):
        await writer.write((keys.CHUNK, chunk_path(writer.connection, load, number), chunk))
    await writer.write((keys.SCHEMA, schema_path(writer.connection, load), writer.schema))
    writer.load = load
    return merged


async def _end(
    writer: LoadWriter, state: LoadState, stays: Load | None = None, counts: dict[str, int] | None = None
) -> None:
    """Write the end of the load, then delete every chunk that belongs to no snapshot any more."""
    done, path = counts is not None, writer.connection.path
    run = writer.load.run if done else stays and stays.run
    writer.load = dataclasses.replace(
        writer.load, state=state, finished_at=datetime.now(UTC), counts=counts or {},
        chunks=writer.load.chunks if done else 0, bytes=writer.load.bytes if done else 0,
    )  # fmt: skip
    found = {kind: await writer.ask(partial(records.paths, kind, *path)) for kind in (keys.CHUNK, keys.SCHEMA)}
    await writer.save(as_snapshot=done)
    for kind, paths in found.items():
        await writer.ask(partial(records.delete, kind, *(each for each in paths if each[4] != run)))
    loaded = EventType.LOADED_IN_PART if state == "partial" else EventType.LOADED
    event = loaded if done else EventType.LOAD_FAILED
    await audit.note(event, path[0], writer.connection, detail=f"{writer.load.total:,}")
