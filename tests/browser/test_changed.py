"""What has changed since the last visit: found, looked at, and left by Back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from found_changes import changed_by_a_load
from playwright.sync_api import expect
from sales import SALES, deal, sales

from integrations.model import Item
from integrations.model.changes import Visit
from integrations.store import connections, keys, records

from .plant import plant
from .test_accessibility import SCHEMES, found
from .visitor import Visitor

NOW = datetime.now(UTC)


@pytest.fixture
def returning(visitor: Visitor, inside: Callable[..., Any]) -> Visitor:
    """Somebody who was here yesterday; since then one deal has changed, one was removed, and one is new."""
    visitor.open("hubspot")
    visitor.says("Connect your HubSpot account")
    api = f"{visitor.server.url}/sandbox/hubspot"
    inside(visitor.server, plant(visitor.owner, "hubspot", api, sales(), schema=SALES))
    inside(visitor.server, since_yesterday(visitor.owner, sales()))
    visitor.open("hubspot")
    visitor.sees(60, 60)
    return visitor


async def since_yesterday(owner: str, before: tuple[Item, ...]) -> None:
    [connection] = await connections.of(owner)
    won = replace(before[0], properties={**before[0].properties, "stage": "s4", "won": True})
    await changed_by_a_load(connection, (won, *before[2:], deal(77)), NOW - timedelta(hours=1))
    then = NOW - timedelta(days=1)
    await records.put(keys.VISIT, (*connection.path, owner), Visit(then, then))


def test_somebody_sees_what_has_changed_since_yesterday_opens_it_and_goes_back(returning: Visitor) -> None:
    page = returning.page
    page.get_by_role("button", name="3 changed").click()
    returning.button("Since your last visit").click()
    returning.says("1 new, 1 changed and 1 removed since your last visit")
    lines = [(line["Name"], line["What"], line["Field"], line["Before"], line["After"]) for line in returning.rows()]
    assert lines == [
        ("Wayne 1 – Renewal", "Removed", "", "", ""),
        ("Aperture 77 – Renewal", "New", "", "", ""),
        ("Umbrella 0 – Renewal", "Changed", "Stage", "Appointment", "Closed won"),
        ("Umbrella 0 – Renewal", "Changed", "Won", "No", "Yes"),
    ]

    details = returning.select(2)
    expect(details.get_by_role("heading")).to_have_text("Umbrella 0 – Renewal")
    expect(details.get_by_role("cell", name="Appointment → Closed won")).to_be_visible()
    page.go_back()
    expect(details).to_have_count(0)
    returning.says("since your last visit")
    page.go_back()
    returning.sees(60, 60)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_changes_have_no_barriers(returning: Visitor, scheme: str) -> None:
    returning.open("hubspot?since=visit")
    returning.says("since your last visit")
    returning.drawn()
    expect(returning.select(0)).to_be_visible()
    assert found(returning, scheme) == []
