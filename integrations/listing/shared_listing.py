"""One listing for several readers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SharedListing(Generic[T]):
    """Reads a listing once; each reader gets all of its pages, also those that came before it began.

    The reader that has come furthest asks for the next page. An error is raised to every reader. A listing that all
    readers have left before its end is closed, and read anew by the next one.
    """

    def __init__(self) -> None:
        self._pages: list[T] = []
        self._listing: AsyncGenerator[T, None] | None = None
        self._readers = 0
        self._turn = asyncio.Lock()
        self._ended = False
        self._error: Exception | None = None

    async def read(self, open: Callable[[], AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
        """Yields every page; the first reader's `open` opens the listing."""
        place, self._readers = 0, self._readers + 1
        try:
            while place < len(self._pages) or await self._advance(place, open):
                yield self._pages[place]
                place += 1
        finally:
            self._readers -= 1
            if not self._readers:
                await self._close()

    async def _close(self) -> None:
        listing, self._listing = self._listing, None
        if listing and not self._ended and not self._error:
            self._pages = []
            await listing.aclose()

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
        except asyncio.CancelledError:  # which has ended the listing: whoever reads on opens it again
            self._listing = None
            raise
        except Exception as error:
            self._error = error
