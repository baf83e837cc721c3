"""Calls are spaced in each lane by itself; time is a number here, so nobody waits."""

from __future__ import annotations

import asyncio
import heapq
from types import SimpleNamespace

import pytest

from integrations.http import pacing
from integrations.http.pacing import Pace


class Clock:
    """Time that passes only when everybody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        wakes: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self.sleepers, (self.now + seconds, len(self.sleepers), wakes))
        await wakes

    async def passes(self) -> None:
        """Let everybody go on until nobody sleeps."""
        while True:
            for _ in range(20):
                await asyncio.sleep(0)
            if not self.sleepers:
                return
            self.now, _, wakes = heapq.heappop(self.sleepers)
            wakes.set_result(None)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pacing, "time", SimpleNamespace(monotonic=clock.monotonic))
    monkeypatch.setattr(pacing, "asyncio", SimpleNamespace(sleep=clock.sleep))
    return clock


def times(
    clock: Clock, pace: Pace, *lanes: str, close: tuple[float, str, float] | None = None
) -> list[tuple[str, float]]:
    """When each call of these lanes came through, all of them asked for at once."""
    through: list[tuple[str, float]] = []

    async def call(lane: str) -> None:
        await pace.turn(lane)
        through.append((lane, round(clock.now - 1000, 3)))

    async def closing(after: float, lane: str, seconds: float) -> None:
        await clock.sleep(after)
        pace.close(lane, seconds)

    async def everybody() -> None:
        waiting = [asyncio.ensure_future(call(lane)) for lane in lanes]
        if close:
            waiting.append(asyncio.ensure_future(closing(*close)))
        await clock.passes()
        await asyncio.gather(*waiting)

    asyncio.run(everybody())
    return through


def test_calls_of_one_lane_are_an_interval_apart(clock: Clock) -> None:
    assert times(clock, Pace(0.2), "a", "a", "a") == [("a", 0), ("a", 0.2), ("a", 0.4)]


def test_lanes_do_not_wait_for_each_other(clock: Clock) -> None:
    assert times(clock, Pace(0.2), "a", "b", "a", "b") == [("a", 0), ("b", 0), ("a", 0.2), ("b", 0.2)]


def test_without_an_interval_nobody_waits(clock: Clock) -> None:
    assert times(clock, Pace(0), "a", "a") == [("a", 0), ("a", 0)]


def test_nobody_enters_a_closed_lane_and_the_others_stay_open(clock: Clock) -> None:
    pace = Pace(0.2)
    pace.close("a", 30)
    assert times(clock, pace, "a", "b", "a") == [("b", 0), ("a", 30), ("a", 30.2)]


def test_those_who_wait_while_a_lane_is_closed_queue_again_behind_it(clock: Clock) -> None:
    through = times(clock, Pace(0.2), "a", "a", "a", close=(0.1, "a", 30))
    assert through == [("a", 0), ("a", 30.1), ("a", 30.3)]


def test_a_shorter_closing_does_not_open_a_lane_early(clock: Clock) -> None:
    pace = Pace(0)
    pace.close("a", 30)
    pace.close("a", 1)
    assert times(clock, pace, "a") == [("a", 30)]
