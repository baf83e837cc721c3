"""A listing that several readers share is read once, and every reader gets all of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.listing import SharedListing
from integrations.model.errors import ProviderError


class Listing:
    """Pages 0, 1, 2, …; fails after the last one if `fails`."""

    def __init__(self, pages: int, fails: bool = False) -> None:
        self.pages, self.fails = pages, fails
        self.opened = self.asked = 0

    async def read(self) -> AsyncGenerator[int, None]:
        self.opened += 1
        for page in range(self.pages):
            await asyncio.sleep(0)
            self.asked += 1
            yield page
        if self.fails:
            raise ProviderError("the end is missing")


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


def test_a_reader_that_stops_early_leaves_the_rest_to_the_others() -> None:
    listing = Listing(5)

    async def both() -> list[int]:
        shared: SharedListing[int] = SharedListing()
        async for _ in shared.read(listing.read):
            break
        return [page async for page in shared.read(listing.read)]

    assert asyncio.run(both()) == [0, 1, 2, 3, 4] and listing.opened == 1


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
