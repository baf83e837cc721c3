"""A listing that several readers share is read once, and every reader gets all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.listing import SharedListing
from integrations.model.errors import ProviderError


class Listing:
    """Pages 0, 1, 2, …; fails after the last one if `fails`."""

    def __init__(self, pages: int, fails: bool = False) -> None:
        self.pages, self.fails = pages, fails
        self.opened = self.asked = self.closed = 0

    async def read(self) -> AsyncGenerator[int, None]:
        self.opened += 1
        try:
            for page in range(self.pages):
                await asyncio.sleep(0)
                self.asked += 1
                yield page
            if self.fails:
                raise ProviderError("the end is missing")
        finally:
            self.closed += 1


@given(pages=st.integers(0, 20), pauses=st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_every_reader_gets_every_page_in_order_and_each_page_is_asked_for_once(pages: int, pauses: list[int]) -> None:
    listing = Listing(pages)

    async def reader(shared: SharedListing[int], pause: int) -> list[int]:
        found = []
        async for page in shared.read(listing.read):
            found.append(page)
            for _ in range(pause):
                await asyncio.sleep(0)
        return found

    async def everyone() -> list[list[int]]:
        shared: SharedListing[int] = SharedListing()
        return await asyncio.gather(*(reader(shared, pause) for pause in pauses))

    assert asyncio.run(everyone()) == [list(range(pages))] * len(pauses)
    assert (listing.opened, listing.asked) == (1, pages)


async def first_page(reading: AsyncGenerator[int, None]) -> int:
    async with aclosing(reading):
        return await anext(reading)


def test_a_reader_that_stops_early_leaves_the_rest_to_the_others() -> None:
    listing = Listing(5)

    async def both() -> list[int]:
        shared: SharedListing[int] = SharedListing()
        staying = shared.read(listing.read)
        found = [await anext(staying), await first_page(shared.read(listing.read))]
        return [*found, *[page async for page in staying]]

    assert asyncio.run(both()) == [0, 0, 1, 2, 3, 4] and listing.opened == 1


def test_a_listing_that_everybody_has_left_is_closed_and_read_anew_by_the_next() -> None:
    listing = Listing(5)

    async def one_after_the_other() -> list[int]:
        shared: SharedListing[int] = SharedListing()
        await first_page(shared.read(listing.read))
        assert listing.closed == 1
        return [page async for page in shared.read(listing.read)]

    assert asyncio.run(one_after_the_other()) == [0, 1, 2, 3, 4] and listing.opened == 2


def test_a_reader_that_is_cancelled_in_the_middle_of_a_page_costs_the_others_nothing() -> None:
    listing = Listing(5)

    async def both() -> list[int]:
        shared: SharedListing[int] = SharedListing()
        staying = shared.read(listing.read)
        found = [await anext(staying)]
        leaving = asyncio.create_task(first_two(shared))
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert leaving.cancelled()
        return [*found, *[page async for page in staying]]

    async def first_two(shared: SharedListing[int]) -> None:
        async with aclosing(shared.read(listing.read)) as reading:
            await anext(reading)
            await anext(reading)

    assert set(asyncio.run(both())) == {0, 1, 2, 3, 4}


def test_an_error_is_raised_to_every_reader_after_the_pages_before_it() -> None:
    listing, found = Listing(3, fails=True), []

    async def each() -> None:
        shared: SharedListing[int] = SharedListing()
        for _ in range(2):
            with pytest.raises(ProviderError, match="missing"):
                async for page in shared.read(listing.read):
                    found.append(page)

    asyncio.run(each())
    assert found == [0, 1, 2, 0, 1, 2] and listing.opened == 1
