"""A task that several callers share, calls at the same time, and a lock with priorities."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class SharedTask(Generic[T]):
    """Runs a coroutine once and gives its result to everyone who awaits it.

    A cancelled caller does not cancel the task for the others; when the last caller is cancelled, the task is too,
    and the next caller starts it again.
    """

    def __init__(self, start: Callable[[], Awaitable[T]]) -> None:
        self._start = start
        self._task: asyncio.Future[T] | None = None
        self._waiting = 0

    def __await__(self) -> Generator[Any, None, T]:
        return self._result().__await__()

    def start(self) -> None:
        """Start the task unless it is running or done."""
        self._started()

    def _started(self) -> asyncio.Future[T]:
        if self._task is None or self._task.cancelled():
            self._task = asyncio.ensure_future(self._start())
            self._task.add_done_callback(retrieve_error)
        return self._task

    async def _result(self) -> T:
        task = self._started()
        self._waiting += 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting -= 1
            if not self._waiting and not task.done():
                task.cancel()
                self._task = None


def retrieve_error(task: asyncio.Future[Any]) -> None:
    """Keep asyncio from logging an error that no caller has awaited."""
    if not task.cancelled():
        task.exception()


async def all_of(calls: Iterable[Callable[[], Awaitable[T]]], at_once: int) -> list[T]:
    """Returns the results of calls in their order, so many at the same time; the first error ends all and is raised."""
    gate = asyncio.Semaphore(at_once)

    async def one(call: Callable[[], Awaitable[T]]) -> T:
        async with gate:
            return await call()

    tasks = [asyncio.ensure_future(one(call)) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


class PriorityLock:
    """A lock that is granted to the waiter with the highest priority; so many can hold it at the same time."""

    def __init__(self, places: int = 1) -> None:
        self._free = places
        self._waiters: list[tuple[Callable[[], float], asyncio.Future[None]]] = []

    @asynccontextmanager
    async def acquire(self, priority: Callable[[], float]) -> AsyncGenerator[None, None]:
        """Hold the lock; `priority()` is evaluated each time the lock becomes free."""
        if self._free:
            self._free -= 1
        else:
            granted = asyncio.get_running_loop().create_future()
            self._waiters.append((priority, granted))
            try:
                await granted
            except asyncio.CancelledError:
                if granted.done() and not granted.cancelled():
                    self._release()
                raise
        try:
            yield
        finally:  # on the next turn of the loop, so that the holder can compete for the lock again
            asyncio.get_running_loop().call_soon(self._release)

    def _release(self) -> None:
        self._waiters = [(priority, granted) for priority, granted in self._waiters if not granted.done()]
        if not self._waiters:
            self._free += 1
        else:
            first = max(range(len(self._waiters)), key=lambda place: self._waiters[place][0]())
            self._waiters.pop(first)[1].set_result(None)
