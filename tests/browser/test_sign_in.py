"""With a real OpenID provider: nobody sees anything before they sign in, and everything is the person's, anywhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from integrations.store import connections

from .conftest import Visit
from .server import Server, copy_of_the_app, free_port
from .visitor import Visitor

PROVIDER = Path(__file__).with_name("openid") / "provider.js"
SECRETS = """
[auth]
redirect_uri = "{url}/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "dashboard"
client_secret = "dashboard-secret"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
client_kwargs = {{ prompt = "login" }}
"""


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that asks people to sign in, and where they do."""
    app, folder = copy_of_the_app(tmp_path_factory.mktemp("app")), tmp_path_factory.mktemp("server")
    server = Server(app, folder, {"ORGANISATION": "email"})
    port = free_port()
    command = ["node", str(PROVIDER), str(port), f"{server.url}/oauth2callback"]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere) as provider:
        assert provider.stdout and provider.stdout.readline() == b"ready\n"
        secrets = server.app / ".streamlit" / "secrets.toml"
        secrets.write_text(SECRETS.format(url=server.url, issuer=f"http://localhost:{port}"))
        server.issuer = f"localhost:{port}"
        yield server.start()
        server.stop()
        provider.kill()


@pytest.fixture
def come(closed: Server, visit: Visit) -> Callable[..., Visitor]:
    def come(**more: Any) -> Visitor:
        visitor = visit(closed, **more)
        visitor.expected_hosts |= {closed.issuer, "fonts.googleapis.com"}  # the provider's login page wants a font
        visitor.context.route("https://fonts.googleapis.com/**", lambda route: route.fulfill(status=200, body=""))
        return visitor

    return come


def sign_in(visitor: Visitor, name: str) -> None:
    """From the page that asks for it, by the provider's own pages."""
    visitor.button("Sign in").click()
    visitor.page.get_by_placeholder("Enter any login").fill(name)
    visitor.page.get_by_placeholder("and password").fill("whatever")
    visitor.page.get_by_role("button", name="Sign-in").click()
    visitor.page.get_by_role("button", name="Continue").click()
    expect(visitor.button("Sign out")).to_be_visible()


def test_nothing_is_shown_before_signing_in_and_one_ends_on_the_page_that_was_asked_for(come: Callable) -> None:
    visitor = come()
    visitor.open("hubspot?hubspot_search=ada")
    expect(visitor.page.get_by_text("Sign in to go on")).to_be_visible()
    assert visitor.page.get_by_text("HubSpot").count() == 0
    sign_in(visitor, "ada")
    expect(visitor.page.get_by_role("heading", name="HubSpot", level=1)).to_be_visible()
    assert re.fullmatch(rf"{visitor.server.url}/hubspot(\?.*)?", visitor.page.url)
    expect(visitor.page.get_by_text("ada", exact=True)).to_be_visible()


def test_connections_follow_the_person_to_another_device_and_nobody_else_sees_them(come: Callable) -> None:
    first = come()
    first.open("notion")
    sign_in(first, "bo")
    first.connect("notion")
    second, stranger = come(), come()
    second.open("notion")
    sign_in(second, "bo")
    expect(second.badge("Connected")).to_be_visible()
    expect(second.line).to_be_visible()
    stranger.open("notion")
    sign_in(stranger, "cy")
    expect(stranger.badge("Not configured")).to_be_visible()


def test_no_token_of_the_person_reaches_the_browser(come: Callable) -> None:
    visitor = come()
    visitor.open()
    sign_in(visitor, "dee")
    cookies = {cookie["name"]: cookie for cookie in visitor.context.cookies(visitor.server.url)}
    assert {"sid", "_streamlit_user"} <= set(cookies) and not [name for name in cookies if "tokens" in name]
    assert all(cookie["httpOnly"] for name, cookie in cookies.items() if name != "_streamlit_xsrf")


def test_signing_out_ends_it_here_too_for_copied_cookies_the_other_tab_and_a_dialog_left_open(
    come: Callable, closed: Server, inside: Callable[..., Any]
) -> None:
    visitor = come()
    visitor.open("hubspot")
    sign_in(visitor, "eve")
    visitor.connect("hubspot")
    copied = visitor.context.storage_state()
    thief = come(state={"cookies": [each for each in copied["cookies"] if each["name"] != "sid"], "origins": []})
    thief.open("hubspot")
    expect(thief.button("Sign out")).to_be_visible()
    sid = next(each["value"] for each in copied["cookies"] if each["name"] == "sid")
    assert log(closed, f"sid={sid}") == [], "who knows only this cookie is nobody"
    assert len(visitor.page.request.get(f"{closed.url}/activity.csv").text().splitlines()) > 1
    other_tab = visitor.context.new_page()
    other_tab.goto(f"{closed.url}/hubspot")
    other_tab.get_by_role("button", name="Manage").click()
    other_tab.get_by_role("menuitem", name="Disconnect").click()
    left_open = other_tab.get_by_role("dialog").get_by_role("button", name="Disconnect", exact=True)
    expect(left_open).to_be_visible()
    kept = len(inside(closed, connections.everybodys()))

    visitor.button("Sign out").click()
    visitor.button("Yes, sign me out").click()

    expect(visitor.button("Sign in")).to_be_visible()
    left_open.click()
    expect(other_tab.get_by_role("button", name="Sign in")).to_be_visible()
    assert len(inside(closed, connections.everybodys())) == kept
    assert thief.page.request.get(f"{closed.url}/activity.csv").text().splitlines()[1:] == []
    late = come(state=copied)
    for each in (thief, late):
        each.open("hubspot")
        expect(each.button("Sign in")).to_be_visible()
        assert each.page.request.get(f"{closed.url}/download/hubspot?connection=x").status == 404


def log(server: Server, cookie: str) -> list[str]:
    """The lines of the activity log that somebody with this cookie gets."""
    with urlopen(Request(f"{server.url}/activity.csv", headers={"Cookie": cookie}), timeout=10) as answer:
        return answer.read().decode().splitlines()[1:]


def test_what_the_browser_had_before_is_offered_and_moves(
    come: Callable, closed: Server, inside: Callable[..., Any], tmp_path: Path
) -> None:
    """A dashboard that gets its sign-in later: the browser's own connection becomes the person's."""
    secrets = closed.app / ".streamlit" / "secrets.toml"
    kept = secrets.read_text()
    closed.stop()
    secrets.unlink()
    closed.start()
    visitor = come()
    visitor.connect("notion")
    browser = visitor.owner
    visitor.page.goto("about:blank")
    closed.stop()
    secrets.write_text(kept)
    closed.start()
    visitor.open("notion")
    sign_in(visitor, "fay")
    expect(visitor.page.get_by_text("This browser has 1 connection from before you signed in.")).to_be_visible()
    expect(visitor.badge("Not configured")).to_be_visible()
    visitor.button("Move to my account").click()
    expect(visitor.badge("Connected")).to_be_visible()
    expect(visitor.line).to_be_visible()
    assert inside(closed, connections.of(browser)) == []


def test_what_is_shared_with_an_organisation_is_theirs_to_see_and_to_download_until_it_is_taken_back(
    come: Callable, closed: Server
) -> None:
    owner, colleague, stranger = come(), come(), come()
    for visitor, name in (owner, "gil"), (colleague, "hal"), (stranger, "ivy@other.example"):
        visitor.open("notion")
        sign_in(visitor, name)
    owner.connect("notion")
    expect(owner.line).to_be_visible()
    owner.manage("Share with example.com")
    owner.page.get_by_role("dialog").get_by_role("button", name="Share", exact=True).click()
    expect(owner.badge("Shared")).to_be_visible()

    colleague.open("notion")
    expect(colleague.badge("Shared with you")).to_be_visible()
    assert colleague.line.inner_text() == owner.line.inner_text()
    for name in ("Refresh", "Manage", "Reconnect", "Disconnect"):
        assert colleague.button(name).count() == 0
    assert len(colleague.download()[1]) > 100
    colleague.open()
    expect(colleague.page.get_by_text("Shared by gil")).to_be_visible()
    stranger.open("notion")
    expect(stranger.badge("Not configured")).to_be_visible()
    address = next(url for url in colleague.requests if "/download/" in url)
    assert colleague.page.request.get(address).status == 200
    assert stranger.page.request.get(address).status == 404

    colleague.open("notion")
    expect(colleague.button("Try with sample data")).to_be_enabled()
    owner.manage("Stop sharing with example.com")
    expect(owner.badge("Shared")).to_have_count(0)
    assert colleague.page.request.get(address).status == 404
    colleague.search("anything")
    expect(colleague.page.get_by_text("gil no longer shares this account with you.")).to_be_visible()
    expect(colleague.badge("Not configured")).to_be_visible()
