"""Keyed hashes, which only this server can make."""

from __future__ import annotations

import hmac

from ..store import cipher


def keyed_hash(purpose: str, text: str) -> bytes:
    """Returns HMAC-SHA-256 of a text with the first key for this purpose."""
    return hmac.digest(cipher.signing_keys(purpose)[0], text.encode(), "sha256")


def keyed_hashes(purpose: str, text: str) -> list[bytes]:
    """Returns the same with each of the keys, the first one first: for checking what an older key has signed."""
    return [hmac.digest(key, text.encode(), "sha256") for key in cipher.signing_keys(purpose)]
