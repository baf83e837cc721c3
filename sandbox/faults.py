"""What a call passes before it is answered: latency, the bearer token, rate limits, planted faults."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from integrations.config import Settings
from integrations.model.errors import NotConfigured

from .grants import Grants
from .rules import Answer, Limit, Refusal, Rules, respond
from .sample_text import mix

KINDS = ("429", "5xx", "reset", "truncated", "malformed", "expired")
BROKEN = (500, 502, 503)
clock = time.monotonic

Endpoint = Callable[[Request, Mapping[str, Any]], Awaitable[Answer]]


def shares(text: str) -> dict[str, float]:
    """SANDBOX_FAULTS as shares by kind; raises NotConfigured, naming the kinds, where it is something else."""
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        kind, _, share = part.partition("=")
        try:
            found[kind.strip()] = float(share)
        except ValueError:
            found[""] = 0
    if any(kind not in KINDS or not 0 <= share <= 1 for kind, share in found.items()) or sum(found.values()) > 1:
        raise NotConfigured(f"SANDBOX_FAULTS must look like 429=0.02,reset=0.01 with kinds {', '.join(KINDS)}.")
    return found


@dataclass
class Meter:
    """Calls counted against one limit by this process."""

    times: deque[float] = field(default_factory=deque)
    locked_until: float = 0

    def wait(self, limit: Limit, now: float) -> float:
        """0 if the call may pass (it is counted), else seconds until another may."""
        if now < self.locked_until:
            return self.locked_until - now
        if limit.rolling:
            while self.times and self.times[0] <= now - limit.seconds:
                self.times.popleft()
        elif self.times and self.times[0] <= now - limit.seconds:
            self.times.clear()
        if len(self.times) < limit.calls:
            self.times.append(now)
            return 0
        self.locked_until = now + limit.lockout
        return limit.lockout or self.times[0] + limit.seconds - now


class Gate:
    """Guards the data endpoints of one stand-in provider."""

    def __init__(self, rules: Rules, grants: Grants, settings: Settings) -> None:
        self.rules = rules
        self.grants = grants
        self.latency = settings.sandbox_latency_ms / 1000
        self.limiting = settings.sandbox_rate_limits == "on"
        self.shares = shares(settings.sandbox_faults)
        self._calls = 0
        self._meters: dict[str, Meter] = {}

    def route(self, path: str, endpoint: Endpoint, *methods: str) -> Route:
        """A route to `endpoint(request, grant)`, which answers an Answer or raises a Refusal."""
        return Route(path, Guarded(self, endpoint), methods=methods or ("GET",))

    async def answer(self, request: Request, endpoint: Endpoint, fault: str) -> Response:
        """What the provider says to this call."""
        if missing := self.rules.headers_missing(request.headers):
            return respond(missing)
        kind, _, bearer = request.headers.get("authorization", "").partition(" ")
        if fault == "expired":
            await self.grants.expire(bearer.strip())
        grant = await self.grants.check(bearer.strip()) if kind.lower() == "bearer" else None
        if grant is None:
            return respond(self.rules.unauthorized("invalid" if bearer else "missing"))
        limits = self.rules.limits(request.scope["path"], grant)
        if self.limiting and (refused := self._over(limits)):
            return respond(refused)
        if fault == "429":
            return respond(self.rules.limited(limits[0], 1))
        if fault == "5xx":
            return self._broken()
        return await self._served(request, endpoint, grant, limits[0])

    async def _served(self, request: Request, endpoint: Endpoint, grant: Mapping[str, Any], limit: Limit) -> Response:
        try:
            response = respond(await endpoint(request, grant))
        except Refusal as refusal:
            response = respond(refusal.answer)
        if self.limiting and self.rules.counts:
            response.headers.update(self.rules.counts(limit, self._left(limit)))
        return response

    def draw(self) -> str:
        """Which fault befalls the next call, "" for none: the same calls in the same order meet the same."""
        self._calls += 1
        rest = mix(self._calls, 77) / 2**32
        for kind, share in self.shares.items():
            if rest < share:
                return kind
            rest -= share
        return ""

    def _broken(self) -> Response:
        status = BROKEN[self._calls % len(BROKEN)]
        if status == 502:
            return HTMLResponse("<html><body><h1>502 Bad Gateway</h1></body></html>", 502)
        return respond(self.rules.broken(status))

    def _over(self, limits: tuple[Limit, ...]) -> Answer | None:
        if len(self._meters) > 10_000:
            self._meters.clear()
        for limit in limits:
            wait = self._meters.setdefault(limit.name, Meter()).wait(limit, clock())
            if wait > 0:
                return self.rules.limited(limit, wait)
        return None

    def _left(self, limit: Limit) -> int:
        return limit.calls - len(self._meters.get(limit.name, Meter()).times)


class Guarded:
    """An ASGI application: one endpoint behind its gate."""

    def __init__(self, gate: Gate, endpoint: Endpoint) -> None:
        self.gate = gate
        self.endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.gate.draw()
        await asyncio.sleep(self.gate.latency)
        response = await self.gate.answer(Request(scope, receive), self.endpoint, fault)
        if response.status_code == 200 and fault == "malformed":
            response = Response(response.body[: len(response.body) // 2], media_type="application/json")
        if response.status_code == 200 and fault in ("reset", "truncated"):
            await abandon(response, send, half=fault == "truncated")
        else:
            await response(scope, receive, send)


async def abandon(response: Response, send: Send, *, half: bool) -> None:
    """Promises a whole body, sends nothing or half of it, and stops: the server then closes the connection."""
    await send({"type": "http.response.start", "status": 200, "headers": response.raw_headers})
    body = bytes(response.body)
    await send({"type": "http.response.body", "body": body[: len(body) // 2 if half else 0], "more_body": True})
