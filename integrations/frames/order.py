"""In which order rows are shown: as a query sorts them, else the last updated first."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ..model.query import Sort
from .cells import TEXT

STANDARD = {  # field id: column of `unpack`
    "name": "name", "type": "type", "parent": "parent_path_or_name", "owner": "owner",
    "updated": "last_modified_time", "created": "creation_time", "link": "url",
}  # fmt: skip
PROPERTY = "property "  # before the name of a property, so that one called "name" is another field
DEFAULT = [("updated", "descending"), ("name", "ascending"), ("id", "ascending"), ("type", "ascending")]


def newest_first(table: pa.Table) -> pa.Array:
    """Returns the positions of all rows: last updated first (unknown last), then by name, id and type."""
    return _sorted(_standard_columns(table), [])


def ordered(table: pa.Table, sort: Sequence[Sort], properties: dict[str, pa.Array]) -> pa.Array:
    """Returns the positions of all rows as `sort` has them, then newest first; rows without a value last.

    `properties`: the typed values of the properties to sort by. A field that is not there changes nothing.
    """
    columns = _standard_columns(table)
    columns |= {PROPERTY + name: values for name, values in properties.items()}
    keys = [(each.field, "descending" if each.descending else "ascending") for each in sort if each.field in columns]
    return _sorted(columns, keys)


def properties_in(sort: Sequence[Sort]) -> list[str]:
    """Returns the names of the properties that a query sorts by."""
    return [each.field.removeprefix(PROPERTY) for each in sort if each.field.startswith(PROPERTY)]


def sort_field(label: str, properties: dict[str, str]) -> str:
    """Returns the id of the field that a column shows; `properties`: the heading of each property."""
    named = {heading: PROPERTY + name for name, heading in properties.items()}
    return named.get(label, label.lower())


def _standard_columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    found = {field: table[column] for field, column in STANDARD.items()} | {"id": table["id"]}
    return {**found, "type": found["type"].cast(TEXT)}


def _sorted(columns: dict[str, pa.ChunkedArray], keys: list[tuple[str, str]]) -> pa.Array:
    asked = {field for field, _ in keys}
    keys = [*keys, *(each for each in DEFAULT if each[0] not in asked)]
    rows = pa.table({field: columns[field] for field, _ in keys})
    return pc.sort_indices(rows, sort_keys=[(*each, "at_end") for each in keys])
