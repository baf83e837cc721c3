"""Loads that go on where another worker stopped, and refreshes that read what changed."""

from __future__ import annotations

import dataclasses
import random
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import fake_provider
import pytest
from made_up import varied
from sync_helpers import Fake, Process, eventually, ids

import integrations
from integrations import sync
from integrations.model import Item, Load, Page, Stream
from integrations.service.runtime import run
from integrations.store import connections, keys, records
from integrations.store.keys import Usage
from integrations.sync import chunks as chunking
from integrations.sync import finish as finishing
from integrations.sync import worker as working
from integrations.sync import writer as writing
from integrations.sync.job import load as job
from integrations.sync.writer import LoadWriter


def begun(fake: Fake, **known: object) -> tuple[LoadWriter, Load]:
    """A worker's attempt at a load that it does not bring to its end."""
    wanted = run(sync.start(fake.connection, full=True))
    attempt = LoadWriter(fake.connection, wanted)
    run(attempt.begin())
    run(attempt.update(full=True, full_at=datetime.now(UTC), **known))
    return attempt, wanted


def people(stream: str, start: int, end: int) -> list[Item]:
    return [Item(f"{stream}-{n}", stream, f"{stream.title()} {n}") for n in range(start, end)]


def test_a_part_goes_on_from_its_mark_and_one_that_was_done_is_not_read_again(fake: Fake):
    fake.answers(marked=[3, 4, 5], people=[2])
    attempt, wanted = begun(fake)
    run(attempt.add("marked", Page(people("marked", 0, 3), "1")))
    run(attempt.add("people", Page(people("people", 0, 2))))
    attempt.reach("people", "done")
    run(attempt.flush())
    run(job(*fake.connection.path, wanted.id))
    load, rows = fake.shown
    assert (load.state, rows) == ("complete", sorted(ids("marked", 12) + ids("people", 2)))
    assert load.counts == {"marked": 12, "people": 2}
    assert [line for line in fake.log if line.startswith("read")] == ["read marked from 1"]


def test_a_mark_does_not_count_before_its_rows_are_saved(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writing, "MAX_CHUNK_ROWS", 2)
    fake.answers(marked=[5, 4])
    attempt, wanted = begun(fake)
    run(attempt.add("marked", Page(people("marked", 0, 5), "1")))
    assert fake.status.chunks == 2 and fake.status.cursors == {}
    run(job(*fake.connection.path, wanted.id))
    load, rows = fake.shown
    assert (load.state, rows, load.counts) == ("complete", ids("marked", 9), {"marked": 9})
    assert fake.log[-1] == "read marked from 0"


def test_rows_that_come_again_after_a_restart_are_counted_once_even_on_the_way(fake: Fake):
    fake.answers(people=[6, 30.0])
    attempt, wanted = begun(fake)
    run(attempt.add("people", Page(people("people", 0, 4))))
    run(attempt.flush())
    again = LoadWriter(fake.connection, wanted)
    run(again.begin())
    run(again.add("people", Page(people("people", 0, 6))))
    assert again.total == 6


def test_what_an_earlier_attempt_could_not_store_is_still_told(fake: Fake):
    fake.answers(people=[2])
    attempt, wanted = begun(fake)
    run(attempt.add("people", Page([*people("people", 0, 2), dataclasses.replace(
        people("people", 3, 4)[0], creation_time="yesterday")])))  # fmt: skip
    attempt.reach("people", "done")
    run(attempt.flush())
    run(job(*fake.connection.path, wanted.id))
    assert (fake.shown[0].state, fake.shown[0].notes) == ("partial", (writing.UNSTORABLE_ITEMS_NOTICE,))


def test_a_page_can_end_a_load_that_another_process_had(fake: Fake):
    fake.answers(people=[2])
    attempt, _ = begun(fake)
    run(attempt.add("people", Page(people("people", 0, 2))))
    run(attempt.flush())
    run(sync.cancel(fake.connection))
    assert (fake.shown[0].state, fake.shown[0].counts) == ("partial", {"people": 2})


@pytest.mark.parametrize("attempt", range(3))
def test_a_killed_workers_load_goes_on_from_its_marks_and_no_row_is_doubled(
    fake: Fake, start_worker: Callable[[], Process], attempt: int
):
    fake.answers(marked=[50, 0.05] * 40)
    run(sync.start(fake.connection))
    first = start_worker()
    eventually(lambda: fake.status.cursors)
    time.sleep(random.uniform(0, 0.5))
    first.kill()
    start_worker()
    load = fake.ended(within=30)
    assert load.state == "complete" and fake.shown[1] == ids("marked", 2000)
    assert load.counts == {"marked": 2000}
    starts = [line for line in fake.log if line.startswith("read")]
    assert len(starts) == 2 and starts[1] != "read marked from 0"


def asked(fake: Fake) -> list[str]:
    return fake.log[len(fake.log) - fake.log[::-1].index("catalog") :]


def test_a_refresh_reads_what_changed_and_keeps_the_rest(fake: Fake):
    fake.answers(people=[3], deals=[2])
    fake.load()
    fake.answers(people=[0], deals=[0], changed={"people": [{"id": "people-1", "name": "New"}, {"id": "people-9"}]})
    fake.load(full=False)
    load, rows = fake.shown
    assert (load.state, load.notes) == ("complete", ())
    assert rows == sorted([*ids("people", 3), "people-9", *ids("deals", 2)])
    assert load.counts == {"people": 4, "deals": 2}
    assert sorted(asked(fake)) == ["changes deals", "changes people"]


def test_a_refresh_on_request_or_long_after_the_last_whole_one_reads_everything(fake: Fake, configured):
    fake.answers(people=[3], changed={})
    fake.load()
    fake.load(full=True)
    assert asked(fake) == ["read people from 0"]
    configured(FULL_EVERY="0")
    fake.load(full=False)
    assert asked(fake) == ["read people from 0"]


def test_a_refresh_that_ended_early_is_followed_by_one_that_reads_everything(fake: Fake):
    fake.answers(people=[3], deals=[2])
    fake.load()
    fake.answers(people=[3], deals=[2], changed={"people": [{"id": "people-7"}], "deals": ["Unavailable"]})
    fake.load(full=False)
    load, rows = fake.shown
    assert load.state == "partial" and finishing.SNAPSHOT_INCOMPLETE_NOTICE in load.notes and "people-7" in rows
    fake.load(full=False)
    assert sorted(asked(fake)) == ["read deals from 0", "read people from 0"]
    assert (fake.shown[0].state, fake.shown[1]) == ("complete", sorted(ids("people", 3) + ids("deals", 2)))


def test_a_part_that_could_not_be_read_before_is_read_in_whole_once_it_can(fake: Fake):
    fake.answers(people=[3], deals=["Forbidden"])
    fake.load()
    fake.answers(people=[3], deals=[2], changed={})
    fake.load(full=False)
    assert fake.shown[1] == sorted(ids("people", 3) + ids("deals", 2))
    assert sorted(asked(fake)) == ["changes people", "read deals from 0"]


def test_a_refresh_whose_worker_was_killed_stays_one_or_begins_anew(fake: Fake, configured):
    fake.answers(people=[3])
    fake.load()
    fake.answers(people=[4], changed={})
    wanted = run(sync.start(fake.connection))
    attempt = LoadWriter(fake.connection, wanted)
    run(attempt.begin())
    run(attempt.update(full=False, full_at=datetime.now(UTC)))
    attempt.reach("people", "done")
    run(attempt.save())
    configured(FULL_EVERY="0")
    run(job(*fake.connection.path, wanted.id))
    assert asked(fake) == ["read people from 0"] and fake.shown[1] == ids("people", 4)


def test_rows_lost_before_a_refresh_make_it_partial(fake: Fake):
    fake.answers(people=[3], changed={"people": [{"id": "people-7"}]})
    fake.load()
    run(records.delete(keys.CHUNK, chunking.chunk_path(fake.connection, fake.status, 0)))
    fake.load(full=False)
    assert fake.shown[0].state == "partial" and finishing.ROWS_LOST_NOTICE in fake.shown[0].notes


def test_what_the_provider_no_longer_has_is_named(fake: Fake):
    fake.answers(people=[5], deals=[2])
    fake.load()
    fake.answers(people=[3], deals=[2])
    assert sorted(fake.load().removed) == ["People 3", "People 4"]
    assert fake.load().removed == ()


def test_what_this_load_could_not_read_is_not_called_removed(fake: Fake):
    fake.answers(people=[5], deals=[2])
    fake.load()
    fake.answers(people=[5], deals=["Forbidden"])
    assert fake.load().removed == ()


def test_so_many_are_named_and_the_others_counted(fake: Fake):
    fake.answers(people=[1700])
    fake.load()
    fake.answers(people=[0])
    removed = fake.load().removed
    assert len(removed) == 501 and removed[-1] == "and 1,200 more"


def aged(fake: Fake, minutes: float) -> None:
    for kind in (keys.LOAD, keys.SNAPSHOT):
        load = run(records.get(kind, fake.connection.path))
        old = datetime.now(UTC) - timedelta(minutes=minutes)
        run(records.put(kind, fake.connection.path, dataclasses.replace(load, finished_at=old)))


@pytest.mark.parametrize(("age", "asks"), [(29, False), (31, True)])
def test_the_schedule_asks_for_what_is_older_and_that_is_no_use_of_the_connection(
    fake: Fake, configured, age: float, asks: bool
):
    configured(REFRESH_EVERY="30")
    fake.answers(people=[3])
    fake.load()
    aged(fake, age)
    long_ago = Usage(datetime.now(UTC) - timedelta(days=80))
    run(records.put(keys.USAGE, fake.connection.path, long_ago))
    run(working.refresh())
    assert fake.status.active == asks
    assert run(records.get(keys.USAGE, fake.connection.path)) == long_ago


def test_without_the_setting_and_where_calls_are_rationed_there_is_no_schedule(fake: Fake, configured, monkeypatch):
    import integrations

    fake.answers(people=[3])
    fake.load()
    aged(fake, 10_000)
    run(working.refresh())
    assert not fake.status.active
    rationed = varied(integrations.providers()["fake"], ration="Few.")
    monkeypatch.setitem(integrations.providers(), "fake", rationed)
    configured(REFRESH_EVERY="1")
    run(working.refresh())
    assert not fake.status.active
    configured(FAKE_REFRESH_EVERY="1")
    run(working.refresh())
    assert fake.status.active


def test_one_connection_that_fails_does_not_keep_the_others_from_their_schedule(fake: Fake, configured, monkeypatch):
    configured(REFRESH_EVERY="30")
    fake.answers(people=[3])
    fake.load()
    aged(fake, 31)
    odd = dataclasses.replace(fake.connection, id="f" * 16, slug="gone")

    async def both():
        return [odd, fake.connection]

    monkeypatch.setattr(connections, "everybodys", both)
    run(working.refresh())
    assert fake.status.active


def test_an_attempt_under_way_is_not_asked_for_again(fake: Fake):
    fake.answers(people=[3])
    wanted = run(sync.start(fake.connection))
    assert run(sync.start_if_older(fake.connection, timedelta(0))) == wanted


def test_a_refresh_asks_for_enough_though_clocks_differ_by_ten_minutes(fake: Fake, monkeypatch: pytest.MonkeyPatch):
    asked: list[datetime] = []

    def changes(api: Any, stream: Stream, since: datetime) -> AsyncIterator[Page]:
        asked.append(since)
        return fake_provider.changes(api, stream, since)

    spied = varied(fake_provider.PROVIDER, changes=changes)
    monkeypatch.setitem(integrations.providers(), "fake", spied)
    fake.answers(people=[2], changed={})
    before = fake.load()
    assert fake.load(full=False).state == "complete"
    assert before.started_at and asked[0] <= before.started_at - timedelta(minutes=11)


def test_a_load_that_lost_its_worker_is_taken_up_again_though_nobody_looks(fake: Fake, worker: None):
    fake.answers(people=[3])
    wanted = Load("lost", "running", datetime.now(UTC) - timedelta(minutes=5))
    run(records.put(keys.LOAD, fake.connection.path, wanted))
    run(working.refresh())
    assert fake.ended().state == "complete"
