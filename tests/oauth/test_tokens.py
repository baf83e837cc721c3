"""The access token of a connection: renewed in time, once for everybody, and never shown to another address."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from made_up import varied

from integrations import oauth
from integrations.config import settings
from integrations.http import ApiClient
from integrations.model import Token
from integrations.model.errors import NotConfigured, ReconnectNeeded, RefreshPaused, StoreUnavailable, Unavailable
from integrations.oauth import ConnectionTokens, endpoints_of
from integrations.service.runtime import run
from integrations.store import client as redis_connection
from integrations.store import connections, keys, locks, rate_limits, records


@pytest.fixture
def mine(acme, person):
    """A connection whose token was just given."""
    return person.connects()


@pytest.fixture
def tokens(mine, provider) -> ConnectionTokens:
    return ConnectionTokens(provider, mine)


def ends_in(mine, seconds: float) -> None:
    """The stored token ends so soon."""
    token = run(records.get(keys.TOKEN, mine.path))
    ends = datetime.now(UTC) + timedelta(seconds=seconds)
    run(records.put(keys.TOKEN, mine.path, dataclasses.replace(token, expires_at=ends)))


def refreshes(acme) -> int:
    return sum(form["grant_type"] == "refresh_token" for form in acme.forms)


def test_a_token_with_time_left_is_used_as_it_is(acme, mine, tokens) -> None:
    assert run(tokens.current()) == "access-1" and refreshes(acme) == 0


@pytest.mark.parametrize("seconds", [110, 60, 0, -3600])
def test_a_token_about_to_end_is_renewed_before_it_is_used(acme, mine, tokens, stored_token, seconds: float) -> None:
    ends_in(mine, seconds)
    assert run(tokens.current()) == "access-2" and refreshes(acme) == 1
    assert stored_token(mine).refresh_token == "refresh-2"
    assert stored_token(mine).expires_at > datetime.now(UTC) + timedelta(minutes=50)


def test_a_token_that_another_process_renewed_is_used_within_seconds(
    acme, mine, tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(tokens.current()) == "access-1"
    run(records.put(keys.TOKEN, mine.path, Token("renewed", "refresh-9")))
    now = time.monotonic()
    monkeypatch.setattr("integrations.oauth.tokens.time", SimpleNamespace(monotonic=lambda: now + 10))
    assert run(tokens.current()) == "renewed"


def test_a_token_of_unknown_lifetime_is_used_until_it_is_refused(acme, mine, tokens) -> None:
    run(records.put(keys.TOKEN, mine.path, Token("access-1", "refresh-1")))
    assert run(tokens.current()) == "access-1" and refreshes(acme) == 0
    assert run(tokens.renewed("access-1")) == "access-2"


def test_twenty_callers_at_once_refresh_once_and_all_use_the_new_token(acme, mine, provider) -> None:
    acme.seconds = 0.2
    ends_in(mine, 10)

    async def at_once() -> list[str]:
        return await asyncio.gather(*(ConnectionTokens(provider, mine).current() for _ in range(20)))

    assert set(run(at_once())) == {"access-2"} and refreshes(acme) == 1


def test_twenty_callers_of_a_token_that_lives_only_a_minute_refresh_once(acme, mine, provider) -> None:
    acme.seconds, acme.lifetime = 0.2, 60
    ends_in(mine, 10)

    async def at_once() -> list[str]:
        return await asyncio.gather(*(ConnectionTokens(provider, mine).current() for _ in range(20)))

    assert set(run(at_once())) == {"access-2"} and refreshes(acme) == 1


def test_twenty_calls_refused_at_once_refresh_once(acme, mine, provider) -> None:
    acme.seconds = 0.2

    async def at_once() -> list[str]:
        return await asyncio.gather(*(ConnectionTokens(provider, mine).renewed("access-1") for _ in range(20)))

    assert set(run(at_once())) == {"access-2"} and refreshes(acme) == 1


def test_of_twenty_callers_with_a_grant_that_is_gone_one_asks_and_all_are_told(acme, mine, person, provider) -> None:
    acme.answer = lambda form: httpx.Response(400, json={"error": "invalid_grant"})

    async def at_once() -> list[str | BaseException]:
        askers = (ConnectionTokens(provider, mine).renewed("access-1") for _ in range(20))
        return await asyncio.gather(*askers, return_exceptions=True)

    told = run(at_once())
    assert {(type(each), str(each)) for each in told} == {(ReconnectNeeded, person.connections[0].reconnect)}
    assert refreshes(acme) == 1


def test_the_new_pair_is_saved_before_anybody_uses_it(acme, mine, tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_):
        raise StoreUnavailable

    monkeypatch.setattr(records, "exchange", broken)
    monkeypatch.setattr("integrations.store.retry.SAVE_WITHIN", 0.3)
    with pytest.raises(StoreUnavailable):
        run(tokens.renewed("access-1"))


def test_a_new_pair_outlives_a_redis_that_is_away_when_it_comes(
    acme, mine, tokens, stored_token, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange, tries = records.exchange, []

    async def away_at_first(*arguments):
        tries.append(1)
        if len(tries) < 4:
            raise StoreUnavailable
        return await exchange(*arguments)

    monkeypatch.setattr(records, "exchange", away_at_first)
    assert run(tokens.renewed("access-1")) == stored_token(mine).access_token != "access-1"
    assert refreshes(acme) == 1


def test_a_new_pair_is_saved_though_whoever_asked_for_it_went_away(acme, mine, tokens, stored_token) -> None:
    async def went_away() -> None:
        async with acme.holding():
            asking = asyncio.ensure_future(tokens.renewed("access-1"))
            await acme.was_asked(2)
            asking.cancel()
            with pytest.raises(asyncio.CancelledError):
                await asking
        await asyncio.gather(*oauth.tokens._refreshing)

    run(went_away())
    assert stored_token(mine).access_token != "access-1" and refreshes(acme) == 1


def test_a_new_pair_is_not_saved_over_one_that_came_meanwhile(acme, mine, tokens, stored_token) -> None:
    """Such as from a lease that ran out: the pair that is there is the one to use."""

    async def meanwhile() -> str:
        async with acme.holding():
            asking = asyncio.ensure_future(tokens.renewed("access-1"))
            await acme.was_asked(2)
            await records.put(keys.TOKEN, mine.path, Token("approved", "again"))
        return await asking

    assert run(meanwhile()) == "approved" == stored_token(mine).access_token


def test_a_refused_grant_marks_the_connection_and_a_new_approval_clears_it(acme, mine, person, tokens) -> None:
    acme.spent.add("refresh-1")
    with pytest.raises(ReconnectNeeded, match="Reconnect"):
        run(tokens.renewed("access-1"))
    (marked,) = person.connections
    assert "Reconnect" in marked.reconnect
    assert person.connects().reconnect == "" and person.connections[0].reconnect == ""


@pytest.mark.parametrize(("answer", "error"), [
    (httpx.Response(500), Unavailable), (httpx.Response(502, html="<html>invalid_grant</html>"), Unavailable),
    (httpx.Response(429, headers={"Retry-After": "1"}), Unavailable), (httpx.Response(404), Unavailable),
    (httpx.Response(400, json={"error": "invalid_request"}), Unavailable), (httpx.Response(200, text=""), Unavailable),
    (httpx.Response(401, json={"error": "invalid_client"}), NotConfigured), (httpx.ReadTimeout("slow"), Unavailable),
    (httpx.Response(409, json={"error": "invalid_grant"}), Unavailable),
], ids=str)  # fmt: skip
def test_any_other_refusal_keeps_the_connection_as_it_is(
    acme, mine, person, tokens, stored_token, answer, error
) -> None:
    def answers(form):
        if isinstance(answer, Exception):
            raise answer
        return answer

    before, acme.answer = stored_token(mine), answers
    with pytest.raises(error):
        run(tokens.renewed("access-1"))
    assert refreshes(acme) == 1 and person.connections == [mine] and stored_token(mine) == before
    acme.answer = None
    assert run(tokens.renewed("access-1")).startswith("access-")


@pytest.mark.parametrize("status", [409, 400])
def test_a_refresh_token_that_somebody_else_just_spent_is_read_again(acme, mine, person, tokens, status) -> None:
    async def won_by_another(form) -> httpx.Response:
        other = Token("access-other", "refresh-other", datetime.now(UTC) + timedelta(hours=1))
        await records.put(keys.TOKEN, mine.path, other)
        return httpx.Response(status, json={"error": "invalid_grant"})

    acme.answer = won_by_another
    assert run(tokens.renewed("access-1")) == "access-other"
    assert person.connections == [mine] and refreshes(acme) == 1


def test_without_a_refresh_token_a_refused_token_asks_to_reconnect(acme, mine, person, tokens) -> None:
    run(records.put(keys.TOKEN, mine.path, Token("access-1", None)))
    with pytest.raises(ReconnectNeeded):
        run(tokens.renewed("access-1"))
    assert person.connections[0].reconnect and refreshes(acme) == 0


def test_a_connection_that_was_deleted_meanwhile_is_gone_and_stays_gone(acme, mine, provider, in_redis) -> None:
    async def deleted_while_refreshing() -> None:
        async with acme.holding():
            refresh = asyncio.ensure_future(ConnectionTokens(provider, mine).renewed("access-1"))
            await acme.was_asked(2)
            await connections.forget(mine)
            with pytest.raises(ReconnectNeeded):
                await ConnectionTokens(provider, mine).current()
        with pytest.raises(ReconnectNeeded):
            await refresh

    run(deleted_while_refreshing())
    assert not [key for key in in_redis() if mine.id.encode() in key]


def test_a_lock_that_outlived_its_holder_is_no_error(mine) -> None:
    async def outlived() -> None:
        async with locks.held(mine.path):
            await redis_connection.execute(lambda redis: redis.delete(":".join((keys.LOCK, *mine.path))))

    run(outlived())


def test_a_lock_is_waited_for_and_let_go(mine) -> None:
    order: list[str] = []

    async def hold(name: str) -> None:
        async with locks.held(mine.path):
            order.extend((f"{name} in", f"{name} out"))
            await asyncio.sleep(0.05)

    async def both() -> None:
        await asyncio.gather(hold("a"), hold("a"))

    run(both())
    assert order == ["a in", "a out"] * 2


def test_a_token_does_not_go_to_another_api_than_the_one_that_it_was_made_for(
    acme, mine, provider, configured: Callable[..., None]
) -> None:
    configured(ACME_API_URL="https://other.acme.example")
    with pytest.raises(ReconnectNeeded, match="another Acme address"):
        endpoints_of(provider, mine)
    asked = len(acme.requests)
    with pytest.raises(ReconnectNeeded):
        run(ConnectionTokens(provider, mine).renewed("access-1"))
    run(oauth.disconnect(provider, mine))
    assert len(acme.requests) == asked and acme.revoked == []


def test_a_sample_token_does_not_go_to_the_real_provider_nor_a_real_one_to_the_sample(acme, mine, provider) -> None:
    sample = dataclasses.replace(mine, environment="sandbox")
    with pytest.raises(ReconnectNeeded):
        endpoints_of(provider, sample)
    sandbox = settings().endpoints(provider, "sandbox").api_url
    assert endpoints_of(provider, dataclasses.replace(sample, api_url=sandbox)).api_url == sandbox
    with pytest.raises(ReconnectNeeded):
        endpoints_of(provider, dataclasses.replace(mine, api_url=sandbox))


def test_a_sample_token_goes_nowhere_once_sample_data_is_off_or_the_app_moved(
    acme, mine, provider, configured: Callable[..., None]
) -> None:
    sandbox = settings().endpoints(provider, "sandbox").api_url
    sample = dataclasses.replace(mine, environment="sandbox", api_url=sandbox)
    configured(SANDBOX="off")
    with pytest.raises(ReconnectNeeded, match="SANDBOX=on"):
        endpoints_of(provider, sample)
    configured(SANDBOX="on", PUBLIC_URL="https://elsewhere.example")
    with pytest.raises(ReconnectNeeded):
        endpoints_of(provider, sample)


def test_calls_carry_the_token_to_the_api_and_nowhere_else(acme, mine, provider) -> None:
    api = ApiClient(provider, endpoints_of(provider, mine), ConnectionTokens(provider, mine), rate_limits)
    run(api.get("/me"))
    bearers = {request.url.host for request in acme.requests if "Bearer" in request.headers.get("Authorization", "")}
    assert bearers == {"api.acme.example"}


def test_a_holder_that_stood_still_saves_its_pair_and_takes_back_what_others_have_said_meanwhile(
    acme, mine, person, provider, stored_token, configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease runs out while the provider answers; the next one is refused, since the refresh token is spent."""

    async def never(self) -> None:
        await asyncio.sleep(60)

    async def both() -> str:
        asked, refused = asyncio.Event(), asyncio.Event()

        async def answer(form) -> httpx.Response:
            pair = acme._pair(form, len(acme.forms))
            asked.set()
            if pair.status_code == 200:
                await asyncio.wait_for(refused.wait(), 10)
            return pair

        acme.answer = answer
        first = asyncio.ensure_future(ConnectionTokens(provider, mine).renewed("access-1"))
        await asked.wait()
        with pytest.raises(ReconnectNeeded):
            await ConnectionTokens(provider, mine).renewed("access-1")
        assert (await connections.of(person.owner))[0].reconnect
        refused.set()
        return await first

    configured(TOKEN_LEASE_SECONDS="0.2")
    monkeypatch.setattr(locks._Lease, "_renew", never)
    assert run(both()) == stored_token(mine).access_token == "access-2"
    assert person.connections[0].reconnect == ""


@pytest.fixture
def strict(acme, mine, provider) -> ConnectionTokens:
    """At a provider where a second use of a refresh token may end the grant."""
    return ConnectionTokens(varied(provider, refresh_reuse="revokes"), mine)


LOST = {
    "read timeout": httpx.ReadTimeout("slow"),
    "reset": httpx.ReadError("reset"),
    "cut": httpx.RemoteProtocolError("cut"),
    "502 with HTML": httpx.Response(502, html="<html>Bad gateway</html>"),
    "504 with nothing": httpx.Response(504),
    "200 with nothing": httpx.Response(200, text=""),
    "200 with HTML": httpx.Response(200, html="<html></html>"),
    "half a document": httpx.Response(200, text='{"access_token": "acc'),
    "no token": httpx.Response(200, json={"ok": True}),
    "odd token": httpx.Response(200, json={"access_token": "a\nb"}),
}
REFUSED = {
    "500 with a document": httpx.Response(500, json={"error": "server_error"}),
    "503 with a document": httpx.Response(503, json={"message": "busy"}),
    "429": httpx.Response(429),
    "403 with HTML": httpx.Response(403, html="<html>blocked</html>"),
    "404": httpx.Response(404),
    "302": httpx.Response(302, headers={"Location": "/"}),
    "409": httpx.Response(409),
    "400": httpx.Response(400, json={"error": "invalid_request"}),
    "wrong secret": httpx.Response(401, json={"error": "invalid_client"}),
    "refused": httpx.ConnectError("refused"),
}


def answering(answer: httpx.Response | Exception) -> Callable[[dict[str, str]], httpx.Response]:
    def answers(form: dict[str, str]) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return answers


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_a_refresh_token_whose_answer_was_lost_is_not_sent_again_where_that_may_end_the_grant(
    acme, mine, person, strict, answer
) -> None:
    acme.answer = answering(answer)
    with pytest.raises(ReconnectNeeded, match="answer was lost while this connection was being renewed") as told:
        run(strict.renewed("access-1"))
    assert person.connections[0].reconnect == str(told.value)
    acme.answer = None
    with pytest.raises(ReconnectNeeded):
        run(strict.renewed("access-1"))
    assert refreshes(acme) == 1
    assert run(strict.current()) == "access-1", "it is used until it ends"
    assert person.connects().reconnect == "" and run(strict.renewed("access-1")) != "access-1"


@pytest.mark.parametrize("answer", LOST.values(), ids=LOST)
def test_it_is_sent_again_where_that_is_harmless(acme, mine, person, tokens, answer) -> None:
    acme.answer = answering(answer)
    with pytest.raises(Unavailable):
        run(tokens.renewed("access-1"))
    acme.answer = None
    assert run(tokens.renewed("access-1")) == "access-3" and person.connections == [mine]


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_a_refresh_token_that_was_surely_not_spent_is_sent_again_everywhere(
    acme, mine, person, strict, stored_token, answer
) -> None:
    before, acme.answer = stored_token(mine), answering(answer)
    with pytest.raises((Unavailable, NotConfigured)):
        run(strict.renewed("access-1"))
    assert (stored_token(mine), person.connections) == (before, [mine])
    acme.answer = None
    assert run(strict.renewed("access-1")).startswith("access-") and stored_token(mine).refresh_begun is None


def test_that_a_refresh_has_begun_is_stored_before_the_request_leaves(acme, mine, strict, stored_token) -> None:
    seen: list[Token] = []

    async def answer(form: dict[str, str]) -> httpx.Response:
        seen.append(await records.get(keys.TOKEN, mine.path))
        return acme._pair(form, len(acme.forms))

    acme.answer = answer
    run(strict.renewed("access-1"))
    assert seen[0].refresh_begun is not None and stored_token(mine).refresh_begun is None


def left_by_another(mine) -> None:
    """The process that refreshed it was killed."""
    token = run(records.get(keys.TOKEN, mine.path))
    run(records.put(keys.TOKEN, mine.path, dataclasses.replace(token, refresh_begun=datetime.now(UTC))))


def test_what_a_killed_holder_has_begun_is_not_repeated_and_the_connection_says_what_happened(
    acme, mine, person, strict
) -> None:
    left_by_another(mine)
    with pytest.raises(ReconnectNeeded, match="The server stopped while it was renewing this connection"):
        run(strict.renewed("access-1"))
    assert refreshes(acme) == 0 and "Reconnect to go on" in person.connections[0].reconnect
    ends_in(mine, 60)
    assert run(strict.current()) == "access-1", "it is used until it ends"
    ends_in(mine, -1)
    strict._recent = None
    with pytest.raises(ReconnectNeeded):
        run(strict.current())
    assert refreshes(acme) == 0


def test_it_is_repeated_where_that_is_harmless(acme, mine, person, tokens) -> None:
    left_by_another(mine)
    assert run(tokens.renewed("access-1")) == "access-2" and person.connections == [mine]


def test_a_holder_that_stood_still_is_not_mistaken_for_a_dead_one_for_good(
    acme, mine, person, strict, stored_token, configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(self) -> None:
        await asyncio.sleep(60)

    async def both() -> str:
        async with acme.holding():
            first = asyncio.ensure_future(strict.renewed("access-1"))
            await acme.was_asked(2)
            with pytest.raises(ReconnectNeeded):
                await ConnectionTokens(strict._provider, mine).renewed("access-1")
        return await first

    configured(TOKEN_LEASE_SECONDS="0.2")
    monkeypatch.setattr(locks._Lease, "_renew", never)
    assert run(both()) == stored_token(mine).access_token == "access-2" and refreshes(acme) == 1
    assert person.connections[0].reconnect == ""


@pytest.mark.parametrize("odd", [12345678901, ["refresh-2"], {"a": 1}, "two\nlines", "schlüssel", True])
def test_a_refresh_token_that_cannot_be_used_costs_the_access_token_nothing_and_is_in_no_log(
    acme, mine, tokens, strict, stored_token, caplog: pytest.LogCaptureFixture, recwarn, odd
) -> None:
    """Where it is rotated, the one before is spent; else it goes on being good."""

    def answer(form: dict[str, str]) -> httpx.Response:
        return httpx.Response(200, json={"access_token": f"access-{len(acme.forms)}", "refresh_token": odd})

    acme.answer = answer
    assert run(tokens.renewed("access-1")) == stored_token(mine).access_token == "access-2"
    assert stored_token(mine).refresh_token == "refresh-1"
    assert run(strict.renewed("access-2")) == stored_token(mine).access_token == "access-3"
    assert stored_token(mine).refresh_token is None
    assert "12345678901" not in caplog.text and not list(recwarn)


@pytest.mark.parametrize(("lifetime", "left", "due"), [
    (3600, 110, True), (3600, 140, False), (600, 80, False), (600, 50, True), (60, 50, False), (60, 5, True),
    (None, 110, True), (None, 140, False),
])  # fmt: skip
def test_a_token_is_renewed_two_minutes_before_its_end_or_in_the_last_tenth_of_a_short_life(
    acme, mine, tokens, lifetime, left: float, due: bool
) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=left)
    run(records.put(keys.TOKEN, mine.path, Token("access-1", "refresh-1", ends, lifetime=lifetime)))
    run(tokens.current())
    assert refreshes(acme) == due


def test_a_token_that_lives_a_minute_is_used_for_more_than_one_call(acme, mine, provider) -> None:
    acme.lifetime = 60
    ends_in(mine, 0)
    assert {run(ConnectionTokens(provider, mine).current()) for _ in range(5)} == {"access-2"} and refreshes(acme) == 1


@pytest.mark.parametrize("status", [429, 409, 500])
def test_of_many_calls_whose_token_cannot_be_renewed_one_asks_and_waits_and_gives_up_for_all(
    acme, mine, provider, status: int
) -> None:
    ends_in(mine, -10)
    asked: list[float] = []
    wanted: list[str] = []

    class Counted(ConnectionTokens):
        async def renewed(self, refused: str) -> str:
            wanted.append(refused)
            return await super().renewed(refused)

    def answer(form: dict[str, str]) -> httpx.Response:
        asked.append(time.monotonic())
        return httpx.Response(status, json={"error": "slow_down"}, headers={"Retry-After": "1"})

    async def eight() -> list[object]:
        endpoints = endpoints_of(provider, mine)
        apis = [ApiClient(provider, endpoints, Counted(provider, mine), rate_limits) for _ in range(8)]
        return await asyncio.gather(*(api.get("/me") for api in apis), return_exceptions=True)

    acme.answer = answer
    told = run(eight())
    assert {type(each) for each in told} == {RefreshPaused} and "Try again in a minute" in str(told[0])
    assert len(asked) == 3 and len(wanted) <= 3 * 8, "who is told of a pause does not ask again"
    assert all(later - before >= 1 for before, later in itertools.pairwise(asked))


def test_a_long_pause_is_told_at_once_and_kept_by_every_process(acme, mine, person, provider) -> None:
    ends_in(mine, -10)
    acme.answer = lambda form: httpx.Response(429, headers={"Retry-After": "130"})
    for _ in range(3):
        with pytest.raises(RefreshPaused, match="Try again in 3 minutes"):
            run(ConnectionTokens(provider, mine).current())
    assert refreshes(acme) == 1 and person.connections == [mine]


def test_a_token_with_time_left_is_used_though_it_cannot_be_renewed(acme, mine, tokens) -> None:
    ends_in(mine, 60)
    acme.answer = lambda form: httpx.Response(503, json={"message": "busy"}, headers={"Retry-After": "300"})
    assert run(tokens.current()) == "access-1" and refreshes(acme) == 1


@pytest.mark.parametrize("then", ["a refresh succeeds", "it is approved again"])
def test_only_failures_in_a_row_pause_a_connection(acme, mine, person, provider, then: str) -> None:
    async def fails() -> None:
        with pytest.raises(Unavailable) as told:
            await ConnectionTokens(provider, mine).renewed(await current())
        assert not isinstance(told.value, RefreshPaused)

    async def current() -> str:
        return (await records.get(keys.TOKEN, mine.path)).access_token

    for _ in range(2):
        acme.answer = lambda form: httpx.Response(500, json={"error": "server_error"})
        run(fails())
        run(fails())
        acme.answer = None
        if then == "it is approved again":
            person.connects()
        else:
            run(ConnectionTokens(provider, mine).renewed(run(current())))
