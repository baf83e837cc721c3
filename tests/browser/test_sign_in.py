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
"""
EVIL = "http://evil.example"


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
    approve(visitor, name)
    expect(visitor.button("Sign out")).to_be_visible()


def approve(visitor: Visitor, name: str, then: str = "come back") -> None:
    """Say who one is at the provider, which sends the browser back."""
    visitor.button("Sign in").click()
    visitor.page.get_by_placeholder("Enter any login").fill(name)
    visitor.page.get_by_placeholder("and password").fill("whatever")
    visitor.page.get_by_role("button", name="Sign-in").click()
    proceed = visitor.page.get_by_role("button", name="Continue")
    proceed.click() if then == "come back" else expect(proceed).to_be_visible()


def cookies_of(visitor: Visitor, *names: str) -> dict[str, Any]:
    """What somebody would plant in another browser."""
    return {"cookies": [each for each in visitor.context.cookies() if each["name"] in names], "origins": []}


def test_an_identity_cookie_planted_in_another_browser_makes_nobody_of_it(come: Callable, closed: Server) -> None:
    attacker = come()
    attacker.open("hubspot")
    sign_in(attacker, "mallory")
    victim = come(state=cookies_of(attacker, "_streamlit_user"))
    victim.open("hubspot")
    victim.says("This browser holds a sign-in that was not begun in it")
    expect(victim.button("Sign out")).to_have_count(0)
    assert victim.page.request.get(f"{closed.url}/activity.csv").text().splitlines()[1:] == []
    sign_in(victim, "nell")
    expect(victim.page.get_by_text("nell", exact=True)).to_be_visible()
    attacker.open("notion")
    expect(attacker.page.get_by_text("mallory", exact=True)).to_be_visible()


def test_an_answer_to_a_sign_in_that_somebody_else_began_is_refused(come: Callable, closed: Server) -> None:
    """Even with the cookie in which Streamlit keeps its state."""
    attacker = come()
    attacker.open("hubspot")
    approve(attacker, "oscar", then="keep the answer")
    answer = attacker.page.locator("form").get_attribute("action") or ""
    for method, form in ("POST", {"prompt": "consent"}), ("GET", None):
        step = attacker.context.request.fetch(answer, method=method, form=form, max_redirects=0)
        answer = step.headers["location"]
    assert answer.startswith(f"{closed.url}/oauth2callback?code=")
    victim = come(state=cookies_of(attacker, "_streamlit_session"))
    victim.open("hubspot")
    expect(victim.button("Sign in")).to_be_visible()
    victim.page.goto(answer)
    victim.says("That answer from the sign-in provider was not expected")
    assert "_streamlit_user" not in {each["name"] for each in victim.context.cookies(closed.url)}


def test_opening_the_way_out_directly_ends_every_copy_and_another_site_cannot_open_it(
    come: Callable, closed: Server
) -> None:
    visitor = come()
    visitor.open("hubspot")
    sign_in(visitor, "pat")
    copy = come(state=visitor.context.storage_state())
    copy.open("hubspot")
    expect(copy.button("Sign out")).to_be_visible()

    visitor.expected_hosts.add("evil.example")
    link = f"<a href='{closed.url}/auth/logout'>Win</a>"
    visitor.context.route(f"{EVIL}/**", lambda route: route.fulfill(content_type="text/html", body=link))
    visitor.page.goto(EVIL)
    visitor.page.get_by_role("link", name="Win").click()
    expect(visitor.button("Sign out")).to_be_visible()

    visitor.page.goto("about:blank")
    visitor.open("auth/logout")
    visitor.button("Yes, sign me out").click()
    expect(visitor.button("Sign in")).to_be_visible()
    copy.open("hubspot")
    expect(copy.button("Sign in")).to_be_visible()
    assert copy.page.request.get(f"{closed.url}/download/hubspot?account=x").status == 404


def test_what_the_provider_says_instead_of_a_name_is_told_once_as_a_sentence_of_ours(come: Callable) -> None:
    visitor = come()
    visitor.open("hubspot")
    visitor.button("Sign in").click()
    visitor.page.get_by_role("link", name="Cancel").click()
    visitor.says("You did not complete the sign-in at the provider, so you are not signed in here.")
    assert visitor.page.get_by_text(re.compile("aborted|access_denied|state=")).count() == 0
    assert "error" not in visitor.page.url and "state" not in visitor.page.url
    visitor.page.reload()
    expect(visitor.button("Sign in")).to_be_visible()
    visitor.drawn()
    assert visitor.page.get_by_text("You did not complete").count() == 0
    sign_in(visitor, "quinn")


@pytest.fixture
def wrongly_set_up(closed: Server) -> Iterator[Callable[[str, str], None]]:
    """Change a line of the setup until every browser is closed; ask for it before `come`."""
    secrets = closed.app / ".streamlit" / "secrets.toml"
    kept = secrets.read_text()

    def change(before: str, after: str) -> None:
        closed.stop()
        assert before in kept
        secrets.write_text(kept.replace(before, after))
        closed.start()

    yield change
    closed.stop()
    secrets.write_text(kept)
    closed.start()


def test_a_wrong_client_secret_is_told_and_nobody_is_signed_in(wrongly_set_up: Callable, come: Callable) -> None:
    wrongly_set_up("dashboard-secret", "another-secret")
    visitor = come()
    visitor.open("hubspot")
    approve(visitor, "rae")
    visitor.says("The sign-in provider did not confirm who you are.")
    expect(visitor.button("Sign in")).to_be_visible()


def test_a_provider_that_is_away_is_told(wrongly_set_up: Callable, come: Callable) -> None:
    wrongly_set_up("/.well-known/openid-configuration", "/nothing-here")
    visitor = come()
    visitor.open("hubspot")
    visitor.button("Sign in").click()
    visitor.says("The sign-in provider cannot be reached right now.")
    expect(visitor.button("Sign in")).to_be_visible()


def test_of_several_providers_each_has_its_button(wrongly_set_up: Callable, come: Callable) -> None:
    wrongly_set_up('client_id = "dashboard"', '[auth.other]\nclient_id = "dashboard"')
    visitor = come()
    visitor.open("hubspot")
    sign_in(visitor, "sam")
    expect(visitor.page.get_by_text("sam", exact=True)).to_be_visible()


def test_nothing_is_shown_before_signing_in_and_one_ends_on_the_page_that_was_asked_for(come: Callable) -> None:
    visitor = come()
    visitor.open("hubspot?q=ada&f.type=deal&f.type=contact")
    expect(visitor.page.get_by_text("Sign in to continue")).to_be_visible()
    assert visitor.page.get_by_text("HubSpot").count() == 0
    sign_in(visitor, "ada")
    expect(visitor.page.get_by_role("heading", name="HubSpot", level=1)).to_be_visible()
    assert visitor.page.url == f"{visitor.server.url}/hubspot?q=ada&f.type=deal&f.type=contact"
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
    expect(stranger.badge("Not set up")).to_be_visible()


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
    thief = come(state=copied)
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
        assert each.page.request.get(f"{closed.url}/download/hubspot?account=x").status == 404


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
    expect(visitor.badge("Not set up")).to_be_visible()
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
    assert len(colleague.download()[1]) == owner.count()[1]
    colleague.open()
    expect(colleague.page.get_by_text("Shared by gil")).to_be_visible()
    stranger.open("notion")
    expect(stranger.badge("Not set up")).to_be_visible()
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
    expect(colleague.badge("Not shared with you")).to_be_visible()
