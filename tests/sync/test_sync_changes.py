"""What a load has changed is kept, in bounds, and never costs the load."""

from __future__ import annotations

import dataclasses
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sync_helpers import Fake

from integrations import service, sync
from integrations.frames.changes import lines
from integrations.model import Load, Viewer
from integrations.model.changes import ChangeLog, Counts, KeptDifference
from integrations.model.errors import StoreUnavailable
from integrations.service.runtime import run
from integrations.store import client, connections, keys, records
from integrations.store.rotation import rotate_keys
from integrations.sync import changes as keeping

NOW = datetime.now(UTC)


def page(fake: Fake, items: dict[str, float], fields: tuple[str, ...] = ("points",), **more: Any) -> dict[str, Any]:
    held = {id: dict.fromkeys(fields, value) for id, value in items.items()}
    return {"page": {"fields": {each: each.title() for each in fields}, "items": held, **more}}


def found(fake: Fake, since: Any = "load") -> list[tuple[str, str, str, str, str]]:
    """What has changed: name, what, field, before and after."""
    changes = run(service.changes_since(Viewer(fake.connection.owner), fake.connection, since))
    frame = lines(changes.found, {}).fillna("")
    return [tuple(row) for row in frame[["name", "what", "field", "before", "after"]].to_numpy()]


def kept(fake: Fake) -> ChangeLog:
    log = run(records.get(keys.CHANGES, fake.connection.path))
    assert log
    return log


def test_a_first_load_has_nothing_to_compare_with(fake: Fake) -> None:
    fake.answers(people=[page(fake, {"a": 1})])
    fake.load()
    assert run(records.get(keys.CHANGES, fake.connection.path)) is None
    assert run(service.changes_since(Viewer(fake.connection.owner), fake.connection, "visit")).since is None


def test_a_load_of_everything_tells_what_is_new_changed_and_removed(fake: Fake) -> None:
    fake.answers(people=[page(fake, {"a": 1, "b": 2, "c": 3})])
    fake.load()
    fake.answers(people=[page(fake, {"b": 2, "c": 4, "d": 5})])
    fake.load()
    assert found(fake) == [
        ("a", "removed", "", "", ""), ("d", "new", "", "", ""), ("c", "changed", "Points", "3", "4"),
    ]  # fmt: skip
    fake.load()
    assert found(fake) == [] and len(kept(fake).differences) == 1, "nothing is stored for a load without changes"


def test_a_refresh_tells_what_it_has_read_and_what_it_was_told_is_gone(fake: Fake) -> None:
    fake.answers(people=[page(fake, {"a": 1, "b": 2, "c": 3, "d": 4})])
    fake.load()
    fake.answers(people=[0], changed={"people": [page(fake, {"a": 1, "c": 5, "x": 6}, removed=["b"])]})
    fake.load(full=False)
    assert found(fake) == [
        ("b", "removed", "", "", ""), ("x", "new", "", "", ""), ("c", "changed", "Points", "3", "5"),
    ]  # fmt: skip


def test_rows_that_a_partial_load_has_not_read_are_not_removed(fake: Fake) -> None:
    fake.answers(people=[page(fake, {"a": 1, "b": 2, "c": 3})])
    fake.load()
    fake.answers(people=[page(fake, {"a": 9}), "Unavailable"])
    assert fake.load().state == "partial"
    assert found(fake) == [("a", "changed", "Points", "1", "9")]


def test_rows_that_only_an_earlier_partial_load_lacked_are_not_new(fake: Fake) -> None:
    fake.answers(people=[page(fake, {"a": 1}), "Unavailable"])
    fake.load()
    fake.answers(people=[page(fake, {"a": 1, "b": 2})])
    fake.load()
    assert fake.shown[1] == ["a", "b"] and found(fake) == []


def test_what_is_left_out_or_refused_is_not_removed_and_not_new_when_it_comes_back(fake: Fake) -> None:
    fake.answers(people=[2], deals=[2])
    fake.load()
    for answers in ([2], ["Forbidden"], ["Forbidden"], [2]):
        fake.answers(people=[2], deals=answers)
        fake.load()
        assert found(fake) == []
    run(sync.choose(fake.connection.owner, "fake", ("deals",)))
    fake.load()
    run(sync.choose(fake.connection.owner, "fake", ()))
    fake.load()
    assert fake.status.counts == {"people": 2, "deals": 2} and found(fake) == []


def test_a_comparison_that_fails_never_fails_the_load(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.answers(people=[page(fake, {"a": 1})])
    fake.load()
    monkeypatch.setattr(keeping, "pack_difference", lambda *_: 1 / 0)
    fake.answers(people=[page(fake, {"a": 2})])
    assert (fake.load().state, fake.status.notes) == ("complete", ())


def test_a_load_that_ends_twice_has_one_difference(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.answers(people=[page(fake, {"a": 1})])
    fake.load()
    fake.answers(people=[page(fake, {"a": 2})])
    end = keeping.records.delete

    async def away(*_: Any) -> None:
        raise StoreUnavailable

    monkeypatch.setattr(keeping.records, "delete", away)
    monkeypatch.setattr("integrations.sync.job.PATIENCE", 0)
    with pytest.raises(ExceptionGroup):
        fake.load()
    assert found(fake) == [], "what is not shown yet has not changed yet"
    monkeypatch.setattr(keeping.records, "delete", end)
    fake.load()
    assert found(fake) == [("a", "changed", "Points", "1", "2")] and len(kept(fake).differences) == 1


def test_the_oldest_differences_go_first_and_it_is_known_since_when_there_are_any(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.answers(people=[page(fake, {"a": 0})])
    fake.load()
    for number in range(1, 6):
        fake.answers(people=[page(fake, {"a": number})])
        fake.load()
    log = kept(fake)
    assert len(log.differences) == 5 and log.since < log.differences[0].at
    monkeypatch.setattr(keeping, "most_bytes", lambda: int(log.differences[0].bytes * 4.5))
    monkeypatch.setattr(keeping, "MOST_OF_ALL", 1)
    fake.answers(people=[page(fake, {"a": 6})])
    fake.load()
    now = kept(fake)
    assert [each.load for each in now.differences[:-1]] == [each.load for each in log.differences[2:]]
    assert now.since == log.differences[1].at
    stored = run(records.paths(keys.DIFFERENCE, *fake.connection.path))
    assert {path[3] for path in stored} == {each.load for each in now.differences}
    assert found(fake, (NOW - timedelta(days=1)).date()) == [("a", "changed", "Points", "2", "6")]


def test_differences_older_than_what_is_kept_are_dropped(configured: Any) -> None:
    configured(KEEP_DAYS="30", TOKEN_KEYS="x" * 43)
    days = [KeptDifference(str(age), NOW - timedelta(days=age), 10) for age in (40, 31, 29, 1)]
    left = keeping.bounded(ChangeLog(NOW - timedelta(days=50), "key", tuple(days)), NOW)
    assert [each.load for each in left.differences] == ["29", "1"] and left.since == NOW - timedelta(days=30)


def test_a_difference_of_a_load_that_left_no_snapshot_goes_with_the_next() -> None:
    before, own = (KeptDifference(name, NOW + timedelta(hours=hour), 10) for name, hour in (("before", -1), ("own", 3)))
    failed, shown = KeptDifference("failed", NOW + timedelta(hours=1), 10), Load("a", "complete", NOW, finished_at=NOW)
    log = keeping._with(ChangeLog(NOW, "key", (before, failed)), shown, own)
    assert [each.load for each in log.differences] == ["before", "own"]


def test_they_expire_with_the_rows(fake: Fake) -> None:
    for number in range(2):
        fake.answers(people=[page(fake, {"a": number})])
        fake.load()
    for key in (keys.CHANGES.key(*fake.connection.path), keys.DIFFERENCE.key(*fake.connection.path, fake.status.id)):
        left = run(client.execute(lambda redis, key=key: redis.ttl(key)))
        assert 89 * keys.DAY < left <= 90 * keys.DAY


def test_a_difference_too_large_for_its_share_says_so_and_names_the_rows_or_counts_them(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(most: int) -> service.Changes:
        monkeypatch.setattr(keeping, "most_bytes", lambda: 10_000_000)
        fake.answers(people=[page(fake, {f"person {n}": n for n in range(3_000)})])
        fake.load()
        monkeypatch.setattr(keeping, "most_bytes", lambda: most)
        fake.answers(people=[page(fake, {f"person {n}": n + 0.5 for n in range(3_000)})])
        fake.load()
        return run(service.changes_since(Viewer(fake.connection.owner), fake.connection, "load"))

    named = changes(100_000)
    assert named.total == Counts(0, 3_000, 0) and not named.with_values and named.found.values.num_rows == 0
    counted = changes(4_000)
    assert counted.total == counted.uncounted == Counts(0, 3_000, 0) and counted.counts == {}


def test_what_changed_is_sealed_and_still_opens_when_keys_are_changed(fake: Fake, configured: Any) -> None:
    fake.answers(people=[page(fake, {"Secretive": 1})])
    fake.load()
    fake.answers(people=[page(fake, {"Secretive": 2})])
    fake.load()
    place = keys.DIFFERENCE.key(*fake.connection.path, fake.status.id)
    record = run(client.execute(lambda redis: redis.get(place)))
    assert b"Secretive" not in record
    new = "n" * 43
    configured(TOKEN_KEYS=f"{new},{os.environ['TOKEN_KEYS']}")
    run(rotate_keys())
    configured(TOKEN_KEYS=new)
    keeping.forget_changes(fake.connection)
    assert run(client.execute(lambda redis: redis.get(place))) == record, "as megabytes of rows stay, too"
    assert found(fake) == [("Secretive", "changed", "Points", "1", "2")]


def test_forgetting_the_connection_deletes_them_and_what_is_in_memory(fake: Fake) -> None:
    for number in range(2):
        fake.answers(people=[page(fake, {"a": number})])
        fake.load()
    assert found(fake)
    run(sync.stop_for_good(fake.connection))
    run(connections.forget(fake.connection))
    assert not [each for each in fake.keys_left() if not each.startswith("dashboard:jobs:")]
    assert not [key for cache in (keeping._changed, keeping._differences, keeping._logs) for key in cache
                if key[:3] == fake.connection.path]  # fmt: skip


def test_nothing_is_compared_with_rows_of_an_earlier_version(fake: Fake) -> None:
    fake.answers(people=[3])
    fake.load()
    run(records.delete(keys.SCHEMA, *run(records.paths(keys.SCHEMA, *fake.connection.path))))
    fake.answers(people=[4])
    fake.load()
    assert run(records.get(keys.CHANGES, fake.connection.path)) is None


def test_a_difference_that_is_no_longer_stored_leaves_the_others(fake: Fake) -> None:
    for number in range(3):
        fake.answers(people=[page(fake, {"a": number})])
        fake.load()
    run(records.delete(keys.DIFFERENCE, (*fake.connection.path, kept(fake).differences[0].load)))
    assert found(fake, (NOW - timedelta(days=1)).date()) == [("a", "changed", "Points", "1", "2")]
    assert dataclasses.replace(kept(fake), differences=()).bytes == 0
