"""The table: narrowed, looked at, shared by its address, downloaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote

import pandas as pd
import pytest
from odd_names import ODD_NAMES
from playwright.sync_api import expect
from sales import SALES, sales

from integrations import providers

from .conftest import FIRST, Visit
from .plant import plant
from .visitor import Visitor

SLUGS = sorted(providers())
FrameOf = Callable[..., pd.DataFrame]
ALL = "hubspot?in=*"
FORMULA, HTML, MARKDOWN = (
    next(name for name in ODD_NAMES if name.startswith(start)) for start in ("=HYPERLINK", "![pixel]", "**not bold")
)


def holding(frame: pd.DataFrame, text: str) -> int:
    """In how many rows a person would find this text."""
    rows = frame.drop(columns="Link").itertuples(index=False)
    return sum(any(text.lower() in words(cell).lower() for cell in row) for row in rows)


def words(cell: Any) -> str:
    return cell if isinstance(cell, str) else " ".join(cell) if hasattr(cell, "__iter__") else ""


@pytest.fixture
def seller(visitor: Visitor, inside: Callable[..., Any]) -> Visitor:
    """Somebody with 60 deals and ten companies, of which a schema is known."""
    visitor.open("hubspot")
    visitor.says("Connect your HubSpot account")
    api = f"{visitor.server.url}/sandbox/hubspot"
    inside(visitor.server, plant(visitor.owner, "hubspot", api, sales(), schema=SALES))
    visitor.open("hubspot")
    visitor.sees(60, 60)
    return visitor


def test_a_collection_is_shown_with_its_own_typed_columns(seller: Visitor) -> None:
    shown = seller.rows()
    assert len(shown) >= 18, "above the fold"
    assert list(shown[0])[:4] == ["Deal name", "Stage", "Amount", "Close date"]
    assert (shown[0]["Deal name"], shown[0]["Stage"], shown[0]["Amount"]) == (
        "Umbrella 0 – Renewal", "Appointment", "EUR 1,000.50",
    )  # fmt: skip
    assert (shown[0]["Close date"], shown[0]["Company"]) == ("2026-01-01", "Umbrella")


def test_a_click_on_a_heading_sorts_one_way_then_the_other_then_not_at_all(seller: Visitor) -> None:
    unsorted = [row["Deal name"] for row in seller.rows()]
    seller.sort_by_name()
    first = seller.rows()[0]
    assert first["Deal name ↑"].startswith("Acme") and seller.page.url.endswith("&sort=name")
    seller.sort_by_name()
    assert seller.rows()[0]["Deal name ↓"].startswith("Wayne") and seller.page.url.endswith("&sort=-name")
    seller.sort_by_name()
    assert [row["Deal name"] for row in seller.rows()] == unsorted
    seller.page.go_back()
    expect(seller.page).to_have_url(re.compile("sort=-name$"))


def test_a_collection_is_chosen_by_one_click_and_left_by_back(seller: Visitor) -> None:
    seller.switch("Companies")
    seller.sees(10, 10)
    assert "Company name" in seller.rows()[0]
    seller.switch("Tickets")
    seller.says("No tickets in HubSpot.")
    seller.page.go_back()
    seller.sees(10, 10)
    seller.page.go_back()
    seller.sees(60, 60)


def test_a_row_opens_beside_the_table_leads_on_and_is_closed_by_escape(seller: Visitor) -> None:
    details = seller.select(3, column=1)
    expect(details.get_by_role("heading")).to_have_text("Acme 3 – Renewal")
    seller.says("Deal 4 of 60")
    seller.page.get_by_role("button", name="keyboard_arrow_down icon").click()
    expect(details.get_by_role("heading")).to_have_text("Globex 4 – Renewal")

    details.get_by_role("button", name="Globex", exact=True).click()
    expect(details.get_by_role("heading")).to_have_text("Globex")
    assert seller.page.url.endswith("&in=companies&row=c4")
    details.get_by_role("button", name="Globex 14 – Renewal").click()
    expect(details.get_by_role("heading")).to_have_text("Globex 14 – Renewal")
    seller.drawn()
    seller.page.keyboard.press("Escape")
    expect(details).to_have_count(0)
    seller.page.go_back()
    expect(details.get_by_role("heading")).to_have_text("Globex 14 – Renewal")


def test_arrow_keys_walk_through_the_rows(seller: Visitor) -> None:
    details = seller.select(0, column=1)
    expect(details.get_by_role("heading")).to_have_text("Umbrella 0 – Renewal")
    seller.drawn()
    seller.page.keyboard.press("ArrowDown")
    expect(details.get_by_role("heading")).to_have_text("Wayne 1 – Renewal")


def test_on_a_phone_a_row_opens_over_the_table(seller: Visitor, visit: Visit) -> None:
    phone = visit(
        seller.server, state=seller.context.storage_state(), size=(390, 844), has_touch=True,
        user_agent="Mozilla/5.0 (Linux; Android 14) Chrome/130 Mobile Safari/537.36",
    )  # fmt: skip
    phone.open("hubspot")
    phone.sees(60, 60)
    assert len(phone.rows()) >= 18
    phone.select(2)
    dialog = phone.page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Fabrikam 2 – Renewal")).to_be_visible()
    phone.page.get_by_role("button", name="keyboard_arrow_down icon").click()
    expect(dialog.get_by_role("heading", name="Acme 3 – Renewal")).to_be_visible()
    dialog.get_by_role("button", name="Acme", exact=True).click()
    expect(dialog.get_by_role("heading", name="Acme", exact=True)).to_be_visible()
    phone.drawn()
    phone.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(phone.page).to_have_url(re.compile("in=companies$"))


def test_columns_are_added_and_stay_in_the_address(seller: Visitor) -> None:
    seller.open("hubspot?in=deals&show=stage")
    seller.columns("Won", "Seats")
    shown = list(seller.rows()[0])
    assert shown == ["Deal name", "Stage", "Won", "Seats"] and seller.page.url.endswith("&show=won&show=seats")
    seller.switch("Companies")
    seller.switch("Deals")
    assert list(seller.rows()[0]) == shown and "show=" not in seller.page.url, "remembered"


def test_everything_has_the_newest_rows_first(regular: Visitor, frame_of: FrameOf) -> None:
    regular.open(ALL)

    shown = regular.rows()

    stored = frame_of(regular, "hubspot")
    assert len(shown) >= 18
    assert [row["Name"] for row in shown] == stored["Name"].tolist()[: len(shown)]
    assert stored["Updated"].is_monotonic_decreasing


def test_filters_narrow_the_table_and_stay_in_the_address(regular: Visitor, frame_of: FrameOf) -> None:
    regular.open(ALL)
    frame = frame_of(regular, "hubspot")
    frame = frame[frame["Type"].isin(["Deal", "Contact"])]
    first, last = (frame["Updated"].max().date() - timedelta(days=days) for days in (290, 50))

    regular.only("Type", "Deal", "Contact")
    regular.sees(len(frame), 400)
    regular.days("Updated", first, last)
    frame = frame[(frame["Updated"].dt.date >= first) & (frame["Updated"].dt.date <= last)]
    regular.sees(len(frame), 400)
    parent = frame["Parent"].mode()[0]
    regular.only("Parent", parent)
    frame = frame[frame["Parent"] == parent]
    regular.sees(len(frame), 400)
    regular.columns("Created")

    assert len(frame) > 0
    shown = regular.rows()
    assert [row["Name"] for row in shown] == frame["Name"].tolist()[: len(shown)]
    elsewhere = regular.context.new_page()
    elsewhere.goto(regular.page.url)
    regular.page.close()
    regular.page = elsewhere
    regular.sees(len(frame), 400)
    assert regular.rows() == shown


def test_search_takes_every_character_as_it_is(regular: Visitor, frame_of: FrameOf) -> None:
    regular.open("notion")
    frame = frame_of(regular, "notion", FIRST)

    for text in ("plan", "$x^2$", "(javascript:", ".*", "![PIXEL]", "\\d"):
        regular.search(text)
        found = holding(frame, text)
        regular.sees(found, len(frame))

    regular.says(re.compile("No [a-z ]+ match."))
    regular.button("Download").click()
    expect(regular.button("Download CSV")).to_be_disabled()
    regular.button("Download").click()
    regular.button("Clear search and filters").click()
    regular.sees(len(frame), len(frame))
    assert re.search(r"/notion\?account=[0-9a-f]{16}&in=[^&]+$", regular.page.url)


def test_clear_brings_every_row_back_and_keeps_the_columns(regular: Visitor) -> None:
    regular.open(f"{ALL}&f.type=deal&show=owner&q=renew&f.updated=2026-01-01")
    expect(regular.button("Clear")).to_be_visible()

    regular.button("Clear").click()

    regular.sees(400, 400)
    expect(regular.button("Clear")).to_have_count(0)
    assert re.search(r"/hubspot\?account=[0-9a-f]{16}&in=\*&show=owner$", unquote(regular.page.url))


def test_choices_are_shown_as_they_are_and_told_apart(regular: Visitor, frame_of: FrameOf) -> None:
    regular.open(ALL)
    parents = frame_of(regular, "hubspot")["Parent"].dropna()
    parent = next(each for each in parents if "&" in each)

    regular.only("Parent", parent)

    expect(regular.button(f"Parent is {parent}")).to_be_visible()
    assert {row["Parent"] for row in regular.rows()} == {parent}


def test_a_whole_collection_is_downloaded(regular: Visitor, frame_of: FrameOf) -> None:
    for slug in SLUGS:
        total = regular.everything(slug)

        name, rows = regular.download()

        frame = frame_of(regular, slug)
        assert re.fullmatch(rf"{slug}-\d{{4}}-\d\d-\d\d\.csv", name)
        assert len(rows) == total == len(frame)
        assert [row["Name"].removeprefix("'") for row in rows] == frame["Name"].tolist()
        assert [row["Type"] for row in rows] == frame["Type"].tolist()
        assert not [cell for row in rows for cell in row.values() if cell.lstrip().startswith(("=", "+", "-", "@"))]


def test_the_narrowed_table_is_downloaded_and_the_page_stays(regular: Visitor) -> None:
    sockets = []
    regular.page.on("websocket", lambda socket: sockets.append(socket.url))
    page = regular.open(f"{ALL}&f.type=company&f.type=deal&q=%3D&show=type&show=owner")
    shown = regular.rows()
    count = regular.count()[0]
    page.evaluate("window.here = 'before'")
    address, opened = page.url, len(sockets)

    name, rows = regular.download()

    assert name.startswith("hubspot-filtered-")
    assert {"Name", "Type", "Owner"} <= {*rows[0]} and "Updated" not in rows[0]
    assert len(rows) == count == len(shown)
    defused = ["'" + row["Name"] if row["Name"].startswith(("=", "+")) else row["Name"] for row in shown]
    assert [row["Name"] for row in rows] == defused
    assert any(row["Name"].startswith("'=HYPERLINK") for row in rows)
    assert (page.evaluate("window.here"), page.url, len(sockets)) == ("before", address, opened)
    assert address in regular.history()
    regular.search("")
    expect(regular.page).not_to_have_url(address)
    assert page.evaluate("window.here") == "before"


def test_raw_values_leave_formulas_as_they_are(regular: Visitor) -> None:
    regular.open(f"{ALL}&q=HYPERLINK")
    regular.drawn()
    regular.button("Download").click()
    regular.page.get_by_text("Keep formulas").click()
    expect(regular.page.get_by_role("switch")).to_be_checked()
    regular.button("Download").click()

    _, rows = regular.download()

    assert rows
    assert {row["Name"] for row in rows if "HYPERLINK" in row["Name"]} == {FORMULA}


def test_a_selected_row_is_shown_in_full_and_its_name_as_it_is(regular: Visitor) -> None:
    for name in (HTML, MARKDOWN, FORMULA):
        regular.open(f"{ALL}&f.name={quote(name)}")
        expect(regular.page.locator("canvas tbody td").first).to_contain_text(name[:20])

        details = regular.select(0)

        expect(details.get_by_role("heading")).to_have_text(name)
        expect(details.get_by_text("Type", exact=True)).to_be_visible()
        drawn = "img, b, em, h2 a, h2 strong, .katex, h2 [data-testid=stIconMaterial]"
        assert details.locator(drawn).count() == 0
        links = details.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
        assert [link for link in links if not link.startswith(f"{regular.server.url}/sandbox/hubspot/")] == []


def test_a_filter_closes_the_open_row(regular: Visitor) -> None:
    regular.open(ALL)
    details = regular.select(0)
    expect(details).to_be_visible()

    regular.only("Type", "Ticket")

    expect(details).to_have_count(0)


def test_links_lead_to_the_item_and_nowhere_else(regular: Visitor) -> None:
    for slug in SLUGS:
        page = regular.open(f"{slug}?in=*&show=link")

        links = [row["Link"] for row in regular.rows()]

        assert links and all(link.startswith(f"{regular.server.url}/sandbox/{slug}/") for link in links)
        found = page.locator("a[href]").evaluate_all("links => links.map(link => new URL(link.href).protocol)")
        assert set(found) == {"http:"}
        page.goto(links[0])
        expect(page.get_by_text("This is sample data.")).to_be_visible()


def test_the_only_file_of_a_table_is_the_one_that_is_defused_and_noted(regular: Visitor) -> None:
    regular.open(ALL)
    regular.sees(400, 400)
    regular.page.get_by_test_id("stDataFrame").hover()
    expect(regular.page.get_by_role("button", name=re.compile("Fullscreen"))).to_be_visible()
    expect(regular.page.get_by_role("button", name=re.compile("Download as CSV"))).to_be_hidden()


def test_an_address_that_asks_for_what_is_not_there_shows_no_other_rows(regular: Visitor) -> None:
    regular.open(f"{ALL}&f.parent=nobody")
    regular.sees(0, 400)
    regular.says("No record can match: no row has it.")
    regular.says("No records match.")

    regular.button("Remove filter").click()

    regular.sees(400, 400)
    assert "nobody" not in regular.page.url
    regular.page.go_back()
    regular.sees(0, 400)


def test_back_undoes_one_filter_at_a_time(regular: Visitor) -> None:
    regular.open(ALL)
    regular.only("Type", "Deal")
    expect(regular.page).to_have_url(re.compile("f.type=deal"))
    deals = regular.count()
    regular.only("Parent", regular.rows()[0]["Parent"])
    expect(regular.page).to_have_url(re.compile("f.parent="))

    regular.page.go_back()
    regular.sees(*deals)
    regular.page.go_back()
    regular.sees(400, 400)
    regular.page.go_forward()
    regular.sees(*deals)


def test_filters_of_a_period_and_of_alternatives_are_undone_by_undo_and_by_back(seller: Visitor) -> None:
    seller.period("Close date", "The past")
    expect(seller.page).to_have_url(re.compile("f.close=~period~past&zone="))
    past = seller.count()
    seller.or_from("Close date is in the past", "Amount", "60000")
    seller.says("Close date is in the past or Amount from 60,000")
    expect(seller.page).to_have_url(re.compile("any.1.close=~period~past&any.1.amount=~from~60000"))
    both = seller.count()
    seller.sort_by_name()

    seller.button("Undo").click()
    seller.sees(*past)
    expect(seller.page).to_have_url(re.compile("f.close=~period~past&sort=name"))

    seller.page.go_back()
    seller.sees(*both)
    seller.page.go_back()
    expect(seller.page).not_to_have_url(re.compile("sort="))
    seller.sees(*both)
    seller.page.go_back()
    seller.sees(*past)
    seller.page.go_back()
    seller.sees(60, 60)


def test_links_between_pages_bring_back_what_each_page_showed(regular: Visitor) -> None:
    regular.open(f"{ALL}&f.type=deal")
    deals = regular.count()
    links = regular.page.get_by_test_id("stSidebar")
    links.get_by_role("link", name="Notion").click()
    expect(regular.page.get_by_role("heading", level=1)).to_have_text("Notion")
    regular.drawn()
    links.get_by_role("link", name="HubSpot").click()
    regular.sees(*deals)
    assert "f.type=deal" in regular.page.url


def test_a_query_of_any_length_has_a_short_address_that_shows_the_same_rows(regular: Visitor) -> None:
    owners = "&".join(f"f.owner=Owner%20number%20{number}" for number in range(400))
    page = regular.open(f"{ALL}&f.type=deal&{owners}")
    regular.sees(0, 400)
    regular.search("a")
    expect(page).to_have_url(re.compile(r"\?account=[0-9a-f]{16}&view=[0-9a-f]{32}$"))
    regular.sees(0, 400)
    regular.open(page.url.removeprefix(f"{regular.server.url}/"))
    regular.sees(0, 400)
    expect(page.get_by_role("searchbox", name="Search", exact=True)).to_have_value("a")
