"""Connections are ended for being unused only by Redis' clock, and only when two sweeps a day apart found them so."""

from __future__ import annotations

import dataclasses
import sys
import time as machine
from datetime import UTC, datetime, timedelta

import pytest

from integrations.model import Account, Connection, Event, Token
from integrations.model.errors import StoreFull
from integrations.model.event import EventType
from integrations.service.runtime import run
from integrations.store import audit, client, connections, keys, records, shapes
from integrations.store.keys import Usage

DAY = timedelta(days=1)
SWEEP = timedelta(hours=6)
MINE = Connection("a" * 16, "b" * 64, "acme", Account("1", "Ada"), "real", "https://api", datetime.now(UTC))
THEIRS = dataclasses.replace(MINE, id="c" * 16)


class RedisTime:
    """Redis' clock in the hand of a test."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    async def now(self) -> datetime:
        return self.at

    def passes(self, time: timedelta) -> list[Connection]:
        """Let time pass with a sweep every six hours; returns what they would delete."""
        found: list[Connection] = []
        for _ in range(round(time / SWEEP)):
            found += self.jumps(SWEEP)
        return found

    def jumps(self, time: timedelta) -> list[Connection]:
        """Set the clock forward, or back, at once; returns what the next sweep would delete."""
        self.at += time
        return swept()


@pytest.fixture
def time(store: None, monkeypatch: pytest.MonkeyPatch) -> RedisTime:
    redis = RedisTime()
    monkeypatch.setattr(client, "now", redis.now)
    run(connections.save(MINE, Token("secret")))
    return redis


def swept() -> list[Connection]:
    async def found() -> list[Connection]:
        return [each async for each in connections.unused(90)]

    return run(found())


def used_ago(time: timedelta, of: Connection = MINE) -> None:
    run(records.put(keys.USAGE, of.path, Usage(datetime.now(UTC) - time)))


@pytest.fixture
def machine_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of this machine, as every module of ours reads it, is 91 days ahead; Redis' own is not."""

    class Ahead(datetime):
        @classmethod
        def now(cls, tz=None):  # type: ignore[no-untyped-def]
            return datetime.now(tz) + 91 * DAY

    records.get_ready()  # pydantic reads `datetime` from the modules when it prepares a shape
    shapes.adapter(Event)
    for name, module in list(sys.modules.items()):
        if name.startswith("integrations") and getattr(module, "datetime", None) is datetime:
            monkeypatch.setattr(module, "datetime", Ahead)
    real = machine.time
    monkeypatch.setattr(machine, "time", lambda: real() + (91 * DAY).total_seconds())


def test_a_machine_clock_that_is_ahead_finds_nothing_unused(store: None, machine_ahead: None) -> None:
    used_before_it_went_wrong = Usage(datetime.now(UTC) - DAY)
    run(connections.save(MINE, Token("secret")))
    run(records.put(keys.USAGE, MINE.path, used_before_it_went_wrong))
    assert swept() == []
    assert run(records.get(keys.UNUSED, MINE.path)) is None, "nor does it count as a first finding"


def test_use_is_noted_by_the_clock_of_redis(store: None, machine_ahead: None) -> None:
    run(connections.save(MINE, Token("secret")))
    saved = run(records.get(keys.USAGE, MINE.path))
    run(records.delete(keys.USAGE, MINE.path))
    run(connections.touch(MINE))
    touched = run(records.get(keys.USAGE, MINE.path))
    for usage in (saved, touched):
        assert abs(usage.used_at - datetime.now(UTC)) < timedelta(minutes=5)


def test_a_machine_clock_that_is_ahead_deletes_nothing_of_the_activity_log(
    store: None, request: pytest.FixtureRequest
) -> None:
    run(audit.note(EventType.CONNECTED, MINE.owner, MINE))
    request.getfixturevalue("machine_ahead")
    run(audit.note(EventType.OPENED, MINE.owner, MINE))
    length = run(client.execute(lambda redis: redis.xlen(f"{keys.AUDIT}:{MINE.owner}")))
    assert length == 2


def test_only_what_two_sweeps_a_day_apart_found_unused_is_ended(time: RedisTime) -> None:
    run(connections.save(THEIRS, Token("secret")))
    used_ago(91 * DAY)
    assert time.jumps(SWEEP) == [], "the first finding deletes nothing"
    assert [time.jumps(SWEEP) for _ in range(3)] == [[], [], []], "nor do the next ones within a day"
    assert time.jumps(SWEEP) == [MINE]


def test_what_is_used_is_never_found(time: RedisTime) -> None:
    used_ago(80 * DAY)
    assert time.passes(9 * DAY) == []
    assert time.passes(3 * DAY) != []


def test_use_between_two_sweeps_clears_the_finding(time: RedisTime) -> None:
    used_ago(91 * DAY)
    time.jumps(SWEEP)
    assert run(records.get(keys.UNUSED, MINE.path))
    run(connections.touch(MINE))
    assert run(records.get(keys.UNUSED, MINE.path)) is None, "at once"
    assert time.passes(3 * DAY) == []


def test_use_counts_even_where_redis_had_no_room_to_note_it(time: RedisTime, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object) -> None:
        raise StoreFull

    used_ago(91 * DAY)
    time.passes(DAY - SWEEP)
    with monkeypatch.context() as patch:
        patch.setattr(records, "put_beside", full)
        run(connections.touch(MINE))
    assert time.passes(DAY - SWEEP) == []


def test_connecting_again_clears_the_finding(time: RedisTime) -> None:
    used_ago(91 * DAY)
    time.jumps(SWEEP)
    run(connections.save(MINE, Token("new")))
    assert run(records.get(keys.UNUSED, MINE.path)) is None


def test_a_finding_goes_with_its_connection(time: RedisTime) -> None:
    used_ago(91 * DAY)
    time.jumps(SWEEP)
    run(connections.forget(MINE))
    assert run(records.get(keys.UNUSED, MINE.path)) is None


def test_what_cannot_be_read_is_not_deleted(time: RedisTime) -> None:
    used_ago(91 * DAY)
    run(connections.save(THEIRS, Token("secret")))
    used_ago(91 * DAY, THEIRS)
    broken = keys.USAGE.key(*MINE.path)
    run(client.execute(lambda redis: redis.set(broken, b"\x01nonsense")))
    assert {each.id for each in time.passes(2 * DAY)} == {THEIRS.id}, "and keeps no other from being swept"


def test_a_connection_that_does_not_open_and_has_no_note_of_use_stays(time: RedisTime) -> None:
    run(records.delete(keys.USAGE, MINE.path))
    run(client.execute(lambda redis: redis.set(keys.CONNECTION.key(*MINE.path), b"\x01nonsense")))
    assert time.passes(2 * DAY) == []


def test_use_that_left_the_finding_standing_starts_the_day_again(time: RedisTime) -> None:
    """A process of an earlier version notes use without clearing the finding."""
    used_ago(95 * DAY)
    time.passes(DAY)
    used_ago(94 * DAY)
    assert time.jumps(SWEEP) == []
    assert MINE in time.passes(2 * DAY)


def test_after_the_clock_went_back_a_day_has_to_pass_again_and_no_more(time: RedisTime) -> None:
    used_ago(200 * DAY)
    time.jumps(SWEEP)
    assert time.jumps(-30 * DAY) == []
    assert time.passes(DAY - SWEEP) == []
    assert MINE in time.passes(DAY)


def test_use_is_noted_again_where_it_was_noted_in_the_future(time: RedisTime) -> None:
    used_ago(-50 * DAY)
    run(connections.touch(MINE))
    assert run(records.get(keys.USAGE, MINE.path)) == Usage(time.at)


def test_a_clock_of_redis_that_is_put_right_within_a_day_ends_nothing(time: RedisTime) -> None:
    assert time.jumps(200 * DAY) == []
    assert time.passes(DAY - SWEEP) == []
    assert time.jumps(-200 * DAY) == []
    assert time.passes(80 * DAY) == []
