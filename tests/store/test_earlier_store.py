"""An embedded store of an earlier version opens, with its connections, rows, choices and log.

`earlier/` was written before loads had streams and cursors, catalogs had item types, and events had types: two loads of
one connection, its token, a catalog, a choice and two events. No record in it expires.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integrations import sync
from integrations.config import settings
from integrations.model import Choice, Connection, Stream
from integrations.model.event import EventType
from integrations.service.runtime import run
from integrations.store import audit, client, connections, embedded, keys, queue, records

OWNER = "a" * 64


@pytest.fixture
def earlier(tmp_path: Path, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    folder = shutil.copytree(Path(__file__).with_name("earlier"), tmp_path / "data")
    run(client.close())
    configured(DATA_DIR=str(folder), TOKEN_KEYS="")
    monkeypatch.setattr(audit, "KEPT", 10**9)  # its events are of 2026
    [connection] = run(connections.of(OWNER))
    yield connection
    run(queue.close())
    run(client.close())
    embedded.release(settings().data_dir)


def test_its_connection_token_and_choice_are_as_they_were(earlier: Connection) -> None:
    assert (earlier.account.name, earlier.reconnect, earlier.share.id) == ("Ada's account", "", "")
    assert run(records.get(keys.TOKEN, earlier.path)).refresh_token == "refresh"
    assert run(sync.choice(OWNER, "hubspot")) == Choice(("ticket",), asked=True)


def test_its_rows_and_what_is_known_of_their_load_are_as_they_were(earlier: Connection) -> None:
    load, tables = run(sync.shown(earlier))
    assert sorted(tables.open().values("name").to_pylist()) == ["A deal", "Another", "Bo"]
    assert (load.state, load.counts, load.removed) == ("complete", {"deal": 2, "contact": 1}, ("Gone",))
    assert (load.streams, load.cursors) == (("deal", "contact"), {"deal": "done", "contact": "done"})
    assert run(sync.status(earlier)) == load


def test_its_catalog_is_known_without_asking_the_provider(earlier: Connection) -> None:
    known = run(sync.catalog(earlier))
    assert known.streams == (Stream("deal", "Deals", "deal", calls=3), Stream("tbl", "T", "record", "app", "Base"))


def test_its_events_are_read_in_their_words(earlier: Connection) -> None:
    events = run(audit.events(OWNER))
    assert [event.what for event in events] == ["shared with example.com", "connected"]
    run(audit.note(EventType.OPENED, OWNER, earlier))
    assert next(event.what for event in run(audit.events(OWNER))) == "opened"
