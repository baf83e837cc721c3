"""Which browser is asking: known by a cookie that scripts can't read, named by its hash."""

from __future__ import annotations

import hashlib
import re
import secrets

from .settings import settings

_MINTED = re.compile(r"[A-Za-z0-9_-]{43}")  # 256 bits, base64url


def cookie_name() -> str:
    """`__Host-sid` on https; browsers refuse that prefix on http, where it is `sid`."""
    return "__Host-sid" if settings().https else "sid"


def new_cookie() -> str:
    """A value for a browser that has none: 256 random bits."""
    return secrets.token_urlsafe(32)


def owner_of(cookie: str | None) -> str | None:
    """The owner that a cookie stands for, as it names records; None if it is none of ours."""
    if cookie is None or not _MINTED.fullmatch(cookie):
        return None
    return hashlib.sha256(cookie.encode()).hexdigest()
