"""Calls to a provider: signed, tried again when that helps, given up when not, and nobody's but the caller's."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx
import stamina
from made_up import made_up, varied

from integrations.http import ApiClient, NoAnswer, NotSent, reaching
from integrations.http import client as http_client
from integrations.http.answers import decoded, retry_after
from integrations.model import Answer, Bucket, Endpoints, Fault, RateLimit
from integrations.model.errors import (
    Forbidden,
    ProviderError,
    QuotaSpent,
    RateLimited,
    ReconnectNeeded,
    Unauthorized,
    Unavailable,
)
from integrations.service.runtime import run

API = "https://api.acme.example"
ACME = made_up(
    authorize_url="", token_url="",
    api_url=API, headers={"Acme-Version": "7"},
    rate_limit_wait=30, faults=(
        Fault(429, "month", QuotaSpent, "Acme's allowance is used up. Come back next month."),
        Fault(429, "soon", RateLimited, "Acme asks for a pause."),
        Fault(477, "", Unavailable, "Acme is moving."),
    ),
)  # fmt: skip
ENDPOINTS = Endpoints("real", "", "", None, API, "https://acme.example", "", "", "", ())


class Tokens:
    """One token, and another one after it was refused."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens) or ["first", "second"]
        self.refused: list[str] = []

    async def current(self) -> str:
        return self.tokens[0]

    async def renewed(self, refused: str) -> str:
        self.refused.append(refused)
        if len(self.tokens) == 1:
            raise ReconnectNeeded("Reconnect.")
        self.tokens.pop(0)
        return self.tokens[0]


class RateLimits:
    """Rate limits under which nobody waits; notes the buckets that were asked."""

    def __init__(self) -> None:
        self.buckets: list[Bucket] = []

    async def reserve(self, bucket: Bucket) -> float:
        self.buckets.append(bucket)
        return 0

    async def sent(self, bucket: Bucket, call: str, ago: float = 0) -> None:
        """On the wire."""

    async def close(self, bucket: Bucket, seconds: float) -> None:
        """Nobody waits here."""

    async def closed_for(self, bucket: Bucket) -> float:
        return 0

    async def claim(self, bucket: Bucket, call: str) -> float:
        return 0


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The buckets that were closed, and for how long; nobody waits."""
    found: list[tuple[str, float]] = []

    async def close(self: RateLimits, bucket: Bucket, seconds: float) -> None:
        found.append((bucket.name, seconds))

    monkeypatch.setattr(RateLimits, "close", close)
    return found


@pytest.fixture
def answers(closed: list[tuple[str, float]]) -> Iterator[Callable[..., respx.Route]]:
    """`answers(…)`: what the API answers, one after another, the last one for ever; retries do not wait."""
    with respx.mock(assert_all_called=False) as router, stamina.set_testing(True, attempts=http_client.ATTEMPTS):

        def script(*wanted: Any) -> respx.Route:
            left = list(wanted)

            def answer(request: httpx.Request) -> httpx.Response:
                now = left.pop(0) if len(left) > 1 else left[0]
                if isinstance(now, Exception):
                    raise now
                return now

            return router.route().mock(side_effect=answer)

        yield script


def get(tokens: Tokens | None = None, **more: Any) -> Any:
    provider, rate_limits = more.pop("provider", ACME), more.pop("rate_limits", RateLimits())
    api = ApiClient(provider, ENDPOINTS, tokens or Tokens(), rate_limits, **more)
    return run(api.get("/things", {"page": 1}, bucket="bucket"))


FINE = httpx.Response(200, json={"fine": True})


def test_a_call_carries_the_token_and_the_providers_headers(answers) -> None:
    route = answers(FINE)
    assert get() == {"fine": True}
    request = route.calls.last.request
    assert str(request.url) == f"{API}/things?page=1"
    assert (request.headers["Authorization"], request.headers["Acme-Version"]) == ("Bearer first", "7")


def test_a_post_sends_json_and_is_repeated_like_a_get_for_it_only_reads(answers) -> None:
    route = answers(httpx.Response(503), FINE)
    assert run(ApiClient(ACME, ENDPOINTS, Tokens(), RateLimits()).post("/search", {"a": 1})) == {"fine": True}
    assert [call.request.content for call in route.calls] == [b'{"a":1}'] * 2


LINKS = (
    f'<{API}/things?page=2&q=a%20b>; rel="next", <https://evil.example/things>; rel="last", '
    '</things?page=1>; rel=first, <https://api.acme.example.evil/x>; rel="prev", <//evil.example>; rel="up"'
)


@pytest.mark.parametrize("body", [[{"id": 1}], {"id": 1}, []])
def test_an_answer_may_be_an_array_and_comes_with_its_links_below_the_api(answers, body) -> None:
    route = answers(httpx.Response(200, json=body, headers={"Link": LINKS}), httpx.Response(200, json=body))
    api = ApiClient(ACME, ENDPOINTS, Tokens(), RateLimits())
    answer = run(api.get_answer("/things", {"page": 1}))
    assert answer == Answer(body, {"next": "/things?page=2&q=a%20b", "first": "/things?page=1"})
    assert run(api.get_answer(answer.links["next"])) == Answer(body)
    assert str(route.calls.last.request.url) == f"{API}/things?page=2&q=a%20b"


def test_an_array_where_an_object_is_expected_is_no_answer(answers) -> None:
    answers(*[httpx.Response(200, json=[1])] * 6)
    with pytest.raises(Unavailable, match="could not be read"):
        get()


@pytest.mark.parametrize("trouble", [
    httpx.Response(500), httpx.Response(502, html="<html>"), httpx.Response(503), httpx.Response(504),
    httpx.Response(529), httpx.Response(408), httpx.Response(409), httpx.Response(423), httpx.Response(429),
    httpx.Response(200, text='{"cut'), httpx.Response(200, text=""), httpx.Response(200, json=[1]),
    httpx.ReadError("reset"), httpx.RemoteProtocolError("closed"), httpx.ReadTimeout("slow"),
    httpx.WriteError("broken"),
    httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full"), httpx.DecodingError("gzip"),
], ids=repr)  # fmt: skip
def test_a_passing_trouble_is_tried_again_and_nobody_hears_of_it(answers, trouble) -> None:
    route = answers(trouble, trouble, FINE)
    assert get() == {"fine": True} and len(route.calls) == 3


def test_a_trouble_that_stays_ends_after_six_tries_with_a_sentence(answers) -> None:
    route = answers(httpx.Response(502))
    with pytest.raises(Unavailable, match="Acme is having trouble"):
        get()
    assert len(route.calls) == 6


@pytest.mark.parametrize(("answer", "error"), [
    (httpx.Response(403), Forbidden), (httpx.Response(404), Forbidden), (httpx.Response(400), ProviderError),
    (httpx.Response(414), ProviderError), (httpx.Response(302, headers={"Location": "/"}), ProviderError),
    (httpx.Response(429, text="month"), QuotaSpent), (httpx.Response(204), ProviderError),
    (httpx.Response(477, headers={"Retry-After": "86400"}), Unavailable),
    (httpx.Response(429, headers={"Retry-After": "86400"}), RateLimited),
], ids=repr)  # fmt: skip
def test_what_trying_again_does_not_help_is_asked_once(answers, answer, error) -> None:
    route = answers(answer, FINE)
    with pytest.raises(error) as raised:
        get()
    assert len(route.calls) == 1 and type(raised.value) is error and "Acme" in str(raised.value)


def test_a_refused_token_is_renewed_once_for_the_same_call(answers) -> None:
    tokens, route = Tokens(), answers(httpx.Response(401), FINE)
    assert get(tokens) == {"fine": True} and tokens.refused == ["first"]
    assert [call.request.headers["Authorization"] for call in route.calls] == ["Bearer first", "Bearer second"]


def test_a_token_refused_twice_is_an_error_and_no_loop(answers) -> None:
    tokens, route = Tokens(), answers(httpx.Response(401))
    with pytest.raises(Unauthorized, match="Reconnect"):
        get(tokens)
    assert tokens.refused == ["first"] and len(route.calls) == 2


def test_a_token_that_cannot_be_renewed_says_reconnect(answers) -> None:
    answers(httpx.Response(401))
    with pytest.raises(ReconnectNeeded):
        get(Tokens("only"))


@pytest.mark.parametrize(("headers", "text", "seconds"), [
    ({"Retry-After": "7"}, "", [7, 7]), ({}, "", [1, 30]),
    ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, "", [1, 30]), ({"Retry-After": "9"}, "soon", [9, 9]),
    ({}, "soon", [1, 30]), ({"Retry-After": "inf"}, "", [1, 30]), ({"Retry-After": "100000"}, "", [300]),
])  # fmt: skip
def test_a_429_closes_its_lane_for_as_long_as_the_provider_said_or_else_first_for_a_second(
    answers, closed, headers, text, seconds
) -> None:
    limited = httpx.Response(429, headers=headers, text=text)
    answers(limited, limited, FINE)
    if seconds != [300]:
        get()
    else:
        with pytest.raises(RateLimited):
            get()
    assert closed == [("acme:real:bucket:", each) for each in seconds]


def test_a_429_of_a_provider_that_locks_out_is_waited_for_as_long_as_documented_at_once(answers, closed) -> None:
    answers(httpx.Response(429), FINE)
    get(provider=varied(ACME, locks_out=True))
    assert closed == [("acme:real:bucket:", 30)]


def test_a_partial_answer_is_a_success_only_where_the_provider_has_them(answers) -> None:
    answers(httpx.Response(207, json={"fine": "mostly"}))
    assert get(provider=varied(ACME, partial_answers=True)) == {"fine": "mostly"}
    with pytest.raises(ProviderError, match="status 207"):
        get()


def test_a_429_after_another_fault_is_still_the_first_429(answers, closed) -> None:
    answers(httpx.Response(500), httpx.Response(429), FINE)
    get()
    assert closed == [("acme:real:bucket:", 1)]


def test_the_wait_before_the_next_try_is_the_one_the_provider_asked_for() -> None:
    wait = http_client._wait
    assert wait(RateLimited("", 7)) == pytest.approx(7.05) and wait(Unavailable("", 90)) == pytest.approx(90.05)
    assert wait(Unavailable("", None)) is True and wait(Unavailable("", 0)) is True
    assert wait(RateLimited("", 301)) is False and wait(Unavailable("", 86_400)) is False
    assert wait(QuotaSpent("")) is False and wait(Forbidden("")) is False


@pytest.mark.parametrize(("text", "seconds"), [
    ("5", 5), ("0.5", 0.5), ("0", 0), ("-3", 0), ("nan", None), ("inf", None), ("soon", None), ("", None),
])  # fmt: skip
def test_a_retry_after_is_a_number_of_seconds_or_nothing(text, seconds) -> None:
    assert retry_after(httpx.Response(429, headers={"Retry-After": text})) == seconds
    assert retry_after(httpx.Response(429)) is None


def test_every_call_is_counted_tries_included(answers) -> None:
    answers(httpx.Response(500), httpx.Response(401), FINE)
    counted: list[int] = []
    get(on_call=lambda: counted.append(1))
    assert len(counted) == 3


@pytest.mark.parametrize(("bucket", "name", "calls"), [
    ("", "acme:real::portal 7", 9), ("search", "acme:real:search:portal 7", 1),
    ("base:b1", "acme:real:base:b1", 2), ("meta", "acme:real:meta:portal 7", 9),
])  # fmt: skip
def test_whoever_calls_for_one_account_or_base_shares_its_bucket_and_no_other(answers, bucket, name, calls) -> None:
    answers(FINE)
    limits = {"": RateLimit(9, 10), "search": RateLimit(1, 0.2), "base": RateLimit(2, 1)}
    shared, acme = RateLimits(), varied(ACME, rate_limits=limits)
    for token in ("ada", "bo"):
        run(ApiClient(acme, ENDPOINTS, Tokens(token), shared, account="portal 7").get("/things", bucket=bucket))
    assert [(each.name, each.limit.calls) for each in shared.buckets] == [(name, calls)] * 2


def test_a_cookie_of_one_answer_goes_with_no_other_call(answers) -> None:
    route = answers(httpx.Response(200, json={}, headers={"Set-Cookie": "session=ada; Path=/"}), FINE)
    get()
    get()
    assert [call.request.headers.get("Cookie") for call in route.calls] == [None, None]


def test_no_redirect_is_followed_so_no_token_leaves_for_another_host(answers) -> None:
    route = answers(httpx.Response(307, headers={"Location": "https://evil.example/"}))
    with pytest.raises(ProviderError):
        get()
    assert {call.request.url.host for call in route.calls} == {"api.acme.example"}


def test_no_call_is_in_a_log(answers, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answers(httpx.Response(500), FINE)
    get(Tokens("the-token", "another"))
    assert "the-token" not in caplog.text and "page=1" not in caplog.text


def test_each_loop_has_a_client_of_its_own_and_shares_it() -> None:
    async def twice() -> tuple[object, object]:
        return http_client.shared_client(), http_client.shared_client()

    (first, second), (other, _) = run(twice()), asyncio.run(twice())
    assert first is second and other is not first


def every(base: type[BaseException]) -> set[type[BaseException]]:
    return {base}.union(*(every(each) for each in base.__subclasses__()))


@pytest.mark.parametrize(
    "error", sorted(every(httpx.HTTPError) | {httpx.InvalidURL}, key=str), ids=lambda e: e.__name__
)
def test_no_error_of_httpx_passes_this_module(error: type[Exception]) -> None:
    if error is httpx.HTTPStatusError:
        raised = error("x", request=httpx.Request("GET", API), response=httpx.Response(500))
    else:
        raised = error("https://api.acme.example/?code=secret")
    with pytest.raises(Unavailable) as ours, reaching(ACME):
        raise raised
    assert "secret" not in str(ours.value) and ours.value.__suppress_context__
    never_left = issubclass(
        error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout | httpx.ProxyError
        | httpx.UnsupportedProtocol | httpx.InvalidURL
    )  # fmt: skip
    assert (isinstance(ours.value, NotSent), isinstance(ours.value, NoAnswer)) == (never_left, not never_left)


def test_every_status_but_200_is_one_of_our_errors_without_the_body() -> None:
    for status in range(201, 600):
        with pytest.raises(ProviderError) as raised:
            decoded(ACME, httpx.Response(status, text="the body is nobody's business"))
        assert "Acme" in str(raised.value) and "business" not in str(raised.value)
