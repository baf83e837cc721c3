"""In which order the streams of a load are read, and how many at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import fake_provider
import pytest
from made_up import varied
from sync_helpers import Fake

import integrations
from integrations.model import Catalog, Item, Page, Stream

CALLS = {"one-short": 1, "one-long": 3, "two-short": 1}


class Groups:
    """Streams in two groups, which note when they are begun and how many of a group are read at once."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.reading: list[str] = []
        self.together: list[tuple[str, ...]] = []

    async def catalog(self, api: Any) -> Catalog:
        return Catalog(tuple(Stream(name, name, "people", group=name.partition("-")[0]) for name in CALLS))

    async def read(self, api: Any, stream: Stream, cursor: str = "") -> AsyncIterator[Page]:
        self.begun.append(stream.id)
        self.reading.append(stream.id)
        self.together.append(tuple(self.reading))
        for _ in range(CALLS[stream.id]):
            api._on_call()  # as if one had gone out
            await asyncio.sleep(0.05)
        self.reading.remove(stream.id)
        yield Page([Item(stream.id, "people", stream.id)])


@pytest.fixture
def groups(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Groups:
    found = Groups()
    facts = {"catalog": found.catalog, "read": found.read, "changes": None, "concurrency": 1}
    monkeypatch.setitem(integrations.providers(), "fake", varied(fake_provider.PROVIDER, **facts))
    return found


def test_each_group_has_places_of_its_own_so_that_none_waits_for_another(fake: Fake, groups: Groups) -> None:
    assert fake.load().state == "complete"
    assert ("one-short", "two-short") in groups.together
    assert not any({"one-short", "one-long"} <= set(names) for names in groups.together)


def test_the_stream_that_took_most_calls_the_last_time_is_begun_first(fake: Fake, groups: Groups) -> None:
    fake.load()
    assert groups.begun == ["one-short", "two-short", "one-long"], "in the provider's order, while nothing is known"
    groups.begun.clear()
    fake.load()
    assert groups.begun == ["one-long", "two-short", "one-short"]
