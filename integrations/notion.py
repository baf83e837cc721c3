"""Notion: pages and data sources, found by search.

https://developers.notion.com/guides/authorization (OAuth), https://developers.notion.com/reference
(API, version 2026-03-11), https://developers.notion.com/reference/request-limits

Tokens: a refresh "generates a new access token and a new refresh token" (authorization guide). What a second use of the
old one does is not documented; Notion's MCP server was seen to revoke the whole grant, so it is never tried here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from .listing import EditPage, EditTimeReader, Lookup, cursor_pages, records_in
from .listing.values import flat, mapping, name_of, names_of, place_text, span_text, text_at, utc_text
from .model import Account, Api, Catalog, Fault, Item, ItemType, Page, Provider, Stream, moment
from .model.errors import CursorExpired, Forbidden, ProviderError, QuotaSpent

PAGE_SIZE = 100
PEOPLE = "people"
UNSUPPORTED = "Not provided by Notion"  # a value that is kept back, as the API says, is not an empty one
INCOMPLETE = "Notion says that it left something out this time. Refresh to try again."
BEYOND = (
    "Notion's search ends before all pages have come. The rows of every data source were read one by one; "
    "other pages may be missing."
)


class Notion(Provider):
    """Pages and data sources."""

    slug = "notion"
    title = "Notion"
    icon = ":material/description:"
    summary = "Pages and data sources"
    item_types = (ItemType("page", "Pages"), ItemType("data_source", "Data sources"))
    authorize_url = "https://api.notion.com/v1/oauth/authorize"
    token_url = "https://api.notion.com/v1/oauth/token"
    revoke_url = "https://api.notion.com/v1/oauth/revoke"
    api_url = "https://api.notion.com"
    web_url = "https://app.notion.com"
    console_url = "https://app.notion.com/developers/connections"
    authorize_params = {"owner": "user"}
    token_format = "json"
    refresh_reuse = "revokes"
    headers = {"Notion-Version": "2026-03-11"}
    pkce = False
    rate_limit_wait = 60
    faults = (
        Fault(400, "start_cursor provided is invalid", CursorExpired, "Notion ended a listing early"),
        Fault(429, "public_api_request_blocked", QuotaSpent, "Notion blocks this connection. Come back tomorrow."),
    )
    if_empty = "Notion shows only what was shared: press Reconnect and pick the pages to share."

    def is_error(self, answer: Mapping[str, Any]) -> bool:
        """https://developers.notion.com/reference/status-codes."""
        return answer.get("object") == "error" and isinstance(answer.get("code"), str)

    async def identify(self, api: Api, answer: Mapping[str, Any]) -> Account:
        """Returns the workspace and the person, from the token answer; what it lacks, from the bot's own record.

        https://developers.notion.com/reference/get-self
        """
        user = _user(answer)
        if not (answer.get("workspace_id") and (user.get("id") or answer.get("bot_id"))):
            answer = {**await _bot(api), **{name: value for name, value in answer.items() if value}}
            user = _user(answer)
        who = f"{answer['workspace_id']} {user.get('id') or answer['bot_id']}"
        email = mapping(user.get("person")).get("email")
        return Account(who, answer.get("workspace_name") or "Notion workspace", email or user.get("name") or "")

    async def catalog(self, api: Api) -> Catalog:
        """Returns a search for each item type, and the names of people, which the searches do not wait for."""
        people = Lookup(PEOPLE, api.cache, lambda: _people(api))
        streams = [Stream(each.slug, each.title, each.slug, context=people) for each in self.item_types]
        return Catalog((*streams, Stream(PEOPLE, "Names of people", "", calls=0, context=people)))

    async def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncIterator[Page]:
        """Yields everything of one type that was shared with the connection, read from both ends of its last edits.

        A search cannot be resumed. Where it ends before everything has come, the rows of each data source are read too.
        """
        people: Lookup = stream.context
        if stream.id == PEOPLE:
            await people.wait()
            return
        people.start()
        reader = EditTimeReader(_Search(api, stream.item_type))
        async for found in reader.read_all():
            yield await _page(found, people)
        if reader.incomplete and stream.item_type == "page":
            async for found in _all_rows(api):
                yield await _page(found, people)
            raise ProviderError(BEYOND)
        if reader.incomplete:
            raise ProviderError(INCOMPLETE)

    async def changes(self, api: Api, stream: Stream, since: datetime) -> AsyncIterator[Page]:
        """Yields what was edited since; edits are dated to the minute, so that minute counts in whole."""
        people: Lookup = stream.context
        people.start()
        reader = EditTimeReader(_Search(api, stream.item_type))
        async for found in reader.read_since(since.astimezone(UTC).replace(second=0, microsecond=0)):
            yield await _page(found, people)
        if reader.incomplete:
            raise ProviderError(INCOMPLETE)


async def _bot(api: Api) -> dict[str, Any]:
    """Returns the connection's bot user, with the names that a token answer uses."""
    me = await api.get("/v1/users/me")
    return {"bot_id": me.get("id"), **mapping(me.get("bot"))}


def _user(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the person who approved, or an empty object where the grant is a workspace's."""
    return mapping(mapping(answer.get("owner")).get("user"))


class _Search:
    """Everything of one type that was shared with the connection, implementing `listing.EditSource`."""

    def __init__(self, api: Api, item_type: str) -> None:
        self._api = api
        self._type = item_type

    async def pages(self, newest_first: bool) -> AsyncGenerator[EditPage[dict[str, Any]], None]:
        body = {
            "filter": {"property": "object", "value": self._type},
            "sort": {"timestamp": "last_edited_time", "direction": "descending" if newest_first else "ascending"},
        }
        async for answer in _answers(self._api, "POST", "/v1/search", body):
            yield _edit_page(answer, self._type, newest_first)


def _edit_page(answer: Mapping[str, Any], item_type: str, newest_first: bool = False) -> EditPage[dict[str, Any]]:
    records = [each for each in records_in(answer, "results") if each.get("object") == item_type]
    times = {each["id"]: moment(each.get("last_edited_time")) for each in records}
    edits = {each: time for each, time in times.items() if time}
    incomplete = mapping(answer.get("request_status")).get("type") == "incomplete"
    return EditPage(records, edits, newest_first, bool(answer.get("has_more")), incomplete)


async def _all_rows(api: Api) -> AsyncGenerator[EditPage[dict[str, Any]], None]:
    async for sources in _Search(api, "data_source").pages(newest_first=False):
        for source in sources.records:
            with suppress(Forbidden):  # found, but not shared in full
                async for rows in _rows(api, source["id"]):
                    yield rows


async def _rows(api: Api, source: str) -> AsyncGenerator[EditPage[dict[str, Any]], None]:
    """The rows of a data source; a query ends after 10,000, and the next one begins with the last one's minute.

    https://developers.notion.com/reference/query-a-data-source
    """
    body: dict[str, Any] = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
    since, full = "", True
    while full:
        before, full = since, False
        async for answer in _answers(api, "POST", f"/v1/data_sources/{source}/query", body):
            rows = _edit_page(answer, "page")
            yield rows
            since = max([since, *(row.get("created_time", "") for row in rows.records)])
            full = rows.incomplete and since > before
        body["filter"] = {"timestamp": "created_time", "created_time": {"on_or_after": since}}


async def _page(found: EditPage[dict[str, Any]], people: Lookup) -> Page:
    shared = [each for each in found.records if "created_time" in each]  # without it: not shared in full
    names = await people.resolve(text_at(mapping(each.get("created_by")), "id") for each in shared)
    return Page([_item(each, names) for each in shared])


async def _people(api: Api) -> dict[str, str]:
    pages = [records_in(answer, "results") async for answer in _answers(api, "GET", "/v1/users", {})]
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
    fields = {name: mapping(field) for name, field in mapping(found.get("properties")).items()}
    page = found["object"] == "page"
    parent_id, parent_name = _parent(mapping(found.get("database_parent")) or mapping(found.get("parent")))
    creator = mapping(found.get("created_by"))
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
        owner=people.get(text_at(creator, "id")) or creator.get("name"),
        visibility=not found.get("in_trash", False),
        properties=_properties(fields) if page else {"Fields": list(fields)},
    )


def _parent(parent: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """(id, name): a row's is its data source, a data source's what its database lies in, a top page's the workspace."""
    where = text_at(parent, "type")
    return (None, "Workspace") if where == "workspace" else (parent.get(where), None)


def _title(fields: Mapping[str, Any]) -> str:
    """The title, in whichever property is the title."""
    return next((_plain(field.get("title")) for field in fields.values() if field.get("type") == "title"), "")


def _properties(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(field) for name, field in fields.items() if field.get("type") != "title"}


def _value(field: Any) -> Any:
    """A property's value as plain data; types and shapes of the future are shown as they come."""
    if not isinstance(field, dict):
        return field
    field_type = text_at(field, "type")
    value = field.get(field_type)
    try:
        return None if value is None else VALUES.get(field_type, lambda same: same)(value)
    except (AttributeError, TypeError):
        return value


def _plain(texts: Any) -> str:
    return "".join(text.get("plain_text") or "" for text in texts or () if text)


def _name(thing: Any) -> Any:
    return name_of(thing, ("name", "id"))


def _names(things: Any) -> Any:
    return names_of(things, ("name", "id"))


def _dates(span: Mapping[str, Any]) -> str | None:
    return span_text(span.get("start"), span.get("end"), span.get("time_zone"))


def _rollup(rollup: Mapping[str, Any]) -> Any:
    found = rollup.get("array")
    return _value(rollup) if found is None else flat(map(_value, found))


def _unique_id(number: Mapping[str, Any]) -> Any:
    return f"{number['prefix']}-{number.get('number')}" if number.get("prefix") else number.get("number")


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
    "created_time": utc_text,
    "last_edited_time": utc_text,
    "date": _dates,
    "relation": _names,
    "formula": _value,
    "rollup": _rollup,
    "unique_id": _unique_id,
    "verification": lambda verification: verification.get("state").capitalize(),
    "place": place_text,
    "button": lambda button: None,
    "unsupported": lambda unsupported: UNSUPPORTED,
}

PROVIDER = Notion()
