"""The table: narrowed, looked at, shared by its address, downloaded."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pandas as pd
from playwright.sync_api import expect

from integrations import providers

from .visitor import Visitor

SLUGS = sorted(providers())
FrameOf = Callable[..., pd.DataFrame]
AWKWARD = (  # how the sample providers' names begin that would do something if they were Markdown, HTML or a formula
    "![pixel](https://example.com/x.png) <img src=x onerror=alert(1)> <b>bold</b>",
    "**not bold** [link](javascript:alert(1)) $x^2$ :material/home: | a | b |",
    '=HYPERLINK("https://example.com/steal","Click me")',
)


def holding(frame: pd.DataFrame, text: str) -> int:
    """In how many rows a person would find this text."""
    words = frame.select_dtypes("str")
    return sum(any(text.lower() in str(cell).lower() for cell in row) for row in words.itertuples(index=False))


def test_the_table_shows_the_newest_rows_first(regular: Visitor, frame_of: FrameOf) -> None:
    regular.open("hubspot")

    shown = regular.rows()

    stored = frame_of(regular, "hubspot")
    assert len(shown) >= 5
    assert [row["Name"] for row in shown] == stored["Name"].tolist()[: len(shown)]
    assert stored["Updated"].is_monotonic_decreasing


def test_filters_narrow_the_table_and_stay_in_the_address(regular: Visitor, frame_of: FrameOf) -> None:
    regular.open("hubspot")
    frame = frame_of(regular, "hubspot")
    frame = frame[frame["Type"].isin(["Deal", "Contact"])]
    first, last = (frame["Updated"].max().date() - timedelta(days=days) for days in (290, 50))

    regular.choose("Type", "Deal", "Contact")
    regular.sees(len(frame), 400)
    regular.days("Updated between", first, last)
    frame = frame[(frame["Updated"].dt.date >= first) & (frame["Updated"].dt.date <= last)]
    regular.sees(len(frame), 400)
    owner = frame["Owner"].mode()[0]
    regular.choose("Owner", owner)
    frame = frame[frame["Owner"] == owner]
    regular.sees(len(frame), 400)
    parent = frame["Parent"].mode()[0]
    regular.choose("Parent", parent)
    frame = frame[frame["Parent"] == parent]
    regular.sees(len(frame), 400)
    regular.choose("Columns", "Stage", "Amount")
    expect(regular.page.locator("canvas table")).to_have_attribute("aria-colcount", "9")

    assert 0 < len(frame) < 20
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
    frame = frame_of(regular, "notion", "*").drop(columns="Link")

    for text in ("plan", "$x^2$", "(javascript:", ".*", "![PIXEL]", "\\d"):
        regular.search(text)
        found = holding(frame, text)
        regular.sees(found, 400)

    regular.says("No records match.")
    expect(regular.button("Download CSV")).to_be_disabled()
    regular.button("Show everything").click()
    regular.sees(400, 400)
    assert re.search(r"/notion\?account=[0-9a-f]{16}$", regular.page.url)


def test_clear_filters_brings_every_row_back_and_keeps_the_columns(regular: Visitor) -> None:
    regular.open("hubspot?f.type=deal&show=Stage&q=renew&f.updated=2026-01-01")
    expect(regular.button("Clear filters")).to_be_visible()

    regular.button("Clear filters").click()

    regular.sees(400, 400)
    expect(regular.button("Clear filters")).to_have_count(0)
    assert re.search(r"/hubspot\?account=[0-9a-f]{16}&show=Stage$", regular.page.url)


def test_choices_are_shown_as_they_are_and_told_apart(regular: Visitor) -> None:
    regular.open("hubspot")

    regular.choose("Parent", "Birch & Tide")

    chosen = regular.page.get_by_test_id("stMultiSelect").filter(has_text="Parent")
    expect(chosen.get_by_text("Birch & Tide", exact=True)).to_be_visible()
    assert {row["Parent"] for row in regular.rows()} == {"Birch & Tide"}


def test_the_whole_table_is_downloaded(regular: Visitor, frame_of: FrameOf) -> None:
    for slug in SLUGS:
        regular.open(slug)
        total = regular.count()[1]

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
    page = regular.open("hubspot?f.type=company&f.type=deal&q=%3D&show=Stage")
    shown = regular.rows()
    count = regular.count()[0]
    page.evaluate("window.here = 'before'")
    address, opened = page.url, len(sockets)

    name, rows = regular.download()

    assert name.startswith("hubspot-filtered-")
    assert list(rows[0]) == ["Name", "Type", "Parent", "Owner", "Updated", "Created", "Link", "Stage"]
    assert len(rows) == count == len(shown)
    defused = ["'" + row["Name"] if row["Name"].startswith(("=", "+")) else row["Name"] for row in shown]
    assert [row["Name"] for row in rows] == defused
    assert any(row["Name"].startswith("'=HYPERLINK") for row in rows)
    assert (page.evaluate("window.here"), page.url, len(sockets)) == ("before", address, opened)
    assert address in regular.history()
    regular.search("")
    expect(regular.button("Clear filters")).to_be_visible()
    assert page.evaluate("window.here") == "before"


def test_raw_values_leave_formulas_as_they_are(regular: Visitor) -> None:
    regular.open("hubspot?q=HYPERLINK")
    regular.page.get_by_text("Keep formulas").click()
    expect(regular.page.get_by_role("switch")).to_be_checked()

    _, rows = regular.download()

    assert rows
    assert {row["Name"] for row in rows if "HYPERLINK" in row["Name"]} == {AWKWARD[2]}


def test_a_selected_row_is_shown_in_full_and_its_name_as_it_is(regular: Visitor) -> None:
    regular.open("hubspot")
    for name in AWKWARD:
        regular.search(name[:20])
        expect(regular.page.locator("canvas tbody td").first).to_have_text(name)

        details = regular.select(0)

        expect(details.get_by_role("heading")).to_have_text(name)
        expect(details.get_by_text("Type", exact=True)).to_be_visible()
        assert details.locator("img, b, em, h3 a, h3 strong, .katex, h3 [data-testid=stIconMaterial]").count() == 0
        links = details.get_by_role("link").evaluate_all("links => links.map(link => link.href)")
        assert [link for link in links if not link.startswith(f"{regular.server.url}/sandbox/hubspot/")] == []


def test_a_filter_forgets_the_selected_row(regular: Visitor) -> None:
    regular.open("hubspot")
    regular.select(0)
    details = regular.page.get_by_test_id("stTable")
    expect(details).to_be_visible()

    regular.choose("Type", "Ticket")

    expect(details).to_have_count(0)


def test_links_lead_to_the_item_and_nowhere_else(regular: Visitor) -> None:
    for slug in SLUGS:
        page = regular.open(slug)

        links = [row["Link"] for row in regular.rows()]

        assert links and all(link.startswith(f"{regular.server.url}/sandbox/{slug}/") for link in links)
        found = page.locator("a[href]").evaluate_all("links => links.map(link => new URL(link.href).protocol)")
        assert set(found) == {"http:"}
        page.goto(links[0])
        expect(page.get_by_text("This is sample data.")).to_be_visible()


def test_the_only_file_of_a_table_is_the_one_that_is_defused_and_noted(regular: Visitor) -> None:
    regular.open("hubspot")
    regular.sees(400, 400)
    regular.page.get_by_test_id("stDataFrame").hover()
    expect(regular.page.get_by_role("button", name=re.compile("Fullscreen"))).to_be_visible()
    expect(regular.page.get_by_role("button", name=re.compile("Download as CSV"))).to_be_hidden()


def test_an_address_that_asks_for_what_is_not_there_shows_no_other_rows(regular: Visitor) -> None:
    regular.open("hubspot?f.parent=nobody")
    regular.sees(0, 400)
    regular.says("No record can match: no row has it.")
    regular.says("No records match.")

    regular.button("Remove filter").click()

    regular.sees(400, 400)
    assert "nobody" not in regular.page.url
    regular.page.go_back()
    regular.sees(0, 400)


def test_back_undoes_one_filter_at_a_time(regular: Visitor) -> None:
    regular.open("hubspot")
    regular.choose("Type", "Deal")
    expect(regular.page).to_have_url(re.compile("f.type=deal"))
    deals = regular.count()
    regular.choose("Owner", regular.rows()[0]["Owner"])
    expect(regular.page).to_have_url(re.compile("f.owner="))

    regular.page.go_back()
    regular.sees(*deals)
    regular.page.go_back()
    regular.sees(400, 400)
    regular.page.go_forward()
    regular.sees(*deals)


def test_links_between_pages_bring_back_what_each_page_showed(regular: Visitor) -> None:
    regular.open("hubspot?f.type=deal")
    deals = regular.count()
    links = regular.page.get_by_test_id("stSidebar")
    links.get_by_role("link", name="Notion").click()
    regular.sees(400, 400)
    links.get_by_role("link", name="HubSpot").click()
    regular.sees(*deals)
    assert "f.type=deal" in regular.page.url


def test_a_query_of_any_length_has_a_short_address_that_shows_the_same_rows(regular: Visitor) -> None:
    owners = "&".join(f"f.owner=Owner%20number%20{number}" for number in range(400))
    page = regular.open(f"hubspot?f.type=deal&{owners}")
    regular.sees(0, 400)
    regular.search("a")
    expect(page).to_have_url(re.compile(r"\?account=[0-9a-f]{16}&view=[0-9a-f]{32}$"))
    regular.sees(0, 400)
    regular.open(page.url.removeprefix(f"{regular.server.url}/"))
    regular.sees(0, 400)
    expect(page.get_by_role("textbox", name="Search")).to_have_value("a")
