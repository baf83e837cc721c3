"""What has changed: since the last visit, since the last load, since a day; and the history of a row."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .. import sync
from ..config import settings
from ..frames import changes as changes_of
from ..frames.changes import Changed
from ..frames.days import start_of, zone_of
from ..model import Connection, Load, Viewer
from ..model.changes import NO_ROWS, ChangeLog, Counts, KeptDifference, Since, Visit, total
from ..model.errors import StoreFull
from ..store import keys, records
from .access import is_own, require_visible

SEEN_AGAIN = timedelta(minutes=1)  # looks within that time are not written down
HISTORY_BYTES = 4 * 1024 * 1024  # of differences that are searched for the history of a row, and one more


@dataclass(frozen=True)
class Changes:
    """What has changed in a connection.

    `name`: the loads that found it. `since`: from when on; None before a second load.
    `known_since`: from when on it is known, if that is later.
    `uncounted`: rows of loads that changed too many to name them. `with_values`: whether all values are known.
    """

    name: tuple[str, ...] = ()
    since: datetime | None = None
    known_since: datetime | None = None
    found: Changed = field(default_factory=lambda: changes_of.together(()), repr=False)
    uncounted: Counts = NO_ROWS
    with_values: bool = True

    @property
    def counts(self) -> dict[str, Counts]:
        """How many named rows are new, changed and removed, by collection."""
        return self.found.counts

    @property
    def total(self) -> Counts:
        """How many rows are new, changed and removed in all."""
        return total(self.counts) + self.uncounted


@dataclass(frozen=True)
class History:
    """Each change of a row, the oldest first; `since`: from when on they are known."""

    found: Changed = field(repr=False)
    since: datetime


async def note_visit(viewer: Viewer, connection: Connection) -> None:
    """Note that the viewer looks at a connection; half an hour without a look ends a visit. Raises NotAllowed."""
    require_visible(viewer, connection)
    path, now = (*connection.path, viewer.owner), datetime.now(UTC)
    found = await records.get(keys.VISIT, path)
    if found and found.at(now).began == found.began and now - found.seen < SEEN_AGAIN:
        return
    with contextlib.suppress(StoreFull):
        await records.put_beside(keys.VISIT, path, found.at(now) if found else Visit(now, now))


async def changed_counts(viewer: Viewer, connection: Connection) -> Counts:
    """Returns how many rows are new, changed and removed since the viewer's last visit. Raises NotAllowed."""
    return (await changes_since(viewer, connection, "visit")).total


async def changed_after(viewer: Viewer, connection: Connection, shown: Load) -> Counts | None:
    """Returns how many rows are new, changed and removed since a load; None if that is not known. Raises NotAllowed."""
    kept, ended = await _kept(viewer, connection), shown.finished_at
    if kept is None or ended is None or kept.since > ended:
        return None
    return (await _changes(connection, kept, [each for each in kept.differences if each.at > ended], ended)).total


async def changes_since(viewer: Viewer, connection: Connection, since: Since, zone: str = "") -> Changes:
    """Returns what has changed since the viewer's last visit, with the last load, or since a day.

    A visit and a day count from their beginning, a day in `zone`. A value that has changed several times is there once,
    as it was first and as it is now. Raises NotAllowed.
    """
    kept = await _kept(viewer, connection)
    if kept is None:
        return Changes()
    if since == "load":
        last = await sync.snapshot(connection)
        wanted = [each for each in kept.differences if last and each.load == last.id]
        return await _changes(connection, kept, wanted, kept.since)
    start = await _last_visit(viewer, connection) if since == "visit" else start_of(since, zone_of(zone))
    return await _changes(connection, kept, [each for each in kept.differences if each.at > start], start)


async def history(viewer: Viewer, connection: Connection, collection: str, item_id: str) -> History | None:
    """Returns the history of a row; None before a second load. Raises NotAllowed."""
    kept = await _kept(viewer, connection)
    if kept is None:
        return None
    latest = _latest(kept.differences)
    left_out = kept.differences[: len(kept.differences) - len(latest)]
    dated = await sync.differences(connection, kept, latest)
    found = await asyncio.to_thread(changes_of.history, dated, collection, item_id)
    return History(found, left_out[-1].at if left_out else kept.since)


async def _kept(viewer: Viewer, connection: Connection) -> ChangeLog | None:
    """Returns the differences that a viewer may see: a colleague those since the connection was shared."""
    require_visible(viewer, connection)
    shown = await sync.snapshot(connection)
    kept = await sync.change_log(connection, shown) if shown else None
    if kept is None:
        return None
    oldest = datetime.now(UTC) - timedelta(days=settings().keep_days)
    shared = None if is_own(viewer, connection) else connection.share.since
    since = max(kept.since, shared or oldest, oldest)
    return dataclasses.replace(kept, since=since, differences=tuple(e for e in kept.differences if e.at > since))


async def _last_visit(viewer: Viewer, connection: Connection) -> datetime:
    found, now = await records.get(keys.VISIT, (*connection.path, viewer.owner)), datetime.now(UTC)
    return found.previous(now) if found else now


async def _changes(
    connection: Connection, kept: ChangeLog, wanted: Sequence[KeptDifference], since: datetime
) -> Changes:
    found = await sync.changed(connection, kept, wanted)
    uncounted = sum((each.uncounted for each in wanted), NO_ROWS)
    known_since = kept.since if kept.since > since else None
    return Changes(
        tuple(each.load for each in wanted), since, known_since, found, uncounted, all(each.values for each in wanted)
    )


def _latest(found: Sequence[KeptDifference]) -> list[KeptDifference]:
    """Returns the latest differences, as many as are searched for the history of a row."""
    wanted: list[KeptDifference] = []
    for each in reversed(found):
        if sum(one.bytes for one in wanted) > HISTORY_BYTES:
            break
        wanted.insert(0, each)
    return wanted
