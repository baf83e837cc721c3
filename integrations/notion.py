"""Notion: pages and data sources, found by search.

https://developers.notion.com/guides/authorization (OAuth), https://developers.notion.com/reference
(API, version 2026-03-11), https://developers.notion.com/reference/request-limits

Tokens: a refresh "generates a new access token and a new refresh token" (authorization guide). What a second use of the
old one does is not documented; Notion's MCP server was seen to revoke the whole grant, so it is never tried here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from .http import Chains, Names, cursor_pages, listed
from .model import Account, Api, Fault, Item, Kind, Page, Part, Plan, Provider, moment
from .model.errors import CursorExpired, Forbidden, ProviderError, QuotaSpent

PAGE_SIZE = 100
PEOPLE = "people"
INCOMPLETE = "Notion says that it left something out this time. Refresh to try again."
BEYOND = (
    "Notion's search ends before all pages have come. The rows of every data source were read one by one; "
    "other pages may be missing."
)


async def identify(api: Api, answer: Mapping[str, Any]) -> Account:
    """The workspace and the person, as the token endpoint names them; what it leaves out, the bot's own record says.

    https://developers.notion.com/reference/get-self
    """
    user = _user(answer)
    if not (answer.get("workspace_id") and (user.get("id") or answer.get("bot_id"))):
        answer = {**await _bot(api), **{name: value for name, value in answer.items() if value}}
        user = _user(answer)
    who = f"{answer['workspace_id']} {user.get('id') or answer['bot_id']}"
    email = _dict(user.get("person")).get("email")
    return Account(who, answer.get("workspace_name") or "Notion workspace", email or user.get("name") or "")


async def _bot(api: Api) -> dict[str, Any]:
    """The connection's bot user, with the names that a token answer uses."""
    me = await api.get("/v1/users/me")
    return {"bot_id": me.get("id"), **_dict(me.get("bot"))}


def _user(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The person who approved, or an empty one where the grant is a workspace's."""
    return _dict(_dict(answer.get("owner")).get("user"))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


async def plan(api: Api) -> Plan:
    """A search for each kind, and the names of people, which the searches do not wait for."""
    people = Names(PEOPLE, api.known, lambda: _people(api))
    parts = [Part(kind.slug, kind.title, kind.slug, facts=people) for kind in PROVIDER.kinds]
    return Plan((*parts, Part(PEOPLE, "Names of people", "", calls=0, facts=people)))


async def read(api: Api, part: Part, mark: str = "") -> AsyncIterator[Page]:
    """Everything of one kind that was shared with the connection, read from both ends of its last edits.

    Chains from the newest and the oldest end stop where they meet. What is edited meanwhile
    moves to the newest end, so that end is looked at once more. A search can't be resumed.
    Where it ends before everything has come, the rows of each data source are read as well.
    """
    people: Names = part.facts
    if part.id == PEOPLE:
        await people.be_there()
        return
    people.start()
    seen = _Seen()
    async with aclosing(_search(api, part.kind, "descending")) as newest:
        first = await anext(newest)
        seen.take(first)
        yield await _page(first, people)
        if first.more:
            async for found in _from_both_ends(newest, _search(api, part.kind, "ascending"), seen):
                yield await _page(found, people)
            async for found in _again(api, part, first.last, seen):
                yield await _page(found, people)
    if seen.incomplete and part.kind == "page":
        async for found in _all_rows(api):
            yield await _page(found, people)
        raise ProviderError(BEYOND)
    if seen.incomplete:
        raise ProviderError(INCOMPLETE)


async def changes(api: Api, part: Part, since: datetime) -> AsyncIterator[Page]:
    """What was edited since; edits are dated to the minute, so that minute counts in whole."""
    people: Names = part.facts
    people.start()
    seen = _Seen()
    async for found in _since(api, part, since.astimezone(UTC).replace(second=0, microsecond=0), seen):
        yield await _page(found, people)
    if seen.incomplete:
        raise ProviderError(INCOMPLETE)


@dataclass(frozen=True)
class _Found:
    """One page of a search, and from which end; `incomplete` where Notion says that it left something out."""

    direction: str
    objects: list[dict[str, Any]]
    more: bool
    incomplete: bool

    @property
    def first(self) -> datetime | None:
        return min(self.edits.values(), default=None)

    @property
    def last(self) -> datetime | None:
        return max(self.edits.values(), default=None)

    @cached_property
    def edits(self) -> dict[str, datetime]:
        """When each was last edited, by id; those without a time are left out."""
        times = ((each["id"], moment(each.get("last_edited_time"))) for each in self.objects)
        return {name: time for name, time in times if time}


@dataclass
class _Seen:
    """What both chains have seen: everything edited after `down` from the newest end, before `up` from the oldest.

    What the chain from the oldest end has passed and what is edited then moves up, and everything above moves
    down one place: that chain may have missed as much (`moved`). The other one never does.
    """

    down: datetime | None = None
    up: datetime | None = None
    risen: dict[str, datetime] = field(default_factory=dict)
    moved: bool = False
    incomplete: bool = False

    def take(self, found: _Found) -> None:
        self.incomplete = self.incomplete or found.incomplete
        self.moved = self.moved or any(self.risen.get(name, time) < time for name, time in found.edits.items())
        if found.direction == "descending":
            self.down = min(filter(None, (self.down, found.first)), default=None)
        else:
            self.risen.update(found.edits)
            self.up = max(filter(None, (self.up, found.last)), default=None)

    @property
    def met(self) -> bool:
        """Whether each chain is strictly beyond the other: those of one minute come in any order."""
        return self.down is not None and self.up is not None and self.down < self.up


async def _search(api: Api, kind: str, direction: str) -> AsyncGenerator[_Found, None]:
    body = {
        "filter": {"property": "object", "value": kind},
        "sort": {"timestamp": "last_edited_time", "direction": direction},
    }
    async for answer in _answers(api, "POST", "/v1/search", body):
        yield _found(answer, kind, direction)


def _found(answer: Mapping[str, Any], kind: str, direction: str) -> _Found:
    found = [each for each in listed(answer, "results") if each.get("object") == kind]
    incomplete = (answer.get("request_status") or {}).get("type") == "incomplete"
    return _Found(direction, found, bool(answer.get("has_more")), incomplete)


async def _all_rows(api: Api) -> AsyncGenerator[_Found, None]:
    async for sources in _search(api, "data_source", "ascending"):
        for source in sources.objects:
            with suppress(Forbidden):  # found, but not shared in full
                async for rows in _rows(api, source["id"]):
                    yield rows


async def _rows(api: Api, source: str) -> AsyncGenerator[_Found, None]:
    """The rows of a data source; a query ends after 10,000, and the next one begins with the last one's minute.

    https://developers.notion.com/reference/query-a-data-source
    """
    body: dict[str, Any] = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
    since, full = "", True
    while full:
        before, full = since, False
        async for answer in _answers(api, "POST", f"/v1/data_sources/{source}/query", body):
            rows = _found(answer, "page", "ascending")
            yield rows
            since = max([since, *(row.get("created_time", "") for row in rows.objects)])
            full = rows.incomplete and since > before
        body["filter"] = {"timestamp": "created_time", "created_time": {"on_or_after": since}}


async def _from_both_ends(
    newest: AsyncGenerator[_Found, None], oldest: AsyncGenerator[_Found, None], seen: _Seen
) -> AsyncGenerator[_Found, None]:
    """The pages of both chains until one has seen everything, or they have met."""
    async with Chains(newest, oldest) as pages:
        async for found in pages:
            seen.take(found)
            yield found
            if seen.met or not (found.more or found.incomplete):
                return


async def _again(api: Api, part: Part, time: datetime | None, seen: _Seen) -> AsyncGenerator[_Found, None]:
    """The newest end once more; and everything from there, where the chain from the oldest end may have missed some."""
    async for found in _since(api, part, time, seen):
        yield found
    if seen.moved:
        for since in (None, time):
            async for found in _since(api, part, since, seen):
                yield found


async def _since(api: Api, part: Part, time: datetime | None, seen: _Seen) -> AsyncGenerator[_Found, None]:
    """What was edited at that time or later; everything, without a time."""
    async with aclosing(_search(api, part.kind, "descending")) as newest:
        async for found in newest:
            seen.take(found)
            yield found
            if time and found.first and found.first < time:
                return


async def _page(found: _Found, people: Names) -> Page:
    shared = [each for each in found.objects if "created_time" in each]  # without it: not shared in full
    names = await people.of((each.get("created_by") or {}).get("id") for each in shared)
    return Page([_item(each, names) for each in shared])


async def _people(api: Api) -> dict[str, str]:
    pages = [listed(answer, "results") async for answer in _answers(api, "GET", "/v1/users", {})]
    return {user["id"]: user.get("name") or "" for users in pages for user in users}


def _answers(api: Api, method: str, path: str, query: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    async def fetch(cursor: str | None) -> Any:
        body = {**query, "page_size": PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})}
        return await (api.get(path, body) if method == "GET" else api.post(path, body))

    return cursor_pages(fetch, "results", _next)


def _next(answer: Mapping[str, Any]) -> str | None:
    cursor: str | None = answer.get("next_cursor")
    if answer.get("has_more") and not cursor:
        raise ProviderError("Notion ended a listing early. Refresh to try again.")
    return cursor if answer.get("has_more") else None


def _item(found: Mapping[str, Any], people: Mapping[str, str]) -> Item:
    fields = {name: _object(field) for name, field in _object(found.get("properties")).items()}
    page = found["object"] == "page"
    parent_id, parent_name = _parent(found.get("parent") or {})
    creator = found.get("created_by") or {}
    return Item(
        id=found["id"],
        type=found["object"],
        name=(_title(fields) if page else _plain(found.get("title"))) or "Untitled",
        directory=not page,
        parent_id=parent_id,
        parent_path_or_name=parent_name,
        creation_time=moment(found["created_time"]),
        last_modified_time=moment(found.get("last_edited_time")),
        url=found.get("url"),
        owner=people.get(creator.get("id", "")) or creator.get("name"),
        visibility=not found.get("in_trash", False),
        properties=_properties(fields) if page else {"Fields": list(fields)},
    )


def _object(thing: Any) -> Mapping[str, Any]:
    return thing if isinstance(thing, dict) else {}


def _parent(parent: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """(id, name): a row's parent is its data source, a top page's the workspace."""
    kind = parent.get("type", "")
    return (None, "Workspace") if kind == "workspace" else (parent.get(kind), None)


def _title(fields: Mapping[str, Any]) -> str:
    """The title, in whichever property is the title."""
    return next((_plain(field.get("title")) for field in fields.values() if field.get("type") == "title"), "")


def _properties(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(field) for name, field in fields.items() if field.get("type") != "title"}


def _value(field: Any) -> Any:
    """A property's value as plain data; types and shapes of the future are shown as they come."""
    if not isinstance(field, dict):
        return field
    kind = field.get("type", "")
    value = field.get(kind)
    try:
        return None if value is None else VALUES.get(kind, lambda same: same)(value)
    except (AttributeError, TypeError):
        return value


def _plain(texts: Any) -> str:
    return "".join(text.get("plain_text") or "" for text in texts or () if text)


def _name(thing: Any) -> Any:
    return thing.get("name") or thing.get("id") if isinstance(thing, dict) else thing


def _names(things: Any) -> Any:
    return [_name(thing) for thing in things] if isinstance(things, list) else things


def _dates(span: Mapping[str, Any]) -> str | None:
    return " – ".join(filter(None, (span.get("start"), span.get("end")))) or None


def _rollup(rollup: Mapping[str, Any]) -> Any:
    found = rollup.get("array")
    return _value(rollup) if found is None else [_value(each) for each in found]


def _unique_id(number: Mapping[str, Any]) -> str:
    return "-".join(str(part) for part in (number.get("prefix"), number.get("number")) if part is not None)


VALUES: dict[str, Callable[[Any], Any]] = {
    "title": _plain,
    "rich_text": _plain,
    "select": _name,
    "status": _name,
    "multi_select": _names,
    "people": _names,
    "files": _names,
    "created_by": _name,
    "last_edited_by": _name,
    "date": _dates,
    "relation": _names,
    "formula": _value,
    "rollup": _rollup,
    "unique_id": _unique_id,
    "verification": lambda verification: verification.get("state"),
    "place": _name,
    "button": lambda button: None,
    "unsupported": lambda unsupported: None,
}

PROVIDER = Provider(
    slug="notion",
    title="Notion",
    icon=":material/description:",
    summary="Pages and data sources",
    kinds=(Kind("page", "Pages"), Kind("data_source", "Data sources")),
    authorize_url="https://api.notion.com/v1/oauth/authorize",
    token_url="https://api.notion.com/v1/oauth/token",
    revoke_url="https://api.notion.com/v1/oauth/revoke",
    api_url="https://api.notion.com",
    web_url="https://app.notion.com",
    console_url="https://app.notion.com/developers/connections",
    authorize_params={"owner": "user"},
    token_format="json",
    refresh_reuse="revokes",
    headers={"Notion-Version": "2026-03-11"},
    pkce=False,
    rate_limit_wait=60,
    faults=(
        Fault(400, "start_cursor provided is invalid", CursorExpired, "Notion ended a listing early"),
        Fault(429, "public_api_request_blocked", QuotaSpent, "Notion blocks this connection. Come back tomorrow."),
    ),
    if_empty="Notion shows only what was shared: press Reconnect and pick the pages to share.",
    identify=identify,
    plan=plan,
    read=read,
    changes=changes,
)
