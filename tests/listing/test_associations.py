"""Associations are read to their end, in as few calls as they take."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from integrations.listing.crm.associations import NOT_GIVEN, Links, read_associations
from integrations.model.errors import ProviderError


class Linked:
    """Gives so many of a record's associations at once, and a cursor to the others."""

    def __init__(self, page_size: int, **links: list[str]) -> None:
        self.page_size, self.links = page_size, links
        self.asked: list[int] = []

    async def __call__(self, body: dict[str, Any]) -> Any:
        self.asked.append(len(body["inputs"]))
        results = [self._result(**each) for each in body["inputs"] if each["id"] in self.links]
        return {"results": results}

    def _result(self, id: str, after: str = "0") -> dict[str, Any]:
        start = int(after)
        found, end = self.links[id][start : start + self.page_size], start + self.page_size
        paging = {"paging": {"next": {"after": str(end)}}} if end < len(self.links[id]) else {}
        return {"from": {"id": id}, "to": [{"toObjectId": each, "associationTypes": []} for each in found], **paging}


def read(fetch: Any, ids: list[str], primary: tuple[int, ...] = ()) -> Links:
    return asyncio.run(read_associations(fetch, ids, primary))


def test_a_record_with_more_than_a_page_of_associations_has_them_all() -> None:
    many, few = [str(n) for n in range(250)], ["1"]
    source = Linked(100, a=many, b=few)
    assert read(source, ["a", "b", "c"]) == {"a": many, "b": few}
    assert source.asked == [3, 1, 1]


def test_a_thousand_records_take_one_call_however_often_they_are_named() -> None:
    source = Linked(100)
    assert read(source, [str(n) for n in range(1_001)] * 2) == {}
    assert source.asked == [1_000, 1]


def test_the_primary_one_is_first_by_its_type_or_its_label_and_comes_once() -> None:
    async def fetch(body: dict[str, Any]) -> Any:
        types = {
            "1": [{"typeId": 279}],
            "2": [{"typeId": 279}, {"typeId": 1}],
            "3": [{"typeId": 9, "label": "PRIMARY"}],
        }
        to = [{"toObjectId": int(id), "associationTypes": each} for id, each in types.items()]
        return {"results": [{"from": {"id": "a"}, "to": [*to, to[0]]}]}

    assert read(fetch, ["a"], (1,)) == {"a": ["2", "3", "1"]}


def test_what_was_not_found_is_none_and_what_failed_says_so() -> None:
    async def fetch(body: dict[str, Any]) -> Any:
        none = {"category": "OBJECT_NOT_FOUND", "context": {"fromObjectId": ["a"]}}
        return {"results": [], "errors": [none, {"category": "INTERNAL_ERROR", "context": {"fromObjectId": ["b"]}}]}

    assert read(fetch, ["a", "b"]) == {"b": NOT_GIVEN}


def test_a_cursor_that_leads_back_is_an_error_and_no_endless_loop() -> None:
    async def fetch(body: dict[str, Any]) -> Any:
        return {"results": [{"from": {"id": "a"}, "to": [], "paging": {"next": {"after": "1"}}}]}

    with pytest.raises(ProviderError, match="without end"):
        read(fetch, ["a"])


def test_an_answer_without_results_is_an_error() -> None:
    async def fetch(body: dict[str, Any]) -> Any:
        return {"results": None}

    with pytest.raises(ProviderError, match="associations"):
        read(fetch, ["a"])
