"""Airtable: bases, their tables, and the records of every table.

https://airtable.com/developers/web/api/oauth-reference (OAuth),
https://airtable.com/developers/web/api/list-records, https://airtable.com/developers/web/api/rate-limits

Tokens, from the OAuth reference: access tokens live for 60 minutes; at a refresh "previous access and refresh tokens
are invalidated"; 409 means that this token was used a moment ago; repeated invalid refreshes may revoke a grant.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .listing import cursor_pages, name_of, records_in, with_id
from .model import Account, Api, Fault, Item, Kind, Page, Part, Plan, Provider, Rate, moment
from .model.errors import CursorExpired, Forbidden, ProviderError, QuotaSpent

PAGE_SIZE = 100


@dataclass(frozen=True)
class Table:
    """A table and its base, as the schema describes them."""

    base: Mapping[str, Any]
    schema: Mapping[str, Any]


async def identify(api: Api, answer: Mapping[str, Any]) -> Account:
    """The Airtable user; the e-mail address is there only with the scope user.email:read."""
    user = await api.get("/v0/meta/whoami")
    return Account(user["id"], user.get("email") or f"Airtable user {user['id']}", user.get("email") or "")


async def plan(api: Api) -> Plan:
    """One part a table, and one for the bases and tables themselves, which costs no further call.

    A base whose tables could not be listed is a part of its own, so that its error costs no other base.
    """
    bases = [base async for base in _bases(api) if base.get("permissionLevel", "read") != "none"]
    schemas = await asyncio.gather(*(_schema(api, base) for base in bases))
    found = list(zip(bases, schemas, strict=True))
    tables = [table for _, schema in found if isinstance(schema, list) for table in schema]
    skipped = [f"{base['name']}: {schema}." for base, schema in found if isinstance(schema, Forbidden)]
    unread = [Part(base["id"], base["name"], "record", facts=schema) for base, schema in found if _failed(schema)]
    readable = [base for base, schema in found if not isinstance(schema, Forbidden)]
    outline = Part("outline", "Bases and tables", "base", calls=0, facts=(readable, tables))
    return Plan((outline, *(_part(table) for table in tables), *unread), tuple(skipped))


async def read(api: Api, part: Part, mark: str = "") -> AsyncIterator[Page]:
    """The records of one table, or the bases and tables that the plan has found.

    A table's cursor lives for minutes and in one process, so a table is resumed from its start.
    """
    if _failed(part.facts):
        raise part.facts
    if part.kind == "base":
        bases, tables = part.facts
        yield Page([_base_item(api, base, tables) for base in bases] + [_table_item(api, table) for table in tables])
        return
    async for page in _records(api, part.facts, {}):
        yield page


async def changes(api: Api, part: Part, since: datetime) -> AsyncIterator[Page]:
    """The records that were created or changed by hand since; computed fields do not count as changed."""
    if not isinstance(part.facts, Table):
        async for page in read(api, part):
            yield page
        return
    formula = f"IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE('{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}'))"
    try:
        async for page in _records(api, part.facts, {"filterByFormula": formula}):
            yield page
    except ProviderError as error:
        if type(error) is not ProviderError:
            raise
        async for page in _records(api, part.facts, {}):  # a table that takes no such formula
            yield page


async def _records(api: Api, table: Table, query: Mapping[str, Any]) -> AsyncIterator[Page]:
    base_id, path = table.base["id"], f"/v0/{table.base['id']}/{table.schema['id']}"
    async for answer in _answers(api, path, {"pageSize": PAGE_SIZE, **query}, "records", f"base:{base_id}"):
        yield Page([_record_item(api, table, record) for record in records_in(answer, "records")])


async def _bases(api: Api) -> AsyncIterator[dict[str, Any]]:
    async for answer in _answers(api, "/v0/meta/bases", {}, "bases", "meta"):
        for base in records_in(answer, "bases"):
            yield _titled(base)


async def _schema(api: Api, base: Mapping[str, Any]) -> list[Table] | ProviderError:
    """The tables of a base, or what kept them from being listed."""
    try:
        answer = await api.get(f"/v0/meta/bases/{base['id']}/tables", lane=f"base:{base['id']}")
        return [Table(base, {**_titled(schema), "fields": _fields(schema)}) for schema in records_in(answer, "tables")]
    except QuotaSpent:
        raise
    except ProviderError as error:
        return error


def _failed(facts: object) -> bool:
    return isinstance(facts, ProviderError) and not isinstance(facts, Forbidden)


def _titled(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {**thing, "name": thing.get("name") or "Untitled"}


def _fields(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "", **field, "name": field.get("name") or field["id"]} for field in with_id(schema.get("fields"))]


def _answers(api: Api, path: str, query: Mapping[str, Any], name: str, lane: str) -> AsyncIterator[Any]:
    def fetch(cursor: str | None) -> Any:
        return api.get(path, {**query, **({"offset": cursor} if cursor else {})}, lane=lane)

    return cursor_pages(fetch, name, lambda answer: answer.get("offset"))


def _part(table: Table) -> Part:
    base_id = table.base["id"]
    return Part(
        f"{base_id}/{table.schema['id']}", table.schema["name"], "record",
        group=base_id, group_title=table.base["name"], facts=table,
    )  # fmt: skip


def _base_item(api: Api, base: Mapping[str, Any], tables: list[Table]) -> Item:
    own = tuple(table.schema["id"] for table in tables if table.base["id"] == base["id"])
    url = f"{api.web_url}/{base['id']}"
    access = {"Permission": base.get("permissionLevel")}
    return Item(base["id"], "base", base["name"], directory=True, url=url, children=own, properties=access)


def _table_item(api: Api, table: Table) -> Item:
    base, schema = table.base, table.schema
    return Item(
        id=schema["id"],
        type="table",
        name=schema["name"],
        directory=True,
        parent_id=base["id"],
        parent_path_or_name=base["name"],
        url=f"{api.web_url}/{base['id']}/{schema['id']}",
        properties={"Description": schema.get("description"), "Fields": [field["name"] for field in schema["fields"]]},
    )


def _record_item(api: Api, table: Table, record: Mapping[str, Any]) -> Item:
    values = {field["id"]: _value(field, record.get("fields") or {}) for field in table.schema["fields"]}
    types = {field["type"]: values[field["id"]] for field in reversed(table.schema["fields"])}
    primary = table.schema.get("primaryFieldId")
    return Item(
        id=record["id"],
        type="record",
        name=_text(values.get(primary)) or "Untitled",
        parent_id=table.schema["id"],
        parent_path_or_name=f"{table.base['name']} / {table.schema['name']}",
        creation_time=moment(record.get("createdTime")),
        last_modified_time=moment(types.get("lastModifiedTime")),
        url=f"{api.web_url}/{table.base['id']}/{table.schema['id']}/{record['id']}",
        owner=_text(types.get("createdBy")) or None,
        properties={field["name"]: values[field["id"]] for field in table.schema["fields"] if field["id"] != primary},
    )


def _value(field: Mapping[str, Any], fields: Mapping[str, Any]) -> Any:
    """A cell as plain data. Empty cells are left out of answers, an unticked box among them."""
    if field["type"] == "checkbox":
        return bool(fields.get(field["name"]))
    return _simple(fields.get(field["name"]))


def _simple(value: Any) -> Any:
    if isinstance(value, list):
        return [_simple(each) for each in value]
    if isinstance(value, dict):
        return _named(value)
    return value


def _named(value: Mapping[str, Any]) -> Any:
    """People by name, attachments by file name (their addresses expire), errors of formulas as nothing."""
    if "error" in value or "specialValue" in value:
        return None
    found = name_of(value)
    return dict(value) if found is None else found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(each) for each in value)
    return "" if value is None else str(value)


def _is_error(answer: Mapping[str, Any]) -> bool:
    """`{"error": {"type": …}}` or `{"error": "NOT_FOUND"}`: https://airtable.com/developers/web/api/errors."""
    error = answer.get("error")
    kind = error.get("type") if isinstance(error, dict) else error
    return isinstance(kind, str) and kind.isidentifier() and kind.isupper()


PROVIDER = Provider(
    slug="airtable",
    title="Airtable",
    icon=":material/table_chart:",
    summary="Bases, tables and records",
    kinds=(Kind("record", "Records"), Kind("table", "Tables"), Kind("base", "Bases")),
    authorize_url="https://airtable.com/oauth2/v1/authorize",
    token_url="https://airtable.com/oauth2/v1/token",
    api_url="https://api.airtable.com",
    web_url="https://airtable.com",
    console_url="https://airtable.com/create/oauth",
    not_revocable="Airtable can't be told from here: remove the connection under Account → Integrations there as well.",
    scopes=("data.records:read", "schema.bases:read", "user.email:read"),
    access_token_seconds=3600,
    refresh_reuse="revokes",
    rates={"": Rate(5, 1.0625, strict=True), "base": Rate(5, 1.0625, strict=True)},  # of 5 in 1 s: the network jitters
    concurrency=12,
    rate_limit_wait=30,
    ration="Airtable's Free plan allows 1,000 calls a month and workspace.",
    faults=(
        Fault(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", CursorExpired, "Airtable ended a listing early"),
        Fault(
            429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", QuotaSpent,
            "This Airtable workspace has used up its calls for the month. Come back next month, or upgrade its plan.",
        ),
    ),
    is_error=_is_error,
    if_empty="Press Reconnect and add the bases to share.",
    identify=identify,
    plan=plan,
    read=read,
    changes=changes,
)  # fmt: skip
