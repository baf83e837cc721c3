"""Connecting: there and back in one tab, whatever comes back."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from html import escape
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Route, expect
from slow_provider import SlowProvider

from integrations import providers
from integrations.store import keys, records

from .conftest import Visit
from .server import Server, until
from .visitor import Visitor

SLUGS = sorted(providers())
BESIDES = {"airtable": 12}  # bases and tables are items as well
NOT_EXPECTED = re.compile("was not expected: .* You can start again on this page")
NO_STATE = re.compile("HubSpot sent no state. You can start again on this page.")
UNASKED = {
    f"code=forged&state={'f' * 64}": NOT_EXPECTED,
    "code=forged": NO_STATE,
    "error=access_denied&state=forged": NOT_EXPECTED,
    "code=&state=": NO_STATE,
    "state=%00%ff&code=%F0%9F%98%80": NOT_EXPECTED,
}
NO_TRACE = re.compile("Traceback|Exception|Error:|\\.py")


def answer_of(visitor: Visitor) -> str:
    """Approve; the address that the provider sends this browser to, which is not opened."""
    found: list[str] = []

    def hold(route: Route) -> None:
        found.append(route.fetch(max_redirects=0).headers["location"])
        route.fulfill(status=204)

    with visitor.page.expect_response(lambda response: response.status == 204):
        visitor.page.route("**/sandbox/**", hold)
        visitor.button("Approve").click(no_wait_after=True)
    visitor.page.unroute("**/sandbox/**")
    return found[0]


def stored(kind: keys.RecordType[Any], owner: str) -> Any:
    return records.paths(kind, owner)


@pytest.mark.parametrize("slug", SLUGS)
def test_somebody_new_has_the_rows_of_every_provider_in_one_tab(visitor: Visitor, slug: str) -> None:
    visitor.connect(slug)

    assert visitor.page.url == f"{visitor.server.url}/{slug}"
    assert len(visitor.context.pages) == 1
    assert not [url for url in visitor.history() if "code=" in url]
    expect(visitor.badge("Connected")).to_be_visible()
    expect(visitor.badge("Sample data")).to_be_visible()
    items = visitor.everything(slug)
    assert items == 400 + BESIDES.get(slug, 0)
    visitor.page.get_by_role("link", name="Overview").click()
    visitor.says(f"{items} records")
    expect(visitor.badge("Sample data")).to_be_visible()


def test_back_leads_to_the_question_and_not_to_the_code(visitor: Visitor) -> None:
    visitor.connect("notion")

    visitor.page.go_back()

    expect(visitor.button("Approve")).to_be_visible()
    visitor.page.go_forward()
    visitor.loaded()
    assert visitor.page.url == f"{visitor.server.url}/notion"


def test_the_first_request_ever_to_a_server_may_be_the_redirect(start: Callable[..., Server], visit: Visit) -> None:
    server = start()
    visitor = visit(server)
    answers = {}
    for slug in SLUGS:
        visitor.leave_for_consent(slug)
        answers[slug] = answer_of(visitor)
    visitor.page.goto("about:blank")  # nothing there misses the server

    for slug, address in answers.items():
        server.stop()
        server.start()
        visitor.page.goto(address)

        expect(visitor.badge("Connected")).to_be_visible()
        assert visitor.page.url == f"{server.url}/{slug}"
        visitor.page.goto("about:blank")


def test_who_does_not_approve_is_told_so_and_nothing_is_stored(visitor: Visitor, inside: Callable[..., Any]) -> None:
    for slug in SLUGS:
        visitor.leave_for_consent(slug)

        visitor.button("Deny").click()

        visitor.says("You did not approve the connection, so nothing was stored. You can start again on this page.")
        expect(visitor.button("Try with sample data")).to_be_enabled()
        assert visitor.page.url == f"{visitor.server.url}/{slug}"
    assert inside(visitor.server, stored(keys.CONNECTION, visitor.owner)) == []
    assert inside(visitor.server, stored(keys.TOKEN, visitor.owner)) == []


def test_an_answer_that_nobody_asked_for_is_told_in_a_sentence(visitor: Visitor) -> None:
    for query, sentence in UNASKED.items():
        page = visitor.open(f"hubspot?{query}")

        visitor.says(sentence)
        assert page.url == f"{visitor.server.url}/hubspot"
        assert not NO_TRACE.search(page.get_by_test_id("stMain").inner_text())
        expect(visitor.button("Try with sample data")).to_be_enabled()


def test_an_answer_without_a_code_is_told_in_a_sentence(visitor: Visitor) -> None:
    visitor.leave_for_consent("hubspot")
    address = answer_of(visitor)

    visitor.page.goto(re.sub(r"code=[^&]*&?", "", address))

    visitor.says("HubSpot sent no authorization code. You can start again on this page.")
    expect(visitor.button("Try with sample data")).to_be_enabled()


def test_the_answer_comes_from_another_site(visitor: Visitor) -> None:
    visitor.leave_for_consent("hubspot")
    address = answer_of(visitor)
    visitor.expected_hosts.add("provider.example")
    link = f'<a href="{escape(address)}">Back to the dashboard</a>'
    visitor.page.route("http://provider.example/", lambda route: route.fulfill(body=link, content_type="text/html"))
    visitor.page.goto("http://provider.example/")

    visitor.page.get_by_role("link").click()

    visitor.loaded()
    assert visitor.page.url == f"{visitor.server.url}/hubspot"


def test_an_answer_opened_twice_changes_nothing(visitor: Visitor, inside: Callable[..., Any]) -> None:
    visitor.leave_for_consent("airtable")
    address = answer_of(visitor)
    visitor.page.goto(address)
    expect(visitor.badge("Connected")).to_be_visible()
    path = inside(visitor.server, stored(keys.TOKEN, visitor.owner))[0]
    token = inside(visitor.server, records.get(keys.TOKEN, path))

    visitor.page.goto(address)

    expect(visitor.badge("Connected")).to_be_visible()
    assert visitor.page.url == f"{visitor.server.url}/airtable"
    assert inside(visitor.server, records.get(keys.TOKEN, path)) == token


def test_another_browsers_answer_is_refused_and_spends_nothing(visit: Visit, inside: Callable[..., Any]) -> None:
    rightful, other = visit(), visit()
    rightful.leave_for_consent("hubspot")
    address = answer_of(rightful)

    other.page.goto(address)

    other.says(NOT_EXPECTED)
    assert inside(other.server, stored(keys.CONNECTION, other.owner)) == []
    rightful.page.goto(address)
    rightful.loaded()


def test_a_reload_in_the_middle_of_redeeming_ends_connected(
    slow: Server, visit: Visit, inside: Callable[..., Any]
) -> None:
    visitor = visit(slow)
    visitor.leave_for_consent("airtable")
    owner = visitor.owner
    visitor.button("Approve").click(no_wait_after=True)
    until(lambda: inside(slow, stored(keys.OUTCOME, owner)), "redeeming did not begin")
    assert inside(slow, stored(keys.CONNECTION, owner)) == []

    visitor.page.reload()

    expect(visitor.badge("Connected")).to_be_visible()
    assert visitor.page.url == f"{slow.url}/airtable"
    assert len(inside(slow, stored(keys.CONNECTION, owner))) == 1


def test_connect_is_reached_and_pressed_by_keyboard(visitor: Visitor) -> None:
    page = visitor.open("notion")
    expect(visitor.button("Try with sample data")).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if visitor.button("Try with sample data").evaluate("button => button === document.activeElement"):
            break

    page.keyboard.press("Enter")

    expect(visitor.button("Approve")).to_be_visible()


@pytest.fixture
def provider() -> Iterator[SlowProvider]:
    """An Airtable of our own, whose token endpoint answers when it is told to."""
    found = SlowProvider()
    yield found
    found.close()


def redeeming(visitor: Visitor, provider: SlowProvider) -> str:
    """Connect, and be back while the code is being redeemed; returns the address, which is left."""
    visitor.expected_hosts.add(urlsplit(provider.url).netloc)
    visitor.open("airtable")
    visitor.button("Connect to Airtable").click(no_wait_after=True)
    assert provider.asked.wait(20)
    visitor.says("Finishing the connection…")
    address = visitor.page.url
    assert "code=" in address
    visitor.page.goto("about:blank")  # nothing there misses the server
    return address


def test_a_server_that_is_stopped_while_it_redeems_has_connected_when_it_is_back(
    start: Callable[..., Server], visit: Visit, provider: SlowProvider
) -> None:
    server = start(**provider.settings)
    visitor = visit(server)
    address = redeeming(visitor, provider)

    answering = threading.Timer(1.5, provider.answer.set)
    answering.start()
    server.stop()
    answering.join()
    server.start()
    visitor.page.goto(address)

    expect(visitor.badge("Connected")).to_be_visible()
    assert visitor.page.url == f"{server.url}/airtable"
    assert (len(provider.grants), provider.replays) == (1, 0)


def test_an_exchange_whose_server_was_killed_is_told_in_a_sentence_and_soon(
    start: Callable[..., Server], visit: Visit, provider: SlowProvider
) -> None:
    server = start(**provider.settings)
    visitor = visit(server)
    address = redeeming(visitor, provider)

    server.kill()
    provider.answer.set()
    server.start()
    visitor.page.goto(address)

    visitor.says("The exchange with Airtable was interrupted. You can start again on this page.")
    assert visitor.page.url == f"{server.url}/airtable" and provider.replays == 0
    expect(visitor.button("Connect to Airtable")).to_be_enabled()
