"""What each load has changed: kept at its end, at most KEEP_DAYS and CHANGES_MB, and read back for the pages."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import cachetools

from .. import frames
from ..config import settings
from ..frames import Tables
from ..frames.changes import Changed, together
from ..frames.chunks import only
from ..frames.differences import Compared
from ..frames.kept_differences import Difference, Packed, pack_difference, unpack_difference
from ..model import Connection, Load, Schema
from ..model.changes import ChangeLog, KeptDifference
from ..model.errors import StoreUnavailable
from ..store import cipher, keys, records
from .chunks import schema
from .fence import Superseded
from .writer import LoadWriter

MEGABYTE = 1024 * 1024
MOST_OF_ALL = 4  # one difference may take this part of what all may take
MOST_DIFFERENCES = 2_000
CACHE_BYTES, CACHE_SECONDS = 64 * MEGABYTE, 900

log = logging.getLogger(__name__)
_differences: cachetools.TTLCache[tuple[str, ...], Difference] = cachetools.TTLCache(
    CACHE_BYTES, ttl=CACHE_SECONDS, getsizeof=lambda found: found.nbytes + 1_000
)
_changed: cachetools.TTLCache[tuple[str, ...], Changed] = cachetools.TTLCache(
    CACHE_BYTES, ttl=CACHE_SECONDS, getsizeof=lambda found: found.nbytes + 1_000
)
_logs: cachetools.TTLCache[tuple[str, ...], ChangeLog | None] = cachetools.TTLCache(1_000, ttl=CACHE_SECONDS)
_lock = threading.Lock()


@dataclass(frozen=True)
class Loaded:
    """What a load and the one before have left: the chunks of both, and those that the new one has read itself."""

    before: Load
    old: Sequence[bytes]
    new: Sequence[bytes]
    read: Sequence[bytes]
    by: Compared


async def keep_changes(writer: LoadWriter, loaded: Loaded) -> None:
    """Keep what the load has changed; never fails it."""
    try:
        await _keep(writer, loaded)
    except (Superseded, StoreUnavailable):
        raise
    except Exception as error:
        log.error("comparing with the load before failed: %s", type(error).__name__)


async def _keep(writer: LoadWriter, loaded: Loaded) -> None:
    connection, before = writer.connection, loaded.before
    known = await writer.ask(lambda: schema(connection, before))
    found = await asyncio.to_thread(_packed, loaded, known, writer.schema)
    kept = await writer.ask(lambda: records.get(keys.CHANGES, connection.path))
    kept = kept or ChangeLog(before.finished_at or datetime.now(UTC), cipher.new_key())
    entry = KeptDifference(writer.load.id, datetime.now(UTC), len(found.content), found.values, found.uncounted)
    all_kept = bounded(_with(kept, before, None if found.empty else entry), datetime.now(UTC))
    content = [(keys.DIFFERENCE, (*connection.path, entry.load), found.content)] if found.content else []
    await writer.write(*content, (keys.CHANGES, connection.path, all_kept), data_key=kept.data_key)
    dropped = {each.load for each in kept.differences} - {each.load for each in all_kept.differences}
    await writer.ask(lambda: records.delete(keys.DIFFERENCE, *((*connection.path, each) for each in dropped)))


def _packed(loaded: Loaded, known: Schema, seen: Schema) -> Packed:
    """Returns the difference; where the load has read only what changed, of those rows."""
    old, new = Tables(loaded.old, known), Tables(loaded.new, seen)
    most = most_bytes() // MOST_OF_ALL
    if loaded.by.whole:
        return pack_difference(old, new, loaded.by, most)
    read = [(place, item_id) for place, item_id, _ in frames.identities(loaded.read)]
    rows_before = only(loaded.old, [*read, *loaded.by.removed])
    touched = Tables(rows_before, known, titles_of=old), Tables(loaded.read, seen, titles_of=new)
    return pack_difference(*touched, loaded.by, most)


def _with(kept: ChangeLog, before: Load, entry: KeptDifference | None) -> ChangeLog:
    """Returns the log with one more difference, without those of loads that have left no snapshot."""
    ended = before.finished_at or kept.since
    found = tuple(each for each in kept.differences if each.at <= ended and (not entry or each.load != entry.load))
    return dataclasses.replace(kept, differences=(*found, *([entry] if entry else [])))


def bounded(kept: ChangeLog, now: datetime) -> ChangeLog:
    """Returns the log without its oldest differences, so that the others are no more than may be kept."""
    oldest = now - timedelta(days=settings().keep_days)
    left, since = list(kept.differences), max(kept.since, oldest)
    size = sum(each.bytes for each in left)
    while left and (left[0].at < oldest or size > most_bytes() or len(left) > MOST_DIFFERENCES):
        first = left.pop(0)
        size, since = size - first.bytes, max(since, first.at)
    return dataclasses.replace(kept, differences=tuple(left), since=since)


def most_bytes() -> int:
    """Returns how much the differences of a connection may take."""
    return int(settings().changes_mb * MEGABYTE)


async def change_log(connection: Connection, shown: Load) -> ChangeLog | None:
    """Returns which differences are kept, up to the load that is shown; None if nothing has been compared yet."""
    key = (*connection.path, shown.id, shown.run)
    with _lock:
        if key in _logs:
            return _logs[key]
    found = await records.get(keys.CHANGES, connection.path)
    if found and shown.finished_at:
        ended = shown.finished_at
        found = dataclasses.replace(found, differences=tuple(each for each in found.differences if each.at <= ended))
    with _lock:
        _logs[key] = found
    return found


async def changed(connection: Connection, kept: ChangeLog, wanted: Sequence[KeptDifference]) -> Changed:
    """Returns what some of the differences come to."""
    key = (*connection.path, *(each.load for each in wanted))
    with _lock:
        found = _changed.get(key)
    if found is None:
        dated = await differences(connection, kept, wanted)
        found = await asyncio.to_thread(together, dated)
        _remember(_changed, key, found)
    return found


async def differences(
    connection: Connection, kept: ChangeLog, wanted: Sequence[KeptDifference]
) -> list[tuple[datetime, Difference]]:
    """Returns differences with their times; without those that are no longer stored."""
    with _lock:
        found = {each.load: _differences.get((*connection.path, each.load)) for each in wanted}
    missing = [each for each in wanted if found[each.load] is None]
    paths, size = [(*connection.path, each.load) for each in missing], sum(each.bytes for each in missing)
    contents = await records.get_many(keys.DIFFERENCE, paths, kept.data_key, size)
    for each, content in zip(missing, contents, strict=True):
        if content is not None:
            found[each.load] = await asyncio.to_thread(unpack_difference, content)
            _remember(_differences, (*connection.path, each.load), found[each.load])
    return [(each.at, difference) for each in wanted if (difference := found[each.load])]


def _remember(cache: cachetools.TTLCache[tuple[str, ...], Any], key: tuple[str, ...], value: Any) -> None:
    with _lock, contextlib.suppress(ValueError):  # too large to be kept
        cache[key] = value


def forget_changes(connection: Connection) -> None:
    """Drop the connection's changes from memory."""
    with _lock:
        for cache in (_differences, _changed, _logs):
            for key in [key for key in cache if key[:3] == connection.path]:
                cache.pop(key, None)
