"""The rows that somebody may see."""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa

from .. import providers, sync
from ..model import Connection, Load, Viewer
from . import access


class Shown(NamedTuple):
    """What a connection has to show: the load that left it, and its rows."""

    connection: Connection
    load: Load
    table: pa.Table


async def shown(viewer: Viewer, slug: str, name: str) -> Shown | None:
    """Returns the rows of the viewer's connection with this id, or of what is shared under this name.

    None where there is no such connection for them, no such provider, or nothing was loaded yet.
    """
    connection = await access.find(viewer, slug, name) if slug in providers() else None
    found = await sync.shown(connection) if connection else None
    return Shown(connection, *found) if connection and found else None
