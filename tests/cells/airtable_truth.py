"""What the sample bases of Airtable hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from truth import Column, Held, Row, Sheet

from sandbox.airtable_schema import RENAMED
from sandbox.airtable_world import (
    Broken,
    Button,
    Field,
    File,
    Made,
    Table,
    World,
    choice_id,
    field_id,
    people,
    record_id,
)

KINDS = {
    "number": "number", "count": "number", "rating": "number", "autoNumber": "number", "currency": "currency",
    "percent": "percent", "duration": "hours", "checkbox": "truth", "date": "date", "dateTime": "time",
    "createdTime": "time", "lastModifiedTime": "time", "singleSelect": "choice", "externalSyncSource": "choice",
    "multipleSelects": "choice", "multipleRecordLinks": "relation",
}  # fmt: skip


def held(world: World, web_url: str) -> Held:
    tables = [table for found in world.tables.values() for table in found.values()]
    sheets = {place(table): _sheet(world, table, web_url) for table in tables}
    bases = {
        id: Row(name, {"Permission": "Read"}, link=f"{web_url}/{id}", edited=float("inf"))
        for id, name in world.bases.items()
    }
    listed = {
        place(table): Row(
            table.name, {"Fields": [label(table, field) for field in shown(table)]}, world.bases[table.base],
            link=f"{web_url}/{place(table)}",
        )
        for table in tables
    }  # fmt: skip
    return sheets | {
        "base": Sheet("Name", (Column("Permission", "Permission"),), bases),
        "table": Sheet("Name", (Column("Description", "Description"), Column("Fields", "Fields")), listed),
    }


def place(table: Table) -> str:
    return f"{table.base}/{table.id}"


def label(table: Table, name: str) -> str:
    return RENAMED.get(field_id(table.id, name), name)


def shown(table: Table) -> list[str]:
    return [name for name, field in table.fields.items() if field.type != "manualSort"]


def _sheet(world: World, table: Table, web_url: str) -> Sheet:
    primary, *others = shown(table)
    columns = tuple(_column(world, table, name) for name in others)
    rows = {record_id(table.id, n): _row(world, table, n, web_url) for n in range(len(table.times))}
    return Sheet(label(table, primary), columns, rows)


def _column(world: World, table: Table, name: str) -> Column:
    field = table.fields[name]
    id, heading = field_id(table.id, name), label(table, name)
    if field.type == "multipleLookupValues":
        target = world.target(table, table.fields[field.by])
        seen = _column(world, target, field.of)
        return Column(id, heading, seen.kind, seen.unit, labels=seen.labels, to=seen.to)
    kind = field.result.get("type", field.type)
    options = field.result.get("options", field.options)
    labels = {choice_id(each): RENAMED.get(choice_id(each), each) for each in field.choices}
    to = place(world.target(table, field)) if field.to else ""
    return Column(id, heading, KINDS.get(kind, "text"), options.get("symbol", ""), labels=labels, to=to)


def _row(world: World, table: Table, n: int, web_url: str) -> Row:
    primary, *others = shown(table)
    created, changed = table.times[n]
    name = world.value(table, n, primary)
    return Row(
        name="Untitled" if name is None else str(name),
        values={field_id(table.id, each): _value(table.fields[each], world.value(table, n, each)) for each in others},
        parent=f"{world.bases[table.base]} / {table.name}",
        owner=_name(world.value(table, n, "Reported by")) if "Reported by" in table.fields else None,
        updated=datetime.fromtimestamp(changed, UTC) if "Changed" in table.fields else None,
        created=datetime.fromtimestamp(created, UTC),
        link=f"{web_url}/{place(table)}/{record_id(table.id, n)}",
        edited=changed,
    )


def _name(person: str) -> str:
    return people()[person][0]


def _value(field: Field, value: Any) -> Any:
    match value:
        case list():
            return [_value(field, each) for each in value]
        case Broken():
            return None
        case Made():
            return value.text or None
        case Button():
            return value.url
        case File():
            return value.name
        case None if "checkbox" in (field.type, field.result.get("type")):
            return False
        case str() if value in people():
            return _name(value)
    return value
