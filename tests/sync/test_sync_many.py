"""Many loads at once: a provider that hangs, and an owner with many accounts, cost only their own."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Any

import pytest
from made_up import varied
from sync_helpers import Fake, eventually

import integrations
from integrations import sync
from integrations.model import Catalog, Connection, Load, Page, Stream, Token
from integrations.model.item import Item
from integrations.service.runtime import run
from integrations.store import connections, keys, records
from integrations.store import queue as queue
from integrations.sync import worker as working

MANY = 2 * working.LOADS_PER_PROVIDER


class Hanging:
    """A provider that does not answer until it is let go; knows how many loads wait for it, and the most that did."""

    def __init__(self, provider: Any) -> None:
        self.provider = varied(provider, slug="hanging", catalog=self.catalog, changes=None, read=self.read)
        self.go = asyncio.Event()
        self.waiting = self.most = 0

    async def catalog(self, api: object) -> Catalog:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        try:
            await self.go.wait()
        finally:
            self.waiting -= 1
        return Catalog((Stream("things", "Things", "things"),))

    async def read(self, api: object, stream: Stream, cursor: str = "") -> Any:
        yield Page([Item("thing-1", "things", "Thing 1")])

    def connect(self, fake: Fake, number: int, owner: str = "") -> Connection:
        """A connection to it; each of an owner of its own, if none is given."""
        name = f"{number:016x}"
        mine = dataclasses.replace(fake.connection, id=name, owner=owner or name * 4, slug="hanging")
        run(connections.save(mine, Token("secret")))
        return mine


@pytest.fixture
def hanging(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hanging]:
    hanging = Hanging(fake_provider())
    monkeypatch.setitem(integrations.providers(), "hanging", hanging.provider)
    yield hanging


def fake_provider() -> Any:
    return integrations.providers()["fake"]


def status(of: Connection) -> Load:
    found = run(records.get(keys.LOAD, of.path))
    assert found
    return found


def let_go(hanging: Hanging) -> None:
    async def go() -> None:
        hanging.go.set()

    run(go())


def test_loads_of_a_provider_that_hangs_keep_no_load_of_another_waiting(
    fake: Fake, hanging: Hanging, worker: None
) -> None:
    loads = [hanging.connect(fake, number) for number in range(MANY)]
    for each in loads:
        run(sync.start(each))
    eventually(lambda: hanging.waiting == working.LOADS_PER_PROVIDER)
    fake.answers(people=[3])
    run(sync.start(fake.connection))
    assert fake.ended().state == "complete"
    assert all(status(each).active for each in loads), "the others still hang or wait"
    let_go(hanging)
    eventually(lambda: all(status(each).state == "complete" for each in loads), within=60)
    assert hanging.most == working.LOADS_PER_PROVIDER, "and never were there more at once"


def test_an_owner_with_many_accounts_leaves_room_for_others_at_the_same_provider(
    fake: Fake, hanging: Hanging, worker: None
) -> None:
    mine = [hanging.connect(fake, number, "b" * 64) for number in range(working.LOADS_PER_OWNER + 4)]
    for each in mine:
        run(sync.start(each))
    eventually(lambda: hanging.waiting == working.LOADS_PER_OWNER)
    theirs = hanging.connect(fake, 99)
    run(sync.start(theirs))
    eventually(lambda: hanging.waiting == working.LOADS_PER_OWNER + 1)
    assert status(theirs).state == "running"
    let_go(hanging)
    eventually(lambda: all(status(each).state == "complete" for each in (*mine, theirs)), within=60)


def test_a_load_that_waits_for_room_is_shown_as_waiting_and_can_be_cancelled(
    fake: Fake, hanging: Hanging, worker: None
) -> None:
    mine = [hanging.connect(fake, number, "b" * 64) for number in range(working.LOADS_PER_OWNER + 1)]
    for each in mine:
        run(sync.start(each))
    eventually(lambda: hanging.waiting == working.LOADS_PER_OWNER)
    waiting = eventually(lambda: [each for each in mine if status(each).state == "queued"])
    assert len(waiting) == 1
    looked = run(sync.requeue_if_lost(waiting[0]))
    assert looked and looked.state == "queued" and run(queue.is_known(sync.loads._key(waiting[0], looked)))
    ended = run(sync.cancel(waiting[0]))
    assert ended and not ended.active
    let_go(hanging)
    others = [each for each in mine if each != waiting[0]]
    eventually(lambda: all(status(each).state == "complete" for each in others), within=60)
    assert status(waiting[0]) == ended, "room that becomes free does not bring it back"


def test_cancelling_a_load_that_hangs_makes_room_for_one_that_waits(fake: Fake, hanging: Hanging, worker: None) -> None:
    mine = [hanging.connect(fake, number, "b" * 64) for number in range(working.LOADS_PER_OWNER + 1)]
    for each in mine:
        run(sync.start(each))
    eventually(lambda: hanging.waiting == working.LOADS_PER_OWNER)
    running = [each for each in mine if status(each).state == "running"]
    run(sync.cancel(running[0]))
    waited = next(each for each in mine if each not in running)
    eventually(lambda: status(waited).state == "running")


def test_every_provider_may_hang_and_upkeep_still_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    for count in (1, 3, 12):
        monkeypatch.setattr(working, "providers", lambda count=count: dict.fromkeys(map(str, range(count))))
        assert working.concurrency() - count * working.LOADS_PER_PROVIDER >= 2, "the sweep and the refresh have room"
