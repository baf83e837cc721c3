"""Several listings read at the same time, their pages taken as they come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import aclosing, asynccontextmanager
from typing import Any, Generic, TypeVar

T = TypeVar("T")

AHEAD = 1  # pages that each chain may be ahead of whoever takes them


class Chains(Generic[T]):
    """The pages of several chains as they come, each chain in its own order; the first error ends them all.

    More chains can be added while there are any. Whoever leaves before the end ends them.
    """

    def __init__(self, *chains: AsyncGenerator[T, None]) -> None:
        self._first = chains
        self._pages: asyncio.Queue[tuple[T | None, BaseException | None]] = asyncio.Queue(AHEAD * len(chains))
        self._feeding: list[asyncio.Task[None]] = []
        self._ended = 0

    async def __aenter__(self) -> Chains[T]:
        for chain in self._first:
            self.add(chain)
        return self

    async def __aexit__(self, *_: object) -> None:
        left = set(self._feeding)
        while left:  # once more, if what a chain was waiting for has lost its cancellation
            for task in left:
                task.cancel()
            left = (await asyncio.wait(left, timeout=1))[1]

    def add(self, chain: AsyncGenerator[T, None]) -> None:
        """Begin to read one more chain."""
        self._feeding.append(asyncio.create_task(self._feed(chain)))

    async def __aiter__(self) -> AsyncGenerator[T, None]:
        while self._ended < len(self._feeding):
            page, error = await self._pages.get()
            if error:
                raise error
            if page is None:
                self._ended += 1
            else:
                yield page

    async def _feed(self, chain: AsyncGenerator[T, None]) -> None:
        try:
            async with aclosing(chain):
                async for page in chain:
                    await self._pages.put((page, None))
            await self._pages.put((None, None))
        except Exception as error:
            await self._pages.put((None, error))


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
        self._waiting: list[tuple[Callable[[], float], asyncio.Future[None]]] = []

    @asynccontextmanager
    async def turn(self, left: Callable[[], float]) -> AsyncGenerator[None, None]:
        """Wait to be the only one; `left()` is asked when somebody's turn has ended."""
        if self._busy:
            mine = asyncio.get_running_loop().create_future()
            self._waiting.append((left, mine))
            try:
                await mine
            except asyncio.CancelledError:
                if mine.done() and not mine.cancelled():
                    self._hand_over()
                raise
        self._busy = True
        try:
            yield
        finally:  # a moment later, so that whoever had the turn may ask for the next one as well
            asyncio.get_running_loop().call_soon(self._hand_over)

    def _hand_over(self) -> None:
        self._waiting = [(left, mine) for left, mine in self._waiting if not mine.done()]  # some may have gone away
        self._busy = bool(self._waiting)
        if self._waiting:
            most = max(range(len(self._waiting)), key=lambda place: self._waiting[place][0]())
            self._waiting.pop(most)[1].set_result(None)
