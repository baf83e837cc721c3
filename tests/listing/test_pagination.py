"""A listing is followed to its end, whatever its cursor is called."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.listing import cursor_pages, link_pages, offset_pages, records_in, with_id
from integrations.listing.pagination import MAX_STALE_PAGES
from integrations.model import Answer
from integrations.model.errors import CursorExpired, ProviderError, Unavailable
from integrations.service.runtime import run


def read(pages: dict[str | None, Any]) -> tuple[list[str], list[str | None]]:
    """(what was yielded, the cursors that were asked for) of pages `cursor: (content, next cursor) or error`."""
    asked: list[str | None] = []

    async def fetch(cursor: str | None) -> Any:
        asked.append(cursor)
        page = pages[cursor]
        if isinstance(page, list):
            page = page.pop(0) if len(page) > 1 else page[0]
        if isinstance(page, Exception):
            raise page
        return page

    async def answered(cursor: str | None) -> Any:
        content, following = await fetch(cursor)
        return {"things": [{"id": each} for each in content.split()], "next": following}

    async def collect() -> list[str]:
        pages = cursor_pages(answered, "things", lambda answer: answer["next"])
        return [" ".join(each["id"] for each in answer["things"]) async for answer in pages]

    try:
        return run(collect()), asked
    except ProviderError as error:
        error.asked = asked
        raise


def test_every_page_is_asked_for_with_the_cursor_of_the_one_before() -> None:
    assert read({None: ("one", "b"), "b": ("two", "c"), "c": ("three", None)}) == (
        ["one", "two", "three"],
        [None, "b", "c"],
    )


@pytest.mark.parametrize("end", [None, ""])
def test_a_page_without_a_cursor_is_the_last(end) -> None:
    assert read({None: ("one", end)}) == (["one"], [None])


def test_an_expired_cursor_starts_the_listing_again() -> None:
    pages = {None: ("one", "b"), "b": [CursorExpired(""), ("two", None)]}
    assert read(pages) == (["one", "one", "two"], [None, "b", None, "b"])


def test_a_cursor_that_always_expires_ends_with_its_error() -> None:
    with pytest.raises(CursorExpired) as raised:
        read({None: ("one", "b"), "b": CursorExpired("")})
    assert raised.value.asked == [None, "b"] * 3


@pytest.mark.parametrize("cursor", ["b", "c"])
def test_a_cursor_that_leads_back_is_an_error_and_no_endless_loop(cursor: str) -> None:
    with pytest.raises(ProviderError, match=r"repeats a page without end\. Refresh"):
        read({None: ("one", "b"), "b": ("two", "c"), "c": ("three", cursor)})


def test_any_other_error_passes_through() -> None:
    with pytest.raises(Unavailable):
        read({None: ("one", "b"), "b": Unavailable("")})


@pytest.mark.parametrize("content", ["one", ""])
def test_a_listing_that_brings_nothing_new_with_ever_new_cursors_is_an_error_and_no_endless_loop(content: str) -> None:
    endless = {None: (content, "0"), **{str(n): (content, str(n + 1)) for n in range(2 * MAX_STALE_PAGES)}}
    with pytest.raises(ProviderError, match=r"repeats a page without end\. Refresh") as raised:
        read(endless)
    assert len(raised.value.asked) <= MAX_STALE_PAGES + 1


def test_empty_and_repeated_pages_between_others_are_no_end() -> None:
    gap = {str(n): ("one" if n % 2 else "", str(n + 1)) for n in range(MAX_STALE_PAGES - 5)}
    pages = {None: ("one", "0"), **gap, str(MAX_STALE_PAGES - 5): ("two", None)}
    assert read(pages)[0][-1] == "two"


@pytest.mark.parametrize("answer", [{}, {"things": None}, {"things": {}}, {"other": []}])
def test_an_answer_without_its_list_is_an_error_and_no_empty_listing(answer: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match=r"without its rows\. Refresh"):
        records_in(answer, "things")


def test_what_is_no_object_with_an_id_is_not_records_in() -> None:
    assert records_in({"things": []}, "things") == []
    assert records_in({"things": [None, 1, "a", {}, {"id": None}, {"id": "1"}]}, "things") == [{"id": "1"}]
    assert with_id(None) == []


@pytest.mark.parametrize("count", [0, 1, 4, 5, 10, 11])
def test_a_listing_by_offset_is_asked_for_until_a_page_is_short(count: int) -> None:
    asked: list[int] = []

    async def fetch(offset: int) -> Any:
        asked.append(offset)
        return {"things": [{"id": str(number + 1)} for number in range(offset, min(offset + 5, count))]}

    async def collect() -> list[str]:
        return [each["id"] async for answer in offset_pages(fetch, "things", 5) for each in answer["things"]]

    assert run(collect()) == [str(number + 1) for number in range(count)]
    assert asked == list(range(0, count + 1, 5))


def test_a_listing_of_arrays_is_followed_by_its_link_header() -> None:
    pages = {
        None: Answer([{"id": 1}], {"next": "/things?page=2"}),
        "/things?page=2": Answer([{"id": 2}], {"next": "/things?page=3", "prev": "/things"}),
        "/things?page=3": Answer([], {"prev": "/things?page=2"}),
    }

    async def fetch(link: str | None) -> Answer:
        return pages[link]

    async def collect() -> list[list[Any]]:
        return [list(body) async for body in link_pages(fetch)]

    assert run(collect()) == [[{"id": 1}], [{"id": 2}], []]


def test_a_link_that_leads_back_is_an_error_and_no_endless_loop() -> None:
    async def fetch(link: str | None) -> Answer:
        return Answer([{"id": 1}], {"next": "/things"})

    async def collect() -> None:
        async for _ in link_pages(fetch):
            pass

    with pytest.raises(ProviderError, match="without end"):
        run(collect())
