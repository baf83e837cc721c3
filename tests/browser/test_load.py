"""Loading: watched, left alone, cancelled, and with something left out."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from .conftest import Visit
from .server import Server
from .visitor import Visitor


def begin(visitor: Visitor, slug: str) -> None:
    """Connect, and see the load under way."""
    visitor.leave_for_consent(slug)
    visitor.approve(slug)
    expect(visitor.button("Cancel")).to_be_visible()


def test_a_load_is_counted_and_cancelled_and_its_rows_are_kept(slow: Server, visit: Visit) -> None:
    visitor = visit(slow)
    begin(visitor, "notion")
    visitor.says(re.compile("Loading from Notion: [1-9][0-9]* records"))
    visitor.says(re.compile(r"^Pages [1-9][0-9]*$"))

    visitor.button("Cancel").click()

    expect(visitor.button("Cancel")).to_have_count(0, timeout=5_000)
    visitor.says("Loading was cancelled before everything had arrived.")
    visitor.says("Partial.")
    total = visitor.everything("notion")
    assert 0 < total < 1500
    name, rows = visitor.download()
    assert name.startswith("notion-partial-")
    assert len(rows) == total
    visitor.page.get_by_role("link", name="Overview").click()
    visitor.says(f"{total} records")
    expect(visitor.badge("Partial")).to_be_visible()


def test_rows_are_there_before_the_load_has_ended(slow: Server, visit: Visit) -> None:
    visitor = visit(slow)
    begin(visitor, "notion")

    shown = visitor.count()[0]

    assert 0 < shown < 1500
    expect(visitor.button("Cancel")).to_be_visible()


def test_leaving_and_reloading_in_the_middle_of_a_load_loses_nothing(slow: Server, visit: Visit) -> None:
    visitor = visit(slow)
    begin(visitor, "hubspot")

    visitor.page.reload()
    visitor.page.get_by_role("link", name="Overview").click()
    expect(visitor.badge("Loading")).to_be_visible()
    visitor.page.close()
    visitor.page = visitor.context.new_page()

    visitor.open("hubspot")
    visitor.loaded()
    assert visitor.everything("hubspot") == 1500
    expect(visitor.page.get_by_text("Partial")).to_have_count(0)


def test_a_base_is_left_out_before_the_first_load_and_ever_after(visitor: Visitor) -> None:
    visitor.leave_for_consent("airtable")
    visitor.approve("airtable")
    visitor.says("What should be loaded?")
    visitor.says("Uses at least 13 of Airtable Free's 1,000 monthly calls.")
    for table in ("Products", "Suppliers", "Stock moves"):
        visitor.button(table).click()
    visitor.says("Uses at least 9 of Airtable Free's 1,000 monthly calls.")

    visitor.button("Load").click()

    visitor.loaded()
    left = visitor.everything("airtable")
    assert left < 412
    visitor.only("Type", "Record")
    assert not [row for row in visitor.rows() if row["Parent"].startswith("Inventory")]
    visitor.button("Clear").click()
    visitor.sees(left, left)
    visitor.refresh()
    visitor.sees(left, left)
    visitor.page.reload()
    visitor.manage("Choose what to load")
    visitor.says("Choose what to load")
    expect(visitor.button("Tasks")).to_have_attribute("aria-pressed", "true")
    expect(visitor.button("Products")).to_have_attribute("aria-pressed", "false")
    visitor.says(re.compile("Uses about [0-9]+, going by the last load, of"))


def test_a_type_is_left_out_before_connecting(visitor: Visitor) -> None:
    visitor.open("hubspot")
    visitor.button("Contacts").click()
    expect(visitor.button("Contacts")).to_have_attribute("aria-pressed", "false")

    visitor.button("Try with sample data").click()
    visitor.approve("hubspot")

    visitor.loaded()
    expect(visitor.page.get_by_role("radio", name="Companies")).to_be_visible()
    expect(visitor.page.get_by_role("radio", name="Contacts")).to_have_count(0)
    assert 0 < visitor.everything("hubspot") < 400
