"""Calls keep to their bucket's rate limit, whoever makes them, in whatever process; counted on the real server."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from own_time import in_own_time

from integrations.http.pacing import STEADY, acquire
from integrations.model import Bucket, RateLimit
from integrations.service.runtime import run
from integrations.store import client, rate_limits

pytestmark = pytest.mark.usefixtures("store")
SPACED = Bucket("spaced", RateLimit(1, 0.1, strict=True))
FEW = Bucket("few", RateLimit(3, 1, strict=True))
LONG = Bucket("long", RateLimit(3, 5, strict=True))
BURST = Bucket("burst", RateLimit(5, 1.5))
TICK = 0.006  # Redis counts in milliseconds, and sleeping ends a little early


async def entered(bucket: Bucket, calls: int, gives_way: float = 0) -> list[float]:
    """When each of so many calls, all asked for at once, was let in."""

    async def one() -> float:
        async with acquire(rate_limits, bucket) as trace:
            now = time.time()
            await asyncio.sleep(gives_way)
            await trace("http11.send_request_headers.complete", {})
            return now

    return sorted(await asyncio.gather(*(one() for _ in range(calls))))


def gaps(times: list[float], apart: int = 1) -> list[float]:
    return [later - earlier for earlier, later in zip(times, times[apart:], strict=False)]


def test_calls_of_a_spaced_lane_are_that_far_apart() -> None:
    assert min(gaps(run(entered(SPACED, 5)))) >= SPACED.limit.seconds - TICK


def test_a_window_takes_its_burst_at_once_and_never_more_in_any_such_time() -> None:
    run(rate_limits.closed_for(BURST))  # connected by now, which takes its time
    times = run(entered(BURST, 12))
    assert times[4] - times[0] < 0.75 * BURST.limit.seconds, "the burst does not wait"
    assert min(gaps(times, apart=BURST.limit.calls)) >= BURST.limit.seconds - 0.1


def test_at_a_strict_rate_a_late_burst_counts_from_the_wire() -> None:
    times = [at + 0.03 for at in run(entered(FEW, 7, gives_way=0.03))]
    assert times[2] - times[0] < 0.75 * FEW.limit.seconds, "the burst waits only for the wire"
    assert min(gaps(times, apart=FEW.limit.calls)) >= FEW.limit.seconds - TICK


def test_in_a_long_window_calls_do_not_wait_for_each_other_and_still_count_from_the_wire() -> None:
    run(rate_limits.closed_for(LONG))  # connected by now
    times = run(entered(LONG, 3, gives_way=0.5))
    assert times[2] - times[0] < 0.5

    async def next_one() -> float:
        return await rate_limits.claim(LONG, "one more")

    assert run(next_one()) == pytest.approx(times[0] + 0.5 + LONG.limit.seconds - time.time(), abs=0.3)


def test_lanes_do_not_wait_for_each_other() -> None:
    async def both() -> None:
        await rate_limits.close(SPACED, 30)
        await asyncio.wait_for(entered(Bucket("other", RateLimit(1, 0.1, strict=True)), 2), 5)

    run(both())


@pytest.mark.parametrize("bucket", [SPACED, Bucket("loose", RateLimit(1, 0.3))], ids=lambda bucket: bucket.name)
def test_nobody_enters_a_closed_lane_and_those_who_waited_queue_behind_it(bucket: Bucket) -> None:
    async def closing() -> tuple[float, float, list[float]]:
        waiting = asyncio.create_task(entered(bucket, 4))
        await asyncio.sleep(0.12)
        closed_at = time.time()
        await rate_limits.close(bucket, 0.6)
        return closed_at, time.time(), await waiting

    closed_at, known_at, times = run(closing())
    later = [at for at in times if at > known_at + 0.05]  # who was let in before may only now go on
    late = TICK if bucket.limit.strict else 0.1  # who sleeps until its moment may be woken late, and the next in time
    assert len(later) >= 2 and later[0] - closed_at >= 0.6 - TICK and min(gaps(later)) >= bucket.limit.seconds - late


def test_a_shorter_closing_does_not_open_a_lane_early() -> None:
    async def twice() -> float:
        await rate_limits.close(BURST, 30)
        await rate_limits.close(BURST, 1)
        return await rate_limits.closed_for(BURST)

    assert run(twice()) > 29


def test_the_next_call_counts_from_when_the_one_before_was_on_the_wire() -> None:
    """A busy event loop sends late: counted from the grant, two requests would go together."""
    times = run(entered(SPACED, 4, gives_way=0.08))
    assert min(gaps(times)) >= SPACED.limit.seconds + 0.08 - TICK


def test_a_call_that_never_reached_the_wire_lets_the_next_one_in() -> None:
    async def fails() -> None:
        async with acquire(rate_limits, SPACED):
            raise ConnectionError

    async def scene() -> None:
        for _ in range(2):
            with pytest.raises(ConnectionError):
                await fails()
        given_up = asyncio.create_task(entered(SPACED, 1))
        await asyncio.sleep(0)
        given_up.cancel()
        await asyncio.wait_for(entered(SPACED, 1), 5)

    run(scene())


def test_nothing_stays_in_redis_once_it_no_longer_matters_and_no_account_is_named() -> None:
    run(entered(Bucket("acme:real::ada@example.org", RateLimit(1, 0.1, strict=True)), 2))
    run(rate_limits.close(SPACED, 0.1))
    found = run(client.execute(lambda redis: redis.keys("*")))
    assert found and not [key for key in found if b"ada" in key or b"spaced" in key]
    assert all(run(client.execute(lambda redis, key=key: redis.pttl(key))) != -1 for key in found)


def elsewhere(environment: dict[str, str], bucket: Bucket, calls: int, late: float, results: Any) -> None:
    os.environ.update(environment)
    results.put(run(entered(bucket, calls, late)))


@pytest.mark.parametrize("late", [0, 0.04])
def test_two_processes_share_a_lane(late: float) -> None:
    context = multiprocessing.get_context("spawn")
    results = context.Queue()
    started = [context.Process(target=elsewhere, args=(dict(os.environ), SPACED, 8, late, results)) for _ in range(2)]
    for process in started:
        process.start()
    times = sorted([*results.get(timeout=60), *results.get(timeout=60)])
    for process in started:
        process.join()
    on_the_wire = [at + late for at in times]
    assert len(times) == 16 and min(gaps(on_the_wire)) >= SPACED.limit.seconds - TICK


class Network:
    """A way of uneven length to a server that counts calls when they arrive, and answers."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.arrived: list[float] = []

    async def call(self, bucket: Bucket, there: float | None = None, back: float | None = None) -> None:
        """One call; a way without a length takes from 20 to 120 ms."""
        async with acquire(rate_limits, bucket) as trace:
            await trace("http11.send_request_headers.complete", {})
            await asyncio.sleep(self.way if there is None else there)
            self.arrived.append(time.time())
            await asyncio.sleep(self.way if back is None else back)
            await trace("http11.receive_response_headers.complete", {})

    @property
    def way(self) -> float:
        return 0.02 + self.random.uniform(0, 0.1)


UNEVEN = Bucket("uneven", RateLimit(5, 0.5625, strict=True))  # of 5 in 0.5 s


def test_calls_that_are_under_way_for_100_ms_more_or_less_arrive_within_the_rate() -> None:
    network = Network(seed=3)

    async def chain() -> None:
        for _ in range(12):
            await network.call(UNEVEN)

    async def scene() -> None:
        await asyncio.gather(*(chain() for _ in range(4)))

    began = time.time()
    run(scene())
    assert min(gaps(sorted(network.arrived), apart=5)) >= 0.5
    assert time.time() - began < 2 * 48 / 5 * 0.5, "and that costs little"


def test_a_call_that_was_held_up_counts_from_when_the_server_may_have_seen_it() -> None:
    network = Network(0)

    async def scene() -> float:
        lags = asyncio.create_task(longest_lag())
        began = time.time()
        await network.call(FEW, 0.01, 0.01)  # as quick as can be
        quick = time.time() - began
        await asyncio.sleep(FEW.limit.seconds)
        await asyncio.gather(*(network.call(FEW, 0.6, 0.01) for _ in range(3)))
        await network.call(FEW, 0.01, 0.01)
        lags.cancel()
        return quick + await lags

    busy = run(scene())  # a call that took no longer than that is not taken for one that was held up
    if busy > 0.3:
        pytest.skip("the machine is too busy to tell")
    assert gaps(network.arrived)[-1] >= FEW.limit.seconds - busy - STEADY - TICK


async def longest_lag() -> float:
    """Until it is cancelled; then the longest time by which this loop woke up too late."""
    longest = 0.0
    while True:
        began = time.time()
        try:
            await asyncio.sleep(0.005)
        except asyncio.CancelledError:
            return longest
        longest = max(longest, time.time() - began - 0.005)


class OneSlot:
    """A slot that the next call gets once the one before is on the wire; implements `pacing.RateLimits`."""

    def __init__(self) -> None:
        self.going = ""
        self.counted: dict[str, list[float]] = {}

    async def reserve(self, bucket: Bucket) -> float:
        return 0

    async def close(self, bucket: Bucket, seconds: float) -> None:
        """It opens again at once."""

    async def closed_for(self, bucket: Bucket) -> float:
        return 0

    async def claim(self, bucket: Bucket, call: str) -> float:
        await asyncio.sleep(0.01)
        if self.going:
            return 0.005
        self.going = call
        await asyncio.sleep(0.01)
        return 0

    async def sent(self, bucket: Bucket, call: str, ago: float = 0) -> None:
        self.counted.setdefault(call, []).append(round(asyncio.get_running_loop().time() - ago, 2))
        self.going = "" if self.going == call else self.going


@pytest.mark.parametrize("moment", [0, 0.005, 0.015, 0.025])
def test_a_call_that_is_cancelled_at_any_moment_gives_the_next_one_its_turn(moment: float) -> None:
    async def scene() -> None:
        slot = OneSlot()

        async def call() -> None:
            async with acquire(slot, FEW):
                await asyncio.sleep(0.02)

        given_up = asyncio.create_task(call())
        await asyncio.sleep(moment)
        given_up.cancel()
        await asyncio.wait_for(call(), 1)

    in_own_time(scene())


def test_the_first_calls_count_later_once_a_quicker_one_tells_that_they_were_held_up() -> None:
    slot = OneSlot()

    async def call(seconds: float) -> None:
        async with acquire(slot, FEW) as trace:
            await trace("http11.send_request_headers.complete", {})
            await asyncio.sleep(seconds)
            await trace("http11.receive_response_headers.complete", {})

    async def scene() -> None:
        await call(0.4)
        await call(0.1)

    in_own_time(scene())
    held_up, quick = slot.counted.values()
    assert held_up == [0.02, pytest.approx(0.42 - 0.1 - STEADY, abs=0.011)] and len(quick) == 1


def test_after_a_refusal_the_windows_of_a_strict_rate_are_wider() -> None:
    run(rate_limits.close(FEW, 0))
    times = run(entered(FEW, 4))
    assert times[3] - times[0] >= 1.1 * FEW.limit.seconds


def test_after_a_refusal_a_rate_that_is_not_strict_stays_as_it_is() -> None:
    run(rate_limits.close(BURST, 0))
    times = run(entered(BURST, 6))
    assert times[5] - times[0] < 1.1 * BURST.limit.seconds


class Server(ThreadingHTTPServer):
    """Takes requests, and notes when each came."""

    times: list[float]


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.server.times.append(time.time())
        time.sleep(1)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.times = []
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield server
        server.shutdown()


def test_on_a_real_socket_the_next_request_waits_for_the_wire_and_not_for_the_answer(server: Server) -> None:
    wire: list[float] = []

    async def one(http: httpx.AsyncClient) -> None:
        async with acquire(rate_limits, SPACED) as trace:

            async def timed(event: str, info: Any) -> None:
                if event == "http11.send_request_headers.complete":
                    wire.append(time.time())
                await trace(event, info)

            await http.get(f"http://127.0.0.1:{server.server_port}/", extensions={"trace": timed})

    async def several() -> None:
        async with httpx.AsyncClient() as http:
            await asyncio.gather(*(one(http) for _ in range(4)))

    run(several())
    assert len(server.times) == len(wire) == 4
    assert min(gaps(wire)) >= SPACED.limit.seconds - TICK and wire[-1] - wire[0] < 2
