"""Codes and tokens that a stand-in gave out: only in the store, named by their hashes."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from typing import Any

from .rules import Rules, Store

CODE_SECONDS = 600
IDLE_SECONDS = 90 * 86_400
REMEMBER_SECONDS = 1.0

Record = dict[str, Any]


class Grants:
    """What one stand-in provider granted; `seconds` is how long its access tokens work, None for ever."""

    def __init__(self, rules: Rules, store: Store, seconds: float | None) -> None:
        self.rules = rules
        self.seconds = seconds
        self._store = store
        self._seen: dict[str, tuple[float, Record]] = {}
        self._changes = 0

    def _name(self, kind: str, hashed: str) -> str:
        return f"{self.rules.slug}:{kind}:{hashed}"

    async def keep(self, kind: str, record: Record, secret: str | None = None) -> str:
        """Stores a consent ticket or a code for ten minutes; returns its secret."""
        secret = secret or secrets.token_urlsafe(32)
        await self._store.put(self._name(kind, hashed(secret)), record, CODE_SECONDS)
        return secret

    async def find(self, kind: str, secret: str) -> Record | None:
        """What was kept under a secret."""
        return await self._store.get(self._name(kind, hashed(secret)))

    async def take(self, kind: str, secret: str) -> Record | None:
        """What was kept under a secret, which from now on is nothing: only one caller gets it."""
        return await self._store.take(self._name(kind, hashed(secret)))

    async def check(self, access: str) -> Record | None:
        """The grant behind an access token that works now; a second old at most."""
        key, now = hashed(access), time.time()
        until, record = self._seen.get(key, (0.0, None))
        if record is None or until < time.monotonic():
            changes = self._changes
            record = await self._store.get(self._name("access", key))
            if record is not None and changes == self._changes:
                self._remember(key, record)
        expires = record and record["expires_at"]
        return None if record is None or (expires and expires <= now) else record

    async def issue(self, grant: Record, access: str, refresh: str, *, new: bool = True) -> None:
        """Stores a pair of tokens for a grant (its id and scope); a refresh token that isn't `new` stays as it is."""
        now = time.time()
        ends = None if self.seconds is None else now + self.seconds
        life = IDLE_SECONDS if self.seconds is None else math.ceil(self.seconds)
        record = {**grant, "issued_at": now, "expires_at": ends, "refresh": hashed(refresh)}
        await self._store.put(self._name("access", hashed(access)), record, life)
        if new:
            record = {**grant, "issued_at": now, "access": hashed(access)}
            await self._store.put(self._name("refresh", hashed(refresh)), record, IDLE_SECONDS)

    async def rotate(self, refresh: str, known: Record) -> bool:
        """Spends a refresh token and the access token beside it; False if another caller was first."""
        if self.rules.conflict_seconds:
            name = self._name("spent", hashed(refresh))
            await self._store.put(name, {"grant": known["grant"]}, self.rules.conflict_seconds)
        if await self.take("refresh", refresh) is None:
            return False
        await self._end(known["access"])
        return True

    async def expire(self, access: str) -> None:
        """Ends one access token; its refresh token lives on."""
        await self._end(hashed(access))

    async def revoke(self, token: str) -> None:
        """Ends a refresh token, and with rotating providers the whole pair, whichever half is given."""
        access = await self.find("access", token)
        refresh = hashed(token) if access is None else access["refresh"]
        if not self.rules.rotates:
            await self._store.delete(self._name("refresh", hashed(token)))
        else:
            record = await self._store.take(self._name("refresh", refresh))
            for key in {hashed(token), record["access"] if record else hashed(token)}:
                await self._end(key)

    async def _end(self, key: str) -> None:
        await self._store.delete(self._name("access", key))
        self._changes += 1
        self._seen.pop(key, None)

    def _remember(self, key: str, record: Record) -> None:
        if len(self._seen) > 1000:
            self._seen.clear()
        self._seen[key] = (time.monotonic() + REMEMBER_SECONDS, record)


def hashed(secret: str) -> str:
    """What a secret is stored under."""
    return hashlib.sha256(secret.encode()).hexdigest()
