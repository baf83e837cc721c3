"""Waiting for a call's turn in a lane that all processes share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from ..model import Lane

Trace = Callable[[str, Any], Awaitable[None]]
ON_THE_WIRE = "send_request_headers.complete"

_gates: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[str, asyncio.Lock]] = WeakKeyDictionary()


class Budget(Protocol):
    """Who counts the calls of all processes (store.budget)."""

    async def reserve(self, lane: Lane) -> float:
        """Seconds to wait for this call's own moment."""
        ...

    async def sent(self, lane: Lane) -> None:
        """The call is on the wire."""
        ...

    async def close(self, lane: Lane, seconds: float) -> None:
        """Let nobody in for so long."""
        ...

    async def closed_for(self, lane: Lane) -> float:
        """Seconds until the lane opens."""
        ...

    async def claim(self, lane: Lane) -> float:
        """0: this call alone may go to the wire now; or seconds until it should ask again."""
        ...


@asynccontextmanager
async def turn(budget: Budget, lane: Lane) -> AsyncIterator[Trace]:
    """Wait for this call's turn; gives httpx's trace extension, which says when the request is on its way.

    At a strict rate the next call waits until then: with moments counted from the grant,
    a busy event loop would send too many requests together.
    """
    if not lane.rate.strict:
        await _reserved(budget, lane)
        yield _nothing
        return
    gate = _gates.setdefault(asyncio.get_running_loop(), {}).setdefault(lane.name, asyncio.Lock())
    await gate.acquire()
    held = True

    async def on_the_wire(event: str, info: Any) -> None:
        nonlocal held
        if held and event.endswith(ON_THE_WIRE):
            await budget.sent(lane)
            held = False
            gate.release()

    try:
        while seconds := await budget.claim(lane):
            await asyncio.sleep(seconds)
        yield on_the_wire
        await on_the_wire(ON_THE_WIRE, None)  # if the transport has not told
    finally:
        if held:
            gate.release()


async def _reserved(budget: Budget, lane: Lane) -> None:
    """Sleep until the reserved moment; again, if the lane was closed meanwhile."""
    while seconds := await budget.reserve(lane):
        await asyncio.sleep(seconds)
        if not await budget.closed_for(lane):
            break


async def _nothing(event: str, info: Any) -> None:
    """Where it does not matter when the request was sent."""
