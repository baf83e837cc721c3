"""The browser's cookie: checked, and handed on to the app only if this server minted it."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import Scope

from ..config import settings
from ..identity import cookie as cookies
from ..identity import cookie_name
from ..identity.cookie import owner_of

YEAR = 365 * 86_400


async def checked(asked: HTTPConnection) -> str | None:
    """Returns the cookie that the browser sent, if this server minted it.

    Raises StoreUnavailable where only Redis can tell.
    """
    cookie = asked.cookies.get(cookie_name())
    return cookie if cookie and await cookies.is_ours(cookie) else None


def handed_on(scope: Scope, cookie: str | None) -> Scope:
    """Returns the scope with this cookie of the browser's and no other of its name."""
    sent = [each for name, each in scope["headers"] if name == b"cookie"]
    pairs = [pair.strip() for each in sent for pair in each.split(b";")]
    name = cookie_name().encode()
    kept = [pair for pair in pairs if pair.partition(b"=")[0].strip() != name]
    kept += [name + b"=" + cookie.encode()] if cookie else []
    others = [header for header in scope["headers"] if header[0] != b"cookie"]
    return {**scope, "headers": [*others, (b"cookie", b"; ".join(kept))] if kept else others}


def set_cookie(cookie: str | None) -> str:
    """Returns the Set-Cookie header that renews a cookie, or mints one.

    Lax, since Strict would not come back with the redirect from a provider.
    """
    value = cookies.renewed(cookie) if owner_of(cookie) and cookie else cookies.mint()
    secure = "; Secure" if settings().https else ""
    return f"{cookie_name()}={value}; Path=/; Max-Age={YEAR}; HttpOnly; SameSite=Lax{secure}"
