"""How each connection is, from the records of its loads: no row is read for that."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from .. import providers, sync
from ..config import settings
from ..model import Connection, Load, Viewer
from ..store import connections, sharing


class State(StrEnum):
    """The state of a connection, the one that asks for most first."""

    RECONNECT = "reconnect"
    LOADING = "loading"
    FAILED = "failed"
    NOT_LOADED = "not loaded"
    PARTIAL = "partial"
    STALE = "stale"
    FRESH = "fresh"


@dataclass(frozen=True)
class Health:
    """A connection, its latest load, the load that left its rows, and when it is refreshed next (None: not planned)."""

    connection: Connection
    load: Load | None
    shown: Load | None
    next_refresh: datetime | None = None
    borrowed: bool = False

    @property
    def state(self) -> State:
        """How it is by now."""
        if self.connection.reconnect:
            return State.RECONNECT
        if self.load and self.load.active:
            return State.LOADING
        if self.load and self.load.state == "failed":
            return State.FAILED
        if self.shown is None:
            return State.NOT_LOADED
        if self.shown.state == "partial":
            return State.PARTIAL
        return State.STALE if _is_stale(self.shown) else State.FRESH


async def health(viewer: Viewer) -> list[Health]:
    """Returns how the viewer's own connections are, then those that colleagues share with them."""
    mine, theirs = await connections.of(viewer.owner), await sharing.seen_by(viewer.session)
    found = [(each, False) for each in mine] + [(each, True) for each in theirs]
    return list(await asyncio.gather(*(_of(*each) for each in found if each[0].slug in providers())))


async def _of(connection: Connection, borrowed: bool) -> Health:
    load, shown = await asyncio.gather(sync.status(connection), sync.snapshot(connection))
    return Health(connection, load, shown, _next_refresh(connection, load, shown), borrowed)


def _next_refresh(connection: Connection, load: Load | None, shown: Load | None) -> datetime | None:
    """Returns when the worker asks for a refresh, if it does that by schedule."""
    every = settings().refresh_every(providers()[connection.slug])
    if every is None or connection.reconnect or shown is None or load is None or load.active:
        return None
    return max(each.finished_at or each.queued_at for each in (load, shown)) + every


def _is_stale(shown: Load) -> bool:
    return shown.finished_at is None or datetime.now(UTC) - shown.finished_at > settings().stale_after
