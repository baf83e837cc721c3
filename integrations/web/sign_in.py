"""Around Streamlit's own addresses for signing in: a sign-in is bound to the browser that began it.

`/auth/login` leaves for the provider only where "Sign in" was pressed, and notes the state it leaves with.
`/oauth2callback` takes only an answer to such a state, and notes the identity cookie that this browser is given; a
session begins with a cookie so noted and no other (`store/sign_in.py`). `/auth/logout` ends the sign-in here, for
every copy of its cookies; opened by another site it does nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..config import forced_prompt, settings
from ..config.sign_in import CALLBACK, Problem
from ..identity import cookie_name, proof_of, sign_in
from ..identity.claims import IDENTITY
from ..identity.cookie import owner_of
from ..model.errors import DashboardError
from .message_page import message_page

LOGIN, LOGOUT = "/auth/login", "/auth/logout"
STREAMLITS_PROMPT = "select_account"  # forced where [auth] names none, and refused by some providers
ERRORS: dict[str, Problem] = {  # RFC 6749 section 4.1.2.1, OpenID Connect Core 3.1.2.6; any other is "refused"
    "access_denied": "denied", "login_required": "denied", "interaction_required": "denied",
    "consent_required": "denied", "account_selection_required": "denied",
    "server_error": "busy", "temporarily_unavailable": "busy",
}  # fmt: skip


class SignIn:
    """Pure ASGI; handles Streamlit's three sign-in addresses if sign-in is configured, and nothing else."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._steps = {LOGIN: self._leave, CALLBACK: self._come_back, LOGOUT: self._sign_out}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; where Redis is away, nothing has changed and a sentence says so."""
        step = self._steps.get(scope["path"]) if scope["type"] == "http" and settings().signs_in else None
        if step is None:
            return await self.app(scope, receive, send)
        request = Request(scope, receive)
        try:
            answer = await step(request, owner_of(request.cookies.get(cookie_name())))
        except DashboardError as error:
            return await message_page(str(error), 503)(scope, receive, send)
        for message in answer:
            await send(message)

    async def _leave(self, request: Request, browser: str | None) -> Sequence[Message]:
        if browser is None or not await sign_in.has_pressed(browser):
            return await _answer(_home(), request)
        answer = await _answer(self.app, request)
        if answer[0]["status"] >= 400:  # the provider's metadata could not be had
            return await _told(browser, "unreachable", request)
        headers = MutableHeaders(scope=answer[0])
        headers["location"], state = _without_prompt(headers.get("location", "/"))
        if state:
            await sign_in.leave(browser, state)
        return answer

    async def _come_back(self, request: Request, browser: str | None) -> Sequence[Message]:
        query = request.query_params
        if not query.keys() & {"code", "error"}:  # from signing out at the provider
            return await _answer(self.app, request)
        if browser is None or not await sign_in.come_back(browser, query.get("state", "")):
            return await _told(browser, "unexpected", request)
        answer = await _answer(self.app, request)
        changes = _cookie_changes(answer[0])
        if "error" in query:
            await sign_in.tell(browser, ERRORS.get(query["error"], "refused"))
        elif changes.get(IDENTITY):
            held = {name: value for name, value in {**request.cookies, **changes}.items() if value is not None}
            await sign_in.arrive(browser, proof_of(held))
        else:
            await sign_in.tell(browser, "failed")
        return answer

    async def _sign_out(self, request: Request, browser: str | None) -> Sequence[Message]:
        if request.headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            return await _answer(_home(), request)
        if browser:
            await sign_in.end(browser)
        return await _answer(self.app, request)


async def _told(browser: str | None, problem: Problem, request: Request) -> Sequence[Message]:
    if browser:
        await sign_in.tell(browser, problem)
    return await _answer(_home(), request)


def _home() -> RedirectResponse:
    return RedirectResponse("/", status_code=302)


async def _answer(app: ASGIApp, request: Request) -> list[Message]:
    """Returns what the app sends: these answers are a few hundred bytes, and wait until they are understood."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(request.scope, request.receive, keep)
    return sent


def _without_prompt(location: str) -> tuple[str, str]:
    """Returns the provider's address without the prompt that only Streamlit wants, and the state in it."""
    url = urlsplit(location)
    query = parse_qsl(url.query, keep_blank_values=True)
    said = dict(query)
    if said.get("prompt") == STREAMLITS_PROMPT != forced_prompt(said.get("client_id", "")):
        query = [(name, value) for name, value in query if name != "prompt"]
        location = url._replace(query=urlencode(query)).geturl()
    return location, said.get("state", "")


def _cookie_changes(start: Message) -> dict[str, str | None]:
    """Returns the cookies that an answer sets, None for each that it deletes."""
    headers = MutableHeaders(scope=start).getlist("set-cookie")
    cookies = [each for header in headers for each in SimpleCookie(header).items()]
    return {name: None if each["max-age"] == "0" else each.value for name, each in cookies}
