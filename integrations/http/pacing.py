"""Wait for a slot in a rate limit that all processes share."""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from ..model import Bucket

Trace = Callable[[str, Any], Awaitable[None]]
ON_THE_WIRE, ANSWERED = "send_request_headers.complete", "receive_response_headers.complete"
STEADY = 0.02  # seconds by which calls may differ: the margin in a strict rate covers them
ROUND_TRIPS = 500  # the last ones, of which the shortest says how long a call takes at least
QUICKER = 0.005  # seconds by which a round trip is shorter than all before, so that these are looked at again

_lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, Lanes] = WeakKeyDictionary()


class Lanes:
    """What an event loop knows of the calls at strict rates.

    `gates`: by bucket, held by the call on its way to the wire. `answered`: by provider and environment, the last ones.
    """

    def __init__(self) -> None:
        self.gates: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.answered: defaultdict[str, deque[_Call]] = defaultdict(lambda: deque(maxlen=ROUND_TRIPS))


class RateLimits(Protocol):
    """Counts the calls of all processes (implemented by `store.rate_limits`)."""

    async def reserve(self, bucket: Bucket) -> float:
        """Returns seconds to wait for this call's slot."""
        ...

    async def sent(self, bucket: Bucket, call: str, ago: float = 0) -> None:
        """The call was on the wire so many seconds ago; a later moment for the same call replaces an earlier one."""
        ...

    async def close(self, bucket: Bucket, seconds: float) -> None:
        """Grant no slot for so many seconds."""
        ...

    async def closed_for(self, bucket: Bucket) -> float:
        """Seconds until the bucket opens."""
        ...

    async def claim(self, bucket: Bucket, call: str) -> float:
        """Returns 0 if the call is granted the slot, else seconds to wait."""
        ...


@asynccontextmanager
async def acquire(rate_limits: RateLimits, bucket: Bucket) -> AsyncIterator[Trace]:
    """Wait for a slot; yields httpx's trace extension, which reports how far the request is.

    At a strict rate calls count from when they are on the wire: counted from the grant, a busy event loop would send
    too many together. In a short window the next one waits for that.
    """
    if not bucket.limit.strict:
        await _reserved(rate_limits, bucket)
        yield _nothing
        return
    call = _Call(rate_limits, bucket, _lanes.setdefault(asyncio.get_running_loop(), Lanes()))
    await call.gate.acquire()
    try:
        while seconds := await call.claim():
            await asyncio.sleep(seconds)
        yield call.trace
    finally:
        await call.over()


class _Call:
    """A call at a strict rate, which holds the gate of its bucket until it is on the wire."""

    def __init__(self, rate_limits: RateLimits, bucket: Bucket, lanes: Lanes) -> None:
        self.id = secrets.token_hex(8)
        self.gate = lanes.gates[bucket.name]
        self._answered = lanes.answered[":".join(bucket.name.split(":")[:2])]
        self._rate_limits, self._bucket = rate_limits, bucket
        self._holds_gate = True
        self._granted = False
        self._sent_at: float | None = None
        self._answered_at = self.took = 0.0

    async def claim(self) -> float:
        """Returns 0 if the call is granted the slot, else seconds to wait; who is cancelled meanwhile may have it."""
        asked = asyncio.ensure_future(self._rate_limits.claim(self._bucket, self.id))
        try:
            seconds = await asyncio.shield(asked)
        except asyncio.CancelledError:
            await asyncio.wait([asked])
            self._granted = asked.exception() is None and not asked.result()
            raise
        self._granted = not seconds
        if self._granted and not self._bucket.limit.one_by_one:
            self.let_next()
        return seconds

    async def trace(self, event: str, info: Any) -> None:
        """Take in what httpx tells."""
        if event.endswith(ON_THE_WIRE):
            await self.on_the_wire()
        elif event.endswith(ANSWERED):
            await self.answered()

    async def on_the_wire(self) -> None:
        """Count the call from now on, and let the next one go."""
        if self._sent_at is None:
            self._sent_at = asyncio.get_running_loop().time()
            await self._rate_limits.sent(self._bucket, self.id)
            self.let_next()

    async def answered(self) -> None:
        """Count the call from when the provider may have seen it, if it was under way for longer than others.

        It has seen it before it answered, and the answer was under way as well: the shortest round trip covers that.
        """
        if self._sent_at is None:
            return
        self._answered_at = asyncio.get_running_loop().time()
        self.took = self._answered_at - self._sent_at
        least = min((call.took for call in self._answered), default=self.took)
        self._answered.append(self)
        again = tuple(self._answered) if self.took < least - QUICKER else (self,)
        for call in again:
            await call.count_if_late(min(least, self.took) + STEADY)

    async def count_if_late(self, steady: float) -> None:
        """Count the call from so long before its answer, if it took longer and still counts."""
        since = asyncio.get_running_loop().time() - self._answered_at
        if self.took > steady and since < self._bucket.limit.seconds:
            await self._rate_limits.sent(self._bucket, self.id, since + steady)

    async def over(self) -> None:
        """Let the next call go: one that failed or was cancelled counts from now on, since it may have been sent."""
        try:
            if self._granted:
                await self.on_the_wire()
        finally:
            self.let_next()

    def let_next(self) -> None:
        """Open the gate, once."""
        if self._holds_gate:
            self._holds_gate = False
            self.gate.release()


async def _reserved(rate_limits: RateLimits, bucket: Bucket) -> None:
    """Sleep until the reserved moment; again, if the bucket was closed meanwhile."""
    while seconds := await rate_limits.reserve(bucket):
        await asyncio.sleep(seconds)
        if not await rate_limits.closed_for(bucket):
            break


async def _nothing(event: str, info: Any) -> None:
    """Where it does not matter when the request was sent."""
