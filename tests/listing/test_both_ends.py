"""Whatever list and search do, every record that the list holds is read; proven with plain integers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from own_time import in_own_time

from integrations.listing import ListPage, SearchPage, read_from_both_ends
from integrations.model.errors import ProviderError

LIST_SIZE, SEARCH_SIZE = 4, 8


@dataclass
class Integers:
    """Records that are their own ids. `hidden` are unknown to the search, `fresh` too new to be trusted there."""

    ids: list[int]
    hidden: set[int] = field(default_factory=set)
    fresh: set[int] = field(default_factory=set)
    refused_after: int = 10**9
    wrong_total: int = 0
    shuffled: bool = False
    list_takes: float = 0.01
    search_takes: float = 0.01
    search_size: int = SEARCH_SIZE
    max_skip: int = 40
    lists: int = 0
    searches: int = 0

    async def list_from(self, cursor: str) -> AsyncGenerator[ListPage[int], None]:
        order = sorted(self.ids, key=lambda n: (n % 3, n)) if self.shuffled else sorted(self.ids)
        start = next((place for place, n in enumerate(order) if n >= int(cursor or 0)), len(order))
        if self.shuffled and cursor:
            start = order.index(int(cursor)) if int(cursor) in order else len(order)
        while True:
            self.lists += 1
            await asyncio.sleep(self.list_takes)
            following = order[start + LIST_SIZE : start + LIST_SIZE + 1]
            yield ListPage(order[start : start + LIST_SIZE], str(following[0]) if following else "")
            if not following:
                return
            start += LIST_SIZE

    async def search_below(self, limit: int | None, skip: int) -> SearchPage[int]:
        await asyncio.sleep(self.search_takes)
        self.searches += 1
        if self.searches > self.refused_after:
            raise ProviderError("refused")
        found = sorted((n for n in self.ids if n not in self.hidden and (limit is None or n < limit)), reverse=True)
        return SearchPage(found[skip : skip + SEARCH_SIZE], max(0, len(found) + self.wrong_total))

    def id_of(self, record: int) -> int | None:
        return record

    def is_settled(self, record: int) -> bool:
        return record not in self.fresh


def read(source: Integers, cursor: str = "") -> list[tuple[list[int], str]]:
    async def everything() -> list[tuple[list[int], str]]:
        return [(list(records), after) async for records, after in read_from_both_ends(source, cursor)]

    return in_own_time(asyncio.wait_for(everything(), 60))


IDS = st.lists(st.integers(1, 10_000), unique=True, max_size=120)


REFUSED_AFTER = st.sampled_from([0, 1, 3, 10**9])
TAKES = st.sampled_from([0.001, 0.01, 0.1])


@settings(max_examples=150, deadline=None)
@given(
    ids=IDS, young=st.integers(0, 40), known=st.booleans(), refused_after=REFUSED_AFTER,
    wrong_total=st.sampled_from([-10, -1, 0, 1, 50]), list_takes=TAKES, search_takes=TAKES,
)  # fmt: skip
def test_every_record_is_read_whatever_the_search_leaves_out_or_miscounts(
    ids: list[int], young: int, known: bool, refused_after: int, wrong_total: int, list_takes: float,
    search_takes: float,
) -> None:  # fmt: skip
    fresh = set(sorted(ids)[len(ids) - young :] if young else [])
    hidden = set() if known else fresh
    source = Integers(ids, hidden, fresh, refused_after, wrong_total, False, list_takes, search_takes)
    assert {each for records, _ in read(source) for each in records} == set(ids)


@settings(max_examples=150, deadline=None)
@given(ids=IDS, young=st.integers(0, 40), refused_after=REFUSED_AFTER, list_takes=TAKES, search_takes=TAKES)
def test_a_list_out_of_order_is_read_to_its_end_unless_nothing_is_missing(
    ids: list[int], young: int, refused_after: int, list_takes: float, search_takes: float
) -> None:
    fresh = set(sorted(ids)[len(ids) - young :] if young else [])
    source = Integers(ids, set(), fresh, refused_after, 0, True, list_takes, search_takes)
    assert {each for records, _ in read(source) for each in records} == set(ids)


@settings(max_examples=60, deadline=None)
@given(ids=IDS, stop=st.integers(1, 12), list_takes=st.sampled_from([0.001, 0.01, 0.1]))
def test_reading_on_from_a_cursor_reads_what_had_not_come(ids: list[int], stop: int, list_takes: float) -> None:
    first = read(Integers(ids, list_takes=list_takes))[:stop]
    cursor = next((after for _, after in reversed(first) if after), "")
    again = read(Integers(ids, list_takes=list_takes), cursor)
    assert {each for records, _ in (*first, *again) for each in records} == set(ids)


def test_both_ends_share_the_work() -> None:
    source = Integers(list(range(1, 401)))
    assert {each for records, _ in read(source) for each in records} == set(source.ids)
    assert source.lists <= 40 and source.searches <= 40, "neither reads all 100 list pages"


def test_a_long_listing_gets_a_second_list() -> None:
    source = Integers(list(range(1, 3001)), max_skip=1000)
    read(source)
    alone = Integers(list(range(1, 3001)), max_skip=0)
    read(alone)
    assert source.searches < alone.searches
