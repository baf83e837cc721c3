"""A shared task runs once; a lock goes to the waiter with the highest priority; calls at once are so many at most."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest
from own_time import in_own_time

from integrations.listing import PriorityLock, SharedTask, all_of


def test_the_lock_goes_to_the_highest_priority_at_the_time_of_its_release() -> None:
    left = {"a": 1.0, "b": 2.0, "c": 3.0}
    order: list[str] = []

    async def scene() -> None:
        lock = PriorityLock()

        async def work(name: str) -> None:
            async with lock.acquire(lambda: left[name]):
                order.append(name)
                await asyncio.sleep(0.01)
                left["a"] = 9

        await asyncio.gather(*(work(name) for name in ("b", "a", "c")))

    in_own_time(scene())
    assert order == ["b", "a", "c"]


def test_a_holder_that_asks_again_competes_with_the_waiters() -> None:
    order: list[str] = []

    async def scene() -> None:
        lock = PriorityLock()

        async def work(name: str, times: int, left: float) -> None:
            for _ in range(times):
                async with lock.acquire(lambda: left):
                    order.append(name)
                    await asyncio.sleep(0)

        await asyncio.gather(work("more", 3, 10), work("less", 2, 1))

    in_own_time(scene())
    assert order == ["more"] * 3 + ["less"] * 2


def test_so_many_hold_a_lock_at_the_same_time_and_never_more() -> None:
    held = most = 0

    async def scene() -> None:
        lock = PriorityLock(2)

        async def work(seconds: float) -> None:
            nonlocal held, most
            async with lock.acquire(lambda: seconds):
                held, most = held + 1, max(most, held + 1)
                await asyncio.sleep(seconds)
                held -= 1

        await asyncio.gather(*(work(seconds) for seconds in (1, 3, 0, 2, 1, 0, 2)))
        await work(0)

    in_own_time(scene())
    assert most == 2


def test_a_lock_granted_to_a_cancelled_waiter_goes_to_the_next() -> None:
    async def scene() -> None:
        lock, entered = PriorityLock(), asyncio.Event()

        async def work(name: str, left: float) -> None:
            async with lock.acquire(lambda: left):
                entered.set()

        async with lock.acquire(lambda: 0):
            leaving, staying = asyncio.create_task(work("leaving", 9)), asyncio.create_task(work("staying", 1))
            await asyncio.sleep(0)
        await asyncio.sleep(0)  # the turn is handed over
        leaving.cancel()
        await asyncio.wait_for(staying, 5)

    in_own_time(scene())


def test_a_shared_task_is_cancelled_with_its_last_caller_and_not_before() -> None:
    fetched: list[str] = []

    async def fetch() -> int:
        try:
            await asyncio.sleep(0.05)
        except asyncio.CancelledError:
            fetched.append("given up")
            raise
        fetched.append("done")
        return 7

    async def waits(once: SharedTask[int]) -> int:
        return await once

    async def scene() -> None:
        once = SharedTask(fetch)
        first, second = asyncio.create_task(waits(once)), asyncio.create_task(waits(once))
        await asyncio.sleep(0.01)
        first.cancel()
        assert await second == 7 and await once == 7 and fetched == ["done"]
        other = SharedTask(fetch)
        waiting = asyncio.create_task(waits(other))
        await asyncio.sleep(0.01)
        waiting.cancel()
        await asyncio.sleep(0.02)
        assert fetched == ["done", "given up"]
        assert await other == 7

    in_own_time(scene())


def test_calls_at_the_same_time_keep_their_order_and_their_number() -> None:
    running = most = 0

    async def call(n: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001 * (10 - n))
        running -= 1
        return n

    assert asyncio.run(all_of([partial(call, n) for n in range(10)], 3)) == list(range(10))
    assert most == 3


def test_the_first_error_of_several_calls_ends_the_others() -> None:
    ended: list[int] = []

    async def call(n: int) -> None:
        if n == 0:
            raise ValueError("no")
        await asyncio.sleep(5)
        ended.append(n)

    with pytest.raises(ValueError, match="no"):
        asyncio.run(all_of([partial(call, n) for n in range(3)], 3))
    assert ended == []
