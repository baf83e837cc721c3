"""What has changed, shown in place of the records, and the history of a row."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from browser.plant import plant
from found_changes import changed_by_a_load
from sales import SALES, sales
from screens import Page, grid, names, opened, pressed, words
from streamlit.testing.v1 import AppTest

from integrations.model import Connection, Item
from integrations.model.changes import Visit
from integrations.service.runtime import run
from integrations.store import connections, keys, records

NOW = datetime.now(UTC)
API = "http://localhost:8501/sandbox/hubspot"
FIRST = "Umbrella 0 – Renewal"


def changed(item: Item, **properties: Any) -> Item:
    return replace(item, properties={**item.properties, **properties})


@pytest.fixture
def mine(owner: str) -> Connection:
    """Three deals; two loads since the last visit have changed one, removed one, and found a company more."""
    first = sales(3)
    run(plant(owner, "hubspot", API, first, schema=SALES))
    [connection] = run(connections.of(owner))
    second = (changed(first[0], amount=5, tags=["risk"]), *first[1:])
    run(changed_by_a_load(connection, second, NOW - timedelta(hours=2)))
    third = (changed(second[0], amount=7), *second[2:], replace(first[3], id="c77", name="*New* one"))
    run(changed_by_a_load(connection, third, NOW - timedelta(hours=1)))
    then = NOW - timedelta(days=1)
    run(records.put(keys.VISIT, (*connection.path, owner), Visit(then, then)))
    return connection


@pytest.fixture
def unchanged(owner: str) -> Connection:
    """Three deals, and nothing to compare them with."""
    run(plant(owner, "hubspot", API, sales(3), schema=SALES))
    return run(connections.of(owner))[0]


def menu(app: AppTest) -> str:
    """What the menu of changes is called."""
    return next(str(each.proto.popover.label) for each in app.get("popover") if "hanged" in each.proto.popover.label)


def told(app: AppTest) -> list[tuple[str, ...]]:
    """The lines of the grid: name, table, what, field, before, after."""
    table = grid(app).to_pandas().fillna("").iloc[:, :-1]
    return [tuple("".join(cell).rstrip("\u2003") for cell in row) for row in table.to_numpy()]


def test_a_menu_says_how_much_has_changed_since_the_last_visit_and_shows_it(page: Page, mine: Connection) -> None:
    app = page("hubspot", **{"in": "deals", "f.stage": "s0"})
    assert menu(app) == "3 changed"
    app = pressed(opened(app, "changed menu"), "Since your last visit")
    assert not app.exception
    assert app.query_params["since"] in ("visit", ["visit"])
    assert "1 new, 1 changed and 1 removed since your last visit" in words(app)
    assert told(app) == [
        (FIRST, "Deals", "Changed", "Amount", "EUR 1,000.50", "EUR 7.00"),
        ("Wayne 1 – Renewal", "Deals", "Removed", "", "", ""),
        ("*New* one", "Companies", "New", "", "", ""),
        (FIRST, "Deals", "Changed", "Tags", "–", "At risk"),
    ]
    app = pressed(app, "All deals")
    assert names(app) == [FIRST] and "since" not in app.query_params, "back at the records, as they were filtered"


@pytest.mark.parametrize(
    ("since", "lines"),
    [("load", 3), (str((NOW - timedelta(days=3)).date()), 4), (str((NOW + timedelta(days=1)).date()), 0)],
)
def test_changes_are_of_the_last_load_or_since_a_day(page: Page, mine: Connection, since: str, lines: int) -> None:
    app = page("hubspot", since=since)
    assert not app.exception
    assert (len(told(app)) if app.dataframe else 0) == lines
    assert bool(app.dataframe) or "Nothing has changed since" in words(app)


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "~", "0001-01-01", "9999-12-31", "*x*"])
def test_an_address_with_an_odd_day_says_so_or_answers_and_loses_nothing(
    page: Page, mine: Connection, since: str
) -> None:
    app = page("hubspot", since=since)
    assert not app.exception
    assert "which is no day" in words(app) or "Changes are known from" in words(app) or "Nothing has" in words(app)
    assert names(pressed(app, "All deals"))


def test_another_time_is_chosen_beside_the_changes(page: Page, mine: Connection) -> None:
    app = page("hubspot", since="visit")
    app.button_group(key="hubspot since").set_value("load").run()
    assert app.query_params["since"] in ("load", ["load"]) and "with the last load" in words(app)


def test_kinds_and_tables_narrow_the_list(page: Page, mine: Connection) -> None:
    app = page("hubspot", since="visit")
    next(each for each in app.selectbox if each.label == "Table").set_value("companies").run()
    assert [line[0] for line in told(app)] == ["*New* one"]
    next(each for each in app.selectbox if each.label == "Table").set_value("").run()
    kinds = next(each for each in app.button_group if "kind of change" in each.key)
    kinds.set_value("removed").run()
    assert [line[2] for line in told(app)] == ["Removed"]


def test_without_a_second_load_the_page_says_what_will_be_here(page: Page, unchanged: Connection) -> None:
    app = page("hubspot")
    assert menu(app) == "Changed"
    app = page("hubspot", since="visit")
    assert "Nothing to compare yet" in words(app) and not app.dataframe
    app = page("hubspot", **{"in": "deals", "row": "0"})
    assert "Changes that later loads find are listed here" in words(app)


def test_the_details_of_a_row_have_its_history(page: Page, mine: Connection) -> None:
    app = page("hubspot", **{"in": "deals", "row": "0"})
    tables = [each.value for each in app.table]
    found = [list(each.iloc[:, 0].items()) for each in tables]
    assert [("Amount", "EUR 5\\.00 → EUR 7\\.00")] in found
    assert [("Amount", "EUR 1\\,000\\.50 → EUR 5\\.00"), ("Tags", "– → At risk")] in found
    assert "History" in words(app) and "Kept since" in words(app)
    assert "No changes found. Kept since" in words(page("hubspot", **{"in": "deals", "row": "2"}))


def test_a_row_opens_beside_the_changes_and_closes_there(page: Page, mine: Connection) -> None:
    app = page("hubspot", **{"in": "companies", "row": "c77", "since": "visit"})
    assert "\\*New\\* one" in [each.value for each in app.header] and told(app)
    app.button(key="close details").click().run()
    assert app.query_params["since"] in ("visit", ["visit"]) and "row" not in app.query_params


def test_a_row_that_was_removed_opens_with_its_history(page: Page, mine: Connection) -> None:
    app = page("hubspot", **{"in": "deals", "row": "1", "since": "visit"})
    assert not app.exception and "No longer in HubSpot" in words(app) and "Removed :gray[·" in words(app)


def test_changes_are_shown_though_all_records_are_gone(page: Page, mine: Connection) -> None:
    run(changed_by_a_load(mine, (), NOW))
    app = page("hubspot", since="load")
    assert not app.exception and {line[2] for line in told(app)} == {"Removed"}


def test_a_refresh_says_since_when_deletions_are_not_known(page: Page, mine: Connection) -> None:
    shown = run(records.get(keys.SNAPSHOT, mine.path))
    run(records.put(keys.SNAPSHOT, mine.path, replace(shown, full=False, full_at=NOW)))
    assert "What was deleted since may still be shown" in words(page("hubspot", since="visit"))
