"""Around every request: the browser's cookie, the one host, what may be asked at all, the security headers."""

from __future__ import annotations

from functools import cache
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from .. import providers
from ..config import settings
from ..identity.claims import TOKENS
from ..identity.cookie import owner_of
from ..model.errors import StoreUnavailable
from . import hosts, identity
from .bodies import BodyTooLarge, is_announced_too_large, limited
from .headers import root_files, security_headers
from .message_page import message_page
from .protocol import STREAM, only_what_pages_ask
from .sessions import AGAIN, Sessions

TOKENS_COOKIE = TOKENS.encode()
HIDDEN = (  # for developers of Streamlit (names of functions, visits), and for widgets that no page has
    "/_stcore/metrics", "/_stcore/agent", "/_stcore/upload_file", "/_stcore/script-health-check",
)  # fmt: skip
ASKED_BY_ADDRESS = ("/healthz", "/readyz", "/_stcore/health")  # a load balancer knows no name
READING = ("GET", "HEAD")
WRITTEN_TO = "/sandbox/"  # the sample providers; nothing else is changed by a request
NOTHING_HERE = "There is nothing here. Open the dashboard."
ONLY_READ = "This address can only be read. Open the dashboard."
TOO_LARGE = "That was more than this address takes, and it was not read. Open the dashboard."
UNEXPECTED = "Something went wrong here, and it has been logged. Go back and try again."


class Browser:
    """Pure ASGI, so that streams pass untouched.

    Which browser asks is decided here: the app is handed a cookie only if this server minted it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.sessions = Sessions()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one websocket; lifespan passes through."""
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Open the one websocket that there is, for our own pages in a browser with our cookie."""
        asked = HTTPConnection(scope)
        own = scope["path"] == STREAM and hosts.is_under_own_host(asked) and hosts.is_from_own_page(asked)
        cookie = await _cookie(asked) if own else None
        browser = owner_of(cookie)
        if browser is None:
            return await WebSocketClose()(scope, receive, send)
        with self.sessions.opened(browser) as has_room:
            if not has_room:
                return await WebSocketClose()(scope, receive, send)
            await self.app(identity.handed_on(scope, cookie), only_what_pages_ask(receive), send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(scope, send)
        try:
            refusal = await answer.refusal(self.sessions)
            await (refusal or self.app)(answer.scope, limited(receive), answer.send)
        except BodyTooLarge:
            if not answer.started:
                await _too_large()(scope, receive, answer.send)
        except Exception:
            if not answer.started:
                await message_page(UNEXPECTED, 500)(scope, receive, answer.send)
            raise  # the server logs it


class _Answer:
    """The answer to one request, with our headers added."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = False
        self.scope = scope
        self._request = Request(scope)
        self._is_page = scope["path"] in _pages()
        self._cookie: str | None = None
        self._send = send

    async def refusal(self, sessions: Sessions) -> Response | None:
        """Returns the answer that takes the place of the app's, if there is one, and otherwise prepares the scope."""
        if refusal := self._misdirected() or self._not_served():
            return refusal
        try:
            self._cookie = await identity.checked(self._request) if self._is_for_one_browser() else None
        except StoreUnavailable as error:
            return message_page(str(error), 503, again=AGAIN)
        self.scope = identity.handed_on(self.scope, self._cookie)
        if self._is_page:
            self.scope["headers"] = [each for each in self.scope["headers"] if not each[0].startswith(b"if-")]
        return sessions.refusal(owner_of(self._cookie) or "") if self._opens_page() else None

    async def send(self, message: Message) -> None:
        """Send it with our headers; a page that was opened carries the cookie."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            headers.update(security_headers())
            if self._opens_page() and message["status"] == 200:
                headers.append("Set-Cookie", identity.set_cookie(self._cookie))
            message["headers"] = [kept for each in message["headers"] if (kept := _private(each))]
            if self._is_page or "set-cookie" in MutableHeaders(scope=message):
                _never_stored(MutableHeaders(scope=message))
        await self._send(message)

    def _misdirected(self) -> Response | None:
        """Under another host a page is sent to PUBLIC_URL, where its cookie lives, and nothing else is answered."""
        if self.scope["path"] in ASKED_BY_ADDRESS or hosts.is_under_own_host(self._request):
            return None
        if _is_document(self._request):
            return RedirectResponse(f"{settings().public_url}/{_asked_for(self.scope)}", status_code=307)
        return message_page(f"This dashboard is at {settings().public_url} and nowhere else.", 421)

    def _not_served(self) -> Response | None:
        path = self.scope["path"]
        if path.startswith(HIDDEN):
            return message_page(NOTHING_HERE, 404)
        if self._request.method not in READING and not path.startswith(WRITTEN_TO):
            answer = message_page(ONLY_READ, 405)
            answer.headers.update({"Allow": ", ".join(READING), "Connection": "close"})
            return answer
        if is_announced_too_large(self._request):
            return _too_large()
        return None if self._is_page or not _falls_back_to_the_page(self.scope) else message_page(NOTHING_HERE, 404)

    def _is_for_one_browser(self) -> bool:
        path = self.scope["path"]
        return not (path in ASKED_BY_ADDRESS or path in root_files() or path.startswith(("/static/", "/_stcore/")))

    def _opens_page(self) -> bool:
        return self._is_page and _is_document(self._request)


@cache
def _pages() -> frozenset[str]:
    return frozenset(("/", *(f"/{slug}" for slug in providers())))


async def _cookie(asked: HTTPConnection) -> str | None:
    """The browser's cookie, if it can be told that this server minted it."""
    try:
        return await identity.checked(asked)
    except StoreUnavailable:
        return None


def _too_large() -> Response:
    """The rest of the body is not read: the connection ends."""
    answer = message_page(TOO_LARGE, 413)
    answer.headers["Connection"] = "close"
    return answer


def _never_stored(headers: MutableHeaders) -> None:
    """What names one browser is for that browser alone, and nothing is left by which a cache could ask for it again."""
    headers["Cache-Control"] = "private, no-store"
    for name in ("etag", "last-modified"):
        if name in headers:
            del headers[name]


def _falls_back_to_the_page(scope: Scope) -> bool:
    """Returns whether Streamlit would answer this address, which nothing is at, with the page that all pages start as.

    Without the cookie that page can do nothing, and it says that it may be stored.
    """
    path = scope["path"]
    if path.startswith("/static/") or path.endswith("/") or path in root_files():
        return False
    for route in scope["app"].routes:
        if route.matches(scope)[0] is Match.FULL:
            return isinstance(route, Mount) and route.name == "static-assets"
    return False


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


def _asked_for(scope: Scope) -> str:
    """Path and query as they were sent, without the slashes at the front."""
    path = (scope.get("raw_path") or quote(scope["path"]).encode()).decode("latin-1").lstrip("/")
    query = scope["query_string"].decode("latin-1")
    return f"{path}?{query}" if query else path


def _is_document(request: Request) -> bool:
    """Returns whether a browser opens this as a page, by the request: browsers leave Sec-Fetch-Dest out on http."""
    if request.method != "GET" or request.scope["path"].startswith("/_stcore/"):
        return False
    destination = request.headers.get("sec-fetch-dest")
    return destination == "document" if destination else "text/html" in request.headers.get("accept", "")
