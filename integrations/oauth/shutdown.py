"""What a process finishes before it ends: token refreshes and code exchanges, whose answers come only once.

A process that is told to end calls `begin`, then `finished`, then ends. Thread-safe: exchanges run on an event loop,
and a thread of its own waits for them. A signal handler starts that thread and calls nothing here itself: the code that
it interrupts may hold the lock.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

GRACE = 20  # seconds; the token endpoint has 15, and service managers usually give 10 to 90

_changed = threading.Condition()
_under_way = 0
_ending = False


class ShuttingDown(Exception):
    """This process is about to end: nothing that has to be finished may begin."""


@contextmanager
def unfinished() -> Iterator[None]:
    """Around what a shutdown has to wait for; raises ShuttingDown once one has begun."""
    global _under_way
    with _changed:
        if _ending:
            raise ShuttingDown
        _under_way += 1
    try:
        yield
    finally:
        with _changed:
            _under_way -= 1
            _changed.notify_all()


def begin(ending: bool = True) -> None:
    """Let nothing begin from now on; `ending=False` takes that back, for tests."""
    global _ending
    with _changed:
        _ending = ending


def has_begun() -> bool:
    """Whether this process is about to end."""
    return _ending


def finished(within: float = GRACE) -> bool:
    """Wait until nothing is under way; returns False if that takes longer than `within` seconds. Blocks the thread."""
    with _changed:
        return _changed.wait_for(lambda: not _under_way, within)


async def the_end() -> None:
    """Wait for the process to end; returns only if the shutdown was taken back."""
    while _ending:
        await asyncio.sleep(0.1)
