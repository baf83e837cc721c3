"""A lease shared by all processes, held while a connection's token is refreshed or replaced.

The holder renews it every third of its life, and only the holder can release it. If the holder dies or loses Redis,
the lease expires; its late writes are compared with what is stored (records.exchange), so two holders never overwrite
each other. (redis-py's own Lock does not renew itself, and its errors would pass our translation.)
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from ..config import settings
from ..model.errors import StoreUnavailable
from .client import execute
from .keys import LOCK

WAIT = 90  # seconds; more than three tries of a slow token endpoint take
LOOK_EVERY = 0.05
RENEW = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0"
RELEASE = "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0"


@asynccontextmanager
async def held(path: Sequence[str], seconds: float | None = None) -> AsyncIterator[None]:
    """Hold the lease of a connection; raises StoreUnavailable if it can't be had in time.

    `seconds`: how soon another may have it once this process is gone; TOKEN_LEASE_SECONDS by default.
    """
    lease = _Lease(":".join((LOCK, *path)), seconds or settings().token_lease_seconds)
    try:
        await lease.take()
        yield
    finally:
        await asyncio.shield(lease.give_back())


class _Lease:
    def __init__(self, name: str, seconds: float) -> None:
        self._name = name
        self._lease_token = f"1:{secrets.token_hex(16)}"
        self._life = round(seconds * 1000)
        self._trying: asyncio.Future[Any] | None = None
        self._renewing: asyncio.Task[None] | None = None

    async def take(self) -> None:
        deadline = time.monotonic() + WAIT
        while not await self._free():
            if time.monotonic() > deadline:
                raise StoreUnavailable
            await asyncio.sleep(LOOK_EVERY)
        self._renewing = asyncio.create_task(self._renew())

    async def _free(self) -> bool:
        taking = execute(lambda redis: redis.set(self._name, self._lease_token, nx=True, px=self._life))
        self._trying = asyncio.ensure_future(taking)
        return bool(await asyncio.shield(self._trying))

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(self._life / 3000)
            with contextlib.suppress(StoreUnavailable):
                await execute(lambda redis: redis.eval(RENEW, 1, self._name, self._lease_token, self._life))

    async def give_back(self) -> None:
        """Release the lease, even one that a cancelled caller was still acquiring."""
        if self._renewing:
            self._renewing.cancel()
        with contextlib.suppress(StoreUnavailable):  # it runs out
            if self._trying and await self._trying:
                await execute(lambda redis: redis.eval(RELEASE, 1, self._name, self._lease_token))
