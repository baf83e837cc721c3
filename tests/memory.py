"""The sandbox's store handle, in memory."""

from __future__ import annotations

import asyncio
from typing import Any


class Memory:
    """Without Redis and without expiry."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self.lifetimes: dict[str, int | None] = {}

    async def put(self, name: str, value: dict[str, Any], seconds: int | None) -> None:
        await asyncio.sleep(0)
        self.records[name], self.lifetimes[name] = dict(value), seconds

    async def get(self, name: str) -> dict[str, Any] | None:
        await asyncio.sleep(0)
        return self.records.get(name)

    async def take(self, name: str) -> dict[str, Any] | None:
        await asyncio.sleep(0)
        return self.records.pop(name, None)

    async def delete(self, name: str) -> None:
        await asyncio.sleep(0)
        self.records.pop(name, None)
