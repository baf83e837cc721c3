"""Pages are handled in batches, the first at once, and each record comes exactly once and in order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.listing.batches import in_batches, together
from integrations.listing.crm.name_limit import NameLimit


async def paged(sizes: list[int]) -> AsyncGenerator[tuple[Sequence[int], str], None]:
    start = 0
    for number, size in enumerate(sizes):
        yield range(start, start + size), str(number + 1) if number + 1 < len(sizes) else ""
        start += size


def batches(sizes: list[int], most: int) -> list[tuple[list[int], str]]:
    async def everything() -> list[tuple[list[int], str]]:
        return [each async for each in in_batches(paged(sizes), most)]

    return asyncio.run(everything())


@given(st.lists(st.integers(0, 30), max_size=30), st.integers(30, 100))
def test_every_record_comes_once_in_order_and_no_batch_is_too_large(sizes: list[int], most: int) -> None:
    found = batches(sizes, most)
    assert [each for records, _ in found for each in records] == list(range(sum(sizes)))
    assert all(len(records) <= most for records, _ in found) and found


@given(st.lists(st.integers(1, 30), min_size=1, max_size=30), st.integers(30, 100))
def test_a_cursor_never_leads_past_records_that_have_not_come(sizes: list[int], most: int) -> None:
    seen = 0
    for records, cursor in batches(sizes, most):
        seen += len(records)
        assert not cursor or seen == sum(sizes[: int(cursor)])


def test_the_first_page_does_not_wait_for_the_second() -> None:
    async def scene() -> list[int]:
        never = asyncio.Event()

        async def pages() -> AsyncGenerator[tuple[Sequence[int], str], None]:
            yield [1], "2"
            await never.wait()

        return (await asyncio.wait_for(anext(in_batches(pages(), 100)), 5))[0]

    assert asyncio.run(scene()) == [1]


def test_ten_pages_after_the_first_are_one_batch() -> None:
    assert [len(records) for records, _ in batches([100] * 12, 1_000)] == [100, 1_000, 100]


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
