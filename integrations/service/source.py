"""What a viewer sees of a connection: its latest load, and the rows there are."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import providers, sync
from ..config import settings
from ..frames import Tables
from ..model import Connection, Load, Viewer
from ..model.event import EventType
from ..store import audit, connections
from .access import is_own, require_visible
from .changes import note_visit


@dataclass(frozen=True)
class Rows:
    """The tables of a connection, and the load that left them; `borrowed` from a colleague who shares them."""

    connection: Connection
    load: Load
    tables: Tables = field(repr=False)
    borrowed: bool = False

    @property
    def name(self) -> tuple[str, ...]:
        """Names these very rows, and the owner they belong to."""
        rows = str(self.tables.total)  # fewer, once some are lost
        return (*self.connection.path, self.load.id, self.load.run, str(self.load.chunks), rows)


@dataclass(frozen=True)
class Source:
    """A connection with its latest load, if there was one, and what there is to show."""

    connection: Connection
    load: Load | None
    rows: Rows | None


async def rows_of(viewer: Viewer, connection: Connection) -> Rows | None:
    """Returns the rows of the last load that left any; None before the first. Raises NotAllowed."""
    require_visible(viewer, connection)
    found = await sync.shown(connection)
    return Rows(connection, *found, not is_own(viewer, connection)) if found else None


async def open_source(viewer: Viewer, connection: Connection, first: bool) -> Source:
    """Returns what a page shows of a connection, and counts as using it. Raises NotAllowed.

    A stale snapshot is shown at once and refreshed behind it, unless calls are rationed; before the first snapshot
    there are the rows that the load has saved so far. `first`: this visit begins, which the activity log notes.
    """
    require_visible(viewer, connection)
    if first:
        await audit.note(EventType.OPENED, connection.owner, connection, viewer.actor)
    rationed = bool(providers()[connection.slug].ration)
    load = await sync.requeue_if_lost(connection)
    if not rationed:
        load = await sync.start_if_older(connection, settings().stale_after)
    await connections.touch(connection)
    await note_visit(viewer, connection)
    return Source(connection, load, await rows_now(viewer, connection, load))


async def rows_now(viewer: Viewer, connection: Connection, load: Load | None) -> Rows | None:
    """Returns the rows of the last load that left any; before the first, those that `load` has saved so far."""
    rows = await rows_of(viewer, connection)
    if rows is None and load and load.active and load.chunks:
        tables = await sync.so_far(connection, load)
        rows = Rows(connection, load, tables, not is_own(viewer, connection)) if tables is not None else None
    return rows
