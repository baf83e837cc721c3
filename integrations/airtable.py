"""Airtable: bases, their tables, and the records of every table.

https://airtable.com/developers/web/api/oauth-reference (OAuth),
https://airtable.com/developers/web/api/list-records, https://airtable.com/developers/web/api/rate-limits

Tokens, from the OAuth reference: access tokens live for 60 minutes; at a refresh "previous access and refresh tokens
are invalidated"; 409 means that this token was used a moment ago; repeated invalid refreshes may revoke a grant.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .listing import collected, cursor_pages, records_in, with_id
from .listing.cells import cell_reader, options_of
from .listing.columns import Column, Columns
from .listing.values import log_unknown_type, mapping, text_at
from .model import Account, Api, Catalog, Fault, Item, ItemType, Page, Provider, RateLimit, Stream, moment
from .model.errors import CursorExpired, Forbidden, ProviderError, QuotaSpent
from .model.schema import LIST_TYPES, Collection, Field, FieldType, NoValue, Option

PAGE_SIZE = 100
RATE_LIMIT = RateLimit(5, 1.0625, strict=True)  # of 5 in 1 s: the network jitters
TYPES = {  # https://airtable.com/developers/web/api/field-model
    "singleLineText": "text", "multilineText": "long_text", "richText": "long_text", "aiText": "long_text",
    "email": "email", "phoneNumber": "phone", "url": "url", "button": "url", "barcode": "text",
    "number": "number", "count": "number", "currency": "currency", "percent": "percent", "duration": "duration",
    "rating": "rating", "autoNumber": "identifier", "checkbox": "boolean", "date": "date", "dateTime": "datetime",
    "createdTime": "datetime", "lastModifiedTime": "datetime", "singleSelect": "select",
    "externalSyncSource": "select", "multipleSelects": "multi_select", "singleCollaborator": "person",
    "createdBy": "person", "lastModifiedBy": "person", "multipleCollaborators": "people",
    "multipleRecordLinks": "relation", "multipleAttachments": "files",
}  # fmt: skip
INTERNAL, LOOKUP, CHANGED = "manualSort", "multipleLookupValues", "lastModifiedTime"
OF_SEVERAL = {FieldType.SELECT: FieldType.MULTI_SELECT, FieldType.PERSON: FieldType.PEOPLE}
COMPUTED = {"formula", "rollup", LOOKUP, "count", CHANGED, "lastModifiedBy", "button", "aiText"}
NO_VALUE = {
    "empty": "This text has not been generated yet.", "loading": "Airtable is generating this text.",
    "emptyDependency": "The fields that this text is made from are empty.",
    "error": "Airtable could not generate this text.",
    "NaN": "The result is not a number.", "Infinity": "The result is infinite.", "-Infinity": "The result is infinite.",
}  # fmt: skip
PRECISIONS = {str(digits): digits for digits in range(9)}
PERMISSIONS = tuple(Option(level, level.title()) for level in ("read", "comment", "edit", "create"))
OUTLINE = (
    Collection("base", "Bases", "base", (Field("Permission", "Permission", FieldType.SELECT, options=PERMISSIONS),)),
    Collection("table", "Tables", "table", (
        Field("Description", "Description", FieldType.LONG_TEXT), Field("Fields", "Fields", many=True),
    ), parents="base"),
)  # fmt: skip


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
    concurrency = 4  # of one base: four chains of calls use its rate up at 0.8 s a call
    rate_limit_wait, locks_out = 30, True
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
        answers = await collected(_answers(api, "/v0/meta/bases", {}, "bases", "meta"))
        readable = [_titled(each) for answer in answers for each in records_in(answer, "bases")]
        bases = [base for base in readable if base.get("permissionLevel", "read") != "none"]
        schemas = await asyncio.gather(*(_schema(api, base) for base in bases))
        found = list(zip(bases, schemas, strict=True))
        tables = [table for _, schema in found if isinstance(schema, list) for table in schema]
        skipped = [f"{base['name']}: {schema}." for base, schema in found if isinstance(schema, Forbidden)]
        failed = [
            Stream(base["id"], base["name"], "record", context=schema) for base, schema in found if _failed(schema)
        ]
        shared = [base for base, schema in found if not isinstance(schema, Forbidden)]
        outline = Stream("outline", "Bases and tables", "base", calls=0, context=(shared, tables))
        return Catalog((*(_stream(table) for table in tables), *failed, outline), tuple(skipped))

    async def read(self, api: Api, stream: Stream, cursor: str = "") -> AsyncGenerator[Page, None]:
        """Yields the records of one table, or the bases and tables of the catalog.

        A table's cursor lives for minutes and in one process, so a table is resumed from its start.
        """
        if _failed(stream.context):
            raise stream.context
        if stream.item_type == "base":
            bases, tables = stream.context
            items = [_base_item(api, base, tables) for base in bases] + [_table_item(api, each) for each in tables]
            yield Page(items, collections=OUTLINE)
            return
        async with aclosing(_records(api, stream.context, {})) as pages:
            async for page in pages:
                yield page

    async def changes(self, api: Api, stream: Stream, since: datetime) -> AsyncGenerator[Page, None]:
        """Yields the records that were created or changed by hand since; computed fields do not count as changed."""
        if not isinstance(stream.context, Table):
            async with aclosing(self.read(api, stream)) as pages:
                async for page in pages:
                    yield page
            return
        formula = f"IS_AFTER(LAST_MODIFIED_TIME(), DATETIME_PARSE('{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S.000Z}'))"
        try:
            async with aclosing(_records(api, stream.context, {"filterByFormula": formula})) as pages:
                async for page in pages:
                    yield page
        except ProviderError as error:
            if type(error) is not ProviderError:
                raise
            async with aclosing(_records(api, stream.context, {})) as pages:
                async for page in pages:
                    yield page


@dataclass(frozen=True)
class Table:
    """A table and its base, as the schema describes them."""

    base: Mapping[str, Any]
    schema: Mapping[str, Any]
    columns: Columns
    collection: Collection


async def _records(api: Api, table: Table, query: Mapping[str, Any]) -> AsyncGenerator[Page, None]:
    base_id, collections = table.base["id"], [table.collection]
    query = {"pageSize": PAGE_SIZE, "returnFieldsByFieldId": "true", **query}
    async with aclosing(_answers(api, f"/v0/{table.collection.id}", query, "records", f"base:{base_id}")) as answers:
        async for answer in answers:
            records = records_in(answer, "records")
            people = table.columns.people(map(_cells, records))
            items = [_record_item(api, table, record, people) for record in records]
            yield Page(items, collections=collections, people=people)
            collections = []


async def _schema(api: Api, base: Mapping[str, Any]) -> list[Table] | ProviderError:
    """Returns the tables of a base, or the error that kept them from being listed."""
    try:
        answer = await api.get(f"/v0/meta/bases/{base['id']}/tables", bucket=f"base:{base['id']}")
        return [_table(base, _titled(schema)) for schema in records_in(answer, "tables")]
    except QuotaSpent:
        raise
    except ProviderError as error:
        return error


def _failed(context: object) -> bool:
    return isinstance(context, ProviderError) and not isinstance(context, Forbidden)


def _titled(thing: Mapping[str, Any]) -> dict[str, Any]:
    return {**thing, "name": text_at(thing, "name") or "Untitled"}


def _table(base: Mapping[str, Any], schema: Mapping[str, Any]) -> Table:
    id, described = f"{base['id']}/{schema['id']}", with_id(schema.get("fields"))
    fields = [field for field in described if text_at(field, "id") and field.get("type") != INTERNAL]
    columns = Columns(tuple(_column(base, field) for field in fields), text_at(schema, "primaryFieldId"))
    label = columns.naming.label if columns.naming else "Name"
    collection = Collection(id, schema["name"], "record", columns.others, base["name"], label, parents="table")
    return Table(base, schema, columns, collection)


def _column(base: Mapping[str, Any], field: Mapping[str, Any]) -> Column:
    kind, result = text_at(field, "type"), _result(field)
    options, type = mapping(result.get("options")), _type(text_at(result, "type"))
    type = OF_SEVERAL.get(type, type) if kind == LOOKUP else type
    linked, precision = text_at(options, "linkedTableId"), options.get("precision")
    made = Field(
        field["id"], text_at(field, "name") or field["id"], type, kind == LOOKUP and type not in LIST_TYPES,
        options_of(options.get("choices")), currency=text_at(options, "symbol"),
        precision=PRECISIONS.get(str(precision)), format=text_at(options, "durationFormat"),
        relates_to=f"{base['id']}/{linked}" if linked else "", computed=kind in COMPUTED,
    )  # fmt: skip
    watches_some = kind == CHANGED and mapping(field.get("options")).get("referencedFieldIds")
    return Column(made, cell_reader(made, _unwrapped), "" if watches_some else kind)


def _result(field: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the description of a field's values: a computed field has one of its own."""
    result = mapping(mapping(field.get("options")).get("result"))
    return _result(result) if result else field


def _type(kind: str) -> FieldType:
    if kind not in TYPES and kind not in COMPUTED:
        log_unknown_type(kind)
    return FieldType(TYPES.get(kind, "text"))


def _unwrapped(value: Mapping[str, Any]) -> Any:
    """Returns the text that AI made, the reason why there is none or a formula failed, or else the value itself."""
    if "isStale" in value:
        state, error = text_at(value, "state"), text_at(value, "errorType")
        made = state in ("", "generated")
        return value.get("value") if made else NoValue(NO_VALUE.get(error) or NO_VALUE.get(state, NO_VALUE["error"]))
    if "error" in value or "specialValue" in value:
        code = text_at(value, "specialValue") or text_at(value, "error")
        return NoValue(NO_VALUE.get(code, f"Airtable could not compute this: {code or 'it gives no reason'}."))
    return value


def _answers(api: Api, path: str, query: Mapping[str, Any], name: str, bucket: str) -> AsyncGenerator[Any]:
    def fetch(cursor: str | None) -> Any:
        return api.get(path, {**query, **({"offset": cursor} if cursor else {})}, bucket=bucket)

    return cursor_pages(fetch, name, lambda answer: answer.get("offset"))


def _stream(table: Table) -> Stream:
    base, name = table.base, table.schema["name"]
    return Stream(table.collection.id, name, "record", group=base["id"], group_title=base["name"], context=table)


def _base_item(api: Api, base: Mapping[str, Any], tables: list[Table]) -> Item:
    own = tuple(table.collection.id for table in tables if table.base["id"] == base["id"])
    return Item(
        base["id"], "base", base["name"], True, url=f"{api.web_url}/{base['id']}", children=own, collection="base",
        properties={"Permission": base.get("permissionLevel")},
    )  # fmt: skip


def _table_item(api: Api, table: Table) -> Item:
    fields = [column.field.label for column in table.columns.all]
    return Item(
        table.collection.id, "table", table.schema["name"], True, table.base["name"], table.base["id"],
        url=f"{api.web_url}/{table.collection.id}", collection="table",
        properties={"Description": text_at(table.schema, "description") or None, "Fields": fields},
    )  # fmt: skip


def _record_item(api: Api, table: Table, record: Mapping[str, Any], people: Mapping[str, str]) -> Item:
    cells, columns = _cells(record), table.columns
    values = columns.values(cells)
    owner = values.get(columns.first("createdBy"))
    return Item(
        id=record["id"],
        type="record",
        name=columns.name(values, people) or "Untitled",
        parent_id=table.collection.id,
        parent_path_or_name=f"{table.base['name']} / {table.schema['name']}",
        creation_time=moment(record.get("createdTime")),
        last_modified_time=moment(cells.get(columns.first(CHANGED))),
        url=f"{api.web_url}/{table.collection.id}/{record['id']}",
        owner=owner if isinstance(owner, str) else None,
        collection=table.collection.id,
        properties={field: value for field, value in values.items() if field != columns.primary},
    )


def _cells(record: Mapping[str, Any]) -> dict[str, Any]:
    return mapping(record.get("fields"))


PROVIDER = Airtable()
