"""A lease is held by one, renewed while it is held, and given back by its holder alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import redis

from integrations.model import Token
from integrations.service.runtime import run
from integrations.store import client, keys, locks, records

PATH = ("owner", "acme", "connection")
NAME = f"{keys.LOCK}:owner:acme:connection"


@pytest.fixture(autouse=True)
def short(store: None, configured: Callable[..., None], redis_url: str) -> None:
    configured(REDIS_URL=redis_url, TOKEN_LEASE_SECONDS="1.5")


def test_a_lease_outlives_its_life_while_it_is_held_and_ends_with_it() -> None:
    async def scene() -> tuple[object, object]:
        async with locks.held(PATH):
            await asyncio.sleep(2)
            while_held = await value()
        return while_held, await value()

    while_held, afterwards = run(scene())
    assert while_held is not None and afterwards is None


def test_whoever_lost_a_lease_does_not_give_back_or_renew_the_next_holders() -> None:
    async def scene() -> tuple[object, int]:
        async with locks.held(PATH):
            await client.execute(lambda redis: redis.set(NAME, "somebody else", ex=60))
            await asyncio.sleep(1)
        return await value(), await client.execute(lambda redis: redis.ttl(NAME))

    left, life = run(scene())
    assert left == b"somebody else" and life > 40


def test_whoever_stops_waiting_leaves_no_lease_behind() -> None:
    async def scene() -> None:
        for moment in range(20):
            waiting = asyncio.create_task(hold())
            await asyncio.sleep(moment / 5000)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
            await asyncio.sleep(0.02)
            assert await value() is None

    run(scene())


async def hold() -> None:
    async with locks.held(PATH):
        await asyncio.sleep(9)


async def value() -> object:
    return await client.execute(lambda redis: redis.get(NAME))


def test_a_record_that_changes_between_look_and_write_is_looked_at_again(redis_url: str) -> None:
    run(records.put(keys.TOKEN, PATH, Token("one", "refresh-1")))
    name, seen = keys.TOKEN.key(*PATH), []

    def change(found: Token) -> Token:
        seen.append(found.access_token)
        if len(seen) == 1:
            with redis.from_url(redis_url) as other:
                other.set(name, records.encode(keys.TOKEN, name, Token("two", "refresh-2")))
        return Token(found.access_token + " changed", found.refresh_token)

    assert run(records.exchange(keys.TOKEN, PATH, change)) == Token("two changed", "refresh-2")
    assert seen == ["one", "two"] and run(records.get(keys.TOKEN, PATH)) == Token("two changed", "refresh-2")


def test_a_record_that_is_gone_or_declined_stays_so() -> None:
    assert run(records.exchange(keys.TOKEN, PATH, lambda found: Token("made up"))) is None
    assert run(records.get(keys.TOKEN, PATH)) is None
    run(records.put(keys.TOKEN, PATH, Token("one")))
    assert run(records.exchange(keys.TOKEN, PATH, lambda found: None)) == Token("one")


def test_an_exchanged_record_is_on_disk_before_it_is_used(redis_url: str) -> None:
    with redis.from_url(redis_url) as server:
        server.config_set("appendonly", "yes")
        server.config_resetstat()
        run(records.put(keys.TOKEN, PATH, Token("one")))
        run(records.exchange(keys.TOKEN, PATH, lambda found: Token("two")))
        assert server.info("commandstats")["cmdstat_waitaof"]["calls"] >= 1


def test_a_slow_disk_is_waited_for_and_not_for_ever() -> None:
    class Slow:
        """A server whose disk takes this many looks."""

        def __init__(self, looks: int) -> None:
            self.looks, self.asked = looks, 0

        @asynccontextmanager
        async def client(self) -> AsyncIterator[Slow]:
            yield self

        async def eval(self, script: str, *arguments: object) -> int:
            return 1

        async def execute_command(self, *command: object) -> list[int]:
            assert command == ("WAITAOF", 1, 0, records.ON_DISK_WITHIN)
            self.asked += 1
            return [int(self.asked >= self.looks), 0]

    for looks, asked in ((1, 1), (3, 3), (99, records.LOOKS)):
        server = Slow(looks)
        assert run(records.durably(server, "script", "key")) == 1 and server.asked == asked
