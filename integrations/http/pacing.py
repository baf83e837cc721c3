"""Calls spaced so that no limit is hit: each lane (an account, an Airtable base) by itself."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, defaultdict


class Pace:
    """Lets one call per `interval` seconds into each lane, and none while a lane is closed."""

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._free_at: defaultdict[str, float] = defaultdict(float)
        self._closings: Counter[str] = Counter()

    async def turn(self, lane: str) -> None:
        """Wait for this call's turn in its lane; who waits while it is closed queues again."""
        closings = -1
        while closings != self._closings[lane]:
            closings = self._closings[lane]
            await self._slot(lane)

    async def _slot(self, lane: str) -> None:
        now = time.monotonic()
        at = max(now, self._free_at[lane])
        self._free_at[lane] = at + self._interval
        while at > now:
            await asyncio.sleep(at - now)
            now = time.monotonic()

    def close(self, lane: str, seconds: float) -> None:
        """Let nobody into the lane for that long: the provider asked for it."""
        self._free_at[lane] = max(self._free_at[lane], time.monotonic() + seconds)
        self._closings[lane] += 1
