"""Read several async generators concurrently and yield their pages as they arrive."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from typing import Any, Generic, TypeVar

T = TypeVar("T")

MAX_PAGES_AHEAD = 1  # per stream, so that a slow consumer keeps memory flat


def merge(*streams: AsyncGenerator[T, None]) -> MergedStreams[T]:
    """Returns a context manager over the pages of all streams.

    The pages of one stream keep their order. The first error ends all streams and is raised. Leaving the context
    cancels whatever is still being read.
    """
    return MergedStreams(streams)


class MergedStreams(Generic[T]):
    """Async iterable and async context manager; see `merge`."""

    def __init__(self, streams: tuple[AsyncGenerator[T, None], ...]) -> None:
        self._initial = streams
        self._pages: asyncio.Queue[tuple[T | None, Exception | None]] = asyncio.Queue(MAX_PAGES_AHEAD * len(streams))
        self._tasks: list[asyncio.Task[None]] = []
        self._finished = 0

    async def __aenter__(self) -> MergedStreams[T]:
        for stream in self._initial:
            self.add(stream)
        return self

    async def __aexit__(self, *_: object) -> None:
        await end(self._tasks)

    def add(self, stream: AsyncGenerator[T, None]) -> None:
        """Start to read one more stream; allowed while any is unfinished."""
        self._tasks.append(asyncio.create_task(self._read(stream)))

    def __aiter__(self) -> MergedStreams[T]:
        return self

    async def __anext__(self) -> T:
        while self._finished < len(self._tasks):
            page, error = await self._pages.get()
            if error:
                raise error
            if page is not None:
                return page
            self._finished += 1
        raise StopAsyncIteration

    async def _read(self, stream: AsyncGenerator[T, None]) -> None:
        try:
            async with aclosing(stream):
                async for page in stream:
                    await self._pages.put((page, None))
            await self._pages.put((None, None))
        except Exception as error:
            await self._pages.put((None, error))


async def end(tasks: Iterable[asyncio.Future[Any]]) -> None:
    """Cancel tasks, and wait until they have ended."""
    running = {task for task in tasks if not task.done()}
    while running:  # repeated, because a task that is awaiting redis-py can lose its cancellation
        for task in running:
            task.cancel()
        running = (await asyncio.wait(running, timeout=1))[1]
