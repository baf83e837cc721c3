"""Names from providers are shown as they are, wherever they stand: no logo, icon, emoji, colour, link or formula."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from integrations.model import Item, KnownCatalog, Outcome, Stream
from integrations.store import connections, keys, records

from .plant import plant
from .visitor import Visitor

# what Streamlit's Markdown makes something else of
TRICKS = (
    ":streamlit:", ":material/home:", ":material_home:", ":smile:", ":+1:", ":red[red]", ":red-background[tint]",
    ":green-badge[paid]", ":color-badge[]", ":rainbow[bow]", ":small[tiny]", ":shortcut[Ctrl]", "a -> b", "$x^2$",
    "**bold**", "`mono`", "~~gone~~", "[link](https://evil.example)", "https://evil.example", "ada@evil.example",
    "![p](https://evil.example/x.png)", "<u>under</u>", "::streamlit::", ":streamlit:streamlit:",
)  # fmt: skip
NAMES = [" ".join(TRICKS[start : start + 4]) for start in range(0, len(TRICKS), 4)]
DRAWN = r"""() => [
    ...document.querySelectorAll('img[alt*=Streamlit], img[src*=evil], a[href*="//evil"], a[href^=mailto], .katex, u'),
    ...document.querySelectorAll('kbd:not([aria-label="Shortcut Esc"]):not([aria-label="Shortcut /"])'),
    ...[...document.querySelectorAll('strong, del, code, span, em')].filter(each =>
        (/^(bold|gone|mono|red|tint|paid|bow|tiny|Ctrl)$/.test(each.textContent.trim())
            || each.matches('[data-testid=stIconMaterial]') && each.textContent.trim() === 'home')),
    ...(document.body.innerText.match(/\p{Extended_Pictographic}.{0,30}|.{0,30}→.{0,30}/gu) || []),
].map(each => each.outerHTML || each)"""
NOW = datetime.now(UTC)


def items() -> tuple[Item, ...]:
    """An item for each name, which is everywhere in it."""
    return tuple(
        Item(str(n), "deal", name, False, name, owner=name, last_modified_time=NOW, properties={name: name})
        for n, name in enumerate(NAMES)
    )


async def planted(owner: str, api_url: str) -> None:
    """Two accounts with such names: the later one with such items and such news; and one that asks what to load."""
    await plant(owner, "hubspot", api_url, account=NAMES[1])
    await plant(owner, "hubspot", api_url, items(), account=NAMES[0], state="partial", notes=(NAMES[2],))
    await plant(owner, "airtable", api_url.replace("hubspot", "airtable"), account=NAMES[0])
    mine = (await connections.of(owner, "airtable"))[-1]
    parts = tuple(Stream(f"p{n}", name, "record", f"g{n}", name) for n, name in enumerate(NAMES))
    await records.put(keys.CATALOG, mine.path, KnownCatalog(parts, (NAMES[3],), NOW))
    await records.delete(keys.LOAD, mine.path)
    await records.put(keys.NOTICE, (owner, "hubspot"), Outcome("connected", f"Connected to {NAMES[0]}."))


@pytest.fixture
def somebody(visitor: Visitor, inside: Callable[..., Any]) -> Visitor:
    """Somebody whose accounts and items have such names."""
    visitor.open("hubspot")
    visitor.says("Connect your HubSpot account")
    inside(visitor.server, planted(visitor.owner, f"{visitor.server.url}/sandbox/hubspot"))
    return visitor


def shown_as_they_are(page: Page | Locator, *names: str) -> None:
    """The names are there to the letter, and nothing on the page is drawn of them."""
    for name in names:
        expect(page.get_by_text(name).first).to_be_attached()
    whole = page if isinstance(page, Page) else page.page
    assert whole.evaluate(DRAWN) == []


def test_a_name_is_shown_to_the_letter_on_every_page(somebody: Visitor) -> None:
    page = somebody.open("hubspot")
    shown_as_they_are(page.get_by_test_id("stToast"), NAMES[0])
    somebody.sees(len(NAMES), len(NAMES))
    shown_as_they_are(page, NAMES[0], NAMES[2])

    somebody.button("Filter").click()
    page.get_by_role("combobox", name="Column").click()
    shown_as_they_are(page.get_by_role("listbox"), *NAMES)
    page.get_by_role("option", name="Parent", exact=True).click()
    page.get_by_role("combobox", name="Values").click()
    shown_as_they_are(page.get_by_role("listbox"), *NAMES)
    page.get_by_role("option").filter(has_text=NAMES[4]).click()
    page.keyboard.press("Escape")
    somebody.button("Apply").click()
    somebody.sees(1, len(NAMES))
    shown_as_they_are(page.locator(".st-key-filters"), f"Parent is {NAMES[4]}")
    somebody.button("Clear").click()
    somebody.sees(len(NAMES), len(NAMES))
    somebody.button("Columns").click()
    shown_as_they_are(page.locator(".st-key-column-list"), *NAMES)
    somebody.button("Columns").click()
    page.get_by_role("combobox", name="Account").click()
    shown_as_they_are(page.get_by_role("listbox"), NAMES[0], NAMES[1])
    page.keyboard.press("Escape")

    somebody.manage("Disconnect")
    shown_as_they_are(page.get_by_role("dialog"), NAMES[0])
    somebody.button("Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    somebody.open()
    somebody.says("Saved views")
    shown_as_they_are(page, NAMES[0])
    somebody.open("airtable")
    somebody.says("What should be loaded?")
    shown_as_they_are(page, *NAMES)
    somebody.button("Disconnect everything").click()
    shown_as_they_are(page.get_by_role("dialog"), NAMES[0], NAMES[1])


def test_a_row_in_full_has_names_and_values_to_the_letter(somebody: Visitor) -> None:
    somebody.open("hubspot")
    somebody.open("hubspot?in=deal&show=parent")
    somebody.columns(NAMES[0])
    expect(somebody.page.locator("canvas table")).to_have_attribute("aria-colcount", "3")
    for row in range(len(NAMES)):
        name = somebody.rows()[row]["Name"]
        details = somebody.select(row)
        expect(details.get_by_role("heading")).to_have_text(name)
        table = details.get_by_test_id("stTable")
        for place in (table.locator("th"), table.locator("td")):
            expect(place.get_by_text(name, exact=True).first).to_be_visible()
        shown_as_they_are(somebody.page, name)
