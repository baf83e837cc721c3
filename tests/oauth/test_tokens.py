"""The access token of a connection: renewed in time, once for everybody, and never shown to another address."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from integrations import oauth
from integrations.http import ApiClient
from integrations.model import Token, settings
from integrations.model.errors import NotConfigured, ReconnectNeeded, StoreUnavailable, Unavailable
from integrations.oauth import ConnectionTokens, endpoints_of
from integrations.store import budget, connections, keys, locks, records
from integrations.store import connection as redis_connection
from integrations.store.loop import run


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
    monkeypatch.setattr("integrations.store.connection.INSIST", 0.3)
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
    api = ApiClient(provider, endpoints_of(provider, mine), ConnectionTokens(provider, mine), budget)
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
