"""Handle the pages of a listing in batches while its next pages are being read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from .concurrency import retrieve_error
from .merge import MergedStreams, end, merge

T = TypeVar("T")
U = TypeVar("U")
Batch = tuple[list[T], str]  # records, and the cursor to resume from after them
PageOf = tuple[Sequence[T], str]


async def handled(
    found: AsyncGenerator[T, None], handle: Callable[[T], Coroutine[Any, Any, U]]
) -> AsyncGenerator[U, None]:
    """Yields what `handle` returns for each thing that was found, in their order.

    The next things are looked for, and two of them handled, while the caller waits for one or is busy with it.
    """
    tasks: set[asyncio.Task[U]] = set()

    async def begun() -> AsyncGenerator[asyncio.Task[U], None]:
        async with aclosing(found):
            async for each in found:
                tasks.add(task := asyncio.create_task(handle(each)))
                task.add_done_callback(retrieve_error)
                yield task

    try:
        async with merge(begun()) as handling:
            async for task in handling:
                yield await task
                tasks.discard(task)
    finally:
        await end(tasks)


async def batched(
    pages: AsyncGenerator[PageOf[T], None], size: int, first_wait: float
) -> AsyncGenerator[Batch[T], None]:
    """Yields (records, cursor): `size` records each time, and at last the rest.

    The first records are given after `first_wait` seconds, however few they are. A cursor leads behind the last page
    that has been given whole. A listing without records gives one empty batch.
    """
    records: list[T] = []
    cursor, given, until = "", False, None
    async with merge(pages) as arriving:
        while page := await _next(arriving, until):
            more, reached = page
            records += more
            while len(records) >= size or (records and reached is None):
                batch, records, given = records[:size], records[size:], True
                yield batch, cursor if records or reached is None else reached
            cursor = cursor if reached is None else reached
            if until is None and records:
                until = asyncio.get_running_loop().time() + first_wait
            until = None if given else until
    if records or not given:
        yield records, cursor


async def _next(arriving: MergedStreams[PageOf[T]], until: float | None) -> PageOf[T] | tuple[tuple[()], None] | None:
    """Returns the next page; one without records and cursor if there is none until then; None after the last."""
    timer = asyncio.timeout_at(until)
    try:
        async with timer:
            return await anext(arriving, None)
    except TimeoutError:
        if not timer.expired():
            raise
        return (), None


async def together(*calls: Awaitable[Any]) -> list[Any]:
    """Returns the results of calls that are made at the same time; the first error ends the others and is raised."""
    tasks = [asyncio.ensure_future(each) for each in calls]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        await end(tasks)
