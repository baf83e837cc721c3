"""Names are fetched when an unknown id is met, once, and remembered by whoever keeps `known`."""

from __future__ import annotations

import asyncio

import pytest

from integrations.listing import Lookup
from integrations.model.errors import Forbidden


class Listing:
    """The people of an account, as often as they were asked for."""

    def __init__(self, refuses: bool = False) -> None:
        self.asked = 0
        self.refuses = refuses

    async def __call__(self) -> dict[str, str]:
        self.asked += 1
        if self.refuses:
            raise Forbidden("this account may not read it")
        return {"1": "Ada", "2": "Bo"}


def test_names_are_fetched_once_and_then_remembered() -> None:
    listing, known = Listing(), {}
    names = Lookup("people", known, listing)
    assert asyncio.run(names.resolve(["1", None, "1"])) == {"1": "Ada"} and listing.asked == 1
    later = Listing()
    assert asyncio.run(Lookup("people", known, later).resolve(["1", "2"])) == {"1": "Ada", "2": "Bo"}
    asyncio.run(Lookup("people", known, later).wait())
    assert later.asked == 0


def test_an_id_without_a_name_is_asked_for_once_and_not_at_every_refresh() -> None:
    listing, known = Listing(), {}
    assert asyncio.run(Lookup("people", known, listing).resolve(["9"])) == {}
    assert asyncio.run(Lookup("people", known, listing).resolve(["9"])) == {} and listing.asked == 1


def test_an_id_that_is_new_fetches_the_names_again() -> None:
    listing, known = Listing(), {"people": "", "people 1": "Ada as she was"}
    assert asyncio.run(Lookup("people", known, listing).resolve(["1"])) == {"1": "Ada as she was"}
    assert listing.asked == 0
    assert asyncio.run(Lookup("people", known, listing).resolve(["2"])) == {"2": "Bo"} and listing.asked == 1


def test_names_that_may_not_be_read_are_an_error_only_for_who_waits_for_them() -> None:
    async def scene() -> None:
        names = Lookup("people", {}, Listing(refuses=True))
        assert await names.resolve(["1"]) == {}
        with pytest.raises(Forbidden):
            await names.wait()

    asyncio.run(scene())


def test_two_listings_that_share_a_memory_do_not_mix() -> None:
    known: dict[str, str] = {}
    asyncio.run(Lookup("people", known, Listing()).wait())
    other = Listing()
    assert asyncio.run(Lookup("former people", known, other).resolve(["1"])) == {"1": "Ada"} and other.asked == 1
