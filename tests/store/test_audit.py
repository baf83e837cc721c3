"""The activity log: sealed, the latest first, for 90 days, and never in anybody's way."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from integrations.model import Account, Actor, Connection
from integrations.model.errors import StoreUnavailable
from integrations.model.event import EventType
from integrations.service.runtime import run
from integrations.store import audit, cipher, client, keys, rotation

OWNER, OTHER = "a" * 64, "b" * 64
MINE = Connection("0" * 16, OWNER, "notion", Account("1", "Secret workspace"), "real", "https://api", datetime.now(UTC))
ADA = Actor("Ada", "203.0.113.7 · Firefox")


def test_what_was_done_is_read_back_the_latest_first_by_its_owner_alone(store: None) -> None:
    run(audit.note(EventType.CONNECTED, OWNER, MINE, ADA))
    run(audit.note(EventType.DOWNLOADED, OWNER, MINE))
    latest, first = run(audit.events(OWNER))
    assert (first.what, first.slug, first.account, first.who, first.where) == (
        "connected", "notion", "Secret workspace", "Ada", "203.0.113.7 · Firefox",
    )  # fmt: skip
    assert (latest.what, latest.who) == ("downloaded", "") and latest.at >= first.at
    assert run(audit.events(OTHER)) == []


def test_nothing_of_it_is_readable_in_redis_and_an_entry_moved_to_another_owner_is_none(store: None) -> None:
    run(audit.note(EventType.CONNECTED, OWNER, MINE, ADA))
    [(_, fields)] = run(client.execute(lambda redis: redis.xrange(f"dashboard:audit:{OWNER}")))
    assert b"Ada" not in fields[b"event"] and b"Secret" not in fields[b"event"]
    run(client.execute(lambda redis: redis.xadd(f"dashboard:audit:{OTHER}", fields)))
    assert run(audit.events(OTHER)) == []


def test_it_outlives_a_rotation_of_keys(store: None, configured: Callable[..., None]) -> None:
    old, new = cipher.new_key(), cipher.new_key()
    configured(TOKEN_KEYS=old)
    run(audit.note(EventType.CONNECTED, OWNER, MINE))
    configured(TOKEN_KEYS=f"{new},{old}")
    run(rotation.rotate_keys())
    configured(TOKEN_KEYS=new)
    run(audit.note(EventType.DISCONNECTED, OWNER, MINE))
    assert [event.what for event in run(audit.events(OWNER))] == ["disconnected", "connected"]


def test_after_ninety_days_it_is_gone(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    run(audit.note(EventType.OTHER, OWNER, detail="long ago"))
    left = run(client.execute(lambda redis: redis.ttl(f"dashboard:audit:{OWNER}")))
    assert 90 * 86_400 - 60 < left <= 90 * 86_400
    monkeypatch.setattr(audit, "KEPT", 0.001)
    time.sleep(0.01)
    assert run(audit.events(OWNER)) == []


def test_a_log_that_cannot_be_written_stops_nobody(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(audit, "execute", away)
    run(audit.note(EventType.CONNECTED, OWNER))


def test_forgetting_leaves_nothing(store: None) -> None:
    run(audit.note(EventType.CONNECTED, OWNER))
    run(audit.forget(OWNER))
    assert run(client.execute(lambda redis: redis.keys("*"))) == []


def test_an_event_that_a_newer_version_wrote_is_left_out(store: None) -> None:
    run(audit.note(EventType.CONNECTED, OWNER))
    key, name = run(audit._key(OWNER)), audit._name(OWNER)
    run(audit._add(name, cipher.seal(2, name, json.dumps({"new": 1}).encode(), key)))
    assert [event.what for event in run(audit.events(OWNER))] == ["connected"]


@pytest.mark.parametrize(("agent", "named"), [
    ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36", "Chrome on Linux"),
    ("Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19 Safari/604", "Safari on iPhone"),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on macOS"),
    ("curl/8.9", "another program"), ("", "another program"),
])  # fmt: skip
def test_a_browser_is_told_by_its_kind(agent: str, named: str) -> None:
    assert Actor.at("Ada", "203.0.113.7", agent) == Actor("Ada", f"203.0.113.7 · {named}")


def test_what_it_is_sealed_with_lives_as_long_as_it_is_written(store: None) -> None:
    name = keys.AUDIT_KEY.key(OWNER)
    run(audit.note(EventType.CONNECTED, OWNER))
    run(client.execute(lambda redis: redis.expire(name, 10)))
    run(audit.note(EventType.OTHER, OWNER, detail="loaded"))
    assert run(client.execute(lambda redis: redis.ttl(name))) > 90 * 86_400


def test_where_the_keys_are_lost_it_begins_again(store: None, configured: Callable[..., None]) -> None:
    run(audit.note(EventType.OTHER, OWNER, detail="before"))
    configured(TOKEN_KEYS=cipher.new_key())
    assert run(audit.events(OWNER)) == []
    run(audit.note(EventType.OTHER, OWNER, detail="after"))
    assert [event.what for event in run(audit.events(OWNER))] == ["after"]


def test_what_is_older_than_ninety_days_does_not_rest_beside_what_is_new(store: None) -> None:
    name, long_ago = f"dashboard:audit:{OWNER}", int((time.time() - 91 * 86_400) * 1000)
    for number in range(20):
        run(client.execute(lambda redis, at=long_ago + number: redis.xadd(name, {b"event": b"x"}, id=f"{at}-0")))
    run(audit.note(EventType.OTHER, OWNER, detail="today"))
    assert run(client.execute(lambda redis: redis.xlen(name))) == 1


def test_a_long_log_is_read_to_its_end_and_no_further_than_asked(store: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "TOGETHER", 3)
    for number in range(10):
        run(audit.note(EventType.OTHER, OWNER, detail=str(number)))
    assert [event.what for event in run(audit.events(OWNER))] == [str(number) for number in reversed(range(10))]
    assert [event.what for event in run(audit.events(OWNER, 4))] == ["9", "8", "7", "6"]
