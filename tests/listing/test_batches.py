"""Pages are handled in full batches, the first in time, and each record comes exactly once and in order."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_time import in_own_time

from integrations.listing.batches import batched, handled, together
from integrations.listing.crm.name_limit import NameLimit


async def paged(sizes: list[int]) -> AsyncGenerator[tuple[Sequence[int], str], None]:
    start = 0
    for number, size in enumerate(sizes):
        yield range(start, start + size), str(number + 1) if number + 1 < len(sizes) else ""
        start += size


def batches(sizes: list[int], most: int) -> list[tuple[list[int], str]]:
    async def everything() -> list[tuple[list[int], str]]:
        return [each async for each in batched(paged(sizes), most, 60)]

    return in_own_time(everything())


@given(st.lists(st.integers(0, 30), max_size=30), st.integers(1, 100))
def test_every_record_comes_once_in_order_and_every_batch_but_the_last_is_full(sizes: list[int], most: int) -> None:
    found = [records for records, _ in batches(sizes, most)]
    assert [each for records in found for each in records] == list(range(sum(sizes)))
    assert len(found) == max(1, math.ceil(sum(sizes) / most)) and all(len(each) == most for each in found[:-1])


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30), st.integers(1, 100))
def test_a_cursor_leads_behind_the_last_page_that_has_come_whole(sizes: list[int], most: int) -> None:
    seen = 0
    for records, cursor in batches(sizes, most):
        seen += len(records)
        assert not cursor or sum(sizes[: int(cursor)]) <= seen
        assert seen == sum(sizes) or seen < sum(sizes[: int(cursor or 0) + 1])


@given(st.lists(st.floats(0, 3), max_size=12), st.floats(0.1, 2))
def test_the_first_records_come_in_time_and_nothing_is_lost(pauses: list[float], first_wait: float) -> None:
    async def pages() -> AsyncGenerator[tuple[Sequence[int], str], None]:
        for number, pause in enumerate(pauses):
            await asyncio.sleep(pause)
            yield [number], str(number + 1)

    async def scene() -> tuple[float, list[int]]:
        began, found, first = asyncio.get_running_loop().time(), [], 0.0
        async for records, _ in batched(pages(), 5, first_wait):
            first = first or asyncio.get_running_loop().time() - began
            found += records
        return first, found

    first, found = in_own_time(scene())
    assert found == list(range(len(pauses)))
    assert first <= sum(pauses[:1]) + first_wait + 0.01


def test_batches_are_handled_while_others_are_and_come_in_their_order() -> None:
    under_way = most = 0

    async def handle(batch: tuple[list[int], str]) -> int:
        nonlocal under_way, most
        under_way, most = under_way + 1, max(most, under_way + 1)
        await asyncio.sleep(1 if batch[0][0] % 2 else 5)
        under_way -= 1
        return batch[0][0]

    async def scene() -> list[int]:
        return [each async for each in handled(batched(paged([1] * 9), 1, 60), handle)]

    assert in_own_time(scene()) == list(range(9))
    assert 1 < most <= 3, "a few at a time: what they hold is in memory"


def test_what_fails_in_handling_a_batch_ends_the_others_and_is_raised() -> None:
    ended: list[int] = []

    async def handle(batch: tuple[list[int], str]) -> int:
        try:
            await asyncio.sleep(1 if batch[0] == [0] else 60)
        finally:
            ended.extend(batch[0])
        raise ValueError("no")

    async def scene() -> None:
        async with aclosing(handled(batched(paged([1] * 9), 1, 60), handle)) as results:
            await anext(results)

    with pytest.raises(ValueError, match="no"):
        in_own_time(scene())
    assert ended[0] == 0 and len(ended) > 1


def test_an_error_of_the_listing_is_raised_even_if_it_is_a_timeout() -> None:
    async def fails() -> AsyncGenerator[tuple[Sequence[int], str], None]:
        yield [1], "2"
        raise TimeoutError

    async def scene() -> None:
        async with aclosing(batched(fails(), 5, 60)) as found:
            await anext(found)

    with pytest.raises(TimeoutError):
        in_own_time(scene())


def test_the_first_error_ends_the_other_calls() -> None:
    ended: list[str] = []

    async def slow() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append("slow")

    async def fails() -> None:
        await asyncio.sleep(0)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        asyncio.run(asyncio.wait_for(together(slow(), fails()), 5))
    assert ended == ["slow"]


@given(st.lists(st.text("abc_", min_size=1, max_size=40), min_size=1, max_size=200), st.integers(10, 2_000))
def test_names_are_split_without_loss_and_an_address_shrinks_until_one_is_left(names: list[str], limit: int) -> None:
    room = NameLimit(limit)
    while True:
        held, others = room.split(names)
        assert [*held, *others] == names and held
        assert len("%2C".join(held)) <= limit or len(held) == 1
        if not room.shorten(held):
            break
    assert len(held) == 1
