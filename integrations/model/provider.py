"""What a provider is: facts as class attributes, and the methods that read it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

from .answers import ReadyAnswer
from .connection import Account
from .errors import DashboardError, ProviderError, ReconnectNeeded
from .item import Item
from .schema import Collection

LONG_WINDOW = 5  # seconds
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Answer:
    """A successful answer: its decoded JSON, an object or an array, and its Link header (RFC 8288).

    `links`: path and query below `Provider.api_url`, by relation; links that lead elsewhere are left out.
    """

    body: Any
    links: Mapping[str, str] = field(default_factory=dict)


class Api(Protocol):
    """Signed, paced and retried calls to one provider for one connection; every method raises ProviderError.

    A path starts with "/" and follows `Provider.api_url`. `bucket` selects the rate limit of a call: the part before
    ":" is a key of `Provider.rate_limits`, the rest is what has a limit of its own (an Airtable base).
    `cache`: what the provider wants to find again at the next refresh; emptied by a full load.
    `chosen`: ids of the streams on request that the person has chosen.
    """

    web_url: str
    cache: dict[str, str]
    chosen: frozenset[str]

    async def get(self, path: str, params: Mapping[str, Any] | None = None, *, bucket: str = "") -> Any:
        """Returns the JSON object of an answer."""
        ...

    async def post(self, path: str, json: Mapping[str, Any], *, bucket: str = "") -> Any:
        """Returns the JSON object of an answer to a query that changes nothing."""
        ...

    async def get_answer(self, path: str, params: Mapping[str, Any] | None = None, *, bucket: str = "") -> Answer:
        """Returns an answer with its links; its body may be a JSON array."""
        ...


@dataclass(frozen=True)
class ItemType:
    """A type of item: `slug` is the item's `type`, `title` the plural that people read."""

    slug: str
    title: str


@dataclass(frozen=True)
class Stream:
    """One listing that can be read, left out or skipped by itself.

    `item_type`: slug of its items' type; empty for a stream that only fetches names. `group`: id of the streams that
    can be left out together (an Airtable base), `group_title` its name. `calls`: how many API calls a full read takes
    at least; a stream without calls cannot be left out. `on_request`: it is left out unless chosen.
    `context`: whatever `Provider.read` needs to know.
    """

    id: str
    title: str
    item_type: str
    group: str = ""
    group_title: str = ""
    calls: int = 1
    on_request: bool = False
    context: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Catalog:
    """What a connection can read: its streams, and sentences on what it may not read."""

    streams: tuple[Stream, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """Some items of a stream. `cursor`: where `Provider.read` can resume after them in another process, if it can.

    `collections`: the schemas of its items' collections, with a stream's first page or whenever one was learnt; the
    latest with an id counts. `people`: names by id. `removed`: (collection, id) of items that are no longer there,
    which a refresh deletes.
    """

    items: Sequence[Item] = ()
    cursor: str = ""
    collections: Sequence[Collection] = ()
    people: Mapping[str, str] = field(default_factory=dict)
    removed: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class RateLimit:
    """At most `calls` in any `seconds`; `strict`: counted from the moment each request is on the wire."""

    calls: int
    seconds: float
    strict: bool = False

    @property
    def one_by_one(self) -> bool:
        """Whether a call waits until the one before is on the wire: in a short window that may take a large part."""
        return self.strict and self.seconds < LONG_WINDOW


@dataclass(frozen=True)
class Bucket:
    """Calls that share a rate limit: all that use the same name."""

    name: str
    limit: RateLimit


@dataclass(frozen=True)
class Fault:
    """An API answer that means something else than its status: `marker` is text that its body contains."""

    status: int
    marker: str
    error: type[ProviderError | ReconnectNeeded]
    message: str
    retry_after: float = 0


class Provider(ABC):
    """One service. Subclasses declare the facts, then the methods; a missing fact fails when the module is imported.

    `authorize_url`, `token_url`, `revoke_url`, `introspect_url`: RFC 6749, 7009 and 7662 endpoints. Introspection is
    used only if `identify` fails without it.
    `api_url`: scheme, host and optional prefix of the paths that methods call.
    `web_url`: where people open items. `console_url`: where an OAuth app is created.
    `not_revocable`: what to tell people if there is no revocation endpoint.
    `client_auth`: how the client authenticates at the token endpoint. `token_format`: body of token requests.
    `token_errors`: the provider's own error codes at the token endpoint, in lower case, with what they mean:
    ReconnectNeeded (code or refresh token not accepted) or NotConfigured (client id or secret wrong). The codes of
    RFC 6749 section 5.2 are known.
    `headers`: sent with every API call. `pkce`: whether to send an S256 challenge (RFC 7636).
    `access_token_seconds`: documented lifetime of access tokens, for answers without a usable one.
    `refresh_reuse`: effect of sending a refresh token twice. "revokes": the first use spends it, and a second use may
    revoke the whole grant (RFC 9700 section 4.14.2).
    `rate_limits`: limit of each bucket; "" applies to every other. `rate_limit_wait`: seconds to wait after a 429
    without Retry-After. `locks_out`: no call succeeds until then; without it one is tried after a second.
    `concurrency`: how many streams of one `Stream.group` are read at once; those without a group share one set of
    places.
    `partial_answers`: whether the status 207 is a success, whose body says what is missing.
    `ration`: a monthly allowance of calls in words, if there is one; calls are then spent only when asked for.
    `if_empty`: what to do if an account shows nothing.
    `answers`: questions that many ask of these tables; without any, they follow from the fields of each.
    """

    slug: str
    title: str
    icon: str
    summary: str
    item_types: tuple[ItemType, ...]
    authorize_url: str
    token_url: str
    api_url: str
    web_url: str
    console_url: str
    revoke_url: str | None = None
    introspect_url: str | None = None
    not_revocable: str = ""
    scopes: tuple[str, ...] = ()
    optional_scopes: tuple[str, ...] = ()
    authorize_params: Mapping[str, str] = NOTHING
    client_auth: Literal["basic", "body"] = "basic"
    token_format: Literal["form", "json"] = "form"
    token_errors: Mapping[str, type[DashboardError]] = NOTHING
    access_token_seconds: int | None = None
    refresh_reuse: Literal["harmless", "revokes"] = "harmless"
    headers: Mapping[str, str] = NOTHING
    pkce: bool = True
    rate_limits: Mapping[str, RateLimit] = MappingProxyType({"": RateLimit(600, 60)})
    rate_limit_wait: float = 1
    locks_out: bool = False
    partial_answers: bool = False
    concurrency: int = 4
    faults: tuple[Fault, ...] = ()
    ration: str = ""
    if_empty: str = ""
    answers: tuple[ReadyAnswer, ...] = ()

    def __init_subclass__(cls) -> None:
        """Raises TypeError for a subclass without a fact that every provider has."""
        missing = [fact for fact in Provider.__annotations__ if not hasattr(cls, fact)]
        if missing:
            raise TypeError(f"{cls.__name__} must declare {', '.join(missing)}")

    @abstractmethod
    async def identify(self, api: Api, answer: Mapping[str, Any]) -> Account:
        """Returns the account that approved; `answer` is the JSON object of the token endpoint."""

    @abstractmethod
    async def catalog(self, api: Api) -> Catalog:
        """Returns the streams that the connection can read."""

    @abstractmethod
    def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncGenerator[Page, None]:
        """Yields the pages of a stream, from the cursor of an earlier page on if there is one."""

    def changes(self, api: Api, stream: Stream, since: datetime) -> AsyncGenerator[Page, None]:
        """Yields what was created or changed since; optional, never called for a stream without item type."""
        raise NotImplementedError

    def is_error(self, answer: Mapping[str, Any]) -> bool:
        """Returns whether a JSON object is the provider's own error document.

        Only that says what an account may not read; a 403 or 404 from a proxy in front of the provider is temporary.
        Without a method of its own for this, every answer counts as the provider's.
        """
        return True

    @property
    def knows_its_errors(self) -> bool:
        """Whether the provider's own error documents can be told from those of a proxy."""
        return type(self).is_error is not Provider.is_error

    @property
    def reads_changes(self) -> bool:
        """Whether the provider can list what has changed."""
        return type(self).changes is not Provider.changes

    def type_title(self, slug: str) -> str:
        """Returns the plural that people read for an item type; the slug itself if unknown."""
        return next((each.title for each in self.item_types if each.slug == slug), slug)
