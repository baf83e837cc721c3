"""What a token endpoint or an API answers while somebody connects: odd JSON is read, and nobody waits without end."""

from __future__ import annotations

import asyncio
import sys
import time

import httpx
import pytest

from integrations.oauth.tokens import ConnectionTokens
from integrations.service.runtime import run
from integrations.store import audit, connections

PAIR = b'{"access_token": "access-1", "refresh_token": "refresh-1", "token_type": "bearer", "workspace": %s}'
SENTENCE = "Acme has moved this account. Reconnect to go on."


@pytest.mark.parametrize("odd", [
    rb'"Team \ud83d"', b'"a\x01b"', b'"\xff"', b"[NaN, 1e999]", b"9" * 5_000, b"[" * 900 + b"]" * 900,
], ids=lambda value: repr(value[:12]))  # fmt: skip
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_a_token_answer_in_odd_json_is_an_approval_all_the_same(acme, person, stored_token, odd, mark) -> None:
    acme.answer = lambda form: httpx.Response(200, content=mark + PAIR % odd)
    connection = person.connects()
    assert stored_token(connection).refresh_token == "refresh-1"


def test_an_account_that_is_never_named_ends_in_a_sentence(acme, person, monkeypatch) -> None:
    monkeypatch.setattr(sys.modules["integrations.oauth.redeem"], "IDENTIFY", 0.3)
    asked = acme.__class__.__call__

    async def silent(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/me":
            await asyncio.sleep(60)
        return await asked(self, request)

    monkeypatch.setattr(acme.__class__, "__call__", silent)
    started = time.monotonic()
    outcome = person.comes_back(person.leaves())
    assert (outcome.state, person.connections) == ("failed", [])
    assert outcome.message == "Acme took longer than 0.3 seconds to answer. Try again in a few minutes."
    assert time.monotonic() - started < 20


def test_a_connection_that_has_another_token_by_now_is_not_marked(acme, person, provider) -> None:
    mine = person.connects()
    tokens = ConnectionTokens(provider, mine)
    run(tokens.given_up("an older one", SENTENCE))
    assert person.connections[0].reconnect == ""
    for _ in range(3):
        run(tokens.given_up("access-1", SENTENCE))
    assert person.connections[0].reconnect == SENTENCE
    assert [event.what for event in run(audit.events(mine.owner, 9))].count("needs to be reconnected") == 1
    person.connects()
    assert run(connections.find(*mine.path)).reconnect == ""
