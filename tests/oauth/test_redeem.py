"""Coming back: an answer is redeemed once, by the browser that was sent, and leaves nothing behind when it fails."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import sys
import time
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from made_up import varied

from integrations import oauth
from integrations.model import Account, Outcome, errors
from integrations.oauth.redeem import PER_ADDRESS, PER_OWNER
from integrations.service.runtime import run
from integrations.store import client, connections, keys, locks, rate_limits, records


def nothing_is_left(in_redis: Callable[[], dict[bytes, bytes]]) -> bool:
    kept = (b"dashboard:outcome:", b"dashboard:notice:")
    return not [key for key in in_redis() if not key.startswith(kept)]


def test_an_approval_connects_and_is_noted_for_the_page(acme, person, stored_token) -> None:
    state = person.leaves()
    outcome = person.comes_back(state, code="the code")
    (mine,) = person.connections
    assert (outcome.state, outcome.message) == ("connected", "Connected to Ada's Acme.")
    assert (mine.id, mine.slug, mine.account.detail, mine.reconnect) == (
        outcome.connection_id,
        "acme",
        "ada@example.org",
        "",
    )
    assert stored_token(mine).access_token == "access-1"
    assert run(records.get(keys.NOTICE, (person.owner, "acme"))) == outcome


def test_the_token_request_carries_the_code_its_redirect_and_the_verifier(acme, person) -> None:
    state = person.leaves()
    place = (person.owner, "acme", hashlib.sha256(state.encode()).hexdigest())
    verifier = run(records.get(keys.STATE, place)).verifier
    person.comes_back(state, code="the code")
    assert acme.forms == [{
        "grant_type": "authorization_code", "code": "the code", "code_verifier": verifier,
        "redirect_uri": "http://localhost:8501/acme",
    }]  # fmt: skip


def test_the_redirect_uri_is_the_one_that_was_sent_even_if_the_setting_changed_meanwhile(
    acme, person, configured
) -> None:
    state = person.leaves()
    configured(ACME_REDIRECT_URI="http://localhost:8501/elsewhere")
    person.comes_back(state)
    assert acme.forms[0]["redirect_uri"] == "http://localhost:8501/acme"


@pytest.mark.parametrize(("answer", "says"), [
    ({"error": "access_denied"}, "You did not approve"),
    ({"error": "access_denied", "code": "the code"}, "You did not approve"),
    ({"error": "server_error", "error_description": "<b>boom</b>"}, "Acme could not complete the request"),
    ({"error": ""}, "Acme could not complete the request"),
    ({"code": ""}, "Acme sent no authorization code"),
    ({"iss": "https://acme.example"}, "Acme sent no authorization code"),
    ({"code": "the code", "iss": "http://localhost:8501/sandbox/acme"}, "not come from where you were sent"),
])  # fmt: skip
def test_an_answer_that_is_no_approval_asks_for_no_token_and_stores_nothing(
    acme, person, in_redis, answer, says
) -> None:
    outcome = person.comes_back(person.leaves(), **answer)
    assert outcome.state == "failed" and says in outcome.message and "You can start again" in outcome.message
    assert acme.requests == [] and nothing_is_left(in_redis)


def test_the_page_that_was_left_is_what_one_comes_back_to_however_it_ends(acme, person, provider) -> None:
    view = "/acme?account=0123&f.type=a&f.type=b"
    for answer in ({"code": "the code"}, {"error": "access_denied"}):
        url = run(oauth.authorize(provider, person.owner, "real", return_to=view))
        state = dict(parse_qsl(urlsplit(url).query))["state"]
        assert view not in url and person.comes_back(state, **answer).return_to == view
    assert person.comes_back(person.leaves()).return_to == ""
    assert person.comes_back("x" * 64, code="the code").return_to == "", "what is forged leads nowhere"


def test_a_sample_answer_from_anywhere_else_is_refused(acme, person, in_redis) -> None:
    state = person.leaves(environment="sandbox")
    outcome = person.comes_back(state, code="the code", iss="https://evil.example")
    assert "not come from where you were sent" in outcome.message
    assert acme.requests == [] and nothing_is_left(in_redis)


def test_an_answer_without_a_state_is_refused(acme, person, provider, in_redis) -> None:
    outcome = run(oauth.redeem(provider, person.owner, {"code": "the code"}))
    assert outcome.state == "failed" and "no state" in outcome.message
    assert acme.requests == [] and nothing_is_left(in_redis)


def test_a_forged_state_is_refused(acme, person, in_redis) -> None:
    outcome = person.comes_back("x" * 64, code="the code")
    assert outcome.state == "failed" and "was not expected" in outcome.message
    assert acme.requests == [] and nothing_is_left(in_redis)


def test_an_expired_state_is_refused(acme, person, in_redis) -> None:
    state = person.leaves()
    (key,) = in_redis()
    run(client.execute(lambda redis: redis.pexpire(key, 0)))
    assert "older than ten minutes" in person.comes_back(state).message
    assert acme.requests == [] and nothing_is_left(in_redis)


def test_a_replayed_answer_shows_the_outcome_again_and_redeems_nothing(acme, person) -> None:
    state = person.leaves()
    assert person.comes_back(state) == person.comes_back(state)
    assert len(acme.forms) == 1 and len(person.connections) == 1


def test_an_answer_replayed_after_its_outcome_is_forgotten_is_refused(acme, person) -> None:
    state = person.leaves()
    person.comes_back(state)
    run(records.delete(keys.OUTCOME, (person.owner, "acme", hashlib.sha256(state.encode()).hexdigest())))
    assert person.comes_back(state).state == "failed"
    assert len(acme.forms) == 1 and len(person.connections) == 1


def test_in_another_browser_an_answer_is_worth_nothing_and_costs_its_owner_nothing(acme, person, stranger) -> None:
    state = person.leaves()
    assert "another browser" in stranger.comes_back(state).message
    assert acme.requests == [] and stranger.connections == []
    assert person.comes_back(state).state == "connected"


def test_at_another_provider_an_answer_is_worth_nothing_and_stays_good_at_its_own(acme, person, provider) -> None:
    state = person.leaves()
    other = varied(provider, slug="other", title="Other")
    assert person.comes_back(state, other).state == "failed"
    assert acme.requests == [] and person.comes_back(state).state == "connected"


@pytest.mark.parametrize("answer", [
    httpx.Response(400, json={"error": "invalid_grant"}), httpx.Response(401, json={"error": "invalid_client"}),
    httpx.Response(500), httpx.Response(502, html="<html>Bad gateway</html>"), httpx.Response(200, text="{"),
    httpx.Response(200, json=["access_token"]), httpx.Response(200, json={"access_token": ""}),
    httpx.Response(200, json={"access_token": None}), httpx.Response(200, json={"access_token": {"a": 1}}),
    httpx.Response(200, json={"access_token": "two\nlines"}), httpx.Response(200, json={"access_token": "schlüssel"}),
    httpx.Response(200, json={"access_token": "a", "error": None}), httpx.Response(429, headers={"Retry-After": "9"}),
    httpx.Response(302, headers={"Location": "/"}),
], ids=lambda answer: f"{answer.status_code} {answer.text[:40]}")  # fmt: skip
def test_whatever_the_token_endpoint_answers_instead_of_a_token_nothing_is_stored(
    acme, person, in_redis, answer
) -> None:
    acme.answer = lambda form: answer
    outcome = person.comes_back(person.leaves())
    assert outcome.state == "failed" and "Acme" in outcome.message
    assert len(acme.forms) == 1 and nothing_is_left(in_redis)


def test_a_token_request_that_never_left_is_sent_again_and_one_that_may_have_arrived_is_not(acme, person) -> None:
    def connects_late(form: dict[str, str]) -> httpx.Response:
        if len(acme.forms) == 1:
            raise httpx.ConnectError("refused")
        raise httpx.ReadTimeout("no answer")

    acme.answer = connects_late
    outcome = person.comes_back(person.leaves())
    assert outcome.state == "failed" and "could not be reached" in outcome.message
    assert len(acme.forms) == 2 and person.connections == []


def test_an_account_that_cannot_be_named_stores_nothing_and_says_so(acme, person, provider, in_redis) -> None:
    async def identify(api, answer):
        return answer["somebody"]

    nameless, state = varied(provider, identify=identify), person.leaves()
    outcome = person.comes_back(state, nameless)
    assert outcome.state == "failed" and "does not understand" in outcome.message
    assert person.comes_back(state) == outcome and nothing_is_left(in_redis)


def test_a_hundred_callbacks_at_once_ask_for_one_token_and_all_end_connected(
    acme, person, provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "PATIENCE", 5)  # a busy machine is not a Redis that is away
    state, acme.seconds = person.leaves(), 0.3

    async def at_once() -> list[Outcome]:
        answer = {"state": state, "code": "the code"}
        return await asyncio.gather(*(oauth.redeem(provider, person.owner, answer) for _ in range(100)))

    outcomes = run(at_once())
    assert {outcome.state for outcome in outcomes} == {"connected"} and len(set(outcomes)) == 1
    assert len(acme.forms) == 1 and len(person.connections) == 1


def test_a_second_callback_waits_for_the_first_and_sees_its_failure(acme, person, provider) -> None:
    state, acme.seconds = person.leaves(), 0.3
    acme.answer = lambda form: httpx.Response(400, json={"error": "invalid_grant"})

    async def twice() -> list[Outcome]:
        answer = {"state": state, "code": "the code"}
        return await asyncio.gather(*(oauth.redeem(provider, person.owner, answer) for _ in range(2)))

    first, second = run(twice())
    assert first == second and "does not accept this approval" in first.message


def test_after_an_interruption_the_next_callback_says_so_and_redeems_nothing(acme, person, provider) -> None:
    state = person.leaves()

    async def killed_in_the_middle() -> None:
        async with acme.holding():
            answer = {"state": state, "code": "the code"}
            redeeming = asyncio.ensure_future(oauth.redeem(provider, person.owner, answer))
            await acme.was_asked(1)
            redeeming.cancel()
            await asyncio.gather(redeeming, return_exceptions=True)

    run(killed_in_the_middle())
    outcome = person.comes_back(state)
    assert outcome.state == "failed" and "interrupted" in outcome.message and "You can start again" in outcome.message
    assert len(acme.forms) == 1 and person.connections == []
    assert run(records.get(keys.NOTICE, (person.owner, "acme"))) == outcome, "the page says so"


def test_once_the_process_that_redeemed_is_dead_the_next_callback_says_so_within_seconds(acme, person) -> None:
    state = person.leaves()
    place = (person.owner, "acme", hashlib.sha256(state.encode()).hexdigest())
    run(records.claim((keys.STATE, place), (keys.OUTCOME, place), Outcome("redeeming")))
    lease = ":".join((keys.LOCK, *place))  # as it was left by a process that nobody hears of any more
    run(client.execute(lambda redis: redis.set(lease, "1:killed", px=4000)))
    began = time.monotonic()
    outcome = person.comes_back(state)
    assert "was interrupted" in outcome.message and time.monotonic() - began < 10
    assert acme.forms == [] and run(records.get(keys.NOTICE, (person.owner, "acme"))) == outcome


def test_a_second_callback_waits_for_one_that_takes_longer_than_its_lease(acme, person, provider, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["integrations.oauth.redeem"], "LEASE", 0.6)
    state, acme.seconds = person.leaves(), 2

    async def twice() -> list[Outcome]:
        answer = {"state": state, "code": "the code"}
        return await asyncio.gather(*(oauth.redeem(provider, person.owner, answer) for _ in range(2)))

    assert [outcome.state for outcome in run(twice())] == ["connected"] * 2 and len(acme.forms) == 1


@pytest.mark.parametrize("missing", ["state", "unknown", "replayed", "denied"])
def test_every_end_of_an_attempt_is_noted_for_the_page(acme, person, provider, missing: str) -> None:
    state = person.leaves()
    if missing == "replayed":
        person.comes_back(state)
    run(records.delete(keys.NOTICE, (person.owner, "acme")))
    answer = {"state": "", "unknown": "f" * 64}.get(missing, state), {"denied": {"error": "access_denied"}}.get(missing)
    outcome = person.comes_back(answer[0], **(answer[1] or {}))
    assert run(records.get(keys.NOTICE, (person.owner, "acme"))) == outcome


ODD = [
    '"expires_in": 1e12', '"expires_in": "soon"', '"expires_in": -5', '"expires_in": NaN', '"expires_in": [3600]',
    f'"expires_in": {"9" * 5000}', '"scope": 5', '"scope": {"a": 1}', '"scope": ["read", 7]', r'"scope": "\ud83d"',
    '"token_type": null', '"id_token": 7', '"expires_at": "never"', r'"user": "\udc00"', '"note": "a\tb"',
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:40])
def test_an_approval_is_kept_whatever_else_comes_with_its_tokens(acme, person, stored_token, odd: str) -> None:
    pair = '"access_token": "access-1", "refresh_token": "refresh-1"'
    acme.answer = lambda form: httpx.Response(200, text=f"{{{pair}, {odd}}}")
    outcome = person.comes_back(person.leaves())
    assert outcome.state == "connected", outcome.message
    saved = stored_token(*person.connections)
    assert (saved.access_token, saved.refresh_token, saved.expires_at) == ("access-1", "refresh-1", None)
    assert saved.scope in ("", "read")


def test_an_account_with_half_a_character_in_its_name_is_connected(acme, person, provider) -> None:
    async def identify(api, answer):
        return Account("1", "Ada \ud83d", "ada@example.org")

    outcome = person.comes_back(person.leaves(), varied(provider, identify=identify))
    assert outcome.state == "connected" and person.connections[0].account.name == "Ada ?"


def test_a_failed_attempt_leaves_the_connection_there_was(acme, person, stored_token) -> None:
    before = person.connects()
    acme.answer = lambda form: httpx.Response(500)
    person.comes_back(person.leaves())
    assert person.connections == [before] and stored_token(before).access_token == "access-1"


def test_the_same_account_connected_again_is_replaced_and_another_one_is_added(acme, person, stored_token) -> None:
    first, again = person.connects(), person.connects()
    assert person.connections == [again] and first.id == again.id
    assert stored_token(first).access_token == "access-2"
    acme.account = "account-2"
    other = person.connects()
    assert person.connections == [again, other] and again.id != other.id


def test_two_people_with_the_same_account_have_a_connection_each(acme, person, stranger, stored_token) -> None:
    first, second = person.connects(), stranger.connects()
    assert (person.connections, stranger.connections) == ([first], [second])
    assert stored_token(first) != stored_token(second)


def test_a_refresh_under_way_is_not_saved_over_the_pair_of_a_new_approval(acme, person, stored_token, provider) -> None:
    mine, state = person.connects(), person.leaves()

    async def both() -> None:
        async with acme.holding():
            refresh = asyncio.ensure_future(oauth.ConnectionTokens(provider, mine).renewed("access-1"))
            await acme.was_asked(2)
            answer = {"state": state, "code": "a new code"}
            redeeming = asyncio.ensure_future(oauth.redeem(provider, person.owner, answer))
            await acme.was_asked(3)
            await asyncio.sleep(0.1)  # for one that would not wait
        await asyncio.gather(refresh, redeeming)

    run(both())
    assert [form["grant_type"] for form in acme.forms] == ["authorization_code", "refresh_token", "authorization_code"]
    assert stored_token(mine).refresh_token == "refresh-3"


def test_without_redis_nothing_is_spent_and_the_person_is_told(acme, person, monkeypatch) -> None:
    state = person.leaves()

    async def gone(*args, **kwargs):
        raise errors.StoreUnavailable

    with monkeypatch.context() as dead:
        dead.setattr(records, "execute", gone)
        with pytest.raises(errors.StoreUnavailable):
            person.comes_back(state)
    assert acme.requests == [] and person.comes_back(state).state == "connected"


def test_a_browser_that_sends_one_made_up_code_after_the_other_is_told_to_wait(acme, person, stranger) -> None:
    acme.answer = lambda form: httpx.Response(400, json={"error": "invalid_grant"})
    said = [person.comes_back(person.leaves()).message for _ in range(12)]
    assert len(acme.forms) == 10 and all("too many failed attempts" in each for each in said[10:])
    acme.answer = None
    assert stranger.comes_back(stranger.leaves()).state == "connected", "others are not kept waiting"


@pytest.mark.parametrize(("module", "name", "of"), [
    (rate_limits, "admit", None), (locks, "execute", None), (connections, "save", None), (records, "put", keys.OUTCOME),
])  # fmt: skip
def test_an_approval_outlives_a_redis_that_goes_away_during_the_exchange(
    acme, person, stored_token, monkeypatch, module, name, of
) -> None:
    state, real, tries = person.leaves(), getattr(module, name), []

    async def away_at_first(*arguments, **options):
        if (acme.forms or module is rate_limits) and of in (None, arguments[0]):
            tries.append(1)
            if len(tries) < 4:
                raise errors.StoreUnavailable
        return await real(*arguments, **options)

    monkeypatch.setattr(module, name, away_at_first)
    assert person.comes_back(state).state == "connected" and len(acme.forms) == 1 and len(tries) >= 4
    assert stored_token(*person.connections).access_token == "access-1"


def test_a_connection_is_saved_whole_or_not_at_all(acme, person, in_redis, monkeypatch) -> None:
    monkeypatch.setattr("integrations.store.retry.SAVE_WITHIN", 0)

    async def gone(*arguments, **options):
        raise errors.StoreUnavailable

    monkeypatch.setattr(connections, "execute", gone)
    assert person.comes_back(person.leaves()).state == "failed" and nothing_is_left(in_redis)


def test_what_a_newer_version_has_stored_is_replaced_by_a_new_approval(acme, person, stored_token) -> None:
    mine = person.connects()
    run(client.execute(lambda redis: redis.set(keys.CONNECTION.key(*mine.path), b"\x09 of a newer version")))
    assert "Update this server" in person.connections[0].reconnect
    assert person.connects().reconnect == "" and stored_token(mine).access_token == "access-2"


def refused(form: dict[str, str]) -> httpx.Response:
    return httpx.Response(400, json={"error": "invalid_grant"})


def test_made_up_browsers_elsewhere_keep_nobody_from_connecting(acme, person) -> None:
    """Thirty of them, ten codes each: once that was all that everybody together had in a minute."""
    acme.answer = refused
    for number in range(30):
        attacker = type(person)(f"made-up browser {number}")
        for _ in range(10):
            attacker.comes_back(attacker.leaves(), address="203.0.113.7")
    acme.answer = None
    assert person.comes_back(person.leaves(), address="198.51.100.1").state == "connected"
    assert len(acme.forms) == PER_ADDRESS.calls + 1


def test_an_approval_that_has_to_wait_is_kept_with_its_state(acme, person, stranger, in_redis) -> None:
    acme.answer = refused
    for _ in range(PER_ADDRESS.calls):
        stranger = type(person)(f"browser {secrets.token_hex(4)}")
        stranger.comes_back(stranger.leaves(), address="203.0.113.7")
    acme.answer, asked = None, len(acme.forms)
    state = person.leaves()
    outcome = person.comes_back(state, address="203.0.113.7", code="the code")
    assert outcome.state == "later" and "reload this page" in outcome.message and len(acme.forms) == asked
    assert person.comes_back(state, address="198.51.100.1", code="the code").state == "connected"


def test_only_a_failed_exchange_is_counted(acme, person) -> None:
    for _ in range(2 * PER_OWNER.calls):
        assert person.comes_back(person.leaves(), address="203.0.113.7").state == "connected"
        assert "not expected" in person.comes_back("x" * 64, address="203.0.113.7", code="the code").message
        assert "not approve" in person.comes_back(person.leaves(), address="203.0.113.7", error="access_denied").message
        answer = {"code": "the code", "iss": "http://localhost:8501/sandbox/acme"}
        assert "not come from" in person.comes_back(person.leaves(), address="203.0.113.7", **answer).message


def test_an_ipv6_subscriber_is_one_address_and_others_are_others(acme, person) -> None:
    acme.answer = refused
    for number in range(PER_ADDRESS.calls + 5):
        attacker = type(person)(f"browser {number}")
        attacker.comes_back(attacker.leaves(), address=f"2001:db8:0:1::{number:x}")
    assert len(acme.forms) == PER_ADDRESS.calls
    acme.answer = None
    assert person.comes_back(person.leaves(), address="2001:db8:0:2::1").state == "connected"


def test_attempts_at_the_same_moment_are_no_more_than_one_after_the_other(acme, person, provider) -> None:
    acme.answer = refused
    people = [type(person)(f"browser {number}") for number in range(PER_ADDRESS.calls + 20)]
    states = [each.leaves() for each in people]

    async def all_at_once() -> list[Outcome]:
        answers = ({"state": state, "code": f"code {state}"} for state in states)
        pairs = zip(people, answers, strict=True)
        return await asyncio.gather(*(oauth.redeem(provider, each.owner, sent, "203.0.113.7") for each, sent in pairs))

    outcomes = run(all_at_once())
    assert len(acme.forms) == PER_ADDRESS.calls
    assert sum(outcome.state == "later" for outcome in outcomes) == 20
