"""What can go wrong between this app and a provider, and a wire on which it befalls a call of one's choice."""

from __future__ import annotations

import asyncio
import itertools
import json
import struct
import threading
from collections.abc import Awaitable, Callable
from socket import SO_LINGER, SOL_SOCKET
from typing import Any

import httpx

Send = Callable[[httpx.Request], Awaitable[httpx.Response]]
SLOW = 5  # seconds; more than the tests' patience


def raw(status: str, *headers: str, body: str = '{"message": "trouble"}', kind: str = "application/json") -> bytes:
    """An answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", body]
    return "\r\n".join(lines).encode()


# what each of the providers takes for its own error document
OWN_WORDS = (
    '{"object": "error", "code": "object_not_found", "status": "error", "error": {"type": "NOT_FOUND"}, "message": ""}'
)
WIRE = {
    "401": raw("401 Unauthorized"),
    "403": raw("403 Forbidden", body=OWN_WORDS),
    "404": raw("404 Not Found", body=OWN_WORDS),
    "403 with HTML": raw("403 Forbidden", body="<html><h1>You have been blocked</h1></html>", kind="text/html"),
    "409": raw("409 Conflict"),
    "423": raw("423 Locked"),
    "429": raw("429 Too Many Requests"),
    "429 with Retry-After": raw("429 Too Many Requests", "Retry-After: 1"),
    "477": raw("477 Migration In Progress"),
    "500": raw("500 Internal Server Error"),
    "502 with HTML": raw("502 Bad Gateway", body="<html><h1>502</h1></html>", kind="text/html"),
    "503": raw("503 Service Unavailable", "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT"),
    "504": raw("504 Gateway Timeout", body=""),
    "529": raw("529 Site Is Overloaded"),
    "truncated": raw("200 OK", body='{"results": [' + " " * 99 + "]}")[:-60],
    "truncated JSON": raw("200 OK", body='{"results": [{"id": "1", "na'),
    "malformed JSON": raw("200 OK", body='{"results": [}, "records": [}, "bases": [}}'),
    "JSON of something else": raw("200 OK", body='{"ok": true}'),
    "HTML with 200": raw("200 OK", body="<html>We'll be back soon</html>", kind="text/html"),
    "slow": b"",
    "reset": b"",
}
NOWHERE = "no such host"
CURSORS = ("duplicate cursor", "empty page with a cursor", "endless chain")
FAULTS = (*WIRE, NOWHERE, *CURSORS, "clock")
ROWS = ("results", "records", "bases", "tables")


async def misbehave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A server whose paths are the faults."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    fault = head.split(" ")[1].strip("/").replace("%20", " ")
    try:
        if fault == "slow":
            await asyncio.sleep(SLOW)
        if fault == "reset":
            writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
        writer.write(WIRE[fault])
        await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class Wire:
    """Between httpx and the network: a fault befalls one call of the load, once or whenever it comes again."""

    def __init__(self, misbehaving: str) -> None:
        self._misbehaving = misbehaving
        self._same: dict[str, httpx.Request] = {}
        self._numbers = itertools.count()
        self.skew = 0.0
        self.plan()

    def plan(self, fault: str = "", at: int = -1, lasting: bool = False, to_token: bool = False) -> None:
        """From now on, at that call; `to_token`: it is refused, and the fault befalls the refresh of the token."""
        self._fault, self._at, self._lasting, self._to_token = fault, at, lasting, to_token
        self._chosen: tuple[str, str, bytes] | None = None
        self.calls = self.met = self.refused = 0
        self._same.clear()
        self._hold_at = -1

    def hold(self, at: int) -> None:
        """From now on: keep the load waiting at that call until `go` is set; `held` says that it has come there."""
        self.plan()
        self._hold_at, self.held, self.go = at, threading.Event(), threading.Event()

    async def carry(self, send: Send, request: httpx.Request) -> httpx.Response:
        """In the place of `send`, which carries a request as it is."""
        if self.calls == self._hold_at:
            self.held.set()
            await asyncio.to_thread(self.go.wait, 30)
        request = self._original(request)
        of_token = "/oauth" in request.url.path
        chosen = not of_token and self._is_chosen(request)
        if chosen and self._to_token:
            self.refused += 1  # perhaps others read on meanwhile, and no new token is needed any more
            return httpx.Response(401, json={"message": "no longer good"})
        if not (of_token if self._to_token else chosen) or (self.met and not self._lasting):
            return await send(request)
        if self._fault in CURSORS:
            return await self._misshapen(send, request)
        self.met += 1
        return await self._befall(send, request)

    def _is_chosen(self, request: httpx.Request) -> bool:
        """Whether it is the call at that place, or the same again; a refresh is wanted once."""
        call = identity(request)
        if self.calls == self._at or (self.calls > self._at >= 0 and self._fault in CURSORS and not self.met):
            self._chosen = call
        self.calls += 1
        return call == self._chosen and not (self._to_token and self.met and not self._lasting)

    async def _befall(self, send: Send, request: httpx.Request) -> httpx.Response:
        if self._fault in WIRE:
            return await send(moved(request, httpx.URL(f"{self._misbehaving}/{self._fault}")))
        if self._fault == NOWHERE:
            return await send(moved(request, request.url.copy_with(host="nowhere.invalid")))
        self.skew = 600  # the clock
        return await send(request)

    async def _misshapen(self, send: Send, request: httpx.Request) -> httpx.Response:
        """The answer, but its cursor leads to where it comes from: by its own name, or by a new one each time.

        Where there is no further page, there is nothing to get wrong: then it befalls the next call that has one.
        """
        response = await send(request)
        answer = json.loads(await response.aread())
        if not (answer.get("has_more") or answer.get("offset") or answer.get("paging") or self.met):
            return httpx.Response(response.status_code, json=answer)
        self._chosen = identity(request)
        self.met += 1
        if self._fault == "empty page with a cursor":
            answer |= {name: [] for name in ROWS if name in answer}
        name = cursor_of(request) if self._fault == "duplicate cursor" else ""
        if not name:
            new = abs(hash(identity(request))) if self._fault == "duplicate cursor" else next(self._numbers)
            name = f"again-{new}"
            self._same[name] = request
        answer |= {"has_more": True, "next_cursor": name, "offset": name, "paging": {"next": {"after": name}}}
        return httpx.Response(response.status_code, json=answer)

    def _original(self, request: httpx.Request) -> httpx.Request:
        known = self._same.get(cursor_of(request))
        return moved(request, known.url, known.content) if known else request


def identity(request: httpx.Request) -> tuple[str, str, bytes]:
    """What makes two requests the same call."""
    return request.method, str(request.url), request.content


def cursor_of(request: httpx.Request) -> str:
    """The cursor that a request goes on from, "" at a beginning."""
    body: dict[str, Any] = {}
    if "json" in request.headers.get("Content-Type", "") and request.content:
        body = json.loads(request.content)
    given = {**dict(request.url.params), **body}
    return str(next((given[name] for name in ("start_cursor", "offset", "after") if name in given), ""))


def moved(request: httpx.Request, url: httpx.URL, content: bytes | None = None) -> httpx.Request:
    """The same request to another address, perhaps with another body."""
    body = request.content if content is None else content
    headers = {name: value for name, value in request.headers.items() if name not in ("host", "content-length")}
    return httpx.Request(request.method, url, headers=headers, content=body, extensions=request.extensions)
