"""One load, done here: what is read is stored, what is not is said."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any

import fake_provider
import pytest
from made_up import varied
from sync_helpers import Fake, eventually, ids, table

import integrations
from integrations import frames, sync
from integrations.model.errors import StoreUnavailable, Unavailable
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.store import keys, records
from integrations.sync import chunks as chunking
from integrations.sync import finish as finishing
from integrations.sync import job as loading
from integrations.sync import writer as writing
from integrations.sync.job import load as job


def test_everything_that_is_read_is_shown_once_and_called_complete(fake: Fake):
    fake.answers(people=[3, 2], deals=[4])
    fake.load()
    load, rows = fake.shown
    assert (load.state, load.notes, load.skipped) == ("complete", (), ())
    assert rows == sorted(ids("people", 5) + ids("deals", 4))
    assert load.counts == {"people": 5, "deals": 4}


def test_an_empty_account_is_a_complete_load_of_nothing(fake: Fake):
    fake.answers(people=[])
    fake.load()
    load, rows = fake.shown
    assert (load.state, load.total, rows) == ("complete", 0, [])


def test_an_account_with_nothing_to_read_is_a_complete_load_of_nothing(fake: Fake):
    fake.answers()
    fake.load()
    assert fake.shown[0].state == "complete"


def test_a_type_that_may_not_be_read_is_named_and_the_rest_is_complete(fake: Fake):
    fake.answers(people=[2], deals=["Forbidden"], skipped=["Tickets: this app did not ask for them."])
    fake.load()
    load, rows = fake.shown
    assert load.state == "complete" and rows == ids("people", 2)
    assert load.skipped == (
        "Tickets: this app did not ask for them.", "Deals: this Fake account may not read it.",
    )  # fmt: skip


def test_what_is_refused_for_the_first_time_is_kept_and_what_is_refused_twice_is_gone(fake: Fake):
    fake.answers(people=[2], deals=[3])
    fake.load()
    fake.answers(people=[2], deals=["Forbidden"])
    fake.load()
    load, rows = fake.shown
    assert (load.state, rows) == ("partial", sorted(ids("people", 2) + ids("deals", 3)))
    assert (
        load.notes == (finishing.NEWLY_REFUSED_NOTICE, finishing.SNAPSHOT_INCOMPLETE_NOTICE)
        and "Deals" in load.skipped[0]
    )
    fake.load()
    assert (fake.shown[0].state, fake.shown[1]) == ("complete", ids("people", 2))


def test_where_everything_is_refused_at_once_all_is_kept_and_the_load_has_failed(fake: Fake):
    fake.answers(people=[2])
    fake.load()
    fake.answers(people=["Forbidden"])
    assert (fake.load().state, fake.status.notes) == ("failed", (finishing.NEWLY_REFUSED_NOTICE,))
    assert fake.shown[1] == ids("people", 2)


def test_a_part_that_was_not_wanted_before_may_be_refused_at_once(fake: Fake):
    fake.answers(people=[2])
    fake.load()
    fake.answers(people=[2], deals=["Forbidden"])
    fake.load()
    assert (fake.shown[0].state, fake.shown[0].notes) == ("complete", ())


@pytest.mark.parametrize("fault", ["Unavailable", "CursorExpired", "Forbidden", "unseen"])
def test_a_fault_costs_its_part_only_and_the_load_says_so(fake: Fake, fault: str):
    fake.answers(people=[2], deals=[1, fault, 1])
    fake.load()
    load, rows = fake.shown
    assert rows == sorted(ids("people", 2) + ids("deals", 1))
    assert load.state == "partial"
    assert len(load.notes) == 1 and load.notes[0].startswith("Deals: ")


def test_a_plan_of_an_unseen_shape_ends_the_load_with_a_sentence(fake: Fake):
    fake.answers(catalog=["unseen"])
    load = fake.load()
    assert load.state == "failed"
    (said,) = load.notes
    assert said.startswith("Fake sent something this version does not understand. Refresh to try again")


def test_an_account_that_refuses_everything_fails_with_what_to_do(fake: Fake):
    fake.answers(catalog=["Forbidden"])
    assert fake.load().notes == ("Fake lets this connection read nothing. Press Reconnect to approve it again.",)


def test_a_failed_load_keeps_the_rows_of_the_one_before(fake: Fake):
    fake.answers(people=[3])
    fake.load()
    fake.answers(catalog=["ReconnectNeeded"])
    assert fake.load().state == "failed"
    load, rows = fake.shown
    assert (load.state, rows) == ("complete", ids("people", 3))


def test_a_refresh_that_gets_nothing_at_all_keeps_the_rows_of_the_one_before(fake: Fake):
    fake.answers(people=[3])
    fake.load()
    fake.answers(people=["Unavailable"])
    assert fake.load().state == "failed"
    assert fake.shown[1] == ids("people", 3)


def test_a_refresh_that_ends_early_keeps_the_rows_it_did_not_reach_and_says_so(fake: Fake):
    fake.answers(people=[2], deals=[4])
    fake.load()
    fake.answers(people=[3], deals=[1, "Unavailable"])
    fake.load()
    load, rows = fake.shown
    assert rows == sorted(ids("people", 3) + ids("deals", 4))
    assert load.state == "partial" and finishing.SNAPSHOT_INCOMPLETE_NOTICE in load.notes
    assert load.counts == {"people": 3, "deals": 4}


def test_a_complete_refresh_forgets_what_the_provider_no_longer_has(fake: Fake):
    fake.answers(people=[5])
    fake.load()
    fake.answers(people=[2])
    fake.load()
    assert fake.shown[1] == ids("people", 2)
    assert len(run(records.paths(keys.CHUNK, *fake.connection.path))) == fake.shown[0].chunks


def test_what_was_left_out_is_not_read(fake: Fake):
    fake.answers(people=[2], deals=[2])
    run(sync.choose(fake.connection.owner, "fake", ("deals",)))
    fake.load()
    assert fake.shown[1] == ids("people", 2)


def test_an_item_that_cannot_be_stored_costs_itself_only(fake: Fake):
    fake.answers(people=[2, {"creation_time": "yesterday"}, 2])
    fake.load()
    load, rows = fake.shown
    assert rows == ids("people", 4)
    assert (load.state, load.notes) == ("partial", (writing.UNSTORABLE_ITEMS_NOTICE,))


def test_an_item_that_comes_twice_is_shown_once(fake: Fake):
    fake.answers(people=[2, {"id": "people-0", "name": "again"}])
    fake.load()
    load, rows = fake.shown
    assert rows == ids("people", 2) and load.counts == {"people": 2}


def test_more_rows_than_a_chunk_holds_come_in_several(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "MAX_CHUNK_ROWS", 10)
    fake.answers(people=[7, 7, 25], deals=[11])
    fake.load()
    load, rows = fake.shown
    found = run(chunking.chunks(fake.connection, load))
    assert len(rows) == 50 and len(found) >= 5
    assert max(frames.Tables([chunk]).total for chunk in found) == 10


def test_no_row_is_lost_when_the_load_ends_while_rows_are_being_saved(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    put = records.put_fenced

    async def slowly(*arguments, **named):
        await asyncio.sleep(0.03)
        return await put(*arguments, **named)

    monkeypatch.setattr(writing, "REPORT_EVERY", 0.001)
    monkeypatch.setattr(writing, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    monkeypatch.setattr(records, "put_fenced", slowly)
    fake.answers(people=[50, 0.02, 50, 0.015])
    fake.load()
    load, rows = fake.shown
    assert (load.state, rows) == ("complete", ids("people", 100))


def test_progress_is_written_and_rows_are_saved_before_the_end(fake: Fake):
    fake.answers(people=[3, 30.0])
    wanted = run(sync.start(fake.connection))
    going = run(begun(job(*fake.connection.path, wanted.id)))
    try:
        eventually(lambda: fake.status.chunks)
        assert (fake.status.state, fake.status.total) == ("running", 3)
        assert table(fake, fake.status) == ids("people", 3)
    finally:
        run(ended(going))


def test_the_first_rows_of_every_part_are_saved_with_the_next_report(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "REPORT_EVERY", 0.01)
    monkeypatch.setattr(writing, "SAVE_EVERY", 60)
    fake.answers(people=[3, 30.0], deals=[0.1, 2, 0.1, 1, 30.0])
    wanted = run(sync.start(fake.connection))
    going = run(begun(job(*fake.connection.path, wanted.id)))
    try:
        eventually(lambda: fake.status.total == 6)
        assert sorted(table(fake, fake.status)) == sorted(ids("people", 3) + ids("deals", 2))
    finally:
        run(ended(going))


def test_a_chunk_lost_from_redis_makes_the_rows_partial(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "MAX_CHUNK_ROWS", 10)
    fake.answers(people=[30])
    fake.load()
    run(records.delete(keys.CHUNK, chunking.chunk_path(fake.connection, fake.status, 1)))
    load, rows = fake.shown
    assert (load.state, len(rows)) == ("partial", 20)
    assert load.notes == (finishing.ROWS_LOST_NOTICE,)


def test_a_chunk_lost_during_the_load_makes_it_partial(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    """As when Redis crashes and comes back without its last second."""
    monkeypatch.setattr(writing, "MAX_CHUNK_ROWS", 10)
    fake.answers(people=[30])
    flush = writing.LoadWriter.flush

    async def forgetful(self):
        await flush(self)
        if self.load.chunks:
            await records.delete(keys.CHUNK, chunking.chunk_path(self.connection, self.load, 0))

    monkeypatch.setattr(writing.LoadWriter, "flush", forgetful)
    fake.load()
    load, rows = fake.shown
    assert (load.state, load.notes, len(rows)) == ("partial", (finishing.ROWS_LOST_NOTICE,), 20)


def test_a_lost_chunk_of_the_snapshot_before_is_told_when_its_rows_are_kept(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writing, "MAX_CHUNK_ROWS", 10)
    fake.answers(people=[30])
    fake.load()
    run(records.delete(keys.CHUNK, chunking.chunk_path(fake.connection, fake.status, 2)))
    fake.answers(people=[5, "Unavailable"])
    fake.load()
    load, rows = fake.shown
    assert len(rows) == 20 and finishing.ROWS_LOST_NOTICE in load.notes


def test_an_attempt_that_another_one_superseded_stops_reading_at_once(fake: Fake):
    fake.answers(people=[1, 30.0], deals=[1, 30.0])
    wanted = run(sync.start(fake.connection))
    first = run(begun(job(*fake.connection.path, wanted.id)))
    eventually(lambda: len(fake_provider.STILL_READING) == 2)
    fake.answers(people=[2], deals=[2])
    run(job(*fake.connection.path, wanted.id))
    eventually(first.done, within=5)
    assert not fake_provider.STILL_READING
    load, rows = fake.shown
    assert (load.state, rows) == ("complete", sorted(ids("people", 2) + ids("deals", 2)))


def test_whatever_else_goes_wrong_ends_the_load_and_keeps_the_rows_before(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    fake.answers(people=[3])
    fake.load()

    def broken(old, new):
        raise ZeroDivisionError

    with monkeypatch.context() as broken_now:
        broken_now.setattr(frames, "missing", broken)
        load = fake.load()
    assert (load.state, load.notes) == ("failed", (loading.UNEXPECTED,))
    assert fake.shown[1] == ids("people", 3)


def test_the_load_goes_on_when_redis_was_away_for_a_moment(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    execute, chance = store_connection.execute, random.Random(7)

    async def now_and_then(command, **how):
        if chance.random() < 0.06:
            raise StoreUnavailable
        return await execute(command, **how)

    fake.answers(people=[3], deals=["Unavailable"])
    wanted = run(sync.start(fake.connection))
    with monkeypatch.context() as away:
        for module in ("records", "connections"):
            away.setattr(f"integrations.store.{module}.execute", now_and_then)
        run(job(*fake.connection.path, wanted.id))
    load, rows = fake.shown
    assert (load.state, rows) == ("partial", ids("people", 3))


def test_a_page_that_asks_what_there_is_does_not_wait_without_end(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("integrations.sync.loads.LIST", 0.2)
    fake.answers(catalog=[60.0], people=[1])
    started = time.monotonic()
    with pytest.raises(Unavailable, match=r"Fake took longer than 0\.2 seconds to answer\. Try again"):
        run(sync.catalog(fake.connection))
    assert time.monotonic() - started < 20
    fake.answers(people=[1])
    assert [stream.title for stream in run(sync.catalog(fake.connection)).streams] == ["People"]


def test_the_account_moved_is_one_sentence_however_many_parts_say_so(fake: Fake):
    fake.answers(people=["ReconnectNeeded"], things=["ReconnectNeeded"], notes=["ReconnectNeeded"])
    load = fake.load()
    assert (load.state, load.notes) == ("failed", ("Fake no longer accepts this connection. Reconnect to go on.",))


def test_the_outline_remembers_the_parts_and_expires_after_a_month(fake: Fake):
    fake.answers(people=[3])
    fake.load()
    catalog = run(sync.catalog(fake.connection))
    assert [stream.title for stream in catalog.streams] == ["People"]
    ttl = run(store_connection.execute(lambda redis: redis.ttl(keys.CATALOG.key(*fake.connection.path))))
    assert 0 < ttl <= 30 * keys.DAY


def test_a_job_for_a_load_that_is_no_longer_wanted_does_nothing(fake: Fake):
    fake.answers(people=[3])
    first = fake.load()
    run(job(*fake.connection.path, first.id))
    assert fake.plans == 1 and fake.status == first
    run(sync.start(fake.connection))
    run(job(*fake.connection.path, first.id))
    assert fake.plans == 1


async def begun(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    return asyncio.create_task(coroutine)


async def ended(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_where_calls_are_rationed_those_of_this_month_are_counted_across_loads(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
):
    async def seen() -> int:
        return await sync.calls_this_month(fake.connection)

    fake.answers(people=["call", 3, "call", 2])
    fake.load()
    assert run(seen()) == 0
    rationed = varied(fake_provider.PROVIDER, ration="A hundred calls a month.")
    monkeypatch.setitem(integrations.providers(), "fake", rationed)
    assert (fake.load().calls, run(seen())) == (2, 2)
    assert (fake.load().calls, run(seen())) == (2, 4)
