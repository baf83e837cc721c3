"""Every type of record in Redis: its name, its shape, its expiry, its format version.

A key is `dashboard:{name}:{path…}`. The path of what belongs to a connection starts
with owner, slug and connection id, so that everything of it can be found and deleted.
Owners are hashes of a browser's cookie; states, codes and tokens appear as hashes only.
Every value is sealed (cipher.py) and starts with its format version. When a shape
changes, raise `version` and add to `migrations` what turns the older one into the newer.

Token 2 has the fields `lifetime` and `refresh_begun`, which are at their defaults in an older one. Load, starts and
outline 2 are named in the words of `model.provider`: streams and cursors for parts and marks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar

from ..config import settings
from ..model import Choice, Connection, Figure, KnownCatalog, Load, Outcome, SavedView, Schema, Session, Token
from ..model.changes import ChangeLog, Visit

T = TypeVar("T", covariant=True)
MINUTE, DAY = 60, 86_400


@dataclass(frozen=True)
class PendingAuthorization:
    """What an authorization request must be answered with; `verifier` is PKCE's (RFC 7636).

    `return_to`: path and query of the page to show then, if not the provider's own.
    """

    verifier: str | None = field(repr=False)
    redirect_uri: str
    environment: Literal["real", "sandbox"]
    return_to: str = ""


@dataclass(frozen=True)
class Starts:
    """How often a worker has started a load that has made no progress since: the `items` and `cursors` it had."""

    load: str
    items: int
    cursors: dict[str, str]
    count: int


@dataclass(frozen=True)
class SavedViews:
    """The views that an owner has saved, in the order in which they were made."""

    views: tuple[SavedView, ...] = ()


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
class RecordType(Generic[T]):
    """A type of record. `seconds`: its expiry; None while its connection lives, or for KEEP_DAYS if it is `loaded`.

    `dispensable`: one that does not open counts as none, since what replaces it comes by itself or is asked for again.
    Chunks are sealed with the data key of their load, differences with that of their connection's changes: new
    TOKEN_KEYS leave these megabytes as they are.
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
        """Seconds until a record of this type expires, counted from its last write."""
        return int(settings().keep_days * DAY) if self.loaded else self.seconds

    def key(self, *path: str) -> str:
        """The Redis key of one record."""
        return ":".join(("dashboard", self.name, *path))


def _renamed(**names: str) -> Callable[[Any], Any]:
    """Returns a migration that gives fields of a record new names."""
    return lambda found: {names.get(name, name): value for name, value in found.items()}


def _outline_2(found: dict[str, Any]) -> dict[str, Any]:
    streams = [_renamed(kind="item_type", facts="context")(each) for each in found["parts"]]
    return {**_renamed(parts="streams")(found), "streams": streams}


LOAD_2 = {1: _renamed(parts="streams", marks="cursors")}

# behind each: the path of its key
STATE = RecordType("state", PendingAuthorization, 10 * MINUTE)  # owner, slug, hash of state
OUTCOME = RecordType("outcome", Outcome, MINUTE)  # owner, slug, hash of state
NOTICE = RecordType("notice", Outcome, 5 * MINUTE, dispensable=True)  # owner, slug
SESSION = RecordType("session", Session, 30 * DAY, dispensable=True)  # browser
ENDED = RecordType("ended", str, 31 * DAY)  # login: longer than Streamlit's cookie lives
SIGN_IN = RecordType("sign_in", str, 10 * MINUTE, dispensable=True)  # browser, step, hash of what proves it
SIGN_IN_PROBLEM = RecordType("sign_in_problem", str, 5 * MINUTE, dispensable=True)  # browser: why signing in failed
RETURN = RecordType("return", str, 10 * MINUTE, dispensable=True)  # browser: the page asked for before signing in
AUDIT_KEY = RecordType("audit_key", str, 400 * DAY, dispensable=True)  # owner: what seals their activity log
CHOICE = RecordType("choice", Choice, 400 * DAY, dispensable=True)  # owner, slug
CONNECTION = RecordType("connection", Connection, None)  # owner, slug, connection
TOKEN = RecordType("token", Token, None, version=2, migrations={1: lambda found: found})  # owner, slug, connection
NAMES = RecordType("names", dict, None, loaded=True, dispensable=True)  # owner, slug, connection: Api.cache
CATALOG = RecordType("outline", KnownCatalog, 30 * DAY, 2, {1: _outline_2}, dispensable=True)  # owner, slug, connection
USAGE = RecordType("usage", Usage, None)  # owner, slug, connection
UNUSED = RecordType("unused", Unused, None, dispensable=True)  # owner, slug, connection: set by a sweep, cleared by use
LOAD = RecordType("load", Load, None, 2, LOAD_2, loaded=True, dispensable=True)  # owner, slug, connection
SNAPSHOT = RecordType("snapshot", Load, None, 2, LOAD_2, loaded=True, dispensable=True)  # owner, slug, connection
STARTS = RecordType("starts", Starts, DAY, 2, LOAD_2, dispensable=True)  # owner, slug, connection
CHUNK = RecordType("chunk", bytes, None, loaded=True, dispensable=True)  # owner, slug, connection, load, run, number
SCHEMA = RecordType("schema", Schema, None, loaded=True, dispensable=True)  # owner, slug, connection, load, run
CHANGES = RecordType("changes", ChangeLog, None, loaded=True, dispensable=True)  # owner, slug, connection
DIFFERENCE = RecordType("difference", bytes, None, loaded=True, dispensable=True)  # owner, slug, connection, load
VISIT = RecordType("visit", Visit, None, loaded=True, dispensable=True)  # owner, slug, connection, owner who visits
FENCE = RecordType("run", str, None)  # owner, slug, connection: fencing token of the attempt that may write the load
CANCEL = RecordType("cancel", str, 10 * MINUTE, dispensable=True)  # owner, slug, connection: id of the load to stop
QUERY = RecordType("query", dict, None, loaded=True)  # random name: a query too long for an address
VIEWS = RecordType("saved_views", SavedViews, None)  # owner
FIGURE = RecordType("figure", Figure, None, loaded=True, dispensable=True)  # owner, slug, connection, saved view
LAST_QUERY = RecordType("last_query", dict, None, loaded=True, dispensable=True)  # owner, slug, connection
SANDBOX = RecordType("sandbox", dict, None)  # slug and what the stand-in provider names it
WITH_DATA_KEY = (CHUNK, DIFFERENCE)
UNSEALED = (FENCE,)  # random, and compared by scripts

RECORD_TYPES: tuple[RecordType[Any], ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, RecordType)
)
OF_A_CONNECTION = (
    TOKEN, NAMES, CATALOG, USAGE, UNUSED, LOAD, SNAPSHOT, CHUNK, SCHEMA, CHANGES, DIFFERENCE, VISIT, FENCE, CANCEL,
    STARTS, FIGURE, LAST_QUERY, CONNECTION,
)  # fmt: skip
OF_AN_OWNER = (STATE, OUTCOME, NOTICE, CHOICE, VIEWS)
RATE_LIMIT = "dashboard:rate_limit"  # what, hash of a bucket: when its calls may go; lives for as long as that matters
CALLS = "dashboard:calls"  # month, hash of an account: how many calls it was asked; kept for 40 days
SHARED = "dashboard:shared"  # organisation: format version, owner, slug and connection by the name of a share
AUDIT = "dashboard:audit"  # owner: a stream of sealed events; kept for 90 days
PROBE = "dashboard:probe"  # whether Redis takes changes; lives for a second
LOCK = "dashboard:lock"  # owner, slug, connection: lease of a token refresh; lives for seconds
