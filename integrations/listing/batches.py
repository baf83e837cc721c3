"""Handle the pages of a listing in batches while its next pages are being read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from .merge import end, merge

T = TypeVar("T")
Batch = tuple[list[T], str]  # records, and the cursor to resume from after them


async def in_batches(pages: AsyncGenerator[tuple[Sequence[T], str], None], size: int) -> AsyncGenerator[Batch[T], None]:
    """Yields (records, cursor): the first page at once, then as many pages together as have up to `size` records.

    The next batch is collected while the caller handles one. A listing without records gives one empty batch.
    """
    async with merge(_collected(pages, size)) as batches:
        async for batch in batches:
            yield batch


async def _collected(pages: AsyncGenerator[tuple[Sequence[T], str], None], size: int) -> AsyncGenerator[Batch[T], None]:
    records: list[T] = []
    cursor, most, given = "", 0, False
    async with aclosing(pages):
        async for page, reached in pages:
            if records and len(records) + len(page) > most:
                yield records, cursor
                records, most, given = [], size, True
            records, cursor = [*records, *page], reached
            if cursor and not given:  # there are more pages, and these records need not wait for them
                yield records, cursor
                records, most, given = [], size, True
    if records or not given:
        yield records, cursor


async def together(*calls: Awaitable[Any]) -> list[Any]:
    """Returns the results of calls that are made at the same time; the first error ends the others and is raised."""
    tasks = [asyncio.ensure_future(each) for each in calls]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        await end(tasks)
