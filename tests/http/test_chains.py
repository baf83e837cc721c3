"""Several listings at a time: pages come as they come, whoever goes away leaves nothing running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest
from own_time import in_own_time

from integrations.http import Chains, MostFirst, Once


async def numbers(*found: int, takes: float = 0, fails: bool = False) -> AsyncGenerator[int, None]:
    for number in found:
        await asyncio.sleep(takes)
        yield number
    if fails:
        raise ValueError


def test_pages_of_all_chains_come_each_chain_in_its_order() -> None:
    async def scene() -> list[int]:
        async with Chains(numbers(1, 2, 3), numbers(10, 20, takes=0.01)) as chains:
            return [page async for page in chains]

    found = in_own_time(scene())
    assert [page for page in found if page < 10] == [1, 2, 3] and [page for page in found if page >= 10] == [10, 20]


def test_a_chain_that_is_added_on_the_way_is_read_to_its_end() -> None:
    async def scene() -> list[int]:
        found = []
        async with Chains(numbers(1, 2)) as chains:
            async for page in chains:
                found.append(page)
                if page == 2:
                    chains.add(numbers(3, 4, takes=0.01))
        return found

    assert in_own_time(scene()) == [1, 2, 3, 4]


def test_the_first_error_ends_all_chains() -> None:
    async def scene() -> None:
        async with Chains(numbers(*range(1000), takes=0.01), numbers(1, fails=True)) as chains:
            async for _ in chains:
                pass

    with pytest.raises(ValueError):
        in_own_time(asyncio.wait_for(scene(), 5))


@pytest.mark.parametrize("deaf", [False, True])
def test_whoever_leaves_early_leaves_nothing_running(deaf: bool) -> None:
    """Not even where a chain waits for something that loses the cancellation."""
    closed: list[bool] = []

    async def chain() -> AsyncGenerator[int, None]:
        try:
            yield 1
            try:
                await asyncio.sleep(30)
            except asyncio.CancelledError:
                if not deaf:
                    raise
            for number in range(100):
                yield number
        finally:
            closed.append(True)

    async def scene() -> None:
        here = asyncio.all_tasks()
        async with Chains(chain()) as chains:
            async for _ in chains:
                break
        assert asyncio.all_tasks() <= here

    in_own_time(asyncio.wait_for(scene(), 10))
    assert closed == [True]


def test_whoever_has_most_left_goes_first_as_it_is_when_the_turn_ends() -> None:
    left = {"a": 1.0, "b": 2.0, "c": 3.0}
    order: list[str] = []

    async def scene() -> None:
        turns = MostFirst()

        async def work(name: str) -> None:
            async with turns.turn(lambda: left[name]):
                order.append(name)
                await asyncio.sleep(0.01)
                left["a"] = 9

        await asyncio.gather(*(work(name) for name in ("b", "a", "c")))

    in_own_time(scene())
    assert order == ["b", "a", "c"]


def test_who_asks_again_at_once_waits_with_the_others() -> None:
    order: list[str] = []

    async def scene() -> None:
        turns = MostFirst()

        async def work(name: str, times: int, left: float) -> None:
            for _ in range(times):
                async with turns.turn(lambda: left):
                    order.append(name)
                    await asyncio.sleep(0)

        await asyncio.gather(work("more", 3, 10), work("less", 2, 1))

    in_own_time(scene())
    assert order == ["more"] * 3 + ["less"] * 2


def test_a_turn_given_to_somebody_who_goes_away_goes_on_to_the_next() -> None:
    async def scene() -> None:
        turns, entered = MostFirst(), asyncio.Event()

        async def work(name: str, left: float) -> None:
            async with turns.turn(lambda: left):
                entered.set()

        async with turns.turn(lambda: 0):
            leaving, staying = asyncio.create_task(work("leaving", 9)), asyncio.create_task(work("staying", 1))
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # the turn is handed over
        leaving.cancel()
        await asyncio.wait_for(staying, 5)

    in_own_time(scene())


def test_something_fetched_once_is_given_up_when_the_last_one_stops_waiting_and_not_before() -> None:
    fetched: list[str] = []

    async def fetch() -> int:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            fetched.append("given up")
            raise
        fetched.append("done")
        return 7

    async def waits(once: Once[int]) -> int:
        return await once

    async def scene() -> None:
        once = Once(fetch)
        first, second = asyncio.create_task(waits(once)), asyncio.create_task(waits(once))
        await asyncio.sleep(0.01)
        first.cancel()
        assert await second == 7 and await once == 7 and fetched == ["done"]
        other = Once(fetch)
        waiting = asyncio.create_task(waits(other))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.sleep(0.02)
        assert fetched == ["done", "given up"]
        assert await other == 7

    in_own_time(scene())
