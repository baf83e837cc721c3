"""A provider that exists only here, and people who connect to it."""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
import raw_redis
import respx
from made_up import made_up

from integrations import oauth
from integrations.config import Settings
from integrations.http import client as http_client
from integrations.model import Account, Api, Connection, Outcome, Provider, Token
from integrations.service.runtime import run
from integrations.store import client, connections, keys, records

SECRET = "acme-client-secret"


async def identify(api: Api, answer: Mapping[str, Any]) -> Account:
    """The account, as its own API names it."""
    me = await api.get("/me")
    return Account(me["id"], me["name"], me["mail"])


ACME = made_up(
    authorize_url="https://acme.example/authorize", token_url="https://acme.example/token",
    revoke_url="https://acme.example/revoke", api_url="https://api.acme.example", web_url="https://acme.example",
    console_url="https://acme.example/apps", scopes=("read",), identify=identify,
)  # fmt: skip


class Acme:
    """Acme's side: rotating tokens, each refresh token good once; `answer` replaces the token endpoint's answers."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.forms: list[dict[str, str]] = []
        self.revoked: list[str] = []
        self.spent: set[str] = set()
        self.lifetime: int | None = 3600
        self.seconds = 0.0
        self.account = "account-1"
        self.answer: Callable[[dict[str, str]], Any] | None = None
        self._held: list[asyncio.Event] = []
        self.revocation: httpx.Response | Exception = httpx.Response(200)
        self.revocations: dict[str, httpx.Response | Exception] = {}

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path == "/me":
            me = {"id": self.account, "name": "Ada's Acme", "mail": "ada@example.org"}
            return httpx.Response(200, json=me)
        form = dict(parse_qsl(request.content.decode()))
        if request.url.path == "/revoke":
            self.revoked.append(form["token"])
            answer = self.revocations.get(form["token"], self.revocation)
            if isinstance(answer, Exception):
                raise answer
            return answer
        self.forms.append(form)
        number = len(self.forms)
        if self._held:
            await self._held.pop().wait()
        await asyncio.sleep(self.seconds)
        answer = self.answer(form) if self.answer else self._pair(form, number)
        return await answer if inspect.isawaitable(answer) else answer

    @asynccontextmanager
    async def holding(self) -> AsyncIterator[None]:
        """Keeps the answer to the next token request until the block ends."""
        release = asyncio.Event()
        self._held.append(release)
        yield
        release.set()

    async def was_asked(self, times: int) -> None:
        """Waits until so many token requests have come in."""
        async with asyncio.timeout(20):
            while len(self.forms) < times:
                await asyncio.sleep(0.005)

    def _pair(self, form: dict[str, str], number: int) -> httpx.Response:
        grant = form.get("code") or form["refresh_token"]
        if grant in self.spent:
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.spent.add(grant)
        pair = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "token_type": "bearer"}
        return httpx.Response(200, json={**pair, "expires_in": self.lifetime})


class Person:
    """Somebody with a browser."""

    def __init__(self, browser: str) -> None:
        self.owner = hashlib.sha256(browser.encode()).hexdigest()

    def leaves(self, provider: Provider = ACME, environment: str = "real") -> str:
        """Goes to the provider; the state that was sent along."""
        url = run(oauth.authorize(provider, self.owner, environment))
        return dict(parse_qsl(urlsplit(url).query))["state"]

    def comes_back(self, state: str, provider: Provider = ACME, address: str = "", **answer: str) -> Outcome:
        """Returns with an answer; a code unless it says otherwise."""
        answer = {"state": state, **(answer or {"code": f"code {state}"})}
        return run(oauth.redeem(provider, self.owner, answer, address))

    def connects(self) -> Connection:
        outcome = self.comes_back(self.leaves())
        assert outcome.state == "connected", outcome.message
        return run(connections.find(self.owner, "acme", outcome.connection_id))

    @property
    def connections(self) -> list[Connection]:
        return run(connections.of(self.owner))


@pytest.fixture
def person() -> Person:
    return Person("one browser")


@pytest.fixture
def stranger() -> Person:
    return Person("another browser")


@pytest.fixture
def acme(store: None, configured: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> Iterator[Acme]:
    """Acme, reachable and configured; its API is not paced."""

    @asynccontextmanager
    async def acquire(*_: Any) -> AsyncIterator[None]:
        """Nobody waits here."""
        yield

    monkeypatch.setattr(http_client, "acquire", acquire)
    monkeypatch.setattr(Settings, "offers_sample", lambda self, provider: self.serves_samples)  # Acme has no stand-in
    configured(ACME_CLIENT_ID="acme-client", ACME_CLIENT_SECRET=SECRET)
    server = Acme()
    with respx.mock(assert_all_called=False) as router:
        router.route(host__regex=r".*acme\.example").mock(side_effect=server)
        yield server


def token_of(connection: Connection) -> Token | None:
    """What is stored for a connection."""
    return run(records.get(keys.TOKEN, connection.path))


def everything() -> dict[bytes, bytes]:
    """All that Redis holds, raw, by key; but for budgets and the activity log, which have tests of their own."""
    found = run(client.execute(raw_redis.everything))
    apart = (b"dashboard:rate_limit", b"dashboard:audit")
    return {key: value for key, value in found.items() if not key.startswith(apart)}


@pytest.fixture
def in_redis() -> Callable[[], dict[bytes, bytes]]:
    return everything


@pytest.fixture
def stored_token() -> Callable[[Connection], Token | None]:
    return token_of


@pytest.fixture
def provider() -> Provider:
    return ACME
