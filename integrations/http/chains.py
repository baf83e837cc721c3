"""Several listings read at the same time, their pages taken as they come."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, asynccontextmanager
from itertools import count
from typing import Any, Generic, TypeVar

T = TypeVar("T")

AHEAD = 1  # pages that each chain may be ahead of whoever takes them


async def together(*chains: AsyncGenerator[T, None]) -> AsyncGenerator[T, None]:
    """The pages of all chains, each chain in its own order; the first error ends them all."""
    pages: asyncio.Queue[tuple[T | None, BaseException | None]] = asyncio.Queue(AHEAD * len(chains))
    feeding = [asyncio.create_task(_feed(chain, pages)) for chain in chains]
    try:
        for _ in feeding:
            while True:
                page, error = await pages.get()
                if error:
                    raise error
                if page is None:
                    break
                yield page
    finally:
        for task in feeding:
            task.cancel()
        await asyncio.gather(*feeding, return_exceptions=True)


async def _feed(
    chain: AsyncGenerator[T, None], pages: asyncio.Queue[tuple[T | None, BaseException | None]]
) -> None:
    try:
        async with aclosing(chain):
            async for page in chain:
                await pages.put((page, None))
        await pages.put((None, None))
    except Exception as error:
        await pages.put((None, error))


class Once(Generic[T]):
    """Something to be fetched once, by whoever awaits it first, while the others wait for it.

    Who stops waiting does not stop it for the others; when the last one does, it is given up.
    """

    def __init__(self, fetch: Callable[[], Awaitable[T]]) -> None:
        self._fetch = fetch
        self._fetching: asyncio.Future[T] | None = None
        self._waiting = 0

    def __await__(self) -> Generator[Any, None, T]:
        return self._result().__await__()

    def start(self) -> None:
        """Begin to fetch it, if nobody has."""
        self._started()

    def _started(self) -> asyncio.Future[T]:
        if self._fetching is None or self._fetching.cancelled():
            self._fetching = asyncio.ensure_future(self._fetch())
            self._fetching.add_done_callback(lambda done: done.cancelled() or done.exception())  # seen, if nobody asks
        return self._fetching

    async def _result(self) -> T:
        fetching = self._started()
        self._waiting += 1
        try:
            return await asyncio.shield(fetching)
        finally:
            self._waiting -= 1
            if not self._waiting and not fetching.done():
                fetching.cancel()
                self._fetching = None


class MostFirst:
    """One at a time; of those who wait, whoever has most left to do goes first."""

    def __init__(self) -> None:
        self._busy = False
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    @asynccontextmanager
    async def turn(self, left: float) -> AsyncGenerator[None, None]:
        """Wait to be the only one."""
        if self._busy:
            mine = asyncio.get_running_loop().create_future()
            heapq.heappush(self._waiting, (-left, next(self._order), mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._busy = self._hand_over()
                raise
        self._busy = True
        try:
            yield
        finally:
            self._busy = self._hand_over()

    def _hand_over(self) -> bool:
        while self._waiting:
            *_, waiter = heapq.heappop(self._waiting)
            if not waiter.done():  # it may have gone away
                waiter.set_result(None)
                return True
        return False
