"""Wait for a slot in a rate limit that all processes share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from ..model import Bucket

Trace = Callable[[str, Any], Awaitable[None]]
ON_THE_WIRE = "send_request_headers.complete"

_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()


class RateLimits(Protocol):
    """Counts the calls of all processes (implemented by `store.rate_limits`)."""

    async def reserve(self, bucket: Bucket) -> float:
        """Returns seconds to wait for this call's slot."""
        ...

    async def sent(self, bucket: Bucket) -> None:
        """The call is on the wire."""
        ...

    async def close(self, bucket: Bucket, seconds: float) -> None:
        """Grant no slot for so many seconds."""
        ...

    async def closed_for(self, bucket: Bucket) -> float:
        """Seconds until the bucket opens."""
        ...

    async def claim(self, bucket: Bucket) -> float:
        """Returns 0 if the slot is granted, else seconds to wait."""
        ...


@asynccontextmanager
async def acquire(rate_limits: RateLimits, bucket: Bucket) -> AsyncIterator[Trace]:
    """Wait for a slot; yields httpx's trace extension, which reports when the request is on the wire.

    At a strict rate the next call waits until then: with moments counted from the grant,
    a busy event loop would send too many requests together.
    """
    if not bucket.limit.strict:
        await _reserved(rate_limits, bucket)
        yield _nothing
        return
    gate = _gates.setdefault(asyncio.get_running_loop(), {}).setdefault(bucket.name, asyncio.Lock())
    await gate.acquire()
    held = True

    async def on_the_wire(event: str, info: Any) -> None:
        nonlocal held
        if held and event.endswith(ON_THE_WIRE):
            await rate_limits.sent(bucket)
            held = False
            gate.release()

    try:
        while seconds := await rate_limits.claim(bucket):
            await asyncio.sleep(seconds)
        yield on_the_wire
        await on_the_wire(ON_THE_WIRE, None)  # if the transport has not told
    finally:
        if held:
            gate.release()


async def _reserved(rate_limits: RateLimits, bucket: Bucket) -> None:
    """Sleep until the reserved moment; again, if the bucket was closed meanwhile."""
    while seconds := await rate_limits.reserve(bucket):
        await asyncio.sleep(seconds)
        if not await rate_limits.closed_for(bucket):
            break


async def _nothing(event: str, info: Any) -> None:
    """Where it does not matter when the request was sent."""
