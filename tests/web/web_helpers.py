"""The app's routes and middleware as a server has them, and browsers in front of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from integrations import frames, sync, web
from integrations.model import Connection, Item, Load
from integrations.service.runtime import run
from integrations.store import keys, records
from integrations.sync.chunks import chunk_path

HERE = "http://localhost:8501"
COOKIE = "c" * 43
PAGE = {"Accept": "text/html,application/xhtml+xml"}


async def page(request: Request) -> Response:
    if request.headers.get("if-none-match"):
        return Response(status_code=304)
    return PlainTextResponse(
        f"page {request.url.path} {request.url.query} {request.cookies.get('sid')}",
        headers={"Cache-Control": "no-cache", "ETag": '"x"', "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"},
    )


async def body(request: Request) -> Response:
    return PlainTextResponse(str(len(await request.body())))


async def stored_for_ever(request: Request) -> Response:
    return PlainTextResponse("file", headers={"Cache-Control": "public, immutable", "ETag": '"x"'})


async def broken(request: Request) -> Response:
    raise ZeroDivisionError


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    if websocket.query_params.get("stay"):
        while True:
            await websocket.send_text(str(len(await websocket.receive_bytes())))
    await websocket.close()


async def signing_in(request: Request) -> Response:
    """As Streamlit answers when somebody has signed in, or out again."""
    answer = Response()
    for name in ("_streamlit_user", "_streamlit_user_1", "_streamlit_user_tokens", "_streamlit_user_tokens_1"):
        answer.set_cookie(name, "signed", httponly=True, max_age=30)
    answer.delete_cookie("_streamlit_user_tokens_2")
    return answer


APP = Starlette(
    routes=[
        *web.routes,
        Route("/oauth2callback", signing_in),
        WebSocketRoute("/_stcore/stream", socket),
        WebSocketRoute("/another", socket),
        Route("/sandbox/body", body, methods=["POST"]),
        Route("/static/kept.js", stored_for_ever),
        Route("/favicon.png", stored_for_ever),
        Route("/broken", broken),
        Route("/only-read", page, methods=["GET"]),
        Route("/{path:path}", page, methods=["GET"]),
    ],
    middleware=web.middleware,
)


def handshake(
    cookie: str | None = None, origin: str | None = HERE, host: str = "localhost:8501", path: str = "/_stcore/stream"
) -> list[dict[str, Any]]:
    """What the app answers to a websocket."""
    sent: list[dict[str, Any]] = []
    headers = [(b"host", host.encode()), (b"accept", b"text/html")]
    headers += [(b"origin", origin.encode())] if origin is not None else []
    headers += [(b"cookie", cookie.encode())] if cookie else []
    scope = {
        "type": "websocket", "path": path, "raw_path": path.encode(), "query_string": b"",
        "headers": headers, "subprotocols": [],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    run(APP(scope, receive, send))
    return sent


class Browser:
    """Asks the app; keeps no cookie unless it is told."""

    def get(self, address: str, cookie: str | None = None, base: str = HERE, **more: Any) -> httpx.Response:
        return self.ask("GET", address, cookie, base, **more)

    def ask(
        self, method: str, address: str, cookie: str | None = None, base: str = HERE, **more: Any
    ) -> httpx.Response:
        sent = {**more.pop("headers", {}), **({"Cookie": cookie} if cookie else {})}

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(APP, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url=base) as client:
                return await client.request(method, address, headers=sent, **more)

        return run(asked())


def stored(connection: Connection, items: list[Item], state: str = "complete", **more: Any) -> Load:
    """A snapshot with these items; rows of other tests, which have the same name, are not in memory."""
    sync.loads._tables.clear()
    load = Load("1" * 16, state, datetime.now(UTC), chunks=1, run="2" * 16, **more)  # type: ignore[arg-type]
    run(records.put(keys.CHUNK, chunk_path(connection, load, 0), frames.pack(items)))
    run(records.put(keys.SNAPSHOT, connection.path, load))
    return load
