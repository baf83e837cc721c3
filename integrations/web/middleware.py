"""Around every request: the browser's cookie, the one host, the security headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..model import cookie_name, new_cookie, owner_of, settings
from .headers import security_headers

YEAR = 365 * 86_400


class Browser:
    """Pure ASGI, so that websockets and streams pass untouched.

    Whether something is a page is decided by the request: an answer from the
    browser's cache (304) has no content type to tell by.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; websocket and lifespan pass through."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        request = Request(scope)
        page = _is_page(request)
        answer = _moved(request) if page else None
        await (answer or self.app)(scope, receive, _sender(request, page, send))


def _sender(request: Request, page: bool, send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.update(security_headers())
            if page:
                headers.append("Set-Cookie", _cookie(request))
        await send(message)

    return with_headers


def _is_page(request: Request) -> bool:
    if request.method != "GET" or request.url.path.startswith("/_stcore/"):
        return False
    return request.headers.get("sec-fetch-dest") == "document" or "text/html" in request.headers.get("accept", "")


def _moved(request: Request) -> RedirectResponse | None:
    """Send a page asked for under another host to PUBLIC_URL, where its cookie lives."""
    own = urlsplit(settings().public_url).netloc
    asked = (request.headers.get("host", ""), request.headers.get("x-forwarded-host", ""))
    if own in (host.lower() for host in asked):
        return None
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{settings().public_url}/{request.url.path.lstrip('/')}{query}", status_code=307)


def _cookie(request: Request) -> str:
    """The browser's cookie, renewed; a new one if it has none that we could have minted.

    Lax, since Strict would not come back with the redirect from a provider.
    """
    value = request.cookies.get(cookie_name())
    if owner_of(value) is None:
        value = new_cookie()
    secure = "; Secure" if settings().https else ""
    return f"{cookie_name()}={value}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax{secure}"
