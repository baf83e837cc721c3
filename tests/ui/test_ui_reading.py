"""Newer rows do not move what a person is reading."""

from __future__ import annotations

import dataclasses
from typing import Any

from browser.plant import plant
from sales import SALES, sales
from screens import Page, names, opened, pressed, words
from streamlit.testing.v1 import AppTest

from integrations import service, sync
from integrations.model import Connection, Viewer
from integrations.service.runtime import run
from integrations.store import connections

API = "http://localhost:8501/sandbox/hubspot"


def load(owner: str, deals: int, **how: Any) -> Connection:
    """A load that leaves so many deals."""
    run(plant(owner, "hubspot", API, sales(deals), schema=SALES, **how))
    return run(connections.of(owner))[0]


def offers(app: AppTest) -> bool:
    return "New data · Show" in {each.label for each in app.button}


def test_newer_rows_are_offered_and_shown_when_asked_for(page: Page, owner: str) -> None:
    load(owner, 60)
    app = page("hubspot")
    assert not offers(app)
    load(owner, 80)
    app.run()
    assert not app.exception and offers(app) and len(names(app)) == 60 and "**60** :gray[deals]" in words(app)
    app.query_params["f.stage"] = "s4"
    assert len(names(app.run())) == 10, "filters work on what is read"
    pressed(app, "New data")
    assert not offers(app) and len(names(app)) == 13
    assert len(names(page("hubspot"))) == 80, "another visit begins with the newest"


def test_what_is_read_is_kept_while_several_loads_come(page: Page, owner: str) -> None:
    load(owner, 60)
    app = page("hubspot")
    for deals in (70, 80, 90):
        load(owner, deals)
        assert len(names(app.run())) == 60
    pressed(app, "New data")
    assert len(names(app)) == 90


def test_a_file_of_what_is_read_says_that_it_has_the_newer_rows(page: Page, owner: str) -> None:
    load(owner, 60)
    app = page("hubspot")
    load(owner, 80)
    assert "Newer data has come: the file has that." in words(opened(app.run(), "download"))


def test_rows_that_are_no_longer_in_memory_give_way_and_that_is_told(page: Page, owner: str) -> None:
    load(owner, 60)
    app = page("hubspot")
    load(owner, 80)
    sync.loads._tables.clear()
    app.run()
    assert len(names(app)) == 80 and not offers(app)
    assert [each.value for each in app.toast] == ["These are newer rows: the ones before are no longer kept."]


def test_a_refresh_that_the_viewer_asked_for_is_shown_when_it_ends(page: Page, owner: str) -> None:
    load(owner, 60)
    app = page("hubspot")
    pressed(app, "Refresh")
    assert len(names(app)) == 60
    load(owner, 80)
    assert len(names(app.run())) == 80 and not offers(app)
    load(owner, 90)
    assert len(names(app.run())) == 80 and offers(app), "the next one is offered again"


def test_the_rows_of_a_first_load_grow_by_themselves(page: Page, owner: str) -> None:
    first = load(owner, 30)
    app = page("hubspot")
    key = "reading " + " ".join(first.path)
    app.session_state[key] = dataclasses.replace(app.session_state[key], state="running")
    load(owner, 60)
    assert len(names(app.run())) == 60 and not offers(app)


def test_nothing_of_a_connection_that_has_ended_stays_in_memory(page: Page, owner: str) -> None:
    mine = load(owner, 60)
    page("hubspot")
    shown = run(service.newest(Viewer(owner), "hubspot", mine.id))
    assert shown and run(service.rows_in_memory(Viewer(owner), mine, shown))
    run(service.disconnect(Viewer(owner), mine))
    assert sync.in_memory(mine, shown) is None and run(service.newest(Viewer(owner), "hubspot", mine.id)) is None
