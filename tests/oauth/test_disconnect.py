"""The end of a connection: revoked where it can be, and gone from here in any case."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from findings import a_day_passes
from made_up import varied

from integrations import oauth
from integrations.model import Choice, Connection, Figure, KnownCatalog, Load, Schema
from integrations.model.changes import ChangeLog, KeptDifference, Visit
from integrations.model.errors import StoreUnavailable
from integrations.oauth import ConnectionTokens
from integrations.service.runtime import run
from integrations.store import connections, keys, records
from integrations.store.keys import Starts, Unused, Usage


@pytest.fixture
def mine(acme, person) -> Connection:
    """A connection with one record of every kind that belongs to it."""
    mine = person.connects()
    load = Load("load", "running", datetime.now(UTC), run="run", chunks=2)
    kept = {
        keys.NAMES: {}, keys.CATALOG: KnownCatalog((), (), datetime.now(UTC)), keys.LOAD: load, keys.SNAPSHOT: load,
        keys.FENCE: "run", keys.CANCEL: "load", keys.UNUSED: Unused(datetime.now(UTC), datetime.now(UTC)),
        keys.STARTS: Starts("load", 0, {}, 1),
    }  # fmt: skip
    for kind, value in kept.items():
        run(records.put(kind, mine.path, value))
    for number in range(3):
        run(records.put(keys.CHUNK, (*mine.path, "load", "run", str(number)), b"rows"))
    run(records.put(keys.SCHEMA, (*mine.path, "load", "run"), Schema()))
    now = datetime.now(UTC)
    run(records.put(keys.CHANGES, mine.path, ChangeLog(now, "key", (KeptDifference("load", now, 5),))))
    run(records.put(keys.DIFFERENCE, (*mine.path, "load"), b"lines"))
    run(records.put(keys.VISIT, (*mine.path, "b" * 64), Visit(now, now)))
    run(records.put(keys.FIGURE, (*mine.path, "view"), Figure("load", "Deals", 1, 1)))
    run(records.put(keys.LAST_QUERY, mine.path, {}))
    return mine


def test_disconnecting_revokes_both_tokens_and_leaves_no_key_of_the_connection(acme, mine, provider, in_redis) -> None:
    named = {key.split(b":")[1].decode() for key in in_redis() if mine.id.encode() in key}
    assert named == {kind.name for kind in keys.OF_A_CONNECTION}, "the fixture holds every kind"
    assert run(oauth.disconnect(provider, mine)) == ""
    assert acme.revoked == ["refresh-1", "access-1"]
    assert not [key for key, value in in_redis().items() if mine.id.encode() in key + value]


@pytest.mark.parametrize("answer", [
    httpx.Response(500), httpx.Response(400), httpx.ConnectError("gone"), httpx.ReadTimeout("slow"), ValueError("odd"),
], ids=str)  # fmt: skip
def test_a_revocation_that_fails_deletes_all_the_same_and_says_what_is_left_to_do(
    acme, mine, person, provider, in_redis, answer: httpx.Response | Exception
) -> None:
    acme.revocation = answer
    assert "remove the connection there too" in run(oauth.disconnect(provider, mine))
    assert person.connections == [] and not [key for key in in_redis() if mine.id.encode() in key]


def test_where_nothing_can_be_revoked_the_person_is_told_how_to_end_it(acme, mine, person, provider) -> None:
    by_hand = varied(provider, revoke_url=None, not_revocable="Remove it under Settings.")
    assert run(oauth.disconnect(by_hand, mine)) == "Remove it under Settings."
    assert acme.revoked == [] and person.connections == []


def test_a_connection_that_can_no_longer_be_read_can_still_be_deleted(
    acme, mine, person, provider, in_redis, configured
):
    configured(TOKEN_KEYS="x" * 43)
    (unreadable,) = person.connections
    assert "Reconnect" in unreadable.reconnect
    assert "remove the connection there too" in run(oauth.disconnect(provider, unreadable))
    assert not [key for key in in_redis() if mine.id.encode() in key]


def test_a_refresh_under_way_ends_first_and_its_tokens_are_the_ones_revoked(acme, mine, provider, in_redis) -> None:
    async def both() -> None:
        async with acme.holding():
            refresh = asyncio.ensure_future(ConnectionTokens(provider, mine).renewed("access-1"))
            await acme.was_asked(2)
            ending = asyncio.ensure_future(oauth.disconnect(provider, mine))
            await asyncio.sleep(0.1)  # for one that would not wait
        await asyncio.gather(refresh, ending)

    run(both())
    assert acme.revoked == ["refresh-2", "access-2"]
    assert not [key for key in in_redis() if mine.id.encode() in key]


def test_disconnecting_one_account_leaves_the_others_and_what_was_chosen(
    acme, mine, person, stranger, provider
) -> None:
    theirs = stranger.connects()
    acme.account = "account-2"
    other = person.connects()
    run(records.put(keys.CHOICE, (person.owner, "acme"), Choice(("thing",), asked=True)))
    run(oauth.disconnect(provider, mine))
    assert person.connections == [other] and stranger.connections == [theirs]
    assert run(records.get(keys.CHOICE, (person.owner, "acme"))).left_out == ("thing",)
    assert run(records.get(keys.TOKEN, other.path)) and run(records.get(keys.TOKEN, theirs.path))


def unused() -> list[Connection]:
    """What the second of two sweeps, a day apart, would end; the first ends nothing."""

    async def found() -> list[Connection]:
        return [connection async for connection in connections.unused(90)]

    assert run(found()) == []
    a_day_passes()
    return run(found())


def test_only_connections_unused_for_so_long_are_swept(acme, mine, person, stranger) -> None:
    theirs = stranger.connects()
    assert unused() == []
    long_ago = datetime.now(UTC) - timedelta(days=90, minutes=1)
    run(records.put(keys.USAGE, mine.path, Usage(long_ago)))
    run(records.put(keys.USAGE, theirs.path, Usage(long_ago + timedelta(minutes=5))))
    assert unused() == [mine]
    run(connections.touch(mine))
    assert unused() == []


def test_a_connection_whose_use_cannot_be_read_is_not_swept(acme, mine, configured) -> None:
    run(records.put(keys.USAGE, mine.path, Usage(datetime.now(UTC) - timedelta(days=400))))
    configured(TOKEN_KEYS="x" * 43)
    assert unused() == []


def test_a_connection_never_touched_counts_from_when_it_was_connected(acme, mine) -> None:
    run(records.delete(keys.USAGE, mine.path))
    assert unused() == []
    old = dataclasses.replace(mine, connected_at=datetime.now(UTC) - timedelta(days=91))
    run(records.put(keys.CONNECTION, mine.path, old))
    assert unused() == [old]


def test_one_that_comes_back_while_others_are_swept_is_left_alone(acme, mine, person, stranger) -> None:
    long_ago = Usage(datetime.now(UTC) - timedelta(days=100))
    both = sorted((mine, stranger.connects()), key=lambda each: each.owner)
    for each in both:
        run(records.put(keys.USAGE, each.path, long_ago))

    async def sweep() -> list[Connection]:
        swept = []
        async for connection in connections.unused(90):
            swept.append(connection)
            await connections.touch(next(each for each in both if each != connection))
        return swept

    assert sorted(unused(), key=lambda each: each.owner) == both
    assert len(run(sweep())) == 1


def test_use_is_noted_again_where_the_note_was_lost(acme, mine) -> None:
    run(records.delete(keys.USAGE, mine.path))
    run(connections.touch(mine))
    assert run(records.get(keys.USAGE, mine.path)) is not None


def test_what_was_interrupted_is_still_listed_and_can_be_deleted_again(
    acme, mine, person, provider, in_redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete, deleted = records.delete, []

    async def away_in_the_middle(kind, *paths):
        deleted.append(kind)
        if len(deleted) == 3:
            raise StoreUnavailable
        await delete(kind, *paths)

    with monkeypatch.context() as away:
        away.setattr(records, "delete", away_in_the_middle)
        with pytest.raises(StoreUnavailable):
            run(oauth.disconnect(provider, mine))
    assert person.connections == [mine]
    run(oauth.disconnect(provider, mine))
    assert person.connections == [] and not [key for key in in_redis() if mine.id.encode() in key]


@pytest.mark.parametrize("refusal", [httpx.Response(503), httpx.ConnectError("gone")], ids=str)
def test_while_the_refresh_token_lives_the_grant_is_not_said_to_be_ended(
    acme, mine, provider, refusal: httpx.Response | Exception
) -> None:
    acme.revocations = {"refresh-1": refusal}
    assert "remove the connection there too" in run(oauth.disconnect(provider, mine))
    assert acme.revoked == ["refresh-1", "access-1"], "each is tried"


def test_an_adoption_that_was_interrupted_is_done_again_and_loses_nothing(
    acme, mine, person, stranger, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((connections, "execute"), (records, "delete_connection")):
        with monkeypatch.context() as away:
            away.setattr(module, name, gone)
            with pytest.raises(StoreUnavailable):
                run(oauth.adopt(mine, stranger.owner))
        assert person.connections == [mine]
    run(oauth.adopt(mine, stranger.owner))
    [theirs] = stranger.connections
    assert person.connections == [] and run(records.get(keys.TOKEN, theirs.path)).access_token == "access-1"


def test_what_is_adopted_takes_the_place_of_one_that_needs_to_be_reconnected_and_of_no_other(
    acme, mine, person, stranger, stored_token
) -> None:
    theirs = stranger.connects()
    run(connections.mark_reconnect(theirs, "Reconnect."))
    run(oauth.adopt(mine, stranger.owner))
    [now] = stranger.connections
    assert not now.reconnect and stored_token(now).access_token == "access-1"
    run(oauth.adopt(person.connects(), stranger.owner))
    assert stored_token(now).access_token == "access-1" and person.connections == []


async def gone(*arguments, **options):
    raise StoreUnavailable
