"""Every kind of value in Redis: its name, its shape, its expiry, its format version.

A key is `dashboard:{kind}:{path…}`. The path of what belongs to a connection starts
with owner, slug and connection id, so that everything of it can be found and deleted.
Owners are hashes of a browser's cookie; states, codes and tokens appear as hashes only.
Every value is sealed (cipher.py) and starts with its format version. When a shape
changes, raise `version` and add to `migrations` what turns the older one into the newer.
(Token 2 has the fields `lifetime` and `refresh_begun`, which are at their defaults in an older one.)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from ..config import settings
from ..model import Connection, Load, Part, Session, Token

T = TypeVar("T", covariant=True)
MINUTE, DAY = 60, 86_400


@dataclass(frozen=True)
class PendingAuthorization:
    """What an authorization request must be answered with; `verifier` is PKCE's (RFC 7636)."""

    verifier: str | None = field(repr=False)
    redirect_uri: str
    environment: Literal["real", "sandbox"]


@dataclass(frozen=True)
class Outcome:
    """How an attempt to connect ended, or that it is still being redeemed; "later", where nothing is spent, is never
    stored.
    """

    state: Literal["redeeming", "connected", "failed", "later"]
    message: str = ""
    connection_id: str = ""


@dataclass(frozen=True)
class Choice:
    """What a person left out of loading: ids of parts, groups or kinds; `asked` once they chose."""

    left_out: tuple[str, ...] = ()
    asked: bool = False


@dataclass(frozen=True)
class Outline:
    """The parts that a connection had when it was last looked at, for choosing among them."""

    parts: tuple[Part, ...]
    skipped: tuple[str, ...]
    seen_at: datetime


@dataclass(frozen=True)
class Starts:
    """How often a worker has started a load that has got no further since: `items` and `marks` it had before."""

    load: str
    items: int
    marks: dict[str, str]
    count: int


@dataclass(frozen=True)
class Usage:
    """When a connection was last used, by Redis' clock (by the machine's in records of earlier versions)."""

    used_at: datetime


@dataclass(frozen=True)
class Unused:
    """When a sweep first found a connection unused, by Redis' clock, and when it had been used last."""

    found_at: datetime
    used_at: datetime


@dataclass(frozen=True)
class Kind(Generic[T]):
    """One kind of record. `seconds`: its expiry; None while its connection lives, or for KEEP_DAYS if it is `loaded`.

    `dispensable`: one that does not open counts as none, since what replaces it comes by itself or is asked for again.
    Chunks are sealed with the data key of their load: new TOKEN_KEYS leave these megabytes as they are.
    """

    name: str
    shape: type[T]
    seconds: int | None
    version: int = 1
    migrations: Mapping[int, Callable[[Any], Any]] = field(default_factory=dict, compare=False)
    loaded: bool = False
    dispensable: bool = False

    @property
    def expiry(self) -> int | None:
        """Seconds until a record of this kind is gone, if nobody writes it again."""
        return int(settings().keep_days * DAY) if self.loaded else self.seconds

    def key(self, *path: str) -> str:
        """The Redis key of one record."""
        return ":".join(("dashboard", self.name, *path))


STATE = Kind("state", PendingAuthorization, 10 * MINUTE)  # owner, slug, hash of state
OUTCOME = Kind("outcome", Outcome, MINUTE)  # owner, slug, hash of state
NOTICE = Kind("notice", Outcome, 5 * MINUTE, dispensable=True)  # owner, slug
SESSION = Kind("session", Session, 30 * DAY, dispensable=True)  # browser
ENDED = Kind("ended", str, 31 * DAY)  # login: longer than Streamlit's cookie lives
SIGN_IN = Kind("sign_in", str, 10 * MINUTE, dispensable=True)  # browser, step of signing in, hash of what proves it
SIGN_IN_PROBLEM = Kind("sign_in_problem", str, 5 * MINUTE, dispensable=True)  # browser: why signing in has failed
RETURN = Kind("return", str, 10 * MINUTE, dispensable=True)  # browser: the page that was asked for before signing in
AUDIT_KEY = Kind("audit_key", str, 400 * DAY, dispensable=True)  # owner: what their activity log is sealed with
CHOICE = Kind("choice", Choice, 400 * DAY, dispensable=True)  # owner, slug
CONNECTION = Kind("connection", Connection, None)  # owner, slug, connection
TOKEN = Kind("token", Token, None, version=2, migrations={1: lambda found: found})  # owner, slug, connection
NAMES = Kind("names", dict, None, loaded=True, dispensable=True)  # owner, slug, connection: its provider's
OUTLINE = Kind("outline", Outline, 30 * DAY, dispensable=True)  # owner, slug, connection
USAGE = Kind("usage", Usage, None)  # owner, slug, connection
UNUSED = Kind("unused", Unused, None, dispensable=True)  # owner, slug, connection: found by a sweep, cleared by use
LOAD = Kind("load", Load, None, loaded=True, dispensable=True)  # owner, slug, connection
SNAPSHOT = Kind("snapshot", Load, None, loaded=True, dispensable=True)  # owner, slug, connection
STARTS = Kind("starts", Starts, DAY, dispensable=True)  # owner, slug, connection: of the load under way
CHUNK = Kind("chunk", bytes, None, loaded=True, dispensable=True)  # owner, slug, connection, load, run, number
RUN = Kind("run", str, None)  # owner, slug, connection: who may write the load
CANCEL = Kind("cancel", str, 10 * MINUTE, dispensable=True)  # owner, slug, connection: the load to stop
SANDBOX = Kind("sandbox", dict, None)  # slug and what the stand-in provider names it
UNSEALED = (RUN,)  # a name drawn by lot, which scripts compare

KINDS: tuple[Kind[Any], ...] = tuple(value for value in list(globals().values()) if isinstance(value, Kind))
OF_A_CONNECTION = (TOKEN, NAMES, OUTLINE, USAGE, UNUSED, LOAD, SNAPSHOT, CHUNK, RUN, CANCEL, STARTS, CONNECTION)
OF_AN_OWNER = (STATE, OUTCOME, NOTICE, CHOICE)
BUDGET = "dashboard:budget"  # what, hash of a lane: when its calls may go; lives for as long as that matters
CALLS = "dashboard:calls"  # month, hash of an account: how many calls it was asked; kept for 40 days
SHARED = "dashboard:shared"  # organisation: format version, owner, slug and connection by the name of a share
AUDIT = "dashboard:audit"  # owner: a stream of sealed events; kept for 90 days
PROBE = "dashboard:probe"  # whether Redis takes changes; lives for a second
LOCK = "dashboard:lock"  # owner, slug, connection: who refreshes its token; lives for seconds
