"""Notion: pages and data sources, found by search.

https://developers.notion.com/guides/authorization (OAuth; a refresh "generates a new access token and a new refresh
token"; a second use of the old one is not documented, and may revoke the grant),
https://developers.notion.com/reference (API, version 2026-03-11), https://developers.notion.com/reference/request-limits
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from .listing import EditPage, EditTimeReader, Lookup, SharedListing, handled, unless_refused
from .listing.ancestry import Ancestry, Step, step_to
from .listing.page_size import PageSize, PageTooSlow
from .listing.pagination import collected, converted, cursor_pages, records_in
from .listing.tagged import OpenColumns, Property, Row, Rows, Table, plain, properties_of, put_together
from .listing.values import mapping, path_part, text_at
from .model import Account, Api, Catalog, Collection, Fault, Field, Item, ItemType, Page, Provider, Stream, moment
from .model.errors import CursorExpired, Forbidden, ProviderError, QuotaSpent

PAGE_SIZES = (100, 50, 25, 10)
MAX_PARENT_CALLS = 100  # in a load: each page in a column or toggle lies in a block of its own
BETWEEN = ("block_id", "database_id")  # parents that are no items
PEOPLE, SOURCE = "people", "data_source"
COLLECTIONS = {
    "page": Collection("page", "Pages", "page"),
    SOURCE: Collection(SOURCE, "Databases", SOURCE, (Field("fields", "Fields", many=True),)),
}
SLOW = "Notion took too long to answer. Try again in a few minutes."
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
        Fault(503, "educe page_size", PageTooSlow, SLOW),
        Fault(504, "", PageTooSlow, SLOW),
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
            me = await api.get("/v1/users/me")
            answer = {"bot_id": me.get("id"), **mapping(me.get("bot")), **{k: v for k, v in answer.items() if v}}
            user = _user(answer)
        who = f"{answer['workspace_id']} {user.get('id') or answer['bot_id']}"
        email = mapping(user.get("person")).get("email")
        return Account(who, answer.get("workspace_name") or "Notion workspace", email or user.get("name") or "")

    async def catalog(self, api: Api) -> Catalog:
        """Returns a search for each item type, and the names of people, which the searches do not wait for."""
        load = _Load(api)
        streams = [Stream(each.slug, each.title, each.slug, context=load) for each in self.item_types]
        return Catalog((*streams, Stream(PEOPLE, "Names of people", "", calls=0, context=load)))

    def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncGenerator[Page, None]:
        """Yields everything of one type that was shared with the connection, read from both ends of its last edits.

        A search cannot be resumed. Where it ends before everything has come, the rows of each data source are read too.
        """
        return _pages(stream, lambda: _found(api, stream.item_type))

    async def changes(self, api: Api, stream: Stream, since: datetime) -> AsyncGenerator[Page, None]:
        """Yields what was edited since and what went to the trash; edits are dated to the minute, that counts whole."""
        minute = since.astimezone(UTC).replace(second=0, microsecond=0)
        async with aclosing(_pages(stream, lambda: _found(api, stream.item_type, minute))) as pages:
            async for page in pages:
                yield page
        yield Page(removed=await unless_refused(_trashed(api, stream.item_type, minute)) or ())


def _user(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the person who approved, or an empty object where the grant is a workspace's."""
    return mapping(mapping(answer.get("owner")).get("user"))


Found = EditPage[dict[str, Any]]
Listing = AsyncGenerator[Found, None]


class _Load:
    """What the streams of one load share, and the calls that complete rows; implements `listing.tagged.TableSource`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.people = Lookup(PEOPLE, api.cache, lambda: _people(api))
        self.above = Ancestry("above", api.cache, partial(_climb, api), MAX_PARENT_CALLS)
        self.columns = OpenColumns(api.cache)
        self.rows = Rows(self.columns, self)
        self.sources: SharedListing[Found] = SharedListing()

    def tables(self) -> AsyncGenerator[Sequence[Mapping[str, Any]], None]:
        return converted(self.sources.read(lambda: _found(self._api, SOURCE)), lambda found: found.records)

    async def table(self, id: str) -> Mapping[str, Any] | None:
        return await unless_refused(_get(self._api, f"/v1/data_sources/{path_part(id)}"))

    async def whole(self, record: Mapping[str, Any], held: Property) -> Property | None:
        path = f"/v1/pages/{path_part(record['id'])}/properties/{path_part(text_at(held, 'id'))}"
        answers = await unless_refused(collected(_answers(self._api, "GET", path, {})))
        return put_together(held, answers) if answers else None


async def _pages(stream: Stream, open: Callable[[], Listing]) -> AsyncGenerator[Page, None]:
    load: _Load = stream.context
    if stream.id == PEOPLE:
        await load.people.wait()
        return
    load.people.start()
    load.columns.extend(Table(COLLECTIONS[stream.item_type]))
    listing = load.sources.read(open) if stream.item_type == SOURCE else open()
    async with aclosing(handled(listing, partial(_page, load, stream.item_type))) as pages:
        async for page in pages:
            yield replace(page, collections=load.columns.news())


async def _page(load: _Load, item_type: str, found: Found) -> Page:
    records = [each for each in found.records if "created_time" in each]  # without it: not shared in full
    if item_type == SOURCE:
        load.rows.learn(found.records)
        rows = [Row(each, SOURCE, properties_of(each)) for each in records]
    else:
        rows = await load.rows.complete((_place(each), each) for each in records)
    told = {id: name for row in rows for id, name in row.people.items()}
    creators = {text_at(mapping(row.record.get("created_by")), "id") for row in rows}
    people = {id: name for id, name in told.items() if name} | await load.people.resolve({*told, *creators})
    parents = await load.above.finish([_parent(row.record) for row in rows])
    return Page([_item(row, people, parent) for row, parent in zip(rows, parents, strict=True)], people=people)


async def _found(api: Api, item_type: str, since: datetime | None = None) -> Listing:
    """Yields everything of one type, or what was edited since; raises ProviderError in the end if some was left out."""
    reader = EditTimeReader(_Search(api, item_type))
    async with aclosing(reader.read_since(since) if since else reader.read_all()) as listing:
        async for found in listing:
            yield found
    if reader.incomplete and item_type == "page" and not since:
        async with aclosing(_all_rows(api)) as listing:
            async for found in listing:
                yield found
        raise ProviderError(BEYOND)
    if reader.incomplete:
        raise ProviderError(INCOMPLETE)


async def _trashed(api: Api, item_type: str, since: datetime) -> list[tuple[str, str]]:
    """(collection, id) each; https://github.com/makenotion/notion-sdk-js/releases/tag/v5.23.2."""
    reader = EditTimeReader(_Search(api, item_type, in_trash=True))
    return [(_place(each), each["id"]) async for found in reader.read_since(since) for each in found.records]


class _Search:
    """Everything of one type that was shared with the connection, implementing `listing.EditSource`."""

    def __init__(self, api: Api, item_type: str, **filter: bool) -> None:
        self._api, self._type = api, item_type
        self._filter = {"property": "object", "value": item_type, **filter}

    def pages(self, newest_first: bool) -> Listing:
        direction = "descending" if newest_first else "ascending"
        body = {"filter": self._filter, "sort": {"timestamp": "last_edited_time", "direction": direction}}
        answers = _answers(self._api, "POST", "/v1/search", body)
        return converted(answers, lambda answer: _edit_page(answer, self._type, newest_first))


def _edit_page(answer: Mapping[str, Any], item_type: str, newest_first: bool = False) -> Found:
    records = [each for each in records_in(answer, "results") if each.get("object") == item_type]
    edits = {each["id"]: time for each in records if (time := moment(each.get("last_edited_time")))}
    incomplete = mapping(answer.get("request_status")).get("type") == "incomplete"
    return EditPage(records, edits, newest_first, bool(answer.get("has_more")), incomplete)


async def _all_rows(api: Api) -> Listing:
    listing = await collected(_Search(api, SOURCE).pages(newest_first=False))
    for source in (each for found in listing for each in found.records):
        with suppress(Forbidden):  # found, but not shared in full
            async with aclosing(_rows(api, source["id"])) as pages:
                async for rows in pages:
                    yield rows


async def _rows(api: Api, source: str) -> Listing:
    """A query ends after 10,000 rows, and the next one begins with the last one's minute."""
    body: dict[str, Any] = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}]}
    since, full = "", True
    while full:
        before, full = since, False
        async with aclosing(_answers(api, "POST", f"/v1/data_sources/{source}/query", body)) as answers:
            async for answer in answers:
                rows = _edit_page(answer, "page")
                yield rows
                since = max([since, *(row.get("created_time", "") for row in rows.records)])
                full = rows.incomplete and since > before
        body["filter"] = {"timestamp": "created_time", "created_time": {"on_or_after": since}}


async def _people(api: Api) -> dict[str, str]:
    pages = [records_in(answer, "results") async for answer in _answers(api, "GET", "/v1/users", {})]
    return {user["id"]: user.get("name") or "" for users in pages for user in users}


def _answers(api: Api, method: str, path: str, query: Mapping[str, Any]) -> AsyncGenerator[Any, None]:
    size = PageSize(PAGE_SIZES)

    async def fetch(cursor: str | None) -> Any:
        ask, start = api.get if method == "GET" else api.post, {"start_cursor": cursor} if cursor else {}
        answer = await size.ask(lambda count: ask(path, {**query, "page_size": count, **start}))
        return {"results": [answer], **answer} if answer.get("object") == "property_item" else answer

    return cursor_pages(fetch, "results", _next)


def _next(answer: Mapping[str, Any]) -> str | None:
    cursor: str | None = answer.get("next_cursor")
    if answer.get("has_more") and not cursor:
        raise ProviderError("Notion ended a listing early. Refresh to try again.")
    return cursor if answer.get("has_more") else None


async def _get(api: Api, path: str) -> Any:
    return await PageSize(PAGE_SIZES).ask(lambda size: api.get(path))


def _place(found: Mapping[str, Any]) -> str:
    """The id of an item's collection: a row's is its data source."""
    source = text_at(mapping(found.get("parent")), "data_source_id") if found["object"] == "page" else ""
    return source or found["object"]


def _parent(found: Mapping[str, Any]) -> Step:
    """A data source's is what its database lies in: https://developers.notion.com/reference/parent-object."""
    return step_to(mapping(found.get("database_parent")) or mapping(found.get("parent")), BETWEEN)


async def _climb(api: Api, place: str) -> Step:
    kind, _, id = place.partition(" ")
    found = await _get(api, f"/v1/{'blocks' if kind == 'block_id' else 'databases'}/{path_part(id)}")
    return Step(name=title) if (title := plain(found.get("title"))) else _parent(found)


def _item(row: Row, people: Mapping[str, str], parent: Step) -> Item:
    found, page = row.record, row.record["object"] == "page"
    creator = mapping(found.get("created_by"))
    owner = text_at(creator, "id") if text_at(creator, "id") in people else text_at(creator, "name")
    return Item(
        id=found["id"],
        type=found["object"],
        name=(row.title if page else plain(found.get("title"))) or "Untitled",
        directory=not page,
        parent_id=parent.id,
        parent_path_or_name=parent.name,
        creation_time=moment(found["created_time"]),
        last_modified_time=moment(found.get("last_edited_time")),
        url=found.get("url"),
        owner=owner or None,
        visibility=not found.get("in_trash", False),
        collection=row.collection,
        properties=row.values if page else {"fields": [each["name"] for each in row.held.values()]},
    )


PROVIDER = Notion()
