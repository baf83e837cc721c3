"""axe-core finds nothing on the pages: WCAG A and AA and best practices, light and dark, wide and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from integrations import providers

from .conftest import Visit
from .server import until
from .test_look import SETTLED
from .visitor import Visitor

SCHEMES = ("light", "dark")
PHONE = {"size": (390, 844), "user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148"}


def found(visitor: Visitor, scheme: str) -> list[str]:
    """What axe finds once the page is at rest: the rule, and where."""
    page = visitor.page
    page.emulate_media(color_scheme=scheme)
    page.mouse.move(0, 0)
    until(lambda: page.evaluate(SETTLED), "the page goes on changing")
    violations: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['target']} {node['html'][:200]}" for each in violations for node in each["nodes"]]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("slug", sorted(providers()))
def test_a_table_has_no_barriers(regular: Visitor, slug: str, scheme: str) -> None:
    regular.open(slug)
    expect(regular.line).to_be_visible()
    assert found(regular, scheme) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_an_open_row_has_no_barriers(regular: Visitor, scheme: str) -> None:
    regular.open("hubspot?in=deal")
    expect(regular.line).to_be_visible()
    regular.select(0)
    assert found(regular, scheme) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_groups_and_their_menu_have_no_barriers(regular: Visitor, scheme: str) -> None:
    regular.open("hubspot?in=deal&group=dealstage&group=dealtype&sum=amount")
    expect(regular.line).to_be_visible()
    regular.button("Group").click()
    expect(regular.page.get_by_text("Then by")).to_be_visible()
    assert found(regular, scheme) == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_overview_and_the_first_visit_have_no_barriers(visit: Visit, memory: dict[str, Any], scheme: str) -> None:
    for state, title in ((memory, "Overview"), (None, "in one place")):
        visitor = visit(state=state)
        visitor.open()
        expect(visitor.page.get_by_role("heading", name=title)).to_be_visible()
        assert found(visitor, scheme) == []


def test_a_page_that_is_not_connected_has_no_barriers(visitor: Visitor) -> None:
    visitor.open("notion")
    expect(visitor.page.get_by_role("button", name="Try with sample data")).to_be_visible()
    assert found(visitor, "light") == []


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_table_on_a_phone_has_no_barriers(visit: Visit, memory: dict[str, Any], scheme: str) -> None:
    phone = visit(state=memory, **PHONE)
    phone.open("hubspot?in=deal")
    expect(phone.line).to_be_visible()
    assert found(phone, scheme) == []
