"""A lock that all processes share, for as long as one of them refreshes a token."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from redis.exceptions import LockError

from ..model.errors import StoreUnavailable
from .connection import execute
from .keys import LOCK

LIFE = 60  # seconds; more than three tries of a token request take


@asynccontextmanager
async def held(path: Sequence[str]) -> AsyncIterator[None]:
    """Hold the lock of a connection; raises StoreUnavailable if it can't be had in time."""
    lock = await execute(lambda redis: _acquired(redis, ":".join((LOCK, *path))), patiently=True)
    try:
        yield
    finally:
        await execute(lambda redis: _released(lock))


async def _acquired(redis: Any, name: str) -> Any:
    lock = redis.lock(name, timeout=LIFE, sleep=0.05, blocking_timeout=LIFE)
    if not await lock.acquire(token="1:" + secrets.token_hex(16)):
        raise StoreUnavailable
    return lock


async def _released(lock: Any) -> None:
    with suppress(LockError):  # it outlived its life, and is somebody else's by now
        await lock.release()
