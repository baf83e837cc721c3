"""A listing whose large pages take too long is read in smaller ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from own_time import in_own_time

from integrations.listing import PageSize, PageTooSlow
from integrations.model.errors import Forbidden, Unavailable

SIZES = (100, 50, 10)


class Server:
    """Answers pages of a certain size at most."""

    def __init__(self, most: int = 100, error: type[Exception] = PageTooSlow) -> None:
        self.most, self.error = most, error
        self.asked: list[int] = []

    async def page(self, size: int) -> int:
        self.asked.append(size)
        if size > self.most:
            raise self.error("too slow")
        return size


def answers(server: Server, *most: int) -> list[Any]:
    """The answers to as many calls, each with its own limit."""

    async def all_of() -> list[Any]:
        size, found = PageSize(SIZES), []
        for server.most in most:
            found.append(await size.ask(server.page))
        return found

    return in_own_time(asyncio.wait_for(all_of(), 60))


def test_smaller_pages_are_asked_for_until_one_comes_and_for_the_rest_of_the_listing() -> None:
    server = Server()
    assert answers(server, 100, 60, 60) == [100, 50, 50]
    assert server.asked == [100, 100, 50, 50]


def test_after_a_while_larger_pages_are_tried_again() -> None:
    server = Server()
    assert answers(server, 10, *[100] * 25)[-1] == 100


def test_a_page_that_is_too_slow_at_any_size_is_unavailable() -> None:
    server = Server()
    with pytest.raises(Unavailable, match="too slow"):
        answers(server, 5)
    assert server.asked == [100, 50, 10]


def test_a_provider_that_is_away_from_the_start_is_not_asked_again_in_smaller_pages() -> None:
    server = Server(error=Unavailable)
    with pytest.raises(Unavailable):
        answers(server, 0)
    assert server.asked == [100]


def test_a_provider_that_stops_answering_is_asked_for_its_smallest_page_once() -> None:
    server = Server(error=Unavailable)
    assert answers(server, 100, 20) == [100, 10]
    assert server.asked == [100, 100, 10]


def test_a_refusal_is_no_matter_of_size() -> None:
    server = Server(error=Forbidden)
    with pytest.raises(Forbidden):
        answers(server, 5)
    assert server.asked == [100]
