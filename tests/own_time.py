"""Coroutines in a time of their own: sleeping costs nothing, and a busy machine changes no order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")
TURN = 1e-5  # seconds that a turn of the loop takes, so that what never ends runs into its time limit


class _Leaping(asyncio.SelectorEventLoop):
    """A loop that waits for nothing but its own timers, and leaps to the next of them."""

    def __init__(self) -> None:
        self._now = 0.0
        super().__init__(_NeverWaiting(self))

    def time(self) -> float:
        return self._now

    def leap(self, seconds: float) -> None:
        self._now += seconds


class _NeverWaiting(selectors.DefaultSelector):  # type: ignore[misc, valid-type]  # chosen by the platform
    def __init__(self, loop: _Leaping) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.leap(max(timeout or 0, TURN))
        return super().select(0 if timeout is not None else None)


def in_own_time(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run it to its end; for what waits by asyncio.sleep alone, and neither for threads nor for sockets."""
    with asyncio.Runner(loop_factory=_Leaping) as runner:
        return runner.run(coroutine)
