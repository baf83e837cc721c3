"""What is shared is seen by the organisation that the connection's own record names, and by nobody else."""

from __future__ import annotations

import asyncio
import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from integrations.model import Account, Connection, Session, Token
from integrations.model.errors import StoreUnavailable
from integrations.service.runtime import run
from integrations.store import client as redis
from integrations.store import connections, keys, records, sharing

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACME, OTHER = "a" * 64, "b" * 64


def person(name: str, organisation: str = ACME) -> Session:
    return Session(name.ljust(64, "0"), name, f"login of {name}", NOW, organisation, organisation and "acme.example")


GIL, HAL = person("gil"), person("hal")


@pytest.fixture
def shared(store: None) -> Connection:
    """Gil's connection, shown to Acme."""
    made = Connection("0" * 16, GIL.owner, "notion", Account("1", "Workspace"), "real", "https://api", NOW)
    run(connections.save(made, Token("secret")))
    run(sharing.share(made, GIL))
    return run(connections.find(*made.path))


def test_colleagues_see_it_and_who_shares_it(shared: Connection) -> None:
    assert run(sharing.seen_by(HAL)) == run(sharing.seen_by(HAL, "notion")) == [shared]
    assert (shared.share.by, shared.share.organisation_name) == ("gil", "acme.example")
    assert run(sharing.seen_by(HAL, "hubspot")) == []


@pytest.mark.parametrize("somebody", [GIL, person("ivy", OTHER), person("jo", ""), None], ids=str)
def test_nobody_else_does_and_the_owner_has_it_anyway(shared: Connection, somebody: Session | None) -> None:
    assert run(sharing.seen_by(somebody)) == []


def test_those_who_belong_to_no_organisation_are_none_together(shared: Connection) -> None:
    run(sharing.share(shared, person("gil", "")))
    assert run(sharing.seen_by(person("jo", ""))) == []


def test_an_index_that_lies_shows_nothing(shared: Connection) -> None:
    member = ":".join((sharing.FORMAT, *shared.path))
    for name in (shared.share.id, "made up"):
        run(redis.execute(lambda client, name=name: client.hset(sharing._index(OTHER), name, member)))
    run(redis.execute(lambda client: client.hset(sharing._index(ACME), "made up", member)))
    assert run(sharing.seen_by(person("ivy", OTHER))) == [] and run(sharing.seen_by(HAL)) == [shared]


def test_taking_it_back_works_at_once_even_where_the_index_still_names_it(shared: Connection) -> None:
    member = ":".join((sharing.FORMAT, *shared.path))
    run(sharing.stop(shared))
    run(redis.execute(lambda client: client.hset(sharing._index(ACME), shared.share.id, member)))
    assert run(sharing.seen_by(HAL)) == []


def test_sharing_again_gives_it_another_name(shared: Connection) -> None:
    run(sharing.stop(shared))
    run(sharing.share(shared, GIL))
    [again] = run(sharing.seen_by(HAL))
    assert again.share.id != shared.share.id and len(again.share.id) == 32


def test_a_connection_that_is_renewed_or_needs_it_stays_shared(shared: Connection) -> None:
    run(connections.save(dataclasses.replace(shared, share=type(shared.share)()), Token("new")))
    run(connections.mark_reconnect(dataclasses.replace(shared, share=type(shared.share)()), "Reconnect."))
    [seen] = run(sharing.seen_by(HAL))
    assert seen.share == shared.share and seen.reconnect == "Reconnect."


def test_a_connection_that_is_gone_is_seen_by_nobody(shared: Connection) -> None:
    run(connections.forget(shared))
    assert run(sharing.seen_by(HAL)) == []


def test_an_older_record_knows_no_share(store: None, shared: Connection) -> None:
    plain = records._adapter(keys.CONNECTION).dump_python(shared, mode="json")
    del plain["share"]
    assert records._adapter(keys.CONNECTION).validate_python(plain, strict=False).share.id == ""


def index() -> int:
    return run(redis.execute(lambda client: client.hlen(sharing._index(ACME))))


def test_the_index_names_no_share_that_has_ended(shared: Connection) -> None:
    run(sharing.share(shared, GIL))
    assert index() == 1
    run(sharing.forget(dataclasses.replace(shared, share=type(shared.share)())))  # by a page drawn before it was shared
    assert index() == 0


def test_a_share_that_was_interrupted_is_not_said_to_be_one(shared: Connection, monkeypatch) -> None:
    run(sharing.stop(shared))

    async def gone(*arguments, **options):
        raise StoreUnavailable

    for module, name in ((sharing, "execute"), (records, "exchange")):
        with monkeypatch.context() as away:
            away.setattr(module, name, gone)
            with pytest.raises(StoreUnavailable):
                run(sharing.share(shared, GIL))
        [mine] = run(connections.of(GIL.owner))
        assert not mine.share.id and run(sharing.seen_by(HAL)) == []


@pytest.mark.parametrize("meanwhile", [sharing.stop, lambda mine: sharing.share(mine, GIL)])
def test_what_is_shared_or_taken_back_while_it_is_saved_stays_so(shared: Connection, monkeypatch, meanwhile) -> None:
    encode, done = records.encode, []

    def racing(kind, key, value, data_key=""):
        if kind is keys.TOKEN and not done:  # save has read the record, and not written it yet
            done.append(ThreadPoolExecutor().submit(asyncio.run, elsewhere()).result(10))
        return encode(kind, key, value, data_key)

    async def elsewhere() -> str:
        await meanwhile(shared)
        [now] = await connections.of(GIL.owner)
        await redis.close()
        return now.share.id

    monkeypatch.setattr(records, "encode", racing)
    run(connections.save(shared, Token("new")))
    [now] = run(connections.of(GIL.owner))
    assert done == [now.share.id] and now.share.id != shared.share.id
