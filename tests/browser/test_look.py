"""How it looks: wide and narrow, light and dark, in every state; pictures of it all for people."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from integrations import providers

from .conftest import Visit
from .plant import HOSTILE, plant
from .visitor import Visitor

WIDE, PHONE = (1440, 1000), (390, 844)
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll('[data-testid=stMain]')]
    .map(box => box.scrollWidth - box.clientWidth)"""
TWO_ACCOUNTS = "an account to choose"

State = Callable[[Visitor, str], Coroutine[Any, Any, None]]


def planted(slug: str = "hubspot", **how: Any) -> State:
    return lambda visitor, owner: plant(owner, slug, f"{visitor.server.url}/sandbox/{slug}", **how)


LONG = "An account with a name that goes on " + "and on " * 30
STATES: dict[str, tuple[State, str | re.Pattern[str]]] = {
    "nothing-here": (planted(items=()), "There is nothing here yet."),
    "failed-first": (planted(state="failed", notes=("HubSpot could not be reached.",)), "The last load did not work."),
    "failed-refresh": (planted(items=HOSTILE, state="failed", notes=("HubSpot asks for a pause.",)), "of 3 items"),
    "partial": (
        planted(items=HOSTILE, state="partial", notes=("Deals: HubSpot is having trouble.",), skipped=("Tickets: no.",)),
        "Partial.",
    ),
    "reconnect": (planted(items=HOSTILE, reconnect="HubSpot no longer honours this connection."), "Reconnect needed"),
    "long-name": (planted(items=HOSTILE, account=LONG), "of 3 items"),
    "waiting": (planted(state="queued"), "Waiting for a worker to take this up…"),
}  # fmt: skip


def look(visitor: Visitor, folder: Path, name: str) -> None:
    """Nothing runs off the page; then take its picture, all of it."""
    page = visitor.page
    page.mouse.move(0, 0)
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    page.wait_for_function("document.fonts.status === 'loaded' && !document.querySelector('[data-stale=true]')")
    assert page.evaluate(SIDEWAYS) in ([0, 0], [0]), name
    width, height = page.viewport_size["width"], page.viewport_size["height"]
    whole = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": max(whole, height)})
    page.screenshot(path=folder / f"{name}.png")
    page.set_viewport_size({"width": width, "height": height})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_fits_and_shows_its_title(
    visit: Visit, memory: dict[str, Any], pictures: Path, size: tuple[int, int], scheme: str
) -> None:
    suffix = f"{'phone' if size == PHONE else 'wide'}-{scheme}"
    visitor = visit(state=memory, size=size, color_scheme=scheme)
    for slug, title in {"": "Overview", **{slug: each.title for slug, each in providers().items()}}.items():
        visitor.open(slug)
        expect(visitor.page.get_by_role("heading", level=1)).to_contain_text(title)
        visitor.says("Updates per day") if not slug else visitor.count()
        expect(visitor.page.get_by_role("heading", level=1)).to_be_in_viewport()
        look(visitor, pictures, f"{slug or 'overview'}-{suffix}")
    visitor.open("hubspot?hubspot_type=Deal&hubspot_column=Stage&hubspot_q=plan&hubspot_updated=2026-01-01")
    visitor.select(0)
    expect(visitor.page.get_by_test_id("stTable")).to_be_visible()
    look(visitor, pictures, f"details-{suffix}")
    visitor.search("no such thing")
    visitor.says("Nothing matches these filters.")
    look(visitor, pictures, f"no-match-{suffix}")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_page_of_a_newcomer_fits(visit: Visit, pictures: Path, size: tuple[int, int], scheme: str) -> None:
    suffix = f"{'phone' if size == PHONE else 'wide'}-{scheme}"
    visitor = visit(size=size, color_scheme=scheme)
    visitor.open()
    visitor.says("Contacts, companies, deals and tickets")
    look(visitor, pictures, f"new-overview-{suffix}")
    visitor.leave_for_consent("airtable")
    visitor.page.screenshot(path=pictures / f"new-consent-{suffix}.png")
    visitor.approve("airtable")
    expect(visitor.button("Load")).to_be_visible()
    look(visitor, pictures, f"new-choose-{suffix}")
    visitor.open("notion?error=access_denied&state=forged")
    visitor.says("Press Connect to start again.")
    look(visitor, pictures, f"new-refused-{suffix}")


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
def test_every_state_of_a_connection_fits(
    visit: Visit, inside: Callable[..., Any], pictures: Path, size: tuple[int, int]
) -> None:
    visitor = visit(size=size)
    visitor.open("hubspot")
    owner = visitor.owner
    for name, (state, words) in STATES.items():
        inside(visitor.server, forgotten(owner))
        inside(visitor.server, state(visitor, owner))
        visitor.open("hubspot")
        visitor.says(words) if isinstance(words, str) else None
        look(visitor, pictures, f"state-{name}-{'phone' if size == PHONE else 'wide'}")
        visitor.page.get_by_text("Overview").first.wait_for(state="attached")


def test_two_accounts_of_the_same_name_are_told_apart(
    visitor: Visitor, inside: Callable[..., Any], pictures: Path
) -> None:
    visitor.open("hubspot")
    for account, items in (("Same", HOSTILE[:1]), ("Same ", HOSTILE)):
        inside(visitor.server, planted(items=items, account=account)(visitor, visitor.owner))
    visitor.open("hubspot")
    visitor.sees(3, 3)

    visitor.page.get_by_role("combobox", name=re.compile("Account")).click()
    visitor.page.get_by_role("option").first.click()

    visitor.sees(1, 1)
    look(visitor, pictures, "state-two-accounts-wide")


def test_what_a_provider_calls_things_is_never_markup(visit: Visit, inside: Callable[..., Any]) -> None:
    visitor = visit(size=(2400, 1000))  # so that all columns are in view
    visitor.open("hubspot")
    account = "[x](https://evil.example) <b>b</b> www.evil.example"
    inside(visitor.server, planted(items=HOSTILE, account=account)(visitor, visitor.owner))

    page = visitor.open("hubspot")

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
    visitor = visit(state=memory, size=PHONE, has_touch=True)
    page = visitor.open("hubspot")
    visitor.count()

    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_role("link", name="Notion")).to_be_in_viewport()
    page.screenshot(path=pictures / "sidebar-phone.png")
    page.get_by_role("link", name="Notion").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Notion")
    expect(page.get_by_role("heading", level=1)).to_be_in_viewport()


async def forgotten(owner: str) -> None:
    from integrations.store import connections

    for connection in await connections.of(owner):
        await connections.forget(connection)
