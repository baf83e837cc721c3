"""The cookie that a browser is known by: minted by this server, unreadable to scripts, stored as a hash only.

    cookie = 256 random bits | "." | HMAC-SHA-256 of them    (both base64url, 43 characters)

The owner is a hash of the random bits alone, so a cookie that is signed again with another key names the same owner.
A cookie from before cookies were signed, or signed with a key that was removed, is accepted and signed again if Redis
holds anything of its owner.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from ..config import settings
from ..store import connections, records
from ..store.keys import AUDIT_KEY, SESSION
from .signing import keyed_hash, keyed_hashes

PURPOSE = "browser cookie"
MINTED = re.compile(r"([A-Za-z0-9_-]{43})(\.[A-Za-z0-9_-]{43})?")


def cookie_name() -> str:
    """Returns `__Host-sid` on https; browsers refuse that prefix on http, where it is `sid`."""
    return "__Host-sid" if settings().https else "sid"


def new_identity() -> str:
    """Returns 256 random bits for a browser without a cookie; not signed yet."""
    return secrets.token_urlsafe(32)


def identity_of(cookie: str | None) -> str | None:
    """Returns the random part of a cookie without its signature; None if the cookie has another form."""
    found = MINTED.fullmatch(cookie) if cookie else None
    return found[1] if found else None


def owner_of(cookie: str | None) -> str | None:
    """Returns the owner that a cookie names in records; None if it has another form. Does not check the signature."""
    identity = identity_of(cookie)
    return hashlib.sha256(identity.encode()).hexdigest() if identity else None


def mint() -> str:
    """Returns a signed cookie for a browser without one."""
    return _signed(new_identity())


def renewed(cookie: str) -> str:
    """Returns the same identity, signed with the first key."""
    return _signed(str(identity_of(cookie)))


def is_signed(cookie: str) -> bool:
    """Returns whether the cookie carries a signature by any of the keys."""
    identity, _, signature = cookie.partition(".")
    good = map(_encoded, keyed_hashes(PURPOSE, identity))
    return any(hmac.compare_digest(signature.encode(), each) for each in good)


async def is_ours(cookie: str) -> bool:
    """Returns whether this server minted the cookie; raises StoreUnavailable if only Redis can tell."""
    owner = owner_of(cookie)
    return owner is not None and (is_signed(cookie) or await _is_known(owner))


async def _is_known(owner: str) -> bool:
    return await connections.exist(owner) or await records.any_exist((SESSION, (owner,)), (AUDIT_KEY, (owner,)))


def _signed(identity: str) -> str:
    return f"{identity}.{_encoded(keyed_hash(PURPOSE, identity)).decode()}"


def _encoded(signature: bytes) -> bytes:
    return base64.urlsafe_b64encode(signature).rstrip(b"=")
