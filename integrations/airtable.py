"""Airtable: bases, their tables, and the records of every table.

https://airtable.com/developers/web/api/oauth-reference (OAuth),
https://airtable.com/developers/web/api/list-records, https://airtable.com/developers/web/api/rate-limits

Tokens, from the OAuth reference: access tokens live for 60 minutes; at a refresh "previous access and refresh tokens
are invalidated"; 409 means that this token was used a moment ago; repeated invalid refreshes may revoke a grant.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from .listing import cursor_pages, records_in, with_id
from .listing.values import joined, mapping, name_of, text_at
from .model import Account, Api, Catalog, Fault, Item, ItemType, Page, Provider, RateLimit, Stream, moment
from .model.errors import CursorExpired, Forbidden, ProviderError, QuotaSpent

PAGE_SIZE = 100
RATE_LIMIT = RateLimit(5, 1.0625, strict=True)  # of 5 in 1 s: the network jitters
LOOKUP, INTERNAL = "multipleLookupValues", "manualSort"
SINGLE = {
    "number", "currency", "percent", "rating", "count", "duration", "autoNumber",
    "checkbox", "date", "dateTime", "createdTime", "lastModifiedTime",
}  # fmt: skip


class Airtable(Provider):
    """Bases, tables and records."""

    slug = "airtable"
    title = "Airtable"
    icon = ":material/table_chart:"
    summary = "Bases, tables and records"
    item_types = (ItemType("record", "Records"), ItemType("table", "Tables"), ItemType("base", "Bases"))
    authorize_url = "https://airtable.com/oauth2/v1/authorize"
    token_url = "https://airtable.com/oauth2/v1/token"
    api_url = "https://api.airtable.com"
    web_url = "https://airtable.com"
    console_url = "https://airtable.com/create/oauth"
    not_revocable = (
        "Airtable can't be told from here: remove the connection under Account → Integrations there as well."
    )
    scopes = ("data.records:read", "schema.bases:read", "user.email:read")
    access_token_seconds = 3600
    refresh_reuse = "revokes"
    rate_limits = {"": RATE_LIMIT, "base": RATE_LIMIT}
    concurrency = 12
    rate_limit_wait = 30
    ration = "Airtable Free's 1,000 monthly calls"
    faults = (
        Fault(422, "LIST_RECORDS_ITERATOR_NOT_AVAILABLE", CursorExpired, "Airtable ended a listing early"),
        Fault(
            429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", QuotaSpent,
            "This Airtable workspace has used up its calls for the month. Come back next month, or upgrade its plan.",
        ),
    )  # fmt: skip
    if_empty = "Press Reconnect and add the bases to share."

    def is_error(self, answer: Mapping[str, Any]) -> bool:
        """`{"error": {"type": …}}` or `{"error": "NOT_FOUND"}`: https://airtable.com/developers/web/api/errors."""
        error = answer.get("error")
        code = error.get("type") if isinstance(error, dict) else error
        return isinstance(code, str) and code.isidentifier() and code.isupper()

    async def identify(self, api: Api, answer: Mapping[str, Any]) -> Account:
        """Returns the Airtable user; the e-mail address is there only with the scope user.email:read."""
        user = await api.get("/v0/meta/whoami")
        return Account(user["id"], user.get("email") or f"Airtable user {user['id']}", user.get("email") or "")

    async def catalog(self, api: Api) -> Catalog:
        """Returns a stream for each table, and one for the bases and tables themselves, which costs no further call.

        A base whose tables could not be listed is a stream of its own, so that its error costs no other base.
        """
        bases = [base async for base in _bases(api) if base.get("permissionLevel", "read") != "none"]
        schemas = await asyncio.gather(*(_schema(api, base) for base in bases))
        found = list(zip(bases, schemas, strict=True))
        tables = _scoped([table for _, schema in found if isinstance(schema, list) for table in schema])
        skipped = [f"{base['name']}: {schema}." for base, schema in found if isinstance(schema, Forbidden)]
        failed = [
            Stream(base["id"], base["name"], "record", context=schema) for base, schema in found if _failed(schema)
        ]
        readable = [base for base, schema in found if not isinstance(schema, Forbidden)]
        outline = Stream("outline", "Bases and tables", "base", calls=0, context=(readable, tables))
        return Catalog((outline, *(_stream(table) for table in tables), *failed), tuple(skipped))

    async def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncIterator[Page]:
        """Yields the records of one table, or the bases and tables of the catalog.

        A table's cursor lives for minutes and in one process, so a table is resumed from its start.
        """
        if _failed(stream.context):
            raise stream.context
        if stream.item_type == "base":
            bases, tables = stream.context
            yield Page([_base_item(api, base, tables) for base in bases] + [_table_item(api, each) for each in tables])
            return
        async for page in _records(api, stream.context, {}):
            yield page

    async def changes(self, api: Api, stream: Stream, since: datetime) -> AsyncIterator[Page]:
        """Yields the records that were created or changed by hand since; computed fields do not count as changed."""
        if not isinstance(stream.context, Table):
            async for page in self.read(api, stream):
                yield page
            return
        formula = f"IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE('{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}'))"
        try:
            async for page in _records(api, stream.context, {"filterByFormula": formula}):
                yield page
        except ProviderError as error:
            if type(error) is not ProviderError:
                raise
            async for page in _records(api, stream.context, {}):  # a table that takes no such formula
                yield page


@dataclass(frozen=True)
class Table:
    """A table and its base, as the schema describes them.

    `scope`: what stands before the ids of the table and its records, where a copy of the base repeats them.
    """

    base: Mapping[str, Any]
    schema: Mapping[str, Any]
    scope: str = ""


async def _records(api: Api, table: Table, query: Mapping[str, Any]) -> AsyncIterator[Page]:
    base_id, path = table.base["id"], f"/v0/{table.base['id']}/{table.schema['id']}"
    query = {"pageSize": PAGE_SIZE, "returnFieldsByFieldId": "true", **query}
    async for answer in _answers(api, path, query, "records", f"base:{base_id}"):
        yield Page([_record_item(api, table, record) for record in records_in(answer, "records")])


async def _bases(api: Api) -> AsyncIterator[dict[str, Any]]:
    async for answer in _answers(api, "/v0/meta/bases", {}, "bases", "meta"):
        for base in records_in(answer, "bases"):
            yield _titled(base)


async def _schema(api: Api, base: Mapping[str, Any]) -> list[Table] | ProviderError:
    """Returns the tables of a base, or the error that kept them from being listed."""
    try:
        answer = await api.get(f"/v0/meta/bases/{base['id']}/tables", bucket=f"base:{base['id']}")
        return [Table(base, {**_titled(schema), "fields": _fields(schema)}) for schema in records_in(answer, "tables")]
    except QuotaSpent:
        raise
    except ProviderError as error:
        return error


def _failed(context: object) -> bool:
    return isinstance(context, ProviderError) and not isinstance(context, Forbidden)


def _titled(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {**thing, "name": thing.get("name") or "Untitled"}


def _fields(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [_field(field) for field in with_id(schema.get("fields")) if field.get("type") != INTERNAL]


def _field(field: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a field with the type of its values as `result`: a computed field has one of its own.

    https://airtable.com/developers/web/api/field-model
    """
    result, kind = mapping(mapping(field.get("options")).get("result")), text_at(field, "type")
    return {
        **field,
        "type": kind,
        "result": text_at(result, "type") or kind,
        "name": text_at(field, "name") or field["id"],
    }


def _scoped(tables: list[Table]) -> list[Table]:
    """Returns the tables, with a scope from the second that has an id: ids are unique within a base only."""
    first = {table.schema["id"]: table for table in reversed(tables)}
    return [
        table if table is first[table.schema["id"]] else replace(table, scope=f"{table.base['id']}/")
        for table in tables
    ]


def _answers(api: Api, path: str, query: Mapping[str, Any], name: str, bucket: str) -> AsyncIterator[Any]:
    def fetch(cursor: str | None) -> Any:
        return api.get(path, {**query, **({"offset": cursor} if cursor else {})}, bucket=bucket)

    return cursor_pages(fetch, name, lambda answer: answer.get("offset"))


def _stream(table: Table) -> Stream:
    base, schema = table.base, table.schema
    stream_id = f"{base['id']}/{schema['id']}"
    return Stream(stream_id, schema["name"], "record", group=base["id"], group_title=base["name"], context=table)


def _base_item(api: Api, base: Mapping[str, Any], tables: list[Table]) -> Item:
    own = tuple(table.scope + table.schema["id"] for table in tables if table.base["id"] == base["id"])
    url = f"{api.web_url}/{base['id']}"
    access = {"Permission": base.get("permissionLevel")}
    return Item(base["id"], "base", base["name"], directory=True, url=url, children=own, properties=access)


def _table_item(api: Api, table: Table) -> Item:
    base, schema = table.base, table.schema
    return Item(
        id=table.scope + schema["id"],
        type="table",
        name=schema["name"],
        directory=True,
        parent_id=base["id"],
        parent_path_or_name=base["name"],
        url=f"{api.web_url}/{base['id']}/{schema['id']}",
        properties={"Description": schema.get("description"), "Fields": [field["name"] for field in schema["fields"]]},
    )


def _record_item(api: Api, table: Table, record: Mapping[str, Any]) -> Item:
    fields, cells, primary = table.schema["fields"], mapping(record.get("fields")), table.schema.get("primaryFieldId")
    values = {field["id"]: _value(field, cells.get(field["id"])) for field in fields}
    types = {field["type"]: values[field["id"]] for field in reversed(fields) if not _watches_some(field)}
    return Item(
        id=table.scope + record["id"],
        type="record",
        name=_text(values.get(primary)) or "Untitled",
        parent_id=table.scope + table.schema["id"],
        parent_path_or_name=f"{table.base['name']} / {table.schema['name']}",
        creation_time=moment(record.get("createdTime")),
        last_modified_time=moment(types.get("lastModifiedTime")),
        url=f"{api.web_url}/{table.base['id']}/{table.schema['id']}/{record['id']}",
        owner=_text(types.get("createdBy")) or None,
        properties={field["name"]: values[field["id"]] for field in fields if field["id"] != primary},
    )


def _watches_some(field: Mapping[str, Any]) -> bool:
    """Returns whether a time of the last change is one of some fields only."""
    options = mapping(field.get("options"))
    return field["type"] == "lastModifiedTime" and bool(options.get("referencedFieldIds"))


def _value(field: Mapping[str, Any], cell: Any) -> Any:
    """Returns a cell as plain data. Empty cells are left out of answers, an unticked box among them.

    A lookup is a list; one of a single number, date or box is that value.
    """
    if field["type"] == LOOKUP and isinstance(cell, list) and len(cell) == 1 and field["result"] in SINGLE:
        return _read(field, cell[0])
    return None if field["type"] == LOOKUP and cell is None else _read(field, cell)


def _read(field: Mapping[str, Any], value: Any) -> Any:
    if isinstance(value, list):
        return [_read(field, each) for each in value]
    if isinstance(value, dict):
        return _named(value)
    return bool(value) if field["result"] == "checkbox" else value


def _named(value: Mapping[str, Any]) -> Any:
    """Returns people by name, attachments by file name (their addresses expire), and AI text without its state.

    None for an error of a formula.
    """
    if "isStale" in value:
        return value.get("value")
    if "error" in value or "specialValue" in value:
        return None
    found = name_of(value)
    return dict(value) if found is None else found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return joined(map(_text, value), ", ")
    return "" if value is None else str(value)


PROVIDER = Airtable()
