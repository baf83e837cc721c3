"""Only the newest attempt at a load may write.

Each attempt takes a fencing token; every write names it, and is refused once another attempt has taken a newer one.
So a worker that was thought dead, and a page that ended a load itself, never mix their rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from ..model import Connection, Load
from ..store import keys, records
from ..store.retry import keep_trying

Write = tuple[keys.RecordType[Any], Sequence[str], Any]


class Superseded(Exception):
    """Another attempt has taken over this load, or it is gone: stop without writing anything."""


class Fence:
    """The right of one attempt to write the load of a connection; waits `patience` seconds for Redis."""

    def __init__(self, connection: Connection, patience: float) -> None:
        self._path = connection.path
        self._patience = patience
        self._fencing_token = f"1:{secrets.token_hex(8)}".encode()

    async def take(self, load: Load) -> Load:
        """Returns the load as it is stored, from now on written by this attempt alone; raises Superseded."""
        taken = await keep_trying(lambda: records.take_fence(self._path, self._fencing_token), self._patience)
        found = await keep_trying(lambda: records.get(keys.LOAD, self._path), self._patience) if taken else None
        if found is None or found.id != load.id or not found.active:
            raise Superseded
        return found

    async def write(self, *writes: Write, data_key: str = "") -> None:
        """Save records in one step; raises Superseded. Chunks are sealed with the data key."""
        token, path = self._fencing_token, self._path
        written = await keep_trying(lambda: records.put_fenced(path, token, *writes, data_key=data_key), self._patience)
        if not written:
            raise Superseded
