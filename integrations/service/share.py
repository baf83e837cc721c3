"""Sharing a connection's rows with the organisation."""

from __future__ import annotations

from ..model import Connection, Viewer
from ..model.errors import NotAllowed
from ..model.event import EventType
from ..store import audit, sharing
from .access import require_own


async def share(viewer: Viewer, connection: Connection) -> None:
    """Show the rows to everyone in the viewer's organisation, read-only. Raises NotAllowed."""
    require_own(viewer, connection)
    if viewer.session is None or not viewer.session.organisation:
        raise NotAllowed("You can share with colleagues only while you are signed in as one of an organisation.")
    await sharing.share(connection, viewer.session)
    organisation = viewer.session.organisation_name
    await audit.note(EventType.SHARED, connection.owner, connection, viewer.actor, organisation)


async def stop_sharing(viewer: Viewer, connection: Connection) -> None:
    """Stop sharing; takes effect at once. Raises NotAllowed."""
    require_own(viewer, connection)
    await sharing.stop(connection)
    await audit.note(EventType.SHARING_STOPPED, connection.owner, connection, viewer.actor)


async def shared_with(viewer: Viewer) -> list[Connection]:
    """Returns the connections that colleagues share with the viewer, from every provider."""
    return await sharing.seen_by(viewer.session)
