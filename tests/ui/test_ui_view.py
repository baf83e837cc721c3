"""One collection at a time: which, with which columns and which rows, as the address says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest
from browser.plant import plant
from sales import DEALS, SALES, many_tables, sales
from screens import Page, grid, names, opened, pressed, words
from streamlit.testing.v1 import AppTest

from integrations.frames import WINDOW_ROWS
from integrations.model import Item
from integrations.model.schema import Schema
from integrations.service.runtime import run
from integrations.store import connections
from integrations.ui import download

API = "http://localhost:8501/sandbox/hubspot"
MAIN = ["Deal name", "Stage", "Amount", "Close date", "Deal owner", "Probability", "Company", "Tags"]


@pytest.fixture
def deals(owner: str) -> str:
    """The id of a connection with 60 deals, ten companies and no ticket."""
    run(plant(owner, "hubspot", API, sales(), schema=SALES))
    return run(connections.of(owner))[0].id


def switcher(app: AppTest) -> list[str]:
    """The labels of the collections to choose from."""
    [found] = [each for each in app.get("button_group") if each.label == "Collection"]
    return list(found.options)


def asked(app: AppTest) -> dict[str, list[str]]:
    """Every parameter of the page's address with all its values."""
    return {name: [value] if isinstance(value, str) else value for name, value in app.query_params.items()}


def headings(app: AppTest) -> list[str]:
    return list(grid(app).column_names)


def test_an_address_without_a_collection_shows_the_first(page: Page, deals: str) -> None:
    app = page("hubspot")
    assert not app.exception
    assert headings(app)[: len(MAIN)] == MAIN and "**60** :gray[deals]" in words(app)
    assert switcher(app) == ["Deals :gray[60]", "Companies :gray[10]", "Tickets :gray[0]", "Everything :gray[70]"]


def test_choosing_a_collection_drops_what_was_asked_of_the_other(page: Page, deals: str) -> None:
    app = page("hubspot", **{"f.stage": "s1", "sort": "amount", "show": ["stage"], "q": "e"})
    [collections] = [each for each in app.get("button_group") if each.label == "Collection"]
    collections.set_value("companies").run()
    assert asked(app) == {"account": [deals], "in": ["companies"]}
    assert headings(app)[0] == "Company name" and "**10** :gray[companies]" in words(app)


def test_everything_has_the_standard_columns_and_the_type_of_each_row(page: Page, deals: str) -> None:
    app = page("hubspot", **{"in": "*"})
    assert not app.exception and "**70** :gray[records]" in words(app)
    assert headings(app)[:2] == ["Name", "Type"] and set(grid(app)["Type"].to_pylist()) == {"Deal", "Company"}


def test_a_collection_without_rows_says_so(page: Page, deals: str) -> None:
    app = page("hubspot", **{"in": "tickets"})
    assert "**No tickets in HubSpot.** New ones appear after the next refresh." in words(app) and not app.dataframe


def test_a_collection_that_is_not_there_is_not_replaced_by_another(page: Page, deals: str) -> None:
    app = page("hubspot", **{"in": "invoices"})
    assert not app.exception and not app.dataframe and "is not here" in words(app)
    assert "**60** :gray[deals]" in words(pressed(app, "Show what there is"))


def test_sixty_tables_are_a_list_that_can_be_searched(page: Page, owner: str) -> None:
    schema, items = many_tables(60)
    run(plant(owner, "airtable", API.replace("hubspot", "airtable"), items, schema=schema))
    app = page("airtable", **{"in": "app2/tbl8"})
    assert not app.exception
    [tables] = [each for each in app.selectbox if each.label == "Collection"]
    assert len(tables.options) == 61 and tables.options[-1] == f"Everything · {len(items)}"
    assert tables.value == "app2/tbl8" and tables.format_func("app2/tbl8") == "Sales / Tasks · 2"
    tables.set_value("app5/tbl59").run()
    assert asked(app)["in"] == ["app5/tbl59"] and names(app)[0] == "Record 0 of Ideas"


def test_the_address_names_the_columns_in_their_order(page: Page, deals: str) -> None:
    app = page("hubspot", show=["number", "nothing", "stage"])
    assert headings(app) == ["Deal name", "Number", "Stage"] and "No longer here: nothing." in words(app)


def test_columns_are_chosen_moved_and_remembered(page: Page, deals: str) -> None:
    app = opened(page("hubspot", show=["stage", "close"]), "columns")
    next(each for each in app.checkbox if each.label == "Won").check().run()
    assert asked(app)["show"] == ["name", "stage", "close", "won"]
    app.button(key="move won up").click().run()
    assert headings(app) == ["Deal name", "Stage", "Won", "Close date"]

    del app.query_params["show"]
    assert headings(app.run()) == ["Deal name", "Stage", "Won", "Close date"], "an address that names none"
    pressed(app, "Usual columns")
    assert headings(app)[: len(MAIN)] == MAIN and "show" not in asked(app)


def test_columns_are_found_by_their_names(page: Page, deals: str) -> None:
    app = opened(page("hubspot"), "columns")
    app.text_input(key="find column").set_value("last CONT").run()
    assert [each.label for each in app.checkbox] == ["Last contacted"]


def test_the_line_above_counts_and_sums_what_is_shown(page: Page, deals: str) -> None:
    app = page("hubspot", **{"f.code": "EUR"})
    amount = sum(1_000.5 * (n + 1) for n in range(0, 60, 2))
    assert "**30** :gray[of 60 deals]" in words(app) and f":gray[Amount] **EUR {amount:,.0f}**" in words(app)
    both = words(page("hubspot"))
    assert "**EUR 900,450 + USD 930,465**" in both


def test_rows_are_sorted_as_the_address_says(page: Page, deals: str) -> None:
    app = page("hubspot", sort="-amount")
    assert names(app)[0].startswith("Hooli 59") and names(app)[-1].startswith("Umbrella 0")


@pytest.fixture
def long_table(owner: str) -> None:
    items = tuple(Item(str(n), "deal", f"Deal {n:05}", collection="deals") for n in range(2 * WINDOW_ROWS + 7))
    run(plant(owner, "hubspot", API, items, schema=Schema((replace(DEALS, fields=()),))))


def test_a_long_table_is_sent_a_window_at_a_time(page: Page, long_table: None) -> None:
    app = page("hubspot", sort="name")
    assert names(app) == [f"Deal {n:05}" for n in range(WINDOW_ROWS)] and ":gray[rows 1 – 1,000]" in words(app)
    app.button(key="turn 1").click().run()
    app.button(key="turn 1").click().run()
    assert names(app) == [f"Deal {n:05}" for n in range(2_000, 2_007)] and ":gray[rows 2,001 – 2,007]" in words(app)
    assert app.button(key="turn 1").disabled


def test_an_open_row_is_in_the_window_that_is_shown(page: Page, long_table: None) -> None:
    app = page("hubspot", sort="-name", row="3")
    assert "Deal 00003" in names(app) and "Deal 2,004 of 2,007" in words(app)


def test_the_open_row_is_shown_in_full_with_what_it_leads_to(page: Page, deals: str) -> None:
    app = page("hubspot", sort="number", row="4")
    assert not app.exception
    assert app.header[0].value.replace("\\", "") == "Globex 4 – Renewal" and "Deal 5 of 60" in words(app)
    facts = {name: str(value) for table in app.table for name, value in table.value.iloc[:, 0].items()}
    assert (
        facts["Amount"].replace("\\", "") == "EUR 5,002.50" and facts["Stage"] == ":blue-badge[Closed won]"
    ) or facts
    assert "could not compute it" in str(facts["Score"])
    pressed(app, "Globex")
    assert asked(app) == {"account": [deals], "in": ["companies"], "row": ["c4"]}
    assert "Company 1 of 10" in words(app) or "Company" in words(app)
    assert any("Globex 14" in each.label for each in app.button)


def test_the_next_and_the_previous_row_are_one_click_away(page: Page, deals: str) -> None:
    app = page("hubspot", sort="number", row="4")
    app.button(key="Next row").click().run()
    assert asked(app)["row"] == ["5"] and "Deal 6 of 60" in words(app)
    app.button(key="Previous row").click().run()
    app.button(key="close details").click().run()
    assert "row" not in asked(app) and not app.table


def test_a_row_of_everything_is_shown_with_the_columns_of_its_own_collection(page: Page, deals: str) -> None:
    app = page("hubspot", **{"in": "*", "row": "companies/c4"})
    assert not app.exception and app.header[0].value == "Globex"
    facts = {name for table in app.table for name in table.value.iloc[:, 0].index}
    assert {"Industry", "Employees"} <= facts


def test_raw_values_are_behind_a_toggle(page: Page, deals: str) -> None:
    app = page("hubspot", row="4")
    assert not app.code
    app.toggle(key="raw values").set_value(True).run()
    assert '"Amount (amount)": 5002.5' in app.code[0].value


def test_a_row_that_is_not_there_opens_nothing(page: Page, deals: str) -> None:
    app = page("hubspot", row="no such row")
    assert not app.exception and not app.table and "**60** :gray[deals]" in words(app)


@pytest.mark.parametrize(("full", "show", "said"), [(False, "company", 1), (True, "company", 0), (False, "stage", 0)])
def test_values_that_only_a_full_load_renews_say_as_of_when_they_are(
    page: Page, owner: str, full: bool, show: str, said: int
) -> None:
    at = datetime(2026, 5, 1, 2, 41, tzinfo=UTC)
    run(plant(owner, "hubspot", API, sales(), schema=SALES, full=full, full_at=at))
    app = page("hubspot", show=show)
    assert words(app).count("Rollups, formulas and links between records are as of 1 May 2026, 02:41.") == said
    assert len([each for each in app.button if each.label == "Reload everything"]) == said


def test_the_download_is_exactly_the_view(page: Page, deals: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked_for: list[str] = []
    monkeypatch.setattr(download, "leave_for", asked_for.append)
    app = opened(page("hubspot", **{"f.stage": "s1", "sort": "-amount"}), "download")
    assert "10 deals with these columns, in this order." in words(app)
    pressed(app, "Download CSV")
    pairs = parse_qsl(urlsplit(asked_for[0]).query)
    assert pairs[:4] == [("account", deals), ("in", "deals"), ("f.stage", "s1"), ("sort", "-amount")]
    assert [value for name, value in pairs if name == "show"][:3] == ["name", "stage", "amount"]
