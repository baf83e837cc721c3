"""The Overview: how connections are, what saved views come to, and what it never does to draw itself."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from browser.plant import HOSTILE, plant
from browser.plant import NOW as PLANTED
from sales import SALES, STAGES, sales
from screens import Page, pressed, words
from streamlit.testing.v1 import AppTest

from integrations import service, sync
from integrations.frames import Tables
from integrations.model import Connection, Query, SavedView, Viewer
from integrations.model.changes import ChangeLog, Counts, KeptDifference, Visit
from integrations.model.query import Condition, Function, Grouping, Measure, Operator, Step
from integrations.service import figures
from integrations.service.runtime import run
from integrations.store import cipher, connections, keys, records

API = "http://localhost:8501/sandbox/hubspot"
NOW = datetime.now(UTC)
WON = Query("deals", (Condition("stage", Operator.IS, "s4"),))


@pytest.fixture
def me(owner: str) -> Viewer:
    return Viewer(owner)


@pytest.fixture
def deals(owner: str) -> Connection:
    """A connection with 60 deals, of which ten are won."""
    run(plant(owner, "hubspot", API, sales(), schema=SALES))
    return run(connections.of(owner))[0]


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for figures however long they take: a busy machine draws the same cards."""
    monkeypatch.setattr(figures, "SOON", 30)


def badges(app: AppTest) -> list[str]:
    return [str(each.value) for each in app.markdown if "badge[" in str(each.value)]


def metrics(app: AppTest) -> dict[str, str]:
    return {each.label: str(each.value).replace("\\", "") for each in app.metric}


def links(app: AppTest) -> dict[str, str]:
    """The query of each link of the page itself, by its words."""
    return {each.proto.label[2:-2].replace("\\", ""): each.proto.query_string for each in app.main.get("page_link")}


STATES: list[tuple[dict[str, Any], str, str]] = [
    ({"items": HOSTILE}, "Fresh", "3 records · updated"),
    ({"items": HOSTILE, "state": "partial", "notes": ("Deals: no.",)}, "Partial", "Deals: no."),
    ({"items": HOSTILE, "state": "failed", "notes": ("HubSpot asks for a pause.",)}, "Failed", "HubSpot asks for a"),
    ({"state": "failed", "notes": ("HubSpot asks for a pause.",)}, "Failed", "HubSpot asks for a pause."),
    ({"items": HOSTILE, "reconnect": "HubSpot ended it."}, "Reconnect", "reconnect to keep them fresh"),
    ({"state": "queued", "waits": 0}, "Loading", "Starting…"),
    ({"state": "queued", "waits": 300}, "Loading", "The loader isn't running."),
    ({"state": "running", "counts": {"deal": 7}}, "Loading", "7 records so far"),
]


@pytest.mark.parametrize(("how", "badge", "sentence"), STATES)
def test_a_connection_says_how_it_is(page: Page, owner: str, how: dict[str, Any], badge: str, sentence: str) -> None:
    since = datetime.now(UTC) - timedelta(seconds=how.get("waits", 60))
    run(plant(owner, "hubspot", API, since=since, **{name: fact for name, fact in how.items() if name != "waits"}))
    app = page()
    assert not app.exception and sentence in words(app)
    assert [each for each in badges(app) if each.endswith(f" {badge}]")]


def test_a_connection_names_its_account_and_its_next_refresh(
    page: Page, owner: str, configured: Any, redis_url: str
) -> None:
    run(plant(owner, "hubspot", API, HOSTILE))
    configured(REDIS_URL=redis_url, REFRESH_EVERY="60")
    assert "Planted" in words(page()) and "next about" in words(page())


def test_every_connection_has_a_card_and_a_provider_without_one_a_way_to_connect(page: Page, owner: str) -> None:
    for account in ("First", "Second"):
        run(plant(owner, "hubspot", API, HOSTILE, account=account))
    said = words(page())
    assert "First" in said and "Second" in said and said.count("Not set up") == 2


def test_a_first_visit_says_what_this_is_and_offers_sample_data(page: Page) -> None:
    app = page()
    assert not app.exception and "in one place" in app.title[0].value
    assert words(app).count("Not set up yet") == 3 and not app.header


def test_a_saved_view_is_a_card_with_its_number_that_opens_it(page: Page, me: Viewer, deals: Connection) -> None:
    view = run(service.save_view(me, deals, "[Won] *deals*", WON))
    app = page()
    assert not app.exception and metrics(app) == {"Deals": "10"} and "of 60" in words(app)
    found = links(app)["[Won] *deals*"]
    assert f"f.stage=s4&saved={view.id}" in found and "in=deals" in found


def test_the_number_of_a_view_that_sums_is_its_total_by_currency(page: Page, me: Viewer, deals: Connection) -> None:
    run(service.save_view(me, deals, "Amounts", Query("deals", measure=Measure(Function.SUM, "amount"))))
    app = page()
    assert metrics(app) == {"Deals · Amount": "EUR 900,450"}
    assert "USD 930,465 · 60 records" in words(app)


def test_a_view_shows_its_measure_and_its_groups(me: Viewer, deals: Connection) -> None:
    query = Query("deals", groups=(Grouping("stage"),), measure=Measure(Function.AVERAGE, "seats"))
    view = run(service.save_view(me, deals, "Seats", query))
    figure = run(service.counted(me, [view]))[view.id].figure
    assert figure and (figure.label, figure.totals, figure.by) == ("Average of Seats", ("16.17",), "by Stage")
    assert [label for label, _ in figure.points] == list(STAGES) and figure.points[0][1] == 15


def test_bars_of_amounts_are_of_one_currency_and_say_of_which(me: Viewer, deals: Connection) -> None:
    query = Query("deals", groups=(Grouping("close", Step.MONTH),), measure=Measure(Function.SUM, "amount"))
    view = run(service.save_view(me, deals, "Amounts", query))
    figure = run(service.counted(me, [view]))[view.id].figure
    assert figure and figure.by == "by Close date, EUR" and len(figure.totals) == 2
    assert sum(number for _, number in figure.points) == 900_450


@pytest.mark.parametrize(
    ("query", "sentence"),
    [(Query("invoices"), "Its table is not here"), (Query("deals", (Condition("no", Operator.IS, "1"),)), "of 60")],
)
def test_a_view_whose_table_or_field_is_gone_says_so(
    page: Page, me: Viewer, deals: Connection, query: Query, sentence: str
) -> None:
    run(service.save_view(me, deals, "Old", query))
    app = page()
    assert not app.exception and sentence in words(app)


def test_a_number_is_computed_once_for_a_snapshot_and_again_for_the_next(
    page: Page, me: Viewer, owner: str, deals: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(service.save_view(me, deals, "Won", WON))
    calls: list[str] = []
    computed = figures._figure
    monkeypatch.setattr(figures, "_figure", lambda *each: calls.append("") or computed(*each))
    assert metrics(page()) == metrics(page()) == {"Deals": "10"} and len(calls) == 1
    run(plant(owner, "hubspot", API, sales(120), schema=SALES))
    assert metrics(page()) == {"Deals": "20"} and len(calls) == 2


def test_the_number_of_a_period_is_computed_again_on_the_next_day(
    me: Viewer, deals: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = run(service.save_view(me, deals, "This week", WON))
    first = run(service.counted(me, [view]))[view.id].figure
    monkeypatch.setattr(figures, "today", lambda query: NOW.date() + timedelta(days=1))
    second = run(service.counted(me, [view]))[view.id].figure
    assert first and second and first.of != second.of


def test_drawing_the_overview_opens_no_rows(
    page: Page, me: Viewer, deals: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(service.save_view(me, deals, "Won", WON))
    assert metrics(page()) == {"Deals": "10"}
    opened: list[str] = []
    monkeypatch.setattr(sync.loads, "_tables", {})
    monkeypatch.setattr(Tables, "__init__", lambda *each: opened.append("rows"))
    assert metrics(page()) == {"Deals": "10"} and "70 records" in words(page()) and opened == []


def test_a_snapshot_that_is_too_large_is_not_opened_for_a_number(
    page: Page, me: Viewer, deals: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(service.save_view(me, deals, "Won", WON))
    monkeypatch.setattr(figures, "LARGEST", -1)
    app = page()
    assert "Too large to be counted here." in words(app) and not app.metric


def test_a_number_that_cannot_be_computed_keeps_no_other(
    page: Page, me: Viewer, deals: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed = figures._figure

    def broken(provider: Any, tables: Tables, query: Query, of: str) -> Any:
        return computed(provider, tables, query, of) if query.where else 1 / 0

    monkeypatch.setattr(figures, "_figure", broken)
    for name, query in (("All", Query("deals")), ("Won", WON)):
        run(service.save_view(me, deals, name, query))
    app = page()
    assert metrics(app) == {"Deals": "10"} and "This could not be counted." in words(app)


def test_a_connection_without_saved_views_has_cards_that_are_ready(page: Page, me: Viewer, deals: Connection) -> None:
    app = page()
    assert [each.value for each in app.metric] == ["60", "10"], "the third table has no rows"
    assert "in=companies" in links(app)["Companies"] and "saved" not in links(app)["Companies"]
    run(service.save_view(me, deals, "Won", WON))
    assert metrics(page()) == {"Deals": "10"}


def test_a_view_is_deleted_and_put_back_on_the_overview(page: Page, me: Viewer, deals: Connection) -> None:
    view = run(service.save_view(me, deals, "Won", WON))
    app = page()
    app.session_state[f"menu of view {view.id} 0"] = True
    pressed(app.run(), "Delete")
    assert run(service.saved_views(me)) == [] and "Deleted the view “Won”." in words(app)
    assert run(records.paths(keys.FIGURE, me.owner, "hubspot", deals.id, view.id)) == []
    pressed(app, "Undo")
    assert run(service.saved_views(me)) == [view] and metrics(app) == {"Deals": "10"}


def test_a_view_of_a_connection_that_is_no_longer_shared_says_so(page: Page, me: Viewer, deals: Connection) -> None:
    view: SavedView = run(service.save_view(me, deals, "Won", WON))
    run(connections.forget(deals))
    run(plant(me.owner, "notion", API, HOSTILE))
    app = page()
    assert "The account of this view is no longer here for you." in words(app) and view.name in links(app)


def changed(connection: Connection, *counts: Counts) -> None:
    """Loads that changed so many rows that they are not named, the last of them just now; a visit before them."""
    at = [PLANTED - timedelta(minutes=minutes) for minutes in range(len(counts))]
    kept = tuple(KeptDifference("load", *each, values=False, uncounted=found) for each, found in zip(
        [(moment, 0) for moment in at], counts, strict=True))  # fmt: skip
    log = ChangeLog(PLANTED - timedelta(hours=3), cipher.new_key(), kept[::-1])
    run(records.put(keys.CHANGES, connection.path, log))
    visit = Visit(PLANTED - timedelta(hours=2), PLANTED - timedelta(hours=2))
    run(records.put(keys.VISIT, (*connection.path, connection.owner), visit))


def test_what_has_changed_since_the_last_visit_is_told_with_a_link_to_it(page: Page, deals: Connection) -> None:
    changed(deals, Counts(1, 10, 0), Counts(0, 2, 3))
    app = page()
    assert not app.exception and "1 new, 12 changed and 3 removed" in words(app)
    [query] = [each.proto.query_string for each in app.main.get("page_link") if each.proto.label == "HubSpot"]
    assert query == f"account={deals.id}&since=visit"


def test_nothing_is_told_where_nothing_has_changed(page: Page, deals: Connection) -> None:
    assert "Since your last visit" not in words(page())


@pytest.mark.parametrize(("counts", "offered"), [(Counts(20, 2, 0), ["22 changed · Show"]), (Counts(), [])])
def test_newer_rows_are_offered_with_how_many_have_changed(
    page: Page, owner: str, deals: Connection, counts: Counts, offered: list[str]
) -> None:
    app = page("hubspot")
    at = PLANTED + timedelta(seconds=1)
    run(plant(owner, "hubspot", API, sales(80), schema=SALES))
    shown = run(records.get(keys.SNAPSHOT, deals.path))
    run(records.put(keys.SNAPSHOT, deals.path, dataclasses.replace(shown, finished_at=at)))
    kept = (KeptDifference(shown.id, at, 0, values=False, uncounted=counts),)
    run(records.put(keys.CHANGES, deals.path, ChangeLog(PLANTED, cipher.new_key(), kept)))
    assert [each.label for each in app.run().button if each.label.endswith(" · Show")] == offered
