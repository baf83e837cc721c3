"""The cookie that a browser is known by, as this server mints it.

    cookie = 256 random bits | "." | HMAC-SHA-256 of them    (both base64url, 43 characters)

The owner is a hash of the random bits alone: a cookie can be signed again with another key and names the same owner.
Browsers that came before cookies were signed, or that were last here before a key was removed, have one whose
signature cannot be checked. It is accepted, and signed, if Redis already keeps something under its owner.
"""

from __future__ import annotations

import base64
import hmac

from ..model import identity_of, new_cookie, owner_of
from . import cipher, connections
from .connection import execute
from .keys import AUDIT_KEY, SESSION

PURPOSE = "browser cookie"


def mint() -> str:
    """Returns a signed cookie for a browser that has none."""
    return _signed(new_cookie())


def renewed(cookie: str) -> str:
    """Returns the same identity, signed with the first key."""
    return _signed(str(identity_of(cookie)))


def is_signed(cookie: str) -> bool:
    """Returns whether the cookie carries a signature by any of the keys."""
    identity, _, signature = cookie.partition(".")
    return any(hmac.compare_digest(signature.encode(), _signature(identity, key)) for key in _keys())


async def is_ours(cookie: str) -> bool:
    """Returns whether this server minted the cookie; raises StoreUnavailable where only Redis can tell."""
    owner = owner_of(cookie)
    return owner is not None and (is_signed(cookie) or await _is_known(owner))


async def _is_known(owner: str) -> bool:
    left_by_it = (SESSION.key(owner), AUDIT_KEY.key(owner))
    return await connections.exist(owner) or bool(await execute(lambda redis: redis.exists(*left_by_it)))


def _signed(identity: str) -> str:
    return f"{identity}.{_signature(identity, _keys()[0]).decode()}"


def _signature(identity: str, key: bytes) -> bytes:
    return base64.urlsafe_b64encode(hmac.digest(key, identity.encode(), "sha256")).rstrip(b"=")


def _keys() -> tuple[bytes, ...]:
    return cipher.signing_keys(PURPOSE)
