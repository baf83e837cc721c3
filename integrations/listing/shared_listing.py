"""One listing for several readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedListing(Generic[T]):
    """Reads a listing once; each reader gets all of its pages, also those that came before it began.

    The reader that has come furthest asks for the next page. An error is raised to every reader.
    """

    def __init__(self) -> None:
        self._pages: list[T] = []
        self._listing: AsyncGenerator[T, None] | None = None
        self._turn = asyncio.Lock()
        self._ended = False
        self._error: Exception | None = None

    async def read(self, open: Callable[[], AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
        """Yields every page; the first reader's `open` opens the listing."""
        place = 0
        while place < len(self._pages) or await self._advance(place, open):
            yield self._pages[place]
            place += 1

    async def _advance(self, place: int, open: Callable[[], AsyncGenerator[T, None]]) -> bool:
        async with self._turn:
            if place == len(self._pages) and not self._ended and not self._error:
                self._listing = self._listing or open()
                await self._next(self._listing)
        if place == len(self._pages) and self._error:
            raise self._error
        return place < len(self._pages)

    async def _next(self, listing: AsyncGenerator[T, None]) -> None:
        try:
            self._pages.append(await anext(listing))
        except StopAsyncIteration:
            self._ended = True
        except Exception as error:
            self._error = error
