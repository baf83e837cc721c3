"""Around every request: whose browser it is, at which address, under which rules."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from web_helpers import APP, COOKIE, HERE, PAGE, Browser, handshake

from integrations.identity import cookie as browsers
from integrations.identity.cookie import owner_of
from integrations.model import Connection
from integrations.service.runtime import run
from integrations.store import client as store_connection
from integrations.web.bodies import MOST_BYTES

Served = Callable[..., None]
HTTPS = {"PUBLIC_URL": "https://dash.example.com"}
RULES = {
    "content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy",
    "cross-origin-opener-policy", "permissions-policy",
}  # fmt: skip


def cookies(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list("set-cookie")


def parts(cookie: str) -> tuple[str, str, set[str]]:
    pair, *flags = cookie.split("; ")
    return *pair.split("=", 1), set(flags)  # type: ignore[return-value]


def test_a_new_browser_gets_a_cookie_that_scripts_cannot_read_and_other_sites_cannot_send(
    browser: Browser, served: Served
):
    [cookie] = cookies(browser.get("/notion", headers=PAGE))
    name, value, flags = parts(cookie)
    assert name == "sid" and len(value) == 87 and browsers.is_signed(value)
    assert flags == {"Path=/", "Max-Age=31536000", "HttpOnly", "SameSite=Lax"}


def test_on_https_the_cookie_is_secure_and_bound_to_the_host(browser: Browser, served: Served):
    served(**HTTPS)
    [cookie] = cookies(browser.get("/notion", base="https://dash.example.com", headers=PAGE))
    name, _, flags = parts(cookie)
    assert name == "__Host-sid"
    assert flags == {"Path=/", "Max-Age=31536000", "HttpOnly", "SameSite=Lax", "Secure"}


def test_the_tokens_of_whoever_signs_in_do_not_go_to_the_browser(browser: Browser, served: Served):
    found = {parts(cookie)[0]: parts(cookie) for cookie in cookies(browser.get("/oauth2callback"))}
    assert set(found) == {"_streamlit_user", "_streamlit_user_1", "_streamlit_user_tokens_2"}
    assert found["_streamlit_user_tokens_2"][1] == '""', "what is there already is deleted"


def test_on_https_every_cookie_is_secure(browser: Browser, served: Served):
    served(**HTTPS)
    answer = browser.get("/oauth2callback", base="https://dash.example.com", headers=PAGE)
    assert len(cookies(answer)) == 3 and all("Secure" in parts(cookie)[2] for cookie in cookies(answer))


def test_no_two_browsers_get_the_same_cookie(browser: Browser, served: Served):
    assert len({cookies(browser.get("/", headers=PAGE))[0] for _ in range(20)}) == 20


def test_a_browsers_cookie_is_renewed(browser: Browser, served: Served):
    mine = browsers.mint()
    [cookie] = cookies(browser.get("/", f"sid={mine}", headers=PAGE))
    assert parts(cookie)[1] == mine


def test_a_cookie_signed_with_an_older_key_is_the_same_browsers_and_is_signed_anew(browser: Browser, served: Served):
    old, new = "o" * 43, "n" * 43
    served(TOKEN_KEYS=old)
    mine = browsers.mint()
    served(TOKEN_KEYS=f"{new},{old}")
    [cookie] = cookies(browser.get("/", f"sid={mine}", headers=PAGE))
    assert parts(cookie)[1] != mine and owner_of(parts(cookie)[1]) == owner_of(mine)
    served(TOKEN_KEYS=new)
    assert browsers.is_signed(parts(cookie)[1]) and not browsers.is_signed(mine)


@pytest.mark.parametrize("signature", ["", f".{'s' * 43}"])
def test_a_browser_from_before_cookies_were_signed_keeps_its_connections(
    browser: Browser, served: Served, connection: Connection, signature: str
):
    """Also one whose cookie was signed with a key that is gone: Redis knows its owner."""
    old = COOKIE + signature
    [cookie] = cookies(browser.get("/", f"sid={old}", headers=PAGE))
    assert browsers.is_signed(parts(cookie)[1]) and owner_of(parts(cookie)[1]) == connection.owner
    assert handshake(f"sid={old}")[0]["type"] == "websocket.accept", "a page that is open goes on"


def test_while_redis_is_away_such_a_browser_is_told_to_wait_and_keeps_its_cookie(browser: Browser, served: Served):
    served(REDIS_URL="redis://127.0.0.1:1")
    answer = browser.get("/", f"sid={COOKIE}", headers=PAGE)
    assert answer.status_code == 503 and answer.headers["retry-after"] and not cookies(answer)
    assert "cannot reach its database" in answer.text
    assert browser.get("/", f"sid={browsers.mint()}", headers=PAGE).status_code == 200, "a signed cookie needs no Redis"
    run(store_connection.close())


FORGED = [COOKIE, f"{COOKIE}.{'s' * 43}", f"{COOKIE}.", f"{COOKIE}.{COOKIE}"]


@pytest.mark.parametrize("forged", FORGED)
def test_a_cookie_that_only_looks_like_ours_is_replaced_and_counts_for_nothing(
    browser: Browser, served: Served, store: None, forged: str
):
    answer = browser.get("/", f"sid={forged}; other=1", headers=PAGE)
    [cookie] = cookies(answer)
    assert owner_of(parts(cookie)[1]) not in (None, owner_of(COOKIE)) and answer.text.endswith("None")
    assert handshake(f"sid={forged}")[0]["type"] == "websocket.close"


def test_of_several_cookies_the_app_sees_the_one_that_was_checked(browser: Browser, served: Served, store: None):
    mine = browsers.mint()
    for sent in (f"sid={COOKIE}; sid={mine}", f"a=1; sid={mine}; b=2"):
        assert browser.get("/", sent, headers=PAGE).text.endswith(mine)
    assert browser.get("/", f"sid={mine}; sid={COOKIE}", headers=PAGE).text.endswith("None")


FOREIGN = ["", "x", "c" * 42, "c" * 44, "c" * 42 + "!", "a" * 40 + "%0d%0a", '"' + "c" * 41 + '"']


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_cookie_that_we_did_not_mint_is_replaced(browser: Browser, served: Served, foreign: str):
    [cookie] = cookies(browser.get("/", f"sid={foreign}", headers=PAGE))
    assert parts(cookie)[1] != foreign and browsers.is_signed(parts(cookie)[1])


def test_a_cookie_without_the_host_prefix_counts_for_nothing_on_https(browser: Browser, served: Served):
    served(**HTTPS)
    [cookie] = cookies(browser.get("/", f"sid={COOKIE}", base="https://dash.example.com", headers=PAGE))
    assert parts(cookie)[1] != COOKIE


@pytest.mark.parametrize("address", ["/", "/notion"])
def test_a_page_is_for_one_browser_alone_and_no_cache_may_keep_it(browser: Browser, served: Served, address: str):
    for asking in (PAGE, {**PAGE, "If-None-Match": '"x"'}, {"Accept": "*/*"}):
        answer = browser.get(address, headers=asking)
        assert answer.status_code == 200 and answer.headers["cache-control"] == "private, no-store"
        assert not {"etag", "last-modified"} & set(answer.headers)


STORED = ["/static/kept.js", "/favicon.png", "/activity.csv", "/download/notion", "/healthz", "/nowhere", "/broken"]


@pytest.mark.parametrize("address", STORED)
def test_what_may_be_stored_carries_no_cookie_even_when_it_is_opened_as_a_page(
    browser: Browser, served: Served, store: None, address: str
):
    for asking in (PAGE, {"Sec-Fetch-Dest": "document"}):
        assert not cookies(browser.get(address, f"sid={browsers.mint()}", headers=asking))
        assert not cookies(browser.get(address, headers=asking))


def test_what_sets_a_cookie_of_streamlits_is_not_stored_either(browser: Browser, served: Served):
    assert browser.get("/oauth2callback").headers["cache-control"] == "private, no-store"


def test_under_another_host_no_cookie_is_set(browser: Browser, served: Served):
    answer = browser.get("/", base="http://127.0.0.1:8501", headers=PAGE)
    assert answer.status_code == 307 and not cookies(answer)


def test_browsers_that_say_where_an_answer_goes_are_believed(browser: Browser, served: Served):
    assert cookies(browser.get("/", headers={"Sec-Fetch-Dest": "document", "Accept": "*/*"}))
    assert not cookies(browser.get("/", headers={"Sec-Fetch-Dest": "empty", **PAGE}))
    assert not cookies(browser.get("/", headers={"Sec-Fetch-Dest": "iframe", **PAGE}))


@pytest.mark.parametrize("address", ["/static/js/index.js", "/favicon.png", "/healthz", "/_stcore/health"])
def test_what_is_no_page_sets_no_cookie(browser: Browser, served: Served, address: str):
    assert not cookies(browser.get(address, headers={"Accept": "*/*"}))


def test_streamlits_own_addresses_set_no_cookie_even_when_opened_as_a_page(browser: Browser, served: Served):
    assert not cookies(browser.get("/_stcore/host-config", headers=PAGE))


@pytest.mark.parametrize("method", ["POST", "HEAD"])
def test_only_getting_a_page_sets_a_cookie(browser: Browser, served: Served, method: str):
    assert not cookies(browser.ask(method, "/", headers=PAGE))


def opens(public_url: str = HERE, **asked: str | None) -> bool:
    """Whether a websocket opens, with a cookie of ours unless another one is named."""
    name = "__Host-sid" if public_url.startswith("https") else "sid"
    sent = handshake(**{"cookie": f"{name}={browsers.mint()}", "origin": public_url, **asked})  # type: ignore[arg-type]
    assert sent[0]["type"] in ("websocket.accept", "websocket.close") and not sent[0].get("headers")
    return sent[0]["type"] == "websocket.accept"


def test_a_websocket_opens_for_our_own_pages_in_a_browser_with_our_cookie(served: Served):
    assert opens()
    assert not opens(host="evil.example:8501"), "as a site does whose name is made to lead here"
    assert not opens(cookie=None) and not opens(cookie=f"sid={COOKIE}!")
    assert not opens(path="/another"), "there is one websocket"


ORIGINS = [None, "", "null", "http://localhost:9999", "http://localhost", "https://localhost:8501", "http://evil.example",
           "http://localhost:8501.evil.example", "http://localhost:8501/", "http://a@localhost:8501"]  # fmt: skip


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_page_of_another_origin_opens_a_websocket(served: Served, origin: str | None):
    """Such as one on another port of this machine, to which the browser sends the cookie as well."""
    assert not opens(origin=origin)


@pytest.mark.parametrize("public_url", ["https://dash.example.com", "https://dash.example.com:443"])
def test_the_origins_usual_port_may_be_there_or_not(served: Served, public_url: str):
    served(PUBLIC_URL=public_url)
    for origin in ("https://dash.example.com", "https://dash.example.com:443"):
        assert opens(public_url, origin=origin, host="dash.example.com")
    for origin in ("http://dash.example.com", "https://dash.example.com:80", "https://dash.example.com:8443"):
        assert not opens(public_url, origin=origin, host="dash.example.com")


ELSEWHERE = ["http://127.0.0.1:8501", "http://localhost:9999", "http://192.168.1.7:8501", "http://evil.example"]


@pytest.mark.parametrize("base", ELSEWHERE)
def test_a_page_under_another_host_is_sent_to_the_public_one_with_its_path_and_query(
    browser: Browser, served: Served, base: str
):
    answer = browser.get("/hubspot?code=a%2Fb%26c&state=s%20t&q=%C3%A9&x=", base=base, headers=PAGE)
    assert answer.status_code == 307
    assert answer.headers["location"] == "http://localhost:8501/hubspot?code=a%2Fb%26c&state=s%20t&q=%C3%A9&x="


def test_a_path_goes_along_as_it_was_written(browser: Browser, served: Served):
    answer = browser.get("/a%3Fb%2Fc%23d%20%C3%A9/e?f=%3F", base="http://127.0.0.1:8501", headers=PAGE)
    assert answer.headers["location"] == "http://localhost:8501/a%3Fb%2Fc%23d%20%C3%A9/e?f=%3F"


@pytest.mark.parametrize(
    ("base", "sent"),
    [
        ("http://LOCALHOST:8501", {}),
        ("https://dash.example.com", {}),
        ("http://inner:80", {"X-Forwarded-Host": "dash.example.com"}),
        ("http://inner:80", {"X-Forwarded-Host": "Dash.Example.com, inner"}),
    ],
)
def test_the_public_host_is_known_in_any_case_and_behind_a_proxy(
    browser: Browser, served: Served, base: str, sent: dict[str, str]
):
    served(**({} if "LOCALHOST" in base else HTTPS))
    assert browser.get("/", base=base, headers={**PAGE, **sent}).status_code == 200


@pytest.mark.parametrize("public_url", ["https://dash.example.com", "https://dash.example.com:443"])
def test_the_schemes_own_port_may_be_written_or_not(browser: Browser, served: Served, public_url: str):
    """Browsers leave it out; a redirect to it would never end."""
    served(PUBLIC_URL=public_url)
    assert browser.get("/", headers={**PAGE, "Host": "dash.example.com"}).status_code == 200


@pytest.mark.parametrize("headers", [PAGE, {"Accept": "*/*"}])
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/_stcore/health"])
def test_health_is_told_under_any_host(
    browser: Browser, served: Served, store: None, path: str, headers: dict[str, str]
):
    assert browser.get(path, base="http://10.0.0.7:8501", headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/download/hubspot", "/activity.csv", "/sandbox/notion/v1/search", "/static/x.js"])
def test_under_another_host_nothing_else_is_answered(browser: Browser, served: Served, path: str):
    """A site whose name is made to lead here is no page of ours (DNS rebinding)."""
    for said in ({}, {"X-Forwarded-Host": "localhost:8501"}):  # which a script there can say as well
        answer = browser.get(path, f"sid={COOKIE}", base="http://evil.example:8501", headers={"Accept": "*/*", **said})
        assert answer.status_code == 421 and "http://localhost:8501" in answer.text


def payloads() -> list[str]:
    starts = ["/", "//", "///", "/\\", "\\\\", "/%2f", "/%5c", "/%09/", "/%0d%0a/", "/.", "/..//", "/;@", "/@", "/:"]
    hosts = ["evil.example", "evil.example:80", "localhost:8501@evil.example", "evil.example/%2e%2e", "[::1]", "%00e"]
    ends = ["", "/", "?next=//evil.example", "#@evil.example", "/%2f..", "\\@localhost:8501"]
    return ["".join(each) for each in itertools.product(starts, hosts, ends)]


def test_no_address_whatsoever_leads_to_another_host(served: Served):
    """504 of them, each also in the Host header, by way of the bare protocol: a client would tidy them up."""

    async def location(path: str, host: str) -> str:
        sent: list[dict] = []
        raw, _, query = path.partition("?")
        scope = {
            "type": "http", "method": "GET", "path": raw, "raw_path": raw.encode(), "query_string": query.encode(),
            "headers": [(b"host", host.encode()), (b"accept", b"text/html"), (b"x-forwarded-host", host.encode())],
            "scheme": "http", "server": ("localhost", 8501), "root_path": "", "http_version": "1.1",
        }  # fmt: skip

        async def send(message):
            sent.append(message)

        await APP(scope, lambda: None, send)  # type: ignore[arg-type]
        return dict(sent[0]["headers"])[b"location"].decode()

    async def locations() -> list[str]:
        hosts = [(path, host) for path in payloads() for host in ("127.0.0.1", path.lstrip("/\\"))]
        return [await location(path, host) for path, host in hosts if host.lower() != "localhost:8501"]

    found = run(locations())
    assert len(found) > 900
    assert {urlsplit(each)[:2] for each in found} == {("http", "localhost:8501")}
    assert all(each.startswith("http://localhost:8501/") and "\\" not in each and each.isprintable() for each in found)
    assert not [each for each in found if urlsplit(each).path.startswith("//")]


ANSWERS = [
    ("GET", "/", PAGE, 200),
    ("GET", "/", {**PAGE, "If-None-Match": '"x"'}, 200),
    ("GET", "/static/index.js", {}, 200),
    ("GET", "/healthz", {}, 200),
    ("GET", "/download/hubspot", PAGE, 404),
    ("POST", "/only-read", {}, 405),
    ("GET", "/broken", PAGE, 500),
    ("GET", "/broken", {}, 500),
    ("GET", "/", {**PAGE, "Host": "127.0.0.1"}, 307),
]


@pytest.mark.parametrize(("method", "address", "sent", "status"), ANSWERS)
def test_every_kind_of_answer_carries_every_rule(
    browser: Browser, served: Served, store: None, method: str, address: str, sent: dict[str, str], status: int
):
    answer = browser.ask(method, address, headers=sent)
    assert answer.status_code == status
    assert set(answer.headers) >= RULES
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("address", ["/", "/broken"])
def test_on_https_browsers_are_told_to_stay_there(browser: Browser, served: Served, address: str):
    served(**HTTPS)
    answer = browser.get(address, base="https://dash.example.com", headers=PAGE)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


def test_the_page_may_run_no_script_but_streamlits_own(browser: Browser, served: Served):
    policy = dict(rule.split(" ", 1) for rule in browser.get("/").headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'" and policy["connect-src"] == "'self'"
    assert "'unsafe-inline'" not in policy["script-src"] and "'unsafe-eval'" not in policy["script-src"].split()
    assert policy["script-src"].count("sha256-") >= 1
    assert policy["frame-ancestors"] == policy["object-src"] == "'none'"


def test_a_fault_in_the_app_is_told_in_words_without_a_trace(browser: Browser, served: Served):
    answer = browser.get("/broken", headers=PAGE)
    assert "Something went wrong here" in answer.text
    assert "ZeroDivision" not in answer.text and "Traceback" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("address", ["/", "/notion", "/download/notion", "/_stcore/health", "/auth/logout"])
def test_no_request_changes_anything(browser: Browser, served: Served, method: str, address: str):
    answer = browser.ask(method, address, headers={"Origin": "http://evil.example"})
    assert answer.status_code == 405 and answer.headers["allow"] == "GET, HEAD"
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS", "GET"])
def test_nothing_is_uploaded(browser: Browser, served: Served, method: str):
    assert browser.ask(method, "/_stcore/upload_file/session/file", content=b"x" * 100).status_code == 404


def test_a_body_is_read_up_to_a_limit_and_no_further_whatever_its_length_is_said_to_be(
    browser: Browser, served: Served
):
    taken = 0

    async def endless():
        nonlocal taken
        for _ in range(400):
            taken += 1
            yield b"x" * 1_000_000

    allowed = browser.ask("POST", "/sandbox/body", content=b"x" * MOST_BYTES)
    assert (allowed.status_code, allowed.text) == (200, str(MOST_BYTES))
    for said in ({}, {"Content-Length": "10"}, {"Content-Length": "419430400"}, {"Content-Length": "many"}):
        answer = browser.ask("POST", "/sandbox/body", content=endless(), headers=said)
        assert answer.status_code == 413 and answer.headers["connection"] == "close"
        assert "more than this address takes" in answer.text
    assert taken <= 2 * 2, "two megabytes of 400, where the length was not said before"


@pytest.mark.parametrize("address", ["/_stcore/metrics", "/_stcore/agent/openapi.json"])
def test_what_streamlit_shows_its_developers_is_not_there(browser: Browser, served: Served, address: str):
    answer = browser.get(address)
    assert answer.status_code == 404 and "There is nothing here" in answer.text
