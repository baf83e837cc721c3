"""A person looks for something in everything, without a mouse."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, TimeoutError, expect
from sales import SALES, sales

from integrations.model import Item

from .plant import plant
from .visitor import Visitor

NEXT_IS_THE_TABLE = """() => {
    const [start, reached] = [document.querySelector('#table'), 'a[href], button, input, [tabindex="0"]']
    const next = [...document.querySelectorAll(reached)].find(each => start.compareDocumentPosition(each) & 4)
    return Boolean(next?.closest('[data-testid=stDataFrame]'))
}"""
NOTION = (Item("n1", "page", "About Globex"),)


@pytest.fixture
def seller(visitor: Visitor, inside: Callable[..., Any]) -> Visitor:
    """A person with sixty deals and ten companies, and a page of another source."""
    visitor.open("hubspot")
    visitor.says("Connect your HubSpot account")
    for slug, items, schema in (("hubspot", sales(), SALES), ("notion", NOTION, None)):
        inside(visitor.server, plant(visitor.owner, slug, f"{visitor.server.url}/sandbox/{slug}", items, schema=schema))
    visitor.open("hubspot")
    visitor.sees(60, 60)
    visitor.drawn()
    return visitor


def open_search(page: Page) -> None:
    """Press the key until the search has opened: a page that is being drawn does not hear it."""
    box = page.get_by_role("dialog").get_by_role("searchbox")
    for _ in range(4):
        page.keyboard.press("/")
        with contextlib.suppress(TimeoutError):
            box.wait_for(timeout=5_000)
            break
    expect(box).to_be_focused()


def test_slash_opens_the_search_over_a_page_and_enter_opens_what_it_found(seller: Visitor) -> None:
    page, dialog = seller.page, seller.page.get_by_role("dialog")

    open_search(page)
    page.keyboard.type("globex/")
    expect(dialog.get_by_text("No record has “globex/”")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(dialog.get_by_role("heading", name="HubSpot · Deals · 6")).to_be_visible()
    expect(dialog.get_by_role("link", name="About Globex")).to_be_visible()
    page.keyboard.press("Tab")
    for _ in range(10):
        if page.evaluate("document.activeElement.textContent") == "Globex":
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"in=companies&row=c4$"))
    expect(dialog).to_have_count(0)
    expect(page.locator(".st-key-side").get_by_role("heading", name="Globex")).to_be_visible()
    seller.drawn()

    open_search(page)
    page.keyboard.type("about globex")
    dialog.get_by_role("link", name="About Globex").press("Enter")
    expect(page).to_have_url(re.compile(r"/notion\?.*row=n1$"))
    expect(page.locator(".st-key-side").get_by_role("heading", name="About Globex")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"in=companies&row=c4$"))


def test_a_link_leads_past_the_filters_to_the_table(seller: Visitor) -> None:
    page, skip = seller.page, seller.page.get_by_role("link", name="Skip to table")
    for _ in range(4):
        page.keyboard.press("Tab")
        if skip.evaluate("link => link === document.activeElement"):
            break
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#table")).to_be_focused()
    page.wait_for_function(NEXT_IS_THE_TABLE)
    seller.sees(60, 60)
