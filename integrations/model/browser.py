"""Which browser is asking: known by a cookie that scripts can't read, named by its hash.

Whether this server minted a cookie is told by `store/browsers.py`, and decided once, in `web/identity.py`.
"""

from __future__ import annotations

import hashlib
import re
import secrets

_MINTED = re.compile(r"([A-Za-z0-9_-]{43})(\.[A-Za-z0-9_-]{43})?")  # 256 random bits and their signature, base64url


def new_cookie() -> str:
    """Returns 256 random bits for a browser that has no cookie; not signed yet."""
    return secrets.token_urlsafe(32)


def identity_of(cookie: str | None) -> str | None:
    """Returns the random part of a cookie without its signature, None if the cookie has another form."""
    found = _MINTED.fullmatch(cookie) if cookie else None
    return found[1] if found else None


def owner_of(cookie: str | None) -> str | None:
    """Returns the owner that a cookie names in records, None if it has no form of ours; checks no signature."""
    identity = identity_of(cookie)
    return hashlib.sha256(identity.encode()).hexdigest() if identity else None
