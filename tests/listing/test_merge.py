"""Streams are read concurrently, and leaving the merge leaves nothing running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from own_time import in_own_time

from integrations.listing import merge


async def numbers(*found: int, takes: float = 0, fails: bool = False) -> AsyncGenerator[int, None]:
    for number in found:
        await asyncio.sleep(takes)
        yield number
    if fails:
        raise ValueError


def test_pages_arrive_from_all_streams_and_each_stream_keeps_its_order() -> None:
    async def scene() -> list[int]:
        async with merge(numbers(1, 2, 3), numbers(10, 20, takes=0.01)) as pages:
            return [page async for page in pages]

    found = in_own_time(scene())
    assert [page for page in found if page < 10] == [1, 2, 3] and [page for page in found if page >= 10] == [10, 20]


def test_a_stream_added_later_is_read_to_its_end() -> None:
    async def scene() -> list[int]:
        found = []
        async with merge(numbers(1, 2)) as pages:
            async for page in pages:
                found.append(page)
                if page == 2:
                    pages.add(numbers(3, 4, takes=0.01))
        return found

    assert in_own_time(scene()) == [1, 2, 3, 4]


def test_the_first_error_ends_all_streams() -> None:
    async def scene() -> None:
        async with merge(numbers(*range(1000), takes=0.01), numbers(1, fails=True)) as pages:
            async for _ in pages:
                pass

    with pytest.raises(ValueError):
        in_own_time(asyncio.wait_for(scene(), 5))


@pytest.mark.parametrize("deaf", [False, True])
def test_leaving_early_cancels_every_stream(deaf: bool) -> None:
    """Also where a stream is waiting for something that swallows the cancellation."""
    closed: list[bool] = []

    async def stream() -> AsyncGenerator[int, None]:
        try:
            yield 1
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                if not deaf:
                    raise
            for number in range(100):
                yield number
        finally:
            closed.append(True)

    async def scene() -> None:
        here = asyncio.all_tasks()
        async with merge(stream()) as pages:
            async for _ in pages:
                break
        assert asyncio.all_tasks() <= here

    in_own_time(asyncio.wait_for(scene(), 10))
    assert closed == [True]
