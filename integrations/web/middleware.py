"""Around every request: the browser's cookie, the one host, the security headers."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from ..model import cookie_name, new_cookie, owner_of, settings
from ..model.session import TOKENS
from .headers import security_headers
from .words import words

YEAR = 365 * 86_400
TOKENS_COOKIE = TOKENS.encode()
HIDDEN = ("/_stcore/metrics", "/_stcore/agent")  # for developers of Streamlit: names of functions, visits
ASKED_BY_ADDRESS = ("/healthz", "/readyz", "/_stcore/health")  # a load balancer knows no name
NOTHING_HERE = "There is nothing here. Open the dashboard."
UNEXPECTED = "Something went wrong here, and it has been logged. Go back and try again."


class Browser:
    """Pure ASGI, so that streams pass untouched.

    Whether something is a page is decided by the request: an answer from the
    browser's cache (304) has no content type to tell by.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; lifespan passes through, and a websocket under our own host."""
        if scope["type"] == "websocket" and not _under_own_host(HTTPConnection(scope)):
            return await WebSocketClose()(scope, receive, send)
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        answer = _Answer(Request(scope), send)
        hidden = words(NOTHING_HERE, 404) if scope["path"].startswith(HIDDEN) else None
        try:
            await (answer.misdirected() or hidden or self.app)(scope, receive, answer.send)
        except Exception:
            if not answer.started:
                await words(UNEXPECTED, 500)(scope, receive, answer.send)
            raise  # the server logs it


class _Answer:
    """What goes back for one request: with our headers, whoever answers."""

    def __init__(self, request: Request, send: Send) -> None:
        self.started = False
        self._request = request
        self._page = _is_page(request)
        self._send = send

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers.update(security_headers())
            if self._page:
                headers.append("Set-Cookie", _cookie(self._request))
            message["headers"] = [kept for each in message["headers"] if (kept := _private(each))]
        await self._send(message)

    def misdirected(self) -> Response | None:
        """Under another host a page is sent to PUBLIC_URL, where its cookie lives, and nothing else is answered."""
        if self._request.scope["path"] in ASKED_BY_ADDRESS or _under_own_host(self._request):
            return None
        if self._page:
            return RedirectResponse(f"{settings().public_url}/{_asked_for(self._request.scope)}", status_code=307)
        return words(f"This dashboard is at {settings().public_url} and nowhere else.", 421)


def _private(header: tuple[bytes, bytes]) -> tuple[bytes, bytes] | None:
    """Streamlit's sign-in sets a cookie that holds the person's tokens, signed but readable: it is left out.

    Its other cookies lack Secure, which they get on https. A cookie that is being deleted is let through.
    """
    name, value = header
    if name.lower() != b"set-cookie":
        return header
    if value.startswith(TOKENS_COOKIE) and b"max-age=0" not in value.lower():
        return None
    return (name, value + b"; Secure") if settings().https and b"; secure" not in value.lower() else header


def _under_own_host(asked: HTTPConnection) -> bool:
    """By the host that was asked for, or that a proxy says was. On this machine there is none: a page could say so."""
    hosts = [asked.headers.get("host", "")]
    if not settings().on_this_machine:
        hosts += asked.headers.get("x-forwarded-host", "").split(",")
    return not _own_hosts().isdisjoint(host.strip().lower() for host in hosts)


def _own_hosts() -> set[str]:
    """PUBLIC_URL's host and port as browsers may write them: they leave out the scheme's own port."""
    url = urlsplit(settings().public_url)
    return {url.netloc, url.netloc.removesuffix(":443" if url.scheme == "https" else ":80")}


def _asked_for(scope: Scope) -> str:
    """Path and query as they were sent, without the slashes at the front."""
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1").lstrip("/")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _is_page(request: Request) -> bool:
    if request.method != "GET" or request.scope["path"].startswith("/_stcore/"):
        return False
    destination = request.headers.get("sec-fetch-dest")  # browsers leave it out on plain http
    return destination == "document" if destination else "text/html" in request.headers.get("accept", "")


def _cookie(request: Request) -> str:
    """The browser's cookie, renewed; a new one if it has none that we could have minted.

    Lax, since Strict would not come back with the redirect from a provider.
    """
    value = request.cookies.get(cookie_name())
    if owner_of(value) is None:
        value = new_cookie()
    secure = "; Secure" if settings().https else ""
    return f"{cookie_name()}={value}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax{secure}"
