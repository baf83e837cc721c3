"""What every provider must do, asked of each one in the registry and answered from tests/recorded/<slug>.json.

Nothing here names a provider. The recorded file is the oracle: what goes over the wire, and what must come of the
answers, written from the vendor's documentation and never from the provider's module.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import importlib
import inspect
import json
import logging
import re
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import raw_redis
import respx
import stamina

import integrations
from integrations import oauth, providers, sync
from integrations.config import settings
from integrations.http import client as http_client
from integrations.listing.crm import records as crm_records
from integrations.model import Connection, Item, Load, NoValue, Token, errors
from integrations.oauth import client as oauth_client
from integrations.oauth.tokens import ConnectionTokens, failures_of
from integrations.service.runtime import run
from integrations.store import client as redis_connection
from integrations.store import connections, keys, rate_limits, records
from integrations.sync.job import client, load

ROOT = Path(__file__).resolve().parents[1]
RECORDED = Path(__file__).with_name("recorded")
OWNER = hashlib.sha256(b"a browser").hexdigest()
CODE = "code-that-nobody-else-may-see"
PLAIN = (str, int, float, bool, date, NoValue, type(None))


class Wire:
    """The provider, as recorded: answers what it knows, notes what it does not, and looks at the bearer token."""

    def __init__(self, *exchanges: dict[str, Any], **values: str) -> None:
        self.exchanges = list(exchanges)
        self.values = values
        self.headers: dict[str, str] = {}
        self.bearer: str | None = None
        self.calls: list[int] = []
        self.surprises: list[str] = []
        self.before: Callable[[int], dict[str, Any] | None] = lambda number: None

    def __call__(self, request: httpx.Request) -> httpx.Response:
        for number, exchange in enumerate(self.exchanges):
            if same(request, filled(exchange["request"], self.values), self.headers):
                return self._answer(number, request)
        self.surprises.append(f"{request.method} {request.url} {request.content!r}")
        return httpx.Response(418, text="not recorded")

    def _answer(self, number: int, request: httpx.Request) -> httpx.Response:
        self.calls.append(number)
        instead = self.before(number)
        asks_for_a_token = "$code" in str(self.exchanges[number]) or "grant_type" in str(self.exchanges[number])
        if self.bearer and not asks_for_a_token and request.headers["Authorization"] != f"Bearer {self.bearer}":
            return httpx.Response(401, json={"message": "no longer good"})
        return response(filled(instead or self.exchanges[number]["answer"], self.values))

    @property
    def data_calls(self) -> list[int]:
        return sorted(self.calls)

    @property
    def as_often_as_recorded(self) -> bool:
        """Whether each exchange took place once, or as often as its `calls` says; null there is any number."""
        expected = [exchange.get("calls", 1) for exchange in self.exchanges]
        return all(times in (None, self.calls.count(number)) for number, times in enumerate(expected))


def same(request: httpx.Request, recorded: dict[str, Any], headers: dict[str, str]) -> bool:
    """Whether a request is the recorded one: method, address, query, body exactly, and the headers it names."""
    address = str(request.url.copy_with(query=None, fragment=None))
    query = sorted(parse_qsl(request.url.query.decode(), keep_blank_values=True))
    return (
        (request.method, address) == (recorded["method"], recorded["url"])
        and query == sorted(recorded.get("query", {}).items())
        and body_of(request) == (recorded.get("json"), sorted(recorded.get("form", {}).items()))
        and all(
            request.headers.get(name, "").partition(";")[0] == value
            for name, value in {**headers, **recorded.get("headers", {})}.items()
        )
        and not any(name in request.headers for name in recorded.get("no_headers", ()))
    )


def body_of(request: httpx.Request) -> tuple[Any, list[tuple[str, str]]]:
    """(JSON, form) of a request."""
    if "json" in request.headers.get("Content-Type", ""):
        return json.loads(request.content), []
    return None, sorted(parse_qsl(request.content.decode(), keep_blank_values=True))


def response(answer: dict[str, Any]) -> httpx.Response:
    content = {name: answer[name] for name in ("json", "text", "content") if name in answer}
    return httpx.Response(answer["status"], headers=answer.get("headers"), **content)


def filled(value: Any, values: dict[str, str]) -> Any:
    """A recorded value with $code and its like put in."""
    if isinstance(value, str):
        return re.sub(r"\$(\w+)", lambda found: values.get(found[1], found[0]), value)
    if isinstance(value, dict):
        return {name: filled(each, values) for name, each in value.items()}
    return [filled(each, values) for each in value] if isinstance(value, list) else value


@pytest.fixture(params=sorted(providers()))
def slug(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def provider(slug: str) -> integrations.Provider:
    return providers()[slug]


@pytest.fixture
def recorded(slug: str) -> dict[str, Any]:
    path = RECORDED / f"{slug}.json"
    assert path.exists(), f"tests/recorded/{slug}.json is missing: every provider brings its recorded exchanges"
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No waiting: pacing and retries have tests of their own."""

    @asynccontextmanager
    async def acquire(*_: Any) -> AsyncIterator[None]:
        """Nobody waits here."""
        yield

    monkeypatch.setattr(http_client, "acquire", acquire)
    monkeypatch.setattr(crm_records, "FIRST_WAIT", 60)  # seconds, after which calls would differ from the recorded ones
    with stamina.set_testing(True, attempts=6, cap=True):
        yield


@pytest.fixture
def wired(slug: str, recorded: dict[str, Any], configured: Callable[..., None], store: None) -> Iterator[Callable]:
    """`wired(exchange, …)` puts the recorded provider behind every address; nothing unrecorded may have been asked."""
    client_settings = {f"{slug.upper()}_CLIENT_{name.upper()}": value for name, value in recorded["client"].items()}
    configured(PUBLIC_URL="https://dash.example.com", **client_settings)
    wires: list[Wire] = []
    with respx.mock(assert_all_called=False) as router:

        def wire(*exchanges: dict[str, Any], **values: str) -> Wire:
            wires.append(Wire(*exchanges, **{"code": CODE, **values}))
            router.route().mock(side_effect=wires[-1])
            return wires[-1]

        yield wire
    assert [surprise for each in wires for surprise in each.surprises] == []


@pytest.fixture
def connection(provider: integrations.Provider, recorded: dict[str, Any], wired: Callable) -> Connection:
    """A connection as the recorded token answer makes it."""
    return connected(provider, recorded, wired)[0]


def connected(provider: integrations.Provider, recorded: dict[str, Any], wired: Callable) -> tuple[Connection, Wire]:
    state, verifier = left(provider)
    wire = wired(recorded["token"], *recorded["account"]["exchanges"], verifier=verifier)
    outcome = run(oauth.redeem(provider, OWNER, {"code": CODE, "state": state}))
    assert outcome.state == "connected", outcome.message
    return run(connections.find(OWNER, provider.slug, outcome.connection_id)), wire


def left(provider: integrations.Provider) -> tuple[str, str]:
    """(state, verifier) of a person who was sent to the provider."""
    url = run(oauth.authorize(provider, OWNER, "real"))
    state = dict(parse_qsl(urlsplit(url).query))["state"]
    place = (OWNER, provider.slug, hashlib.sha256(state.encode()).hexdigest())
    return state, run(records.get(keys.STATE, place)).verifier or ""


def stored(connection: Connection) -> Token:
    return run(records.get(keys.TOKEN, connection.path))


def loaded(connection: Connection) -> Load:
    """What a worker makes of this connection."""
    run(records.put(keys.LOAD, connection.path, Load("load", "queued", datetime.now(UTC))))
    run(load(*connection.path, "load"))
    return run(records.get(keys.LOAD, connection.path))


def listed(provider: integrations.Provider, connection: Connection) -> tuple[list[Item], list[str]]:
    """(every item, what was skipped), as the provider's own functions give them."""

    async def every_part() -> tuple[list[Item], list[str]]:
        api = client(provider, connection)
        plan = await provider.catalog(api)
        pages = [page for stream in plan.streams async for page in provider.read(api, stream, "")]
        return [item for page in pages for item in page.items], [*plan.skipped]

    return run(every_part())


def rows(connection: Connection) -> set[str]:
    """The ids of what a page would show."""
    _, tables = run(sync.shown(connection))
    return set(tables.open().ids.to_pylist())


def simple(item: Item) -> dict[str, Any]:
    """An item as recorded files write it: without what is at its default."""
    values = {field.name: getattr(item, field.name) for field in dataclasses.fields(item)}
    texts = {name: value.isoformat() for name, value in values.items() if isinstance(value, datetime)}
    kept = {name: value for name, value in {**values, **texts}.items() if value not in (None, False, "")}
    if item.visibility is False:
        kept["visibility"] = False
    return json.loads(json.dumps(kept, default=written))


def written(value: Any) -> Any:
    """A value that JSON has no form for, as recorded files write it."""
    return {"no value": value.reason} if isinstance(value, NoValue) else value.isoformat()


def test_the_way_to_the_provider_has_exactly_the_documented_parameters(
    provider: integrations.Provider, recorded: dict[str, Any], wired: Callable
) -> None:
    url = run(oauth.authorize(provider, OWNER, "real"))
    expected, pairs = recorded["authorize"], parse_qsl(urlsplit(url).query, keep_blank_values=True)
    params = dict(pairs)
    assert url.partition("?")[0] == expected["url"] and len(params) == len(pairs)
    state = params.pop("state")
    assert re.fullmatch(expected["state"], state)
    place = (OWNER, provider.slug, hashlib.sha256(state.encode()).hexdigest())
    verifier = run(records.get(keys.STATE, place)).verifier
    assert params == filled(expected["params"], {"challenge": s256(verifier or "")})
    assert not set(expected["absent"]) & set(params)
    assert (verifier is not None) == ("verifier" in expected)
    assert verifier is None or re.fullmatch(expected["verifier"], verifier)
    assert "+" not in urlsplit(url).query.replace("%2B", ""), "spaces go as %20, which every server reads"


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def test_a_code_is_exchanged_as_documented_and_connects_the_account(
    provider: integrations.Provider, recorded: dict[str, Any], wired: Callable
) -> None:
    state, verifier = left(provider)
    wire = wired(recorded["token"], *recorded["account"]["exchanges"], verifier=verifier)
    callback = filled(recorded["callback"], {"challenge": s256(verifier)})
    outcome = run(oauth.redeem(provider, OWNER, {"code": CODE, "state": state, **callback}))
    connection = run(connections.find(OWNER, provider.slug, outcome.connection_id))
    assert wire.data_calls == list(range(len(wire.exchanges))), "each recorded request once"
    assert (connection.account.name, connection.account.detail) == (
        recorded["account"]["name"], recorded["account"]["detail"],
    )  # fmt: skip
    assert all(stream in connection.account.id for stream in recorded["account"]["id_holds"])
    assert_saved(stored(connection), recorded["token"]["saved"])


def assert_saved(token: Token, expected: dict[str, Any]) -> None:
    assert (token.access_token, token.refresh_token, token.scope) == (
        expected["access_token"], expected["refresh_token"], expected["scope"],
    )  # fmt: skip
    lifetime = token.expires_at and (token.expires_at - datetime.now(UTC)).total_seconds()
    assert (lifetime is None) == (expected["lifetime"] is None)
    assert lifetime is None or expected["lifetime"] - 60 < lifetime <= expected["lifetime"]


def test_an_account_is_told_from_others_whatever_the_answer_leaves_out(
    provider: integrations.Provider, recorded: dict[str, Any], wired: Callable
) -> None:
    seen = set()
    for other in recorded["other_accounts"]:
        answer = {**recorded["token"]["answer"], "json": {**recorded["token"]["answer"]["json"], **other["token"]}}
        exchanges = {"exchanges": other["exchanges"]}
        variant = {**recorded, "token": {**recorded["token"], "answer": answer}, "account": exchanges}
        connection, _ = connected(provider, variant, wired)
        assert all(stream in connection.account.id for stream in other["id_holds"]), other["why"]
        assert connection.account.name.strip() and connection.account.id not in seen
        seen.add(connection.account.id)


def test_a_refresh_is_asked_as_documented_and_its_pair_is_saved(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    wire = wired(recorded["refresh"])
    fresh = run(ConnectionTokens(provider, connection).renewed(stored(connection).access_token))
    assert wire.calls == [0] and fresh == recorded["refresh"]["saved"]["access_token"]
    assert_saved(stored(connection), recorded["refresh"]["saved"])


@pytest.mark.parametrize("missing", ["absent", "null"])
def test_a_refresh_without_a_new_refresh_token_keeps_the_old_one(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable, missing: str
) -> None:
    answer = dict(recorded["refresh"]["answer"]["json"], refresh_token=None)
    if missing == "absent":
        del answer["refresh_token"]
    wired({"request": recorded["refresh"]["request"], "answer": {"status": 200, "json": answer}})
    run(ConnectionTokens(provider, connection).renewed(stored(connection).access_token))
    assert stored(connection).refresh_token == recorded["token"]["saved"]["refresh_token"]


def test_disconnecting_revokes_as_documented_or_says_what_is_left_to_do(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    wire = wired(*recorded["revoke"])
    said = run(oauth.disconnect(provider, connection))
    assert wire.calls == list(range(len(recorded["revoke"])))
    assert recorded["revoked_by_hand"] in said and bool(said) == bool(recorded["revoked_by_hand"])
    assert run(connections.of(OWNER)) == []


def test_each_refusal_of_a_code_is_a_sentence_and_stores_nothing(
    provider: integrations.Provider, recorded: dict[str, Any], wired: Callable
) -> None:
    for error in recorded["token_errors"]:
        state, verifier = left(provider)
        wire = wired({"request": recorded["token"]["request"], "answer": error["answer"]}, verifier=verifier)
        outcome = run(oauth.redeem(provider, OWNER, {"code": CODE, "state": state}))
        assert wire.calls == [0], "a code is sent once, whatever the answer"
        assert outcome.state == "failed" and error.get("says", provider.title) in outcome.message
        assert CODE not in outcome.message and run(connections.of(OWNER)) == []


def test_only_a_refused_grant_asks_to_reconnect_anything_else_keeps_the_connection(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    """Also an answer that got lost, where a second use of the refresh token may end the grant (`on_refresh`)."""
    before = stored(connection)
    for error in recorded["token_errors"]:
        wire, means = wired({"request": recorded["refresh"]["request"], "answer": error["answer"]}), error["means"]
        with pytest.raises(getattr(errors, error.get("on_refresh", means))) as raised:
            run(ConnectionTokens(provider, connection).renewed(before.access_token))
        assert wire.calls == [0] and before.refresh_token not in str(raised.value)
        now, lost = run(connections.find(*connection.path)), "on_refresh" in error
        assert bool(now.reconnect) == (means == "ReconnectNeeded" or lost), error
        assert dataclasses.replace(stored(connection), refresh_begun=None) == before
        assert (stored(connection).refresh_begun is not None) == lost, error
        alone(connection, before)


def alone(connection: Connection, token: Token) -> None:
    """The next refresh of this connection is its first."""
    run(records.put(keys.CONNECTION, connection.path, connection))
    run(records.put(keys.TOKEN, connection.path, token))
    run(rate_limits.forget(failures_of(connection)))


def test_what_a_second_use_of_a_refresh_token_does_is_declared(
    provider: integrations.Provider, recorded: dict[str, Any]
) -> None:
    assert provider.refresh_reuse == recorded["refresh_reuse"]


@pytest.mark.parametrize("odd", ['"soon"', "1e12", "-1", "NaN", "[1800]", "null", "true", "9" * 5000])
def test_a_pair_is_saved_whatever_lifetime_comes_with_it(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable, odd: str
) -> None:
    """With the documented lifetime, where there is one."""
    answer = json.dumps({**recorded["refresh"]["answer"]["json"], "expires_in": "ODD"}).replace('"ODD"', odd)
    wired({"request": recorded["refresh"]["request"], "answer": {"status": 200, "text": answer}})
    run(ConnectionTokens(provider, connection).renewed(stored(connection).access_token))
    assert_saved(stored(connection), recorded["refresh"]["saved"])


def test_every_page_of_every_listing_is_read_once_and_gives_the_recorded_items(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    listing = recorded["listing"]
    wire = wired(*listing["exchanges"])
    wire.headers, wire.bearer = listing["headers"], recorded["token"]["saved"]["access_token"]
    items, skipped = listed(provider, connection)
    assert wire.as_often_as_recorded, wire.data_calls
    found = {(item.type, item.id): simple(item) for item in items}
    assert found == {(item["type"], item["id"]): item for item in listing["items"]}
    assert all(simple(item) == found[item.type, item.id] for item in items) and skipped == listing["skipped"]


@pytest.mark.parametrize("answers", ["listing", "odd"])
def test_every_item_is_well_formed_whatever_was_answered(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable, answers: str
) -> None:
    wired(*recorded[answers]["exchanges"])
    items, _ = listed(provider, connection)
    kinds = {kind.slug for kind in provider.item_types}
    assert items and {item.type for item in items} <= kinds
    for item in items:
        assert isinstance(item.id, str) and item.id and isinstance(item.name, str) and item.name.strip()
        for time in filter(None, (item.creation_time, item.last_modified_time)):
            assert time.utcoffset() == timedelta(0) and time.tzinfo is UTC, f"{item.id}: {time!r}"
        assert item.url is None or urlsplit(item.url).scheme in ("http", "https")
        for text in (item.owner, item.parent_id, item.parent_path_or_name):
            assert text is None or (isinstance(text, str) and text), f"{item.id}: {text!r}"
        assert_plain(dict(item.properties))


def assert_plain(value: Any) -> None:
    """Plain JSON, days, moments and reasons: nothing else can be stored, filtered and downloaded."""
    if isinstance(value, dict):
        assert all(isinstance(name, str) for name in value)
        assert_plain(list(value.values()))
    elif isinstance(value, list | tuple):
        for each in value:
            assert_plain(each)
    elif isinstance(value, datetime):
        assert value.utcoffset() is not None, repr(value)
    else:
        assert isinstance(value, PLAIN), repr(value)
        assert not isinstance(value, float) or value == value, "NaN is no JSON"


def test_partial_objects_nulls_and_unknown_types_cost_nothing_but_themselves(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    odd = recorded["odd"]
    wired(*odd["exchanges"])
    items, _ = listed(provider, connection)
    found = {item.id: simple(item) for item in items}
    assert set(found) == set(odd["ids"])
    assert {item["id"]: found[item["id"]] for item in odd["items"]} == {item["id"]: item for item in odd["items"]}
    assert (loaded(connection).state, rows(connection)) == ("complete", set(odd["ids"]))


def test_a_part_that_may_not_be_read_is_skipped_by_name_and_nothing_else_is(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    for case in recorded["forbidden"]:
        wire = wired(*recorded["listing"]["exchanges"])
        wire.before = lambda number, case=case: case["answer"] if number == case["exchange"] else None
        run(records.delete(keys.SNAPSHOT, connection.path))
        load = loaded(connection)
        everything = {item["id"] for item in recorded["listing"]["items"]}
        assert (load.state, load.notes) == ("complete", ())
        assert rows(connection) == everything - set(case["lost"])
        assert len(load.skipped) == 1 and case["says"] in load.skipped[0]


ODDITIES: dict[str, Callable[[bytes], bytes]] = {
    "half an emoji": lambda text: inserted(text, rb'"\ud83d"'),
    "a raw control character": lambda text: inserted(text, b'"a\x01b\tc"'),
    "bytes that are no UTF-8": lambda text: inserted(text, b'"\xff\xed\xa0\xbd"'),
    "NaN and infinities": lambda text: inserted(text, b"[NaN, Infinity, -Infinity, 1e999]"),
    "an integer of 400 digits": lambda text: inserted(text, b"9" * 400),
    "an integer of 5,000 digits": lambda text: inserted(text, b"9" * 5_000),
    "a list nested 900 deep": lambda text: inserted(text, b"[" * 900 + b"]" * 900),
    "a list nested 5,000 deep": lambda text: inserted(text, b"[" * 5_000 + b"]" * 5_000),
    "the same key again": lambda text: inserted(text, b'1, "odd": 2'),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "UTF-16": lambda text: text.decode().encode("utf-16"),
}


def inserted(text: bytes, value: bytes) -> bytes:
    """JSON with one more key in every object, also in each property and in the answer itself."""
    return re.sub(rb'\{(?=")', b'{"odd": ' + value.replace(b"\\", b"\\\\") + b", ", text)


def test_an_odd_value_costs_no_row_and_nothing_is_asked_again_for_it(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    exchanges = recorded["listing"]["exchanges"]
    for what, oddly in ODDITIES.items():
        wire = wired(*exchanges)
        contents = [json.dumps(exchange["answer"].get("json"), ensure_ascii=False).encode() for exchange in exchanges]
        wire.before = lambda number, oddly=oddly, contents=contents: {
            "status": 200, "headers": exchanges[number]["answer"].get("headers"), "content": oddly(contents[number]),
        }  # fmt: skip
        load = loaded(connection)
        assert (load.state, load.notes, load.skipped) == ("complete", (), ()), what
        assert rows(connection) == {item["id"] for item in recorded["listing"]["items"]}, what
        assert wire.as_often_as_recorded, what


EDGES = [
    {"status": 403, "headers": {"Content-Type": "text/html"}, "text": "<!DOCTYPE html><h1>You have been blocked"},
    {"status": 403, "text": ""},
    {"status": 403, "json": {"message": "Forbidden"}},
    {"status": 403, "json": {"error": "Forbidden", "status": 403, "error_code": 1020, "cloudflare_error": True}},
    {"status": 404, "headers": {"Content-Type": "text/html"}, "text": "<html>Not here</html>"},
    {"status": 404, "json": ["nothing"]},
    {"status": 401, "headers": {"Content-Type": "text/html"}, "text": "<html>Who is there?</html>"},
    {"status": 401, "text": ""},
]


def test_an_edge_that_refuses_everything_is_a_trouble_that_passes_and_no_missing_permission(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    for answer in EDGES:
        wire = wired(*recorded["listing"]["exchanges"])
        wire.before = lambda number, answer=answer: answer
        load = loaded(connection)
        assert (load.state, load.skipped) == ("failed", ()), answer
        assert load.notes and all(f"in front of {provider.title} refused" in note for note in load.notes), answer
        assert all("Try again in a few minutes" in note for note in load.notes)
        assert wire.calls.count(wire.calls[0]) == 6, "it is tried again, like any passing trouble"
        assert run(connections.find(*connection.path)).reconnect == ""
        assert stored(connection).refresh_token == recorded["token"]["saved"]["refresh_token"], "no refresh was spent"


def test_an_edge_that_refuses_one_call_costs_nothing(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    wire = wired(*recorded["listing"]["exchanges"])
    last = len(recorded["listing"]["exchanges"]) - 1
    wire.before = lambda number: EDGES[0] if number == last and wire.calls.count(number) == 1 else None
    load = loaded(connection)
    assert (load.state, load.skipped, load.notes) == ("complete", (), ())
    assert rows(connection) == {item["id"] for item in recorded["listing"]["items"]}


def test_an_account_that_only_approving_again_repairs_says_so_in_one_sentence(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    for case in recorded.get("account_errors", ()):
        wire = wired(*recorded["listing"]["exchanges"])
        wire.before = lambda number, case=case: case["answer"]
        run(records.put(keys.CONNECTION, connection.path, connection))
        load = loaded(connection)
        assert load.state == "failed" and load.notes == (case["says"],)
        assert run(connections.find(*connection.path)).reconnect == case["says"]
        assert max(map(wire.calls.count, wire.calls)) == 1, "asking again does not help"


def test_a_token_refused_in_the_middle_of_a_load_is_refreshed_once_and_nothing_is_lost(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    listing = recorded["listing"]["exchanges"]
    wire = wired(*listing, recorded["refresh"])
    wire.bearer = recorded["token"]["saved"]["access_token"]

    def before(number: int) -> None:
        if len(wire.calls) == len(listing) // 2:
            wire.bearer = recorded["refresh"]["saved"]["access_token"]

    wire.before = before
    load = loaded(connection)
    assert (load.state, load.notes) == ("complete", ())
    assert wire.calls.count(len(listing)) == 1
    assert rows(connection) == {item["id"] for item in recorded["listing"]["items"]}
    assert stored(connection).access_token == recorded["refresh"]["saved"]["access_token"]


def test_a_token_that_is_refused_even_when_new_is_not_refreshed_without_end(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    wire = wired(*recorded["listing"]["exchanges"], recorded["refresh"])
    refresh = len(recorded["listing"]["exchanges"])
    refused = {"status": 401, "json": {"message": "whatever"}}
    wire.before = lambda number: None if number == refresh else refused
    with pytest.raises(errors.Unauthorized):
        run(client(provider, connection).get(urlsplit(recorded["listing"]["exchanges"][0]["request"]["url"]).path,
                                             recorded["listing"]["exchanges"][0]["request"].get("query")))  # fmt: skip
    assert wire.calls == [0, refresh, 0]
    assert run(connections.find(*connection.path)).reconnect == ""


def test_a_cursor_that_outlived_its_session_starts_the_listing_again(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    case = recorded["cursor_error"]
    if case is None:
        assert not [error for error in recorded["api_errors"] if error["means"] == "CursorExpired"]
        return
    wire = wired(*recorded["listing"]["exchanges"])
    first = (case["exchange"], 1)
    wire.before = lambda number: case["answer"] if (number, wire.calls.count(number)) == first else None
    load = loaded(connection)
    again = recorded["listing"]["exchanges"][case["exchange"]].get("calls", 1) + 1
    assert (load.state, load.notes, wire.calls.count(case["exchange"])) == ("complete", (), again)
    assert rows(connection) == {item["id"] for item in recorded["listing"]["items"]}


def test_a_spent_allowance_is_not_asked_again_and_says_when_to_come_back(
    provider: integrations.Provider, recorded: dict[str, Any], connection: Connection, wired: Callable
) -> None:
    wire = wired(*recorded["listing"]["exchanges"])
    wire.before = lambda number: recorded["quota"]
    request = recorded["listing"]["exchanges"][0]["request"]
    with pytest.raises(errors.QuotaSpent, match="Come back"):
        run(client(provider, connection).get(urlsplit(request["url"]).path, request.get("query")))
    assert wire.calls == [0]


def test_each_documented_error_of_the_api_means_what_it_means(
    provider: integrations.Provider, recorded: dict[str, Any]
) -> None:
    from integrations.http.answers import decoded

    for case in recorded["api_errors"]:
        with pytest.raises(errors.ProviderError) as raised:
            decoded(provider, response(case["answer"]))
        assert type(raised.value) is getattr(errors, case["means"]), case
        assert "retry_after" not in case or raised.value.retry_after == case["retry_after"], case
        assert provider.title in str(raised.value)


def test_no_secret_is_in_a_log_a_repr_or_an_error(
    provider: integrations.Provider, recorded: dict[str, Any], wired: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    state, verifier = left(provider)
    pending = records.get(keys.STATE, (OWNER, provider.slug, hashlib.sha256(state.encode()).hexdigest()))
    seen = [repr(run(pending))]
    connection, _ = connected(provider, recorded, wired)
    wired(*recorded["listing"]["exchanges"])
    seen += [repr(loaded(connection)), repr(connection), repr(stored(connection)), str(stored(connection))]
    tokens, endpoints = ConnectionTokens(provider, connection), settings().endpoints(provider, "real")
    seen += [repr(tokens), repr(endpoints), str(endpoints), repr(client(provider, connection)), repr(settings())]
    for error in recorded["token_errors"]:
        wired({"request": recorded["refresh"]["request"], "answer": error["answer"]})
        with pytest.raises(errors.DashboardError) as raised:
            run(tokens.renewed(stored(connection).access_token))
        seen += [repr(raised.value), str(raised.value), repr(raised.value.__cause__), repr(raised.value.__context__)]
    saved = recorded["token"]["saved"]
    secrets = [CODE, state, saved["access_token"], saved["refresh_token"], recorded["client"]["secret"], verifier]
    for text in (*seen, caplog.text):
        assert not [secret for secret in filter(None, secrets) if secret in text]


def test_at_rest_nothing_can_be_read_without_the_key(
    provider: integrations.Provider, recorded: dict[str, Any], wired: Callable
) -> None:
    connection, _ = connected(provider, recorded, wired)
    wired(*recorded["listing"]["exchanges"], recorded["refresh"])
    assert loaded(connection).state == "complete"
    state, verifier = left(provider)
    run(ConnectionTokens(provider, connection).renewed(stored(connection).access_token))
    tokens = [
        recorded[step]["saved"][name] for step in ("token", "refresh") for name in ("access_token", "refresh_token")
    ]
    names = [item["name"] for item in recorded["listing"]["items"] if len(item["name"]) > 3]
    people = [recorded["account"]["name"], recorded["account"]["detail"], *recorded["account"]["id_holds"]]
    dump = b"\n".join(whole_redis())
    assert len(dump) > 2000 and provider.slug.encode() in dump
    for secret in filter(None, [CODE, state, verifier, *tokens, *names, *people, "https://"]):
        assert secret.encode() not in dump, secret


def whole_redis() -> list[bytes]:
    """Every key and value, raw."""
    return [stream for pair in run(redis_connection.execute(raw_redis.everything)).items() for stream in pair]


class TokenEndpoint(HTTPServer):
    """A real socket that takes one token request at a time and keeps it as it came."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.asked: list[tuple[str, list[tuple[str, str]], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: TokenEndpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, [*self.headers.items()], body))
        content = json.dumps(self.server.answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def token_endpoint(recorded: dict[str, Any]) -> Iterator[TokenEndpoint]:
    with TokenEndpoint(recorded["token"]["answer"]["json"]) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_on_a_real_socket_the_token_request_has_one_content_length_and_the_right_body(
    provider: integrations.Provider, recorded: dict[str, Any], slug: str, configured: Callable[..., None],
    token_endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    path, port = urlsplit(recorded["token"]["request"]["url"]).path, token_endpoint.server_address[1]
    credentials = {f"{slug.upper()}_CLIENT_{name.upper()}": value for name, value in recorded["client"].items()}
    configured(**credentials, **{f"{slug.upper()}_TOKEN_URL": f"http://127.0.0.1:{port}{path}"})
    expected = filled(recorded["token"]["request"], {"code": CODE, "verifier": "v" * 43})
    form = expected.get("json") or expected["form"]
    given = {name: form[name] for name in ("code", "redirect_uri", "code_verifier") if name in form}
    endpoints = settings().endpoints(provider, "real")
    answer = run(oauth_client.request_token(provider, endpoints, form["grant_type"], **given))
    ((asked_path, headers, body),) = token_endpoint.asked
    lengths = [value for name, value in headers if name.lower() == "content-length"]
    request = httpx.Request("POST", expected["url"], headers=headers, content=body)
    assert (asked_path, lengths) == (path, [str(len(body))])
    assert same(request, expected, {}), (headers, body)
    assert answer["access_token"] == recorded["token"]["saved"]["access_token"]
    assert not [word for word in (CODE, recorded["client"]["secret"], answer["access_token"]) if word in caplog.text]


def test_authlib_speaks_through_httpx_which_is_what_the_tests_replace() -> None:
    assert issubclass(oauth_client.AsyncOAuth2Client, httpx.AsyncClient)


def test_a_provider_says_everything_a_page_needs_and_links_its_vendors_documentation(
    provider: integrations.Provider, slug: str
) -> None:
    module = importlib.import_module(f"integrations.{slug}")
    assert provider.slug == slug and "https://" in (module.__doc__ or "")
    assert provider.title and provider.summary and provider.item_types and provider.if_empty
    assert provider.icon.startswith(":material/") and (provider.revoke_url or provider.not_revocable)
    for url in (provider.authorize_url, provider.token_url, provider.api_url, provider.web_url, provider.console_url):
        assert urlsplit(url).scheme == "https"
    assert (ROOT / "pages" / f"{slug}.py").exists(), "its redirect URI is its page"
    assert inspect.iscoroutinefunction(provider.catalog)
    assert inspect.get_annotations(provider.read)["return"] == "AsyncGenerator[Page, None]", "it can be closed"


BROKEN = {
    "without a PROVIDER": "",
    "whose PROVIDER is something else": "PROVIDER = {'slug': 'misfit'}",
    "whose slug is not its name": "import integrations\n"
    "PROVIDER = type('Other', (type(next(iter(integrations.providers.__wrapped__.known))),), {'slug': 'other'})()",
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_file_that_is_no_provider_fails_loudly(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = providers().values()
    monkeypatch.setattr(providers.__wrapped__, "known", known, raising=False)
    (tmp_path / "misfit.py").write_text(BROKEN[what])
    monkeypatch.setattr(integrations, "__path__", [*integrations.__path__, str(tmp_path)])
    providers.cache_clear()
    try:
        with pytest.raises(TypeError, match=r"integrations/misfit\.py must declare PROVIDER"):
            providers()
    finally:
        sys.modules.pop("integrations.misfit", None)
        monkeypatch.undo()
        providers.cache_clear()
