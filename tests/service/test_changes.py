"""What has changed since somebody's last visit, and who may see it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from browser.plant import plant
from found_changes import changed_by_a_load

from integrations import service
from integrations.frames.changes import lines
from integrations.model import Connection, Item, Session, Viewer
from integrations.model.changes import Counts, Visit
from integrations.model.errors import NotAllowed
from integrations.service import changes as of_service
from integrations.service.runtime import run
from integrations.store import connections, keys, records, sharing

NOW = datetime.now(UTC)
API = "http://localhost:8501/sandbox/hubspot"
ADA = Viewer("a" * 64, Session("a" * 64, "Ada", "login a", NOW, "org", "example.com"))
BEN = Viewer("b" * 64, Session("b" * 64, "Ben", "login b", NOW, "org", "example.com"))
EVE = Viewer("e" * 64, Session("e" * 64, "Eve", "login e", NOW, "another", "evil.example"))


def deal(number: int, **facts: Any) -> Item:
    return Item(str(number), "deal", f"Deal {number}", **facts)


@pytest.fixture
def adas(store: None) -> Connection:
    """Ada's connection, with one deal in the snapshot."""
    run(plant(ADA.owner, "hubspot", API, (deal(1),)))
    [connection] = run(connections.of(ADA.owner))
    return connection


def names(viewer: Viewer, connection: Connection, since: Any) -> list[str]:
    found = run(service.changes_since(viewer, connection, since, "UTC"))
    return lines(found.found, {})["name"].tolist()


def visited(viewer: Viewer, connection: Connection, **ago: float) -> None:
    """Have the viewer begin a visit that long ago, and not come again."""
    then = NOW - timedelta(**ago)
    run(records.put(keys.VISIT, (*connection.path, viewer.owner), Visit(then, then)))


@pytest.mark.parametrize("since", ["visit", "load", NOW.date()])
def test_before_a_second_load_there_is_nothing_to_compare(adas: Connection, since: Any) -> None:
    found = run(service.changes_since(ADA, adas, since))
    assert found.since is None and found.total == Counts()
    assert run(service.history(ADA, adas, "deal", "1")) is None


def test_what_has_changed_is_told_since_the_last_visit_the_last_load_or_a_day(adas: Connection) -> None:
    for number, hours in ((2, 80), (3, 30), (4, 2)):
        run(changed_by_a_load(adas, [deal(n) for n in range(1, number + 1)], NOW - timedelta(hours=hours)))
    visited(ADA, adas, hours=31)
    assert names(ADA, adas, "load") == ["Deal 4"]
    assert names(ADA, adas, "visit") == ["Deal 4", "Deal 3"]
    assert names(ADA, adas, (NOW - timedelta(hours=81)).date()) == ["Deal 4", "Deal 3", "Deal 2"]
    assert run(service.changed_counts(ADA, adas)) == Counts(new=2)
    assert run(service.changes_since(ADA, adas, (NOW - timedelta(days=9)).date())).known_since is not None


def test_a_visit_ends_after_half_an_hour_and_counts_from_its_beginning(adas: Connection) -> None:
    path = (*adas.path, ADA.owner)
    run(service.open_source(ADA, adas, first=True))
    first = run(records.get(keys.VISIT, path))
    assert first and first.before is None and names(ADA, adas, "visit") == []

    lately = Visit(NOW - timedelta(hours=2), NOW - timedelta(minutes=5))
    run(records.put(keys.VISIT, path, lately))
    run(service.open_source(ADA, adas, first=True))
    found = run(records.get(keys.VISIT, path))
    assert found and (found.began, found.before) == (lately.began, None) and found.seen > lately.seen

    run(records.put(keys.VISIT, path, dataclasses.replace(lately, seen=NOW - timedelta(minutes=31))))
    run(service.open_source(ADA, adas, first=False))
    found = run(records.get(keys.VISIT, path))
    assert found and found.before == lately.began and found.began >= NOW


def test_looks_within_a_minute_write_nothing(adas: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    run(of_service.note_visit(ADA, adas))
    written = []
    monkeypatch.setattr(of_service.records, "put_beside", lambda *arguments: written.append(arguments))
    run(of_service.note_visit(ADA, adas))
    assert written == []


def test_each_viewer_has_a_last_visit_of_their_own(adas: Connection) -> None:
    run(sharing.share(adas, ADA.session))
    [shared] = run(sharing.seen_by(BEN.session, "hubspot"))
    run(changed_by_a_load(adas, [deal(1), deal(2)], datetime.now(UTC)))
    visited(ADA, adas, hours=-1)
    visited(BEN, shared, hours=1)
    assert names(ADA, adas, "visit") == [] and names(BEN, shared, "visit") == ["Deal 2"]


def test_a_colleague_sees_what_has_changed_since_it_was_shared_and_a_stranger_nothing(adas: Connection) -> None:
    run(changed_by_a_load(adas, [deal(1), deal(2)], NOW - timedelta(hours=1)))
    run(sharing.share(adas, ADA.session))
    [shared] = run(sharing.seen_by(BEN.session, "hubspot"))
    day = (NOW - timedelta(days=3)).date()
    assert names(ADA, adas, day) == ["Deal 2"] and names(BEN, shared, day) == []
    assert run(service.history(BEN, shared, "deal", "2")).found.rows.num_rows == 0
    run(changed_by_a_load(adas, [deal(1), deal(2), deal(3)], datetime.now(UTC)))
    assert names(BEN, shared, day) == ["Deal 3"]
    for ask in (
        lambda: service.changes_since(EVE, shared, "load"), lambda: service.changed_counts(EVE, shared),
        lambda: service.history(EVE, shared, "deal", "1"), lambda: of_service.note_visit(EVE, shared),
    ):  # fmt: skip
        with pytest.raises(NotAllowed, match="not shared with you"):
            run(ask())


def test_the_history_of_a_row_says_since_when_it_is_known(adas: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, hours in ((2, 80), (3, 30), (2, 2)):
        run(changed_by_a_load(adas, [deal(n) for n in range(1, number + 1)], NOW - timedelta(hours=hours)))
    found = run(service.history(ADA, adas, "deal", "3"))
    assert lines(found.found, {})["what"].tolist() == ["removed", "new"]
    assert found.since < NOW - timedelta(hours=80)
    monkeypatch.setattr(of_service, "HISTORY_BYTES", 0)
    found = run(service.history(ADA, adas, "deal", "3"))
    assert lines(found.found, {})["what"].tolist() == ["removed"]
    assert found.since == NOW - timedelta(hours=30)


def test_a_page_shows_no_change_of_a_load_that_it_does_not_show(
    adas: Connection, configured: Callable[..., None]
) -> None:
    run(changed_by_a_load(adas, [deal(1), deal(2)], NOW + timedelta(hours=1), ended=False))
    assert names(ADA, adas, (NOW - timedelta(days=1)).date()) == []
