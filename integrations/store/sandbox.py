"""The store of the stand-in providers: their own records and nothing else."""

from __future__ import annotations

import hashlib
from typing import Any

from . import records
from .keys import SANDBOX


class SandboxStore:
    """The handle that `sandbox.routes` is given; names are the sandbox's own."""

    async def put(self, name: str, value: dict[str, Any], seconds: int | None = None) -> None:
        """Save a record, for that many seconds or for good."""
        await records.put(SANDBOX, _path(name), value, seconds=seconds)

    async def get(self, name: str) -> dict[str, Any] | None:
        """A record, or None."""
        return await records.get(SANDBOX, _path(name))

    async def take(self, name: str) -> dict[str, Any] | None:
        """Returns and deletes a record in one step."""
        return await records.take(SANDBOX, _path(name))

    async def delete(self, name: str) -> None:
        """Delete a record, if it is there."""
        await records.delete(SANDBOX, _path(name))


def _path(name: str) -> tuple[str, str]:
    """The slug, and a hash: names may hold a code or a token."""
    return name.partition(":")[0], hashlib.sha256(name.encode()).hexdigest()
