"""All that is known of one row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from ..model import Field, FieldType
from ..model.query import Condition, Operator, Query
from .chunks import STANDARD
from .query import apply
from .readable import Cells, cells, element_texts, texts
from .tables import STANDARD_FIELDS, Table, Tables

ABOUT = "Record"  # heading of the standard fields
STANDARD_ORDER = ("type", "parent", "owner", "created", "updated", "link")


@dataclass(frozen=True)
class Link:
    """An item that a value leads to."""

    collection: str
    id: str
    label: str


@dataclass(frozen=True)
class Fact:
    """A field of one row: its value as people read it (empty without one), and the items that it leads to.

    `reason`: why the provider gives no value.
    """

    field: Field
    text: str
    links: tuple[Link, ...] = ()
    reason: str = ""


@dataclass(frozen=True)
class Group:
    """Facts under one heading."""

    label: str
    facts: tuple[Fact, ...]


def key(table: Table, position: int) -> tuple[str, str]:
    """Returns collection and id of a row, which `Tables.find` finds again; raises IndexError for an unknown row."""
    collection, place = table.place(int(position))
    return collection, str(table.tables.open(collection).ids[place].as_py())


def details(table: Table, position: int, zone: str = "") -> list[Group]:
    """Returns every field of a row in the groups of its schema, empty ones included; the standard fields last.

    Times are in `zone`. Raises IndexError for a row that is not there.
    """
    collection, place = table.place(int(position))
    source, row = table.tables.open(collection), pa.array([place], pa.int64())
    groups: dict[str, list[Fact]] = {"": [_fact(source, source.fields[0], row, zone)]}
    for field in source.own_fields:
        groups.setdefault(field.group, []).append(_fact(source, field, row, zone))
    standard = [_fact(source, STANDARD_FIELDS[each], row, zone) for each in STANDARD_ORDER]
    found = [Group(label, tuple(facts)) for label, facts in groups.items()]
    return [*found, Group(ABOUT, tuple(standard))]


def query_of_links(table: Table, position: int, fact: Fact) -> Query | None:
    """Returns the query that shows just the rows that a relation leads to; None if no field of theirs leads back."""
    collection, place = table.place(int(position))
    source, target = table.tables.open(collection), table.tables.open(fact.field.relates_to)
    row = str(source.ids[place].as_py())
    linked = sorted(each.id for each in fact.links)
    for field in target.own_fields:
        if field.type is FieldType.RELATION and field.relates_to == collection:
            query = Query(target.collection.id, (Condition(field.id, Operator.IS, row),))
            if sorted(target.ids.take(apply(target, query)).to_pylist()) == linked:
                return query
    return None


def raw(table: Table, position: int) -> dict[str, Any]:
    """Returns a row as it was stored, as plain data: standard attributes by name, and properties by label and id."""
    collection, place = table.place(int(position))
    source, row = table.tables.open(collection), pa.array([place], pa.int64())
    found = {name: _plain(source.standard(name)[place].as_py()) for name in STANDARD.names}
    properties = {_raw_name(field): _raw_value(cells(source, field, row)) for field in source.own_fields}
    known = {name: value for name, value in properties.items() if value is not None}
    return {"collection": collection, **found, "properties": known}


def _fact(table: Table, field: Field, row: pa.Array, zone: str) -> Fact:
    found = cells(table, field, row, zone)
    reason = found.misfits.get(0, {}).get("reason", "")
    return Fact(field, texts(found)[0].as_py() or "", tuple(_links(table, found, row)), reason)


def _links(table: Table, found: Cells, row: pa.Array) -> Iterator[Link]:
    if found.field.id == "parent":
        parent = table.standard("parent_id").take(row)[0].as_py()
        yield from _found(table.tables, table.collection.parents, parent, found.values[0].as_py())
    elif found.field.type is FieldType.RELATION:
        flat = found.values.flatten()
        for item_id, label in zip(flat.to_pylist(), element_texts(found, flat).to_pylist(), strict=True):
            yield from _found(table.tables, found.field.relates_to, item_id, label)


def _found(tables: Tables, collection: str, item_id: str | None, label: str | None) -> Iterator[Link]:
    if item_id and (place := tables.find(collection, item_id)):
        yield Link(place[0], item_id, label or item_id)


def _raw_name(field: Field) -> str:
    own = field.id.removeprefix(".")
    return own if own == field.label else f"{field.label} ({own})"


def _raw_value(found: Cells) -> Any:
    misfit = found.misfits.get(0)
    return dict(misfit) if misfit else _plain(found.values[0].as_py())


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return {name: _plain(each) for name, each in value.items()} if isinstance(value, dict) else value
