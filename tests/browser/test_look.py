"""How it looks: wide and narrow, light and dark, in every state; pictures of it all for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from integrations import providers
from integrations.store import connections

from .conftest import Visit
from .plant import HOSTILE, plant
from .server import until
from .visitor import Visitor

SIZES = {"phone": (390, 844), "wide": (1440, 1000)}
SETTLED = "document.fonts.status === 'loaded' && !document.querySelector('[data-stale=true]')"
FITS = """[document.documentElement, ...document.querySelectorAll('[data-testid=stMain]')]
    .every(box => box.scrollWidth <= box.clientWidth)"""

State = Callable[[Visitor, str], Coroutine[Any, Any, None]]


def planted(slug: str = "hubspot", **how: Any) -> State:
    return lambda visitor, owner: plant(owner, slug, f"{visitor.server.url}/sandbox/{slug}", **how)


LONG = "An account with a name that goes on " + "and on " * 30
STATES: dict[str, tuple[State, str]] = {
    "nothing-here": (planted(items=()), "There is nothing here yet."),
    "failed-first": (planted(state="failed", notes=("HubSpot could not be reached.",)), "could not be reached"),
    "failed-refresh": (planted(items=HOSTILE, state="failed", notes=("HubSpot asks for a pause.",)), "2 contacts"),
    "partial": (planted(items=HOSTILE, state="partial", notes=("Deals: no.",), skipped=("Tickets: no.",)), "Partial."),
    "reconnect": (planted(items=HOSTILE, reconnect="HubSpot no longer honours this connection."), "Reconnect needed"),
    "long-name": (planted(items=HOSTILE, account=LONG), "2 contacts"),
    "our-mistake": (planted(items=HOSTILE, chunk=b"no rows at all"), "Something went wrong on this page. Reload it"),
    "waiting": (planted(state="queued"), "The loader isn't running. Tell your administrator."),
}  # fmt: skip


def look(visitor: Visitor, folder: Path, name: str, *schemes: str) -> None:
    """Nothing runs off the page; then take its picture, all of it, in light and maybe in dark."""
    page = visitor.page
    page.mouse.move(0, 0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    until(lambda: page.evaluate(SETTLED), f"{name} goes on changing")
    until(lambda: page.evaluate(FITS), f"{name} runs off the page")
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    whole = page.evaluate("document.querySelector('[data-testid=stMain]')?.scrollHeight ?? 0")
    page.set_viewport_size({"width": width, "height": max(whole, height)})
    for scheme in ("light", *schemes):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=folder / f"{name}-{scheme}.png", animations="disabled")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": width, "height": height})


@pytest.mark.parametrize("size", SIZES)
def test_every_page_fits_and_shows_its_title(visit: Visit, memory: dict[str, Any], pictures: Path, size: str) -> None:
    visitor = visit(state=memory, size=SIZES[size], color_scheme="light")
    for slug, title in {"": "Overview", **{slug: each.title for slug, each in providers().items()}}.items():
        visitor.open(slug)
        expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(title)
        visitor.count() if slug else visitor.says("Ready to open")
        expect(visitor.page.get_by_role("heading", level=1)).to_be_in_viewport()
        look(visitor, pictures, f"{size}-{slug or 'overview'}", "dark")
    visitor.open("hubspot?in=*&f.type=deal&show=type&show=owner&q=plan")
    expect(visitor.select(0)).to_be_visible()
    look(visitor, pictures, f"{size}-details", "dark")
    visitor.search("no such thing")
    visitor.says("No records match.")
    look(visitor, pictures, f"{size}-no-match", "dark")


@pytest.mark.parametrize("size", SIZES)
def test_every_page_of_a_newcomer_fits(visit: Visit, pictures: Path, size: str) -> None:
    visitor = visit(size=SIZES[size], color_scheme="light")
    visitor.open()
    visitor.says("Contacts, companies, deals and tickets")
    look(visitor, pictures, f"{size}-new-overview", "dark")
    visitor.leave_for_consent("airtable")
    look(visitor, pictures, f"{size}-new-consent", "dark")
    visitor.approve("airtable")
    expect(visitor.button("Load")).to_be_visible()
    look(visitor, pictures, f"{size}-new-choose", "dark")
    visitor.open("notion?error=access_denied&state=forged")
    visitor.says("You can start again on this page.")
    look(visitor, pictures, f"{size}-new-refused", "dark")


def test_every_state_of_a_connection_fits(visitor: Visitor, inside: Callable[..., Any], pictures: Path) -> None:
    visitor.open("hubspot")
    owner = visitor.owner
    for name, (state, words) in STATES.items():
        inside(visitor.server, forget_all(owner))
        inside(visitor.server, state(visitor, owner))
        visitor.open("hubspot")
        visitor.says(words)
        for size, (width, height) in SIZES.items():
            visitor.page.set_viewport_size({"width": width, "height": height})
            look(visitor, pictures, f"{size}-state-{name}")


def test_two_accounts_of_the_same_name_are_told_apart(
    visitor: Visitor, inside: Callable[..., Any], pictures: Path
) -> None:
    visitor.open("hubspot")
    for account, items in (("Same", HOSTILE[:1]), ("Same ", HOSTILE)):
        inside(visitor.server, planted(items=items, account=account)(visitor, visitor.owner))
    visitor.open("hubspot")
    visitor.sees(2, 2)

    visitor.page.get_by_role("combobox", name=re.compile("Account")).click()
    visitor.page.get_by_role("option").first.click()

    visitor.sees(1, 1)
    look(visitor, pictures, "wide-state-two-accounts")


def test_what_a_provider_calls_things_is_never_markup(visit: Visit, inside: Callable[..., Any]) -> None:
    visitor = visit(size=(2400, 1000))  # so that all columns are in view
    visitor.open("hubspot")
    account = "[x](https://evil.example) <b>b</b> www.evil.example"
    inside(visitor.server, planted(items=HOSTILE, account=account)(visitor, visitor.owner))

    page = visitor.open("hubspot?in=*&show=link")

    visitor.says(account)
    links = {row["Name"]: row["Link"] for row in visitor.rows()}
    assert links == {HOSTILE[0].name: "", "data link": "", "web link": "https://evil.example/item"}
    details = visitor.select(0)
    expect(details.get_by_role("heading")).to_have_text(HOSTILE[0].name)
    for words in (HOSTILE[0].owner, HOSTILE[0].parent_path_or_name, *HOSTILE[0].properties.items()):
        for each in (words,) if isinstance(words, str) else words:
            expect(details.get_by_text(each, exact=True).first).to_be_visible()
    assert page.locator("a[href*=evil], img[src*=evil], main b, .katex").count() == 0
    assert details.get_by_role("link").count() == 0


def test_the_sidebar_is_reached_on_a_phone(visit: Visit, memory: dict[str, Any], pictures: Path) -> None:
    visitor = visit(state=memory, size=SIZES["phone"], has_touch=True)
    page = visitor.open("hubspot")
    visitor.count()

    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_role("link", name="Notion")).to_be_in_viewport()
    page.screenshot(path=pictures / "phone-sidebar-light.png")
    page.get_by_role("link", name="Notion").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Notion")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()


async def forget_all(owner: str) -> None:
    """Make a newcomer of a visitor."""
    for connection in await connections.of(owner):
        await connections.forget(connection)
