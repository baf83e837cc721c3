"""What tells one stand-in provider from another, and the shapes that all of them share."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, Protocol, TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse

T = TypeVar("T")


class Store(Protocol):
    """Where grants live: sealed records that expire, shared by all processes."""

    async def put(self, name: str, value: dict[str, Any], seconds: int | None) -> None: ...

    async def get(self, name: str) -> dict[str, Any] | None: ...

    async def take(self, name: str) -> dict[str, Any] | None: ...

    async def delete(self, name: str) -> None: ...


class Answer(NamedTuple):
    """A JSON answer before it is one: status, body, headers."""

    status: int
    body: Any
    headers: Mapping[str, str] = {}


def respond(answer: Answer) -> JSONResponse:
    """The response to send."""
    return JSONResponse(answer.body, answer.status, answer.headers)


class Refusal(Exception):
    """Raised by an endpoint to answer with an error in its provider's words."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.answer = Answer(status, body, headers or {})


class Limit(NamedTuple):
    """So many `calls` in `seconds`, counted under `name`; `lockout` seconds of refusal once over."""

    name: str
    calls: int
    seconds: float
    rolling: bool = False
    lockout: float = 0


@dataclass(frozen=True)
class Rules:
    """The differences between the providers' OAuth and errors, as data.

    `scopes`: registered scopes in people's words; `allows`: the same where a provider has no scopes.
    `returns_errors`: whether a faulty authorization request goes back to the app or ends on a page.
    `lifetime`: of access tokens in seconds, None where the provider states none.
    `rotates`: a refresh gives a new refresh token and kills the old pair.
    `burns_codes`: a failed exchange spends the code. `conflict_seconds`: replaying a spent refresh
    token so soon is HTTP 409. `echoes`: authorization parameters that come back with the code.
    `token_answer(grant)`: what a token answer holds beyond the tokens.
    `counts(limit, left)`: headers that tell how much of a limit is left, where a provider sends them.
    `headers_missing(headers)`: the answer to a call without a header that every call needs.
    `token_error(error, description, form)`, `unauthorized(reason)`, `broken(status)`: error bodies.
    `limited(limit, wait)`: a 429. `limits(path, token)`: the budgets that a call draws from.
    """

    slug: str
    title: str
    authorize: str
    token: str
    client_auth: Literal["client_secret_basic", "client_secret_post"]
    token_answer: Callable[[Mapping[str, Any]], dict[str, Any]]
    token_error: Callable[[str, str, Mapping[str, str]], dict[str, Any]]
    unauthorized: Callable[[str], Answer]
    broken: Callable[[int], Answer]
    limited: Callable[[Limit, float], Answer]
    limits: Callable[[str, Mapping[str, Any]], tuple[Limit, ...]]
    json_body: bool = False
    counts: Callable[[Limit, int], dict[str, str]] | None = None
    headers_missing: Callable[[Mapping[str, str]], Answer | None] = lambda headers: None
    scopes: Mapping[str, str] = field(default_factory=dict)
    implied_scope: str = ""
    allows: tuple[str, ...] = ()
    requires: Mapping[str, str] = field(default_factory=dict)
    state: str = ".*"
    pkce: Literal["required", "optional", "unknown"] = "optional"
    returns_errors: bool = True
    describes_denial: bool = False
    echoes: tuple[str, ...] = ()
    lifetime: int | None = None
    rotates: bool = True
    burns_codes: bool = False
    conflict_seconds: int = 0
    access_prefix: str = ""
    refresh_prefix: str = ""
    token_bytes: int = 32


class Lazy(Generic[T]):
    """Something costly, built once in a thread when first asked for, whatever loop asks."""

    def __init__(self, build: Callable[[], T]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._built: list[T] = []

    async def get(self) -> T:
        """The thing; the event loop goes on while it is being built."""
        if not self._built:
            await asyncio.to_thread(self._make)
        return self._built[0]

    def _make(self) -> None:
        with self._lock:
            if not self._built:
                self._built.append(self._build())


async def json_object(request: Request, refusal: Refusal) -> dict[str, Any]:
    """The JSON object in a request's body, {} if there is none; raises `refusal` if it is something else."""
    try:
        found = json.loads(await request.body() or b"{}")
    except (ValueError, ClientDisconnect):  # who has gone reads no answer
        raise refusal from None
    if not isinstance(found, dict):
        raise refusal
    return found


def whole(value: Any, default: int, refusal: Refusal, low: int, high: int) -> int:
    """A whole number between `low` and `high`; `default` if absent, raises `refusal` if unusable."""
    try:
        number = default if value in (None, "") else int(value)
    except (TypeError, ValueError):
        raise refusal from None
    if not low <= number <= high:
        raise refusal
    return number
