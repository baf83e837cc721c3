"""Access rules: which viewer may see or change a connection. Nothing else decides that."""

from __future__ import annotations

from collections.abc import Sequence

from ..model import Connection, Viewer
from ..model.errors import NotAllowed
from ..store import connections, sharing


async def connections_of(viewer: Viewer) -> list[Connection]:
    """Returns the viewer's own connections to every provider, the oldest first."""
    return await connections.of(viewer.owner)


async def visible(viewer: Viewer, slug: str) -> tuple[list[Connection], list[Connection]]:
    """Returns the viewer's own connections to a provider, and those that colleagues share with them."""
    return await connections.of(viewer.owner, slug), await sharing.seen_by(viewer.session, slug)


async def find(viewer: Viewer, slug: str, name: str) -> Connection | None:
    """Returns the viewer's own connection with this id, or the one that is shared under this name or id."""
    if mine := await connections.find(viewer.owner, slug, name):
        return mine
    return next(
        (each for each in await sharing.seen_by(viewer.session, slug) if name in (each.share.id, each.id)), None
    )


def addresses(mine: Sequence[Connection], theirs: Sequence[Connection]) -> dict[str, Connection]:
    """Returns a provider's connections by what names them in an address.

    It is the id, which is the same for everybody who connects this account, or the share's own name where two have it.
    """
    found: dict[str, Connection] = {}
    for each in [*mine, *theirs]:
        found[each.share.id if each.id in found else each.id] = each
    return found


def is_own(viewer: Viewer, connection: Connection) -> bool:
    """Returns whether the viewer connected it, and may do anything with it."""
    return connection.owner == viewer.owner


def require_own(viewer: Viewer, connection: Connection) -> None:
    """Raises NotAllowed if it is not the viewer's own connection: what is shared can only be read."""
    if not is_own(viewer, connection):
        raise NotAllowed("Only the person who connected this account can do that here.")


def require_visible(viewer: Viewer, connection: Connection) -> None:
    """Raises NotAllowed if it is neither the viewer's own connection nor shared with their organisation."""
    organisation = viewer.session.organisation if viewer.session else ""
    if not is_own(viewer, connection) and not (organisation and connection.share.organisation == organisation):
        raise NotAllowed("This account is not shared with you.")
