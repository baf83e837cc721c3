"""A listing sorted by its last edits is read completely while records are edited; proven with plain integers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from hypothesis import example, given, settings
from hypothesis import strategies as st
from own_time import in_own_time

from integrations.listing import EditPage, EditTimeReader

SIZE = 4


@dataclass
class Board:
    """Records by the time of their last edit; `edits` maps a request's number to the records edited before it."""

    times: dict[int, int]
    edits: dict[int, list[int]] = field(default_factory=dict)
    requests: int = 0
    edited_at: dict[int, int] = field(default_factory=dict)
    last_pass: int = 0

    async def pages(self, newest_first: bool) -> AsyncGenerator[EditPage[tuple[int, int]], None]:
        start, more, self.last_pass = 0, True, self.requests
        while more:
            await asyncio.sleep(0.01)
            for record in self.edits.get(self.requests, ()):
                if record in self.times:
                    self.times[record] = max(self.times.values()) + 1
                    self.edited_at[record] = self.requests
            self.requests += 1
            order = sorted(self.times, key=lambda record: (self.times[record], record), reverse=newest_first)
            records = [(record, self.times[record]) for record in order[start : start + SIZE]]
            more = start + SIZE < len(order)
            yield EditPage(records, {str(record): time for record, time in records}, newest_first, more)
            start += SIZE


def read(board: Board) -> tuple[dict[int, int], EditTimeReader]:
    async def everything() -> tuple[dict[int, int], EditTimeReader]:
        reader = EditTimeReader(board)
        return {record: time async for page in reader.read_all() for record, time in page.records}, reader

    return in_own_time(asyncio.wait_for(everything(), 60))


TIMES = st.dictionaries(st.integers(0, 60), st.integers(0, 30), max_size=60)


@settings(max_examples=200, deadline=None)
@given(TIMES)
def test_a_quiet_listing_is_read_completely_whatever_shares_a_time(times: dict[int, int]) -> None:
    assert read(Board(dict(times)))[0] == times


@example({n: 0 for n in (0, 33, 52, *range(1, 11))}, {3: [33, 52], 2: [2, 0, 1], 8: [2]})  # edited during the last look
@settings(max_examples=200, deadline=None)
@given(TIMES, st.dictionaries(st.integers(1, 8), st.lists(st.integers(0, 60), max_size=8), max_size=5))
def test_records_edited_before_the_last_pass_come_as_they_are_now(
    times: dict[int, int], edits: dict[int, list[int]]
) -> None:
    board = Board(dict(times), edits)
    found = read(board)[0]
    assert set(found) == set(times)
    settled = {record for record in times if board.edited_at.get(record, -1) < board.last_pass}
    assert {record: found[record] for record in settled} == {record: board.times[record] for record in settled}


def test_both_ends_share_the_work() -> None:
    board = Board({number: number for number in range(400)})
    read(board)
    assert board.requests <= 110, "100 pages, met in the middle, and one more look at the newest end"


def test_a_listing_that_calls_itself_incomplete_is_reported() -> None:
    class Cut(Board):
        async def pages(self, newest_first: bool) -> AsyncGenerator[EditPage[tuple[int, int]], None]:
            yield EditPage([(1, 1)], {"1": 1}, newest_first, has_more=False, incomplete=True)

    assert read(Cut({}))[1].incomplete
