"""Notion: pages and data sources, found by search.

https://developers.notion.com/guides/authorization (OAuth), https://developers.notion.com/reference
(API, version 2026-03-11), https://developers.notion.com/reference/request-limits
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from .http import cursor_pages, listed
from .model import Account, Api, Fault, Item, Kind, Part, Plan, Provider, moment
from .model.errors import CursorExpired, Forbidden, QuotaSpent

PAGE_SIZE = 100


async def identify(api: Api, answer: Mapping[str, Any]) -> Account:
    """The workspace and the person, as the token endpoint names them."""
    user = (answer.get("owner") or {}).get("user") or {}
    who = f"{answer['workspace_id']} {user.get('id') or answer['bot_id']}"
    email = (user.get("person") or {}).get("email")
    return Account(who, answer.get("workspace_name") or "Notion workspace", email or user.get("name") or "")


async def plan(api: Api) -> Plan:
    """Two searches; who created a page is named if the connection may see users."""
    try:
        people = {user["id"]: user.get("name") or "" async for user in _results(api, "GET", "/v1/users", {})}
        skipped: tuple[str, ...] = ()
    except Forbidden:
        people, skipped = {}, ("Names of people: this connection was not given user information.",)
    parts = [Part(kind.slug, kind.title, kind.slug, facts=people) for kind in PROVIDER.kinds]
    return Plan(tuple(parts), skipped)


async def read(api: Api, part: Part) -> AsyncIterator[list[Item]]:
    """Everything of one kind that was shared with the connection, newest first."""
    body = {
        "filter": {"property": "object", "value": part.kind},
        "sort": {"timestamp": "last_edited_time", "direction": "descending"},
    }
    async for answer in _answers(api, "POST", "/v1/search", body):
        found = [each for each in listed(answer, "results") if each.get("object") == part.kind]
        yield [_item(each, part.facts) for each in found if "created_time" in each]  # without it: not shared in full


async def _results(api: Api, method: str, path: str, query: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    async for answer in _answers(api, method, path, query):
        for result in listed(answer, "results"):
            yield result


def _answers(api: Api, method: str, path: str, query: Mapping[str, Any]) -> AsyncIterator[Any]:
    async def fetch(cursor: str | None) -> Any:
        body = {**query, "page_size": PAGE_SIZE, **({"start_cursor": cursor} if cursor else {})}
        return await (api.get(path, body) if method == "GET" else api.post(path, body))

    return cursor_pages(fetch, lambda answer: answer.get("next_cursor") if answer.get("has_more") else None)


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
    return thing if isinstance(thing, Mapping) else {}


def _parent(parent: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """(id, name): a row's parent is its data source, a top page's the workspace."""
    kind = parent.get("type", "")
    return (None, "Workspace") if kind == "workspace" else (parent.get(kind), None)


def _title(fields: Mapping[str, Any]) -> str:
    """The title, in whichever property is the title."""
    return next((_plain(field.get("title")) for field in fields.values() if field.get("type") == "title"), "")


def _properties(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(field) for name, field in fields.items() if field.get("type") != "title"}


def _value(field: Mapping[str, Any] | None) -> Any:
    """A property's value as plain data; types and shapes of the future are shown as they come."""
    if not isinstance(field, Mapping):
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
    return thing.get("name") or thing.get("id") if isinstance(thing, Mapping) else thing


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
)
