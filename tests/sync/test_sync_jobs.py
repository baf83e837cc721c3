"""Loads as pages see them: one at a time, ended when asked, and nothing left of what was disconnected."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from datetime import UTC, datetime, timedelta

import pytest
from findings import a_day_passes
from made_up import varied
from sync_helpers import Fake, eventually, ids

import integrations
from integrations import oauth, sync
from integrations.model import Catalog, Load, Page, Token
from integrations.model.errors import NotConfigured
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import connections, keys, queue, records
from integrations.store.keys import Usage
from integrations.sync import job as loading
from integrations.sync import loads
from integrations.sync import worker as working
from integrations.sync.job import load as job

A_SECOND = 2  # what "within a second" may take on a busy machine


def test_two_pages_that_press_refresh_at_once_get_one_load(fake: Fake, worker: None):
    fake.answers(people=[3, 0.3])

    async def both():
        return await asyncio.gather(*(sync.start(fake.connection) for _ in range(5)))

    assert len({load.id for load in run(both())}) == 1
    assert fake.ended().state == "complete"
    assert fake.plans == 1


def test_pages_that_ask_at_once_enter_the_queue_once(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    entered = []
    new = queue.new_docket
    monkeypatch.setattr(queue, "new_docket", lambda: entered.append(1) or new())

    async def pages():
        await queue.close()
        await asyncio.gather(*(queue.is_known("load") for _ in range(5)))

    run(pages())
    assert len(entered) == 1


def test_pressing_refresh_during_a_load_changes_nothing(fake: Fake, worker: None):
    fake.answers(people=[3, 0.7, 3])
    first = run(sync.start(fake.connection))
    eventually(lambda: fake.status.state == "running")
    assert run(sync.start(fake.connection)).id == first.id
    assert fake.ended().state == "complete"
    assert (fake.plans, fake.shown[1]) == (1, ids("people", 6))


def test_a_load_asked_for_in_the_instant_that_another_ends_is_done_too(
    fake: Fake, worker: None, monkeypatch: pytest.MonkeyPatch
):
    """Its record says that it is over; its worker still tidies up."""
    fake.answers(people=[1])
    delete = records.delete

    async def slowly(*arguments):
        await asyncio.sleep(0.1)
        await delete(*arguments)

    monkeypatch.setattr(records, "delete", slowly)

    async def one_after_the_other() -> None:
        for _ in range(4):
            await sync.start(fake.connection)
            while (await records.get(keys.LOAD, fake.connection.path)).active:
                await asyncio.sleep(0)

    run(asyncio.wait_for(one_after_the_other(), 20))
    assert fake.plans == 4


def test_cancel_ends_within_a_second_and_keeps_the_rows_so_far(fake: Fake, worker: None):
    fake.answers(people=[3, 30.0], deals=["Forbidden"])
    run(sync.start(fake.connection))
    eventually(lambda: fake.status.counts)
    began = time.monotonic()
    ended = run(sync.cancel(fake.connection))
    assert time.monotonic() - began < A_SECOND and loads.CANCEL_WITHIN < 1
    load, rows = fake.shown
    assert ended and ended.state == load.state == "partial"
    assert rows == ids("people", 3)
    assert load.notes == (loading.CANCELLED,) and load.skipped


def test_cancel_works_where_no_worker_has_taken_the_load(fake: Fake):
    fake.answers(people=[3])
    run(sync.start(fake.connection))
    ended = run(sync.cancel(fake.connection))
    assert ended and ended.state == "partial" and not fake.status.active
    assert not run(queue.is_known(loads._key(fake.connection, ended)))
    run(job(*fake.connection.path, ended.id))
    assert fake.plans == 0


def test_cancelling_a_refresh_before_it_began_leaves_the_complete_rows_alone(fake: Fake):
    fake.answers(people=[3])
    fake.load()
    run(sync.start(fake.connection))
    run(sync.cancel(fake.connection))
    load, rows = fake.shown
    assert (load.state, rows) == ("complete", ids("people", 3))


def test_cancelling_a_refresh_keeps_what_it_did_not_reach(fake: Fake, worker: None):
    fake.answers(people=[3], deals=[3])
    run(sync.start(fake.connection))
    fake.ended()
    fake.answers(people=[4, 30.0], deals=[30.0])
    run(sync.start(fake.connection))
    eventually(lambda: fake.status.counts)
    run(sync.cancel(fake.connection))
    load, rows = fake.shown
    assert (load.state, rows) == ("partial", sorted(ids("people", 4) + ids("deals", 3)))


def test_a_refresh_after_a_cancelled_load_is_not_cancelled(fake: Fake, worker: None):
    fake.answers(people=[3, 30.0])
    run(sync.start(fake.connection))
    eventually(lambda: fake.status.counts)
    run(sync.cancel(fake.connection))
    fake.answers(people=[3, 1.0, 2])
    run(sync.start(fake.connection))
    assert fake.ended().state == "complete"
    assert fake.shown[1] == ids("people", 5)


def test_cancelling_what_has_ended_changes_nothing(fake: Fake):
    fake.answers(people=[3])
    ended = fake.load()
    assert run(sync.cancel(fake.connection)) == ended == fake.status


def test_an_attempt_that_starts_again_after_the_page_ended_the_load_does_not(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
):
    """The job has read that it is wanted; before it begins, the person cancels."""
    fake.answers(people=[3])
    fake.load()
    wanted = run(sync.start(fake.connection))
    find = connections.find

    async def cancelled_meanwhile(*path):
        await sync.cancel(fake.connection)
        return await find(*path)

    monkeypatch.setattr(loading.connections, "find", cancelled_meanwhile)
    run(job(*fake.connection.path, wanted.id))
    assert fake.plans == 1 and fake.status.state == "partial"
    assert fake.shown[1] == ids("people", 3)


def test_rows_that_the_worker_saves_while_the_page_ends_the_load_are_kept(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    fake.answers(people=[3])
    wanted = run(sync.start(fake.connection))
    attempt = loads.LoadWriter(fake.connection, wanted)

    async def cancelled_between_two_saves():
        await attempt.begin()
        seen_by_the_page = await records.get(keys.LOAD, fake.connection.path)
        await attempt.add("people", Page([integrations.Item(f"people-{n}", "people", "x") for n in range(3)]))
        await attempt.flush()
        await loads._end_here(fake.connection, seen_by_the_page)

    run(cancelled_between_two_saves())
    assert fake.shown[1] == ids("people", 3)


def test_the_end_is_done_by_the_next_look_if_the_page_that_cancelled_died(fake: Fake, configured):
    configured(LEASE_SECONDS="0.5")
    fake.answers(people=[3])
    load = run(sync.start(fake.connection))
    run(records.put(keys.CANCEL, fake.connection.path, load.id))
    run(queue.cancel(loads._key(fake.connection, load)))
    time.sleep(0.6)
    ended = run(sync.requeue_if_lost(fake.connection))
    assert ended and ended.state == "partial" and fake.plans == 0


def test_a_load_that_the_queue_has_lost_is_asked_for_again_by_looking(fake: Fake, worker: None):
    fake.answers(people=[3])
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    run(records.put(keys.LOAD, fake.connection.path, Load("0" * 16, "running", long_ago)))
    run(sync.requeue_if_lost(fake.connection))
    assert fake.ended().state == "complete"


def test_disconnecting_in_the_middle_of_a_load_leaves_no_key_behind(fake: Fake, worker: None):
    fake.answers(people=[3, 0.2] * 100, deals=[1, 0.01] * 1000)
    run(sync.start(fake.connection))
    eventually(lambda: fake.status.chunks)
    run(sync.stop_for_good(fake.connection))
    run(oauth.disconnect(integrations.providers()["fake"], fake.connection))
    eventually(lambda: not fake.keys_left())
    time.sleep(1.2)
    eventually(lambda: not fake.keys_left())


def test_a_worker_that_does_not_hear_of_the_end_writes_nothing_of_a_deleted_connection(fake: Fake, worker: None):
    fake.answers(people=[3, 0.01] * 1000)
    run(sync.start(fake.connection))
    eventually(lambda: fake.status.chunks)
    run(connections.forget(fake.connection))
    time.sleep(1.2)
    eventually(lambda: not fake.keys_left())


def test_a_worker_that_saves_between_two_deletions_leaves_nothing(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    attempt = loads.LoadWriter(fake.connection, run(sync.start(fake.connection)))
    delete = records.delete

    async def then_a_worker_saves(*arguments):
        await delete(*arguments)
        await attempt.add("people", Page([integrations.Item("1", "people", "x")]))
        with contextlib.suppress(loads.Superseded):
            await attempt.flush()

    async def deleted_meanwhile():
        await attempt.begin()
        monkeypatch.setattr(records, "delete", then_a_worker_saves)
        await sync.stop_for_good(fake.connection)
        await connections.forget(fake.connection)

    run(deleted_meanwhile())
    assert fake.keys_left() == []


def test_a_worker_that_begins_while_the_connection_is_deleted_leaves_nothing(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
):
    fake.answers(people=[3])
    wanted = run(sync.start(fake.connection))
    hold = records.take_fence

    async def deleted_meanwhile(*arguments):
        await sync.stop_for_good(fake.connection)
        await connections.forget(fake.connection)
        return await hold(*arguments)

    monkeypatch.setattr(records, "take_fence", deleted_meanwhile)
    run(job(*fake.connection.path, wanted.id))
    assert fake.keys_left() == []


def test_what_another_tab_does_after_the_end_brings_nothing_back(fake: Fake):
    run(connections.forget(fake.connection))
    run(connections.touch(fake.connection))
    run(connections.mark_reconnect(fake.connection, "gone"))
    assert fake.keys_left() == []


def test_a_refresh_of_a_connection_that_is_gone_leaves_no_load_waiting(fake: Fake, worker: None):
    run(connections.forget(fake.connection))
    run(sync.start(fake.connection))
    eventually(lambda: not fake.keys_left())


def test_a_snapshot_replaced_while_it_is_read_is_read_again(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    fake.answers(people=[3])
    fake.load()
    before = fake.status
    fake.answers(people=[5])
    fake.load()
    snapshots = iter([before])
    get = loads.snapshot

    async def old_first(connection):
        return next(snapshots, None) or await get(connection)

    monkeypatch.setattr(loads, "snapshot", old_first)
    load, rows = fake.shown
    assert (load.state, rows) == ("complete", ids("people", 5))


def test_no_row_of_a_disconnected_account_stays_in_memory(fake: Fake):
    fake.answers(people=[3])
    fake.load()
    assert fake.shown[1] and loads._tables
    run(sync.stop_for_good(fake.connection))
    assert not [key for key in loads._tables if key[:3] == fake.connection.path]


def test_connections_unused_for_ninety_days_are_ended_and_no_others(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    places = {name: dataclasses.replace(fake.connection, id=name * 16) for name in ("a", "b", "c")}
    for name, days in {"a": 91, "b": 89, "c": 91}.items():
        run(connections.save(places[name], Token("secret")))
        run(records.put(keys.USAGE, places[name].path, Usage(datetime.now(UTC) - timedelta(days=days))))
    end = working.disconnect

    async def refused_for_a(connection):
        if connection.id.startswith("a"):
            raise KeyError
        return await end(connection)

    monkeypatch.setattr(working, "disconnect", refused_for_a)
    run(working.sweep())
    assert {connection.id[0] for connection in run(connections.of(fake.connection.owner))} == {"0", "a", "b", "c"}
    a_day_passes()
    run(working.sweep())
    left = {connection.id[0] for connection in run(connections.of(fake.connection.owner))}
    assert left == {"0", "a", "b"}


def test_a_connection_whose_last_use_cannot_be_read_is_not_swept(fake: Fake):
    run(store_connection.execute(lambda redis: redis.set(keys.USAGE.key(*fake.connection.path), b"\x01nonsense")))
    run(working.sweep())
    a_day_passes()
    run(working.sweep())
    assert run(connections.of(fake.connection.owner))


def test_a_worker_sweeps_by_itself(fake: Fake, request: pytest.FixtureRequest):
    run(records.put(keys.USAGE, fake.connection.path, Usage(datetime.now(UTC) - timedelta(days=91))))
    run(working.sweep())
    a_day_passes()
    request.getfixturevalue("worker")
    eventually(lambda: not fake.keys_left())


def test_what_is_left_out_is_remembered_as_long_as_it_is_loaded(fake: Fake):
    name = keys.CHOICE.key(*fake.connection.path[:2])
    run(sync.choose(*fake.connection.path[:2], ("people",)))
    run(store_connection.execute(lambda redis: redis.expire(name, 10)))
    fake.answers(people=[3], things=[2])
    fake.load()
    assert run(store_connection.execute(lambda redis: redis.ttl(name))) > 399 * keys.DAY


def test_parts_that_were_looked_up_while_it_was_disconnected_are_not_kept(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    async def catalog(api: object) -> Catalog:
        await sync.stop_for_good(fake.connection)
        await connections.forget(fake.connection)
        return Catalog(())

    known = integrations.providers()
    monkeypatch.setitem(known, "fake", varied(known["fake"], catalog=catalog))
    run(sync.catalog(fake.connection))
    assert run(records.paths(keys.CATALOG)) == []


def test_a_queue_that_could_not_be_entered_is_entered_by_the_next_who_asks(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    new, tries = queue.new_docket, []

    def once_not():
        tries.append(1)
        if len(tries) == 1:
            raise NotConfigured("DATA_DIR cannot be used.")
        return new()

    run(queue.close())
    monkeypatch.setattr(queue, "new_docket", once_not)
    with pytest.raises(NotConfigured):
        run(queue.is_known("load"))
    assert run(queue.is_known("load")) is False
