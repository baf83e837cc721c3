"""A listing is followed to its end, whatever its cursor is called."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.http import cursor_pages
from integrations.http.paging import listed
from integrations.model.errors import CursorExpired, ProviderError, Unavailable
from integrations.store.loop import run


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

    async def collect() -> list[str]:
        return [answer[0] async for answer in cursor_pages(fetch, lambda answer: answer[1])]

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
    with pytest.raises(ProviderError, match="never ends"):
        read({None: ("one", "b"), "b": ("two", "c"), "c": ("three", cursor)})


def test_any_other_error_passes_through() -> None:
    with pytest.raises(Unavailable):
        read({None: ("one", "b"), "b": Unavailable("")})


@pytest.mark.parametrize("answer", [{}, {"things": None}, {"things": []}, {"things": [None, 1, "a", {}, {"id": None}]}])
def test_what_is_no_object_with_an_id_is_not_listed(answer: dict[str, Any]) -> None:
    assert listed(answer, "things") == []
    assert listed({"things": [None, {"id": "1"}]}, "things") == [{"id": "1"}]
