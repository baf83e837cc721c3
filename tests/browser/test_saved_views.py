"""A view is saved, found on the Overview with its number, opened, renamed, deleted and put back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Locator, expect

from .conftest import Visit
from .plant import HOSTILE, plant
from .visitor import Visitor


def card(visitor: Visitor, name: str) -> Locator:
    """The card of a view on the Overview."""
    visitor.drawn()
    cards = visitor.page.locator(".st-key-view-cards [data-testid=stVerticalBlock]")
    return cards.filter(has=visitor.page.get_by_role("link", name=name, exact=True)).last


def number(visitor: Visitor, name: str) -> Locator:
    return card(visitor, name).get_by_test_id("stMetricValue")


def test_a_view_is_saved_found_on_the_overview_opened_renamed_deleted_and_put_back(visitor: Visitor) -> None:
    visitor.connect("hubspot")
    visitor.open("hubspot?in=deal&f.dealstage=closedwon")
    won = visitor.count()[0]
    before = len(visitor.history())
    visitor.button("Save view").click()
    visitor.page.get_by_role("textbox", name="Name of the view").fill("Won *deals*")
    visitor.page.keyboard.press("Enter")
    expect(visitor.button("Won *deals*").first).to_be_visible()
    visitor.drawn()
    assert len(visitor.history()) == before + 1, "one action is one step of Back"

    visitor.page.get_by_role("link", name="Overview").click()
    expect(number(visitor, "Won *deals*")).to_have_text(str(won))
    expect(card(visitor, "Won *deals*").get_by_test_id("stVegaLiteChart")).to_be_visible()
    visitor.page.get_by_test_id("stMain").get_by_role("link", name="Won *deals*", exact=True).click()
    visitor.sees(won, visitor.count()[1])
    expect(visitor.page).to_have_url(re.compile("f.dealstage=closedwon.*saved="))

    visitor.page.get_by_role("link", name="Overview").click()
    card(visitor, "Won *deals*").get_by_test_id("stPopoverButton").filter(visible=True).click()
    visitor.page.get_by_role("textbox", name="Name", exact=True).fill("Won")
    visitor.button("Rename").click()
    expect(number(visitor, "Won")).to_have_text(str(won))
    card(visitor, "Won").get_by_test_id("stPopoverButton").filter(visible=True).click()
    visitor.button("Delete").click()
    visitor.says("Deleted the view “Won”.")
    expect(visitor.page.get_by_role("link", name="Won", exact=True)).to_have_count(0)
    visitor.button("Undo").click()
    expect(number(visitor, "Won")).to_have_text(str(won))


def test_a_load_elsewhere_renews_the_overview_and_is_offered_where_rows_are_read(
    visit: Visit, inside: Callable[..., Any]
) -> None:
    reader = visit()
    reader.open("hubspot")
    owner, sandbox = reader.owner, f"{reader.server.url}/sandbox/hubspot"
    inside(reader.server, plant(owner, "hubspot", sandbox, HOSTILE))
    overview = visit(state=reader.context.storage_state())
    overview.open()
    overview.says(re.compile("^3 records"))
    reader.open("hubspot?in=*")
    reader.sees(3, 3)

    inside(reader.server, plant(owner, "hubspot", sandbox, HOSTILE[:2]))

    overview.says(re.compile("^2 records"))
    expect(reader.button("New data · Show")).to_be_visible()
    reader.sees(3, 3)
    reader.button("New data · Show").click()
    reader.sees(2, 2)
    expect(reader.button("New data · Show")).to_have_count(0)
