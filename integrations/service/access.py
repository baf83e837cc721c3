"""Who may see and who may change a connection; nothing else decides it."""

from __future__ import annotations

from ..model import Connection, Viewer
from ..model.errors import NotAllowed
from ..store import connections, sharing


async def visible(viewer: Viewer, slug: str) -> tuple[list[Connection], list[Connection]]:
    """Returns the viewer's own connections to a provider, and those that colleagues share with them."""
    return await connections.of(viewer.owner, slug), await sharing.seen_by(viewer.session, slug)


async def find(viewer: Viewer, slug: str, name: str) -> Connection | None:
    """Returns the viewer's own connection with this id, or the one that is shared under this name."""
    if mine := await connections.find(viewer.owner, slug, name):
        return mine
    return next((each for each in await sharing.seen_by(viewer.session, slug) if each.share.id == name), None)


def require_own(viewer: Viewer, connection: Connection) -> None:
    """Raises NotAllowed if it is not the viewer's own connection: what is shared can only be read."""
    if connection.owner != viewer.owner:
        raise NotAllowed("Only who connected this account can do that here.")
