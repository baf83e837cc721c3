"""Loading: asked for, chosen, watched, cancelled."""

from __future__ import annotations

from .. import sync
from ..model import Choice, Connection, KnownCatalog, Load, Viewer
from ..model.event import EventType
from ..store import audit
from .access import require_own, require_visible


async def refresh(viewer: Viewer, connection: Connection, full: bool = False) -> None:
    """Load what has changed, or everything if `full`; a load under way is left to it. Raises NotAllowed."""
    require_own(viewer, connection)
    await sync.start(connection, full=full)
    asked = EventType.FULL_RELOAD_ASKED if full else EventType.REFRESH_ASKED
    await audit.note(asked, connection.owner, connection, viewer.actor)


async def watch(viewer: Viewer, connection: Connection) -> Load | None:
    """Returns the latest load; one that has lost its worker is queued again."""
    require_visible(viewer, connection)
    return await sync.requeue_if_lost(connection)


def is_waiting(load: Load) -> bool:
    """Returns whether a load under way has no worker yet, or no longer."""
    return load.state == "queued" or sync.is_lost(load)


async def cancel(viewer: Viewer, connection: Connection) -> None:
    """Stop the load under way; the rows that have arrived are kept as a partial snapshot. Raises NotAllowed."""
    require_own(viewer, connection)
    await sync.cancel(connection)


async def catalog(viewer: Viewer, connection: Connection, look_again: bool = False) -> KnownCatalog:
    """Returns the streams that can be chosen, as last read or, if `look_again`, as the provider lists them now."""
    require_own(viewer, connection)
    return await sync.catalog(connection, look_again)


async def choice(viewer: Viewer, slug: str) -> Choice:
    """Returns what the viewer leaves out of loads from a provider."""
    return await sync.choice(viewer.owner, slug)


async def choose(viewer: Viewer, slug: str, left_out: tuple[str, ...], added: tuple[str, ...] = ()) -> None:
    """Remember what to leave out of the next loads, and which streams on request to add."""
    await sync.choose(viewer.owner, slug, left_out, added)


async def choose_and_load(
    viewer: Viewer, connection: Connection, left_out: tuple[str, ...], added: tuple[str, ...] = ()
) -> None:
    """Remember what to leave out and what to add, and load. Raises NotAllowed."""
    require_own(viewer, connection)
    await choose(viewer, connection.slug, left_out, added)
    await sync.start(connection)


async def calls_this_month(viewer: Viewer, connection: Connection) -> int:
    """Returns how many API calls were made to the account this month, where calls are rationed."""
    require_visible(viewer, connection)
    return await sync.calls_this_month(connection)
