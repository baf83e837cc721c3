"""What a provider is: facts as data, and three functions that read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from .connection import Account
from .errors import ProviderError, ReconnectNeeded
from .item import Item


@dataclass(frozen=True)
class Answer:
    """A successful answer: its decoded JSON, an object or an array, and its Link header (RFC 8288).

    `links`: path and query below `Provider.api_url`, by relation; links that lead elsewhere are left out.
    """

    body: Any
    links: Mapping[str, str] = field(default_factory=dict)


class Api(Protocol):
    """Signed calls to one provider for one connection.

    Paths start with "/" and follow `Provider.api_url`. `lane` names the budget that a
    call is paced in, where the provider limits each part by itself (an Airtable base).
    Both raise ProviderError; answers are decoded JSON objects. `known` is what a provider wants to
    find again when it reads the changes since: texts by name, kept until the next full load.
    """

    web_url: str
    known: dict[str, str]

    async def get(self, path: str, params: Mapping[str, Any] | None = None, *, lane: str = "") -> Any: ...

    async def post(self, path: str, json: Mapping[str, Any], *, lane: str = "") -> Any: ...


@dataclass(frozen=True)
class Kind:
    """A type of item: `slug` is the item's `type`, `title` the plural that people read."""

    slug: str
    title: str


@dataclass(frozen=True)
class Part:
    """One listing that can be read, left out or skipped by itself.

    `group` is the id of a part-like whole (an Airtable base) that can be left out
    together, `group_title` its name. `facts` is whatever `read` needs to know.
    `calls` is how many API calls reading it takes at least; what takes none can't be left out.
    """

    id: str
    title: str
    kind: str
    group: str = ""
    group_title: str = ""
    calls: int = 1
    facts: Any = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Plan:
    """What a connection can read today: its parts, and sentences on what it can't."""

    parts: tuple[Part, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page:
    """Some items of a part. `mark`: what `read` needs to go on after them in another process, if it can."""

    items: Sequence[Item]
    mark: str = ""


@dataclass(frozen=True)
class Rate:
    """So many calls in any so many seconds; `strict`: each counts from when it was on the wire."""

    calls: int
    seconds: float
    strict: bool = False


@dataclass(frozen=True)
class Lane:
    """Where calls share a rate, among all that name it."""

    name: str
    rate: Rate


@dataclass(frozen=True)
class Fault:
    """An answer that means something else here than its status says elsewhere."""

    status: int
    marker: str
    error: type[ProviderError | ReconnectNeeded]
    message: str
    retry_after: float = 0


@dataclass(frozen=True)
class Provider:
    """Everything that tells one provider from another.

    `authorize_url`, `token_url`, `revoke_url`, `introspect_url`: RFC 6749, 7009 and 7662 endpoints; introspection is
    asked only where `identify` fails without it.
    `api_url`: scheme, host and optional prefix before the paths of `plan` and `read`.
    `web_url`: where people open items. `console_url`: where an OAuth app is created.
    `client_auth`: how the client proves itself at the token endpoint.
    `token_format`: the body of token requests. `headers`: sent with every call.
    `access_token_seconds`: the documented lifetime of access tokens, for answers without a usable one.
    `refresh_reuse`: what happens when a refresh token is sent a second time. "revokes": the first use spends it, and a
    second one may end the whole grant (RFC 9700 section 4.14.2). The provider's file names the source.
    `pkce`: whether S256 is sent. `rates`: how many calls each kind of lane takes; "" is any other.
    `rate_limit_wait`: seconds to wait after a 429 that does not say.
    `is_error(answer)`: whether a JSON object is the provider's own error document. Only that says what an account may
    not read; a 403 or 404 of anything in front of the provider (Cloudflare, a proxy) is a passing trouble.
    `ration`: a sentence about a monthly allowance, where there is one.
    `if_empty`: what to do when an account shows nothing.
    `not_revocable`: what to tell people where no revocation endpoint exists.
    `plan(api)` lists the parts; `read(api, part, mark)` yields a part's pages, from the mark of an
    earlier page on if there is one; `changes(api, part, since)`, where the provider can tell, yields
    what was created or changed since in a part that has a kind. `identify(api, token_response)` names
    the account.
    """

    slug: str
    title: str
    icon: str
    summary: str
    kinds: tuple[Kind, ...]
    authorize_url: str
    token_url: str
    api_url: str
    web_url: str
    console_url: str
    identify: Callable[[Api, Mapping[str, Any]], Awaitable[Account]]
    plan: Callable[[Api], Awaitable[Plan]]
    read: Callable[[Api, Part, str], AsyncIterator[Page]]
    revoke_url: str | None = None
    introspect_url: str | None = None
    not_revocable: str = ""
    scopes: tuple[str, ...] = ()
    optional_scopes: tuple[str, ...] = ()
    authorize_params: Mapping[str, str] = field(default_factory=dict)
    client_auth: Literal["basic", "body"] = "basic"
    token_format: Literal["form", "json"] = "form"
    access_token_seconds: int | None = None
    refresh_reuse: Literal["harmless", "revokes"] = "harmless"
    headers: Mapping[str, str] = field(default_factory=dict)
    pkce: bool = True
    rates: Mapping[str, Rate] = field(default_factory=lambda: {"": Rate(600, 60)})
    concurrency: int = 4
    changes: Callable[[Api, Part, datetime], AsyncIterator[Page]] | None = None
    rate_limit_wait: float = 1
    faults: tuple[Fault, ...] = ()
    is_error: Callable[[Mapping[str, Any]], bool] | None = None
    ration: str = ""
    if_empty: str = ""

    def kind_title(self, slug: str) -> str:
        """The plural that people read for an item type; the type itself if unknown."""
        return next((kind.title for kind in self.kinds if kind.slug == slug), slug)
