"""Streamlit's addresses for signing in: a sign-in ends in the browser that began it, and signing out ends all of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from web_helpers import COOKIE, Browser

from integrations import web
from integrations.identity import cookie as browsers
from integrations.identity import proof_of, session_of
from integrations.identity import sign_in as sessions
from integrations.identity.cookie import owner_of
from integrations.service.runtime import run
from integrations.store import client

BROWSER, OTHER = str(owner_of(COOKIE)), str(owner_of("d" * 43))
PROVIDER = "https://id.example/authorize?response_type=code&client_id={}&scope=openid+email&state=the%20state&prompt={}"
AUTH = {
    "redirect_uri": "http://localhost:8501/oauth2callback", "cookie_secret": "secret", "client_id": "us",
    "client_secret": "secret", "server_metadata_url": "https://id.example/.well-known/openid-configuration",
}  # fmt: skip


class Streamlit:
    """Its three addresses, as they answer; it counts who asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.login = lambda: RedirectResponse(PROVIDER.format("us", "select_account"), 302)
        self.cookies: dict[str, str | None] = {"_streamlit_user": "signed", "_streamlit_user_tokens": "tokens"}

    async def answer(self, request: Request) -> Response:
        self.asked.append(request.url.path)
        if request.url.path == "/auth/login":
            return self.login()
        answer = RedirectResponse("/", 302)
        for name, value in self.cookies.items():
            answer.set_cookie(name, value) if value is not None else answer.delete_cookie(name)
        return answer


@pytest.fixture
def streamlit(store: None, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Streamlit]:
    signs_in(configured)
    streamlit = Streamlit()
    paths = ("/auth/login", "/oauth2callback", "/auth/logout", "/")
    app = Starlette(routes=[Route(path, streamlit.answer) for path in paths], middleware=web.middleware)
    monkeypatch.setattr("web_helpers.APP", app)
    yield streamlit


def mine() -> str:
    return f"sid={browsers.renewed(COOKIE)}"


def theirs() -> str:
    return f"sid={browsers.renewed('d' * 43)}"


def signs_in(configured: Callable[..., None], **auth: object) -> None:
    configured(**{"[auth]": json.dumps({**AUTH, **auth})})


def leaves(browser: Browser) -> httpx.Response:
    run(sessions.press(BROWSER))
    return browser.get("/auth/login?provider=signed", mine())


def may_begin(browser: str, **cookies: str) -> bool:
    session = session_of({"iss": "https://id.example", "sub": "ada"}, proof_of(cookies))
    return run(sessions.refused(browser, session)) is None


def is_home(answer: httpx.Response) -> bool:
    return answer.status_code == 302 and answer.headers["location"] == "/"


def test_who_came_back_from_the_sign_in_they_began_may_begin_a_session(browser: Browser, streamlit: Streamlit) -> None:
    leaves(browser)
    assert browser.get("/oauth2callback?code=c&state=the+state", mine()).status_code == 302
    assert may_begin(BROWSER, sid=COOKIE, _streamlit_user="signed")
    assert not may_begin(BROWSER, _streamlit_user="planted") and not may_begin(OTHER, _streamlit_user="signed")
    assert run(sessions.told(BROWSER)) is None


def test_a_cookie_in_pieces_is_one_with_what_the_browser_still_holds(browser: Browser, streamlit: Streamlit) -> None:
    streamlit.cookies = {"_streamlit_user": "chunks-1", "_streamlit_user_1": "new", "_streamlit_user_2": None}
    leaves(browser)
    held = "; _streamlit_user=old; _streamlit_user_2=old; _streamlit_user_3=left"
    browser.get("/oauth2callback?code=c&state=the+state", mine() + held)
    pieces = {"_streamlit_user": "chunks-1", "_streamlit_user_1": "new"}
    assert may_begin(BROWSER, **pieces, _streamlit_user_3="left") and not may_begin(BROWSER, **pieces)


@pytest.mark.parametrize(("query", "cookie"), [
    ("code=c&state=the+state", theirs), ("code=c&state=another", mine), ("code=c", mine),
    ("error=access_denied", mine), ("code=c&state=the+state", None),
])  # fmt: skip
def test_an_answer_that_this_browser_did_not_ask_for_never_reaches_streamlit(
    browser: Browser, streamlit: Streamlit, query: str, cookie: Callable[[], str] | None
) -> None:
    leaves(browser)
    assert is_home(browser.get(f"/oauth2callback?{query}", cookie and cookie()))
    assert streamlit.asked == ["/auth/login"]
    if cookie:
        assert run(sessions.told(BROWSER if cookie is mine else OTHER)) == "unexpected"


def test_an_answer_counts_once_and_not_for_ever(browser: Browser, streamlit: Streamlit) -> None:
    leaves(browser)
    browser.get("/oauth2callback?code=c&state=the+state", mine())
    assert is_home(browser.get("/oauth2callback?code=c&state=the+state", mine()))
    assert streamlit.asked.count("/oauth2callback") == 1
    leaves(browser)
    ages = [run(client.execute(lambda redis, key=key: redis.ttl(key))) for key in sign_in_records()]
    assert ages and all(0 < age <= 600 for age in ages)


def sign_in_records() -> list[bytes]:
    return run(client.execute(lambda redis: redis.keys("dashboard:sign_in:*")))


def test_nobody_is_sent_to_the_provider_who_did_not_press_sign_in(browser: Browser, streamlit: Streamlit) -> None:
    run(sessions.press(OTHER))
    assert is_home(browser.get("/auth/login?provider=signed", mine())) and is_home(browser.get("/auth/login"))
    assert streamlit.asked == []


@pytest.mark.parametrize(("options", "asked", "sent"), [
    ({}, "select_account", None), ({"client_kwargs": {"scope": "openid"}}, "select_account", None),
    ({"client_kwargs": {"prompt": "select_account"}}, "select_account", "select_account"),
    ({"client_kwargs": {"prompt": "login"}}, "login", "login"),
])  # fmt: skip
def test_no_prompt_is_forced_but_the_operators(
    browser: Browser, streamlit: Streamlit, configured: Callable[..., None], redis_url: str, options, asked, sent
) -> None:
    signs_in(configured, **options)
    streamlit.login = lambda: RedirectResponse(PROVIDER.format("us", asked), 302)
    url = urlsplit(leaves(browser).headers["location"])
    expected = {"response_type": ["code"], "client_id": ["us"], "scope": ["openid email"], "state": ["the state"]}
    assert parse_qs(url.query) == {**expected, **({"prompt": [sent]} if sent else {})}
    assert url._replace(query="").geturl() == "https://id.example/authorize"


@pytest.mark.parametrize(("error", "problem"), [
    ("access_denied", "denied"), ("login_required", "denied"), ("server_error", "busy"),
    ("temporarily_unavailable", "busy"), ("invalid_request", "refused"), ("<b>boom</b>", "refused"), ("", "refused"),
])  # fmt: skip
def test_the_providers_refusal_is_remembered_as_one_of_ours(
    browser: Browser, streamlit: Streamlit, error: str, problem: str
) -> None:
    streamlit.cookies = {}
    leaves(browser)
    query = {"error": error, "state": "the state", "error_description": "secret"}
    browser.get("/oauth2callback", mine(), params=query)
    assert (run(sessions.told(BROWSER)), run(sessions.told(BROWSER))) == (problem, None)


@pytest.mark.parametrize("cookies", [{}, {"_streamlit_user": None}, {"_streamlit_session": "state"}])
def test_where_streamlit_finds_nobody_in_the_answer_a_cookie_that_is_there_already_counts_for_nothing(
    browser: Browser, streamlit: Streamlit, cookies: dict[str, str | None]
) -> None:
    streamlit.cookies = cookies
    leaves(browser)
    browser.get("/oauth2callback?code=c&state=the+state", f"{mine()}; _streamlit_user=planted")
    assert run(sessions.told(BROWSER)) == "failed" and not may_begin(BROWSER, _streamlit_user="planted")


def test_a_provider_that_cannot_be_reached_is_told(browser: Browser, streamlit: Streamlit) -> None:
    streamlit.login = lambda: Response("Authentication error", 400)
    assert is_home(leaves(browser)) and run(sessions.told(BROWSER)) == "unreachable"


@pytest.fixture
def somebody(streamlit: Streamlit) -> None:
    """Signed in in this browser."""
    run(sessions.begin(BROWSER, session_of({"iss": "https://id.example", "sub": "ada"}, "proof")))


@pytest.mark.parametrize("site", ["none", "same-origin", None])
def test_opening_the_way_out_signs_out_here_too_and_for_every_copy(
    browser: Browser, streamlit: Streamlit, somebody: None, site: str | None
) -> None:
    answer = browser.get("/auth/logout", mine(), headers={"Sec-Fetch-Site": site} if site else {})
    assert answer.status_code == 302 and streamlit.asked == ["/auth/logout"]
    assert run(sessions.current(BROWSER)) is None
    session = session_of({"iss": "https://id.example", "sub": "ada"}, "proof")
    assert run(sessions.refused(BROWSER, session)) == run(sessions.refused(OTHER, session)) == "ended"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_signs_nobody_out(browser: Browser, streamlit: Streamlit, somebody: None, site: str) -> None:
    assert is_home(browser.get("/auth/logout", mine(), headers={"Sec-Fetch-Site": site}))
    assert streamlit.asked == [] and run(sessions.current(BROWSER))


def test_coming_back_from_the_providers_way_out_is_no_failure(browser: Browser, streamlit: Streamlit) -> None:
    streamlit.cookies = {}
    assert is_home(browser.get("/oauth2callback", mine())) and run(sessions.told(BROWSER)) is None


@pytest.mark.parametrize("path", ["/auth/login?provider=x", "/oauth2callback?code=c&state=s", "/auth/logout"])
def test_without_redis_nothing_happens_and_a_sentence_says_so(
    browser: Browser, streamlit: Streamlit, configured: Callable[..., None], path: str
) -> None:
    run(client.close())
    configured(REDIS_URL="redis://127.0.0.1:1")
    answer = browser.get(path, mine())
    assert answer.status_code == 503 and "cannot reach its database" in answer.text
    assert streamlit.asked == [] and "_streamlit" not in str(answer.headers)


def test_where_nobody_signs_in_the_addresses_are_streamlits(
    browser: Browser, streamlit: Streamlit, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("[auth]")
    configured()
    browser.get("/auth/logout", mine())
    assert streamlit.asked == ["/auth/logout"] and sign_in_records() == []
