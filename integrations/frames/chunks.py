"""Items to compact bytes, and back to one table: the form in which a load is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from operator import attrgetter
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from integrations.model import Item

from .cells import TEXT, plain

TIME = pa.timestamp("us", "UTC")
MERGED_ROWS = 5_000
NAMING = ("id", "type", "name")
DEEPEST = 100
AS_DEFAULT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS

SCHEMA = pa.schema(
    [
        ("id", TEXT),
        ("type", pa.dictionary(pa.int32(), TEXT)),
        ("directory", pa.bool_()),
        ("parent_path_or_name", TEXT),
        ("parent_id", TEXT),
        ("name", TEXT),
        ("creation_time", TIME),
        ("last_modified_time", TIME),
        ("url", TEXT),
        ("children", pa.list_(TEXT)),
        ("mime_type", TEXT),
        ("delta", TEXT),
        ("drive_id", TEXT),
        ("visibility", pa.bool_()),
        ("owner", TEXT),
        ("properties", TEXT),
    ]
)


def pack(items: Sequence[Item]) -> bytes:
    """An Arrow IPC stream (zstd) of SCHEMA, one row an item, properties as compact JSON.

    Times without a zone are taken as UTC. In properties NaN and infinities become null, dates ISO text, sets lists,
    anything else unknown its text; names and ids that are not text become text, None the empty text.
    """
    arrays = [_array(field, list(map(attrgetter(field.name), items))) for field in SCHEMA]
    return _write(pa.table(arrays, schema=SCHEMA))


def unpack(chunks: Iterable[bytes]) -> pa.Table:
    """One table of SCHEMA from what `pack` and `merge` gave, in order of first appearance.

    Of rows with the same (type, id) the last one stays. A parent that is only known by its id is named by the row of
    that id. No chunks give a table without rows; bytes of another origin raise pyarrow.ArrowInvalid.
    """
    return _named(_latest(_read(chunks)))


def merge(old: Iterable[bytes], new: Iterable[bytes]) -> Iterator[bytes]:
    """All rows of `new`, and those of `old` that it has not by (type, id), in chunks of at most MERGED_ROWS rows.

    What both have stays at its place. No rows give no chunks. One chunk of `old` at a time is in memory.
    """
    fresh, held = _latest(_read(new)), SCHEMA.empty_table()
    placed = np.zeros(fresh.num_rows, np.bool_)
    for chunk in old:
        rows = _latest(_read([chunk]))
        again = pc.is_in(_identities(fresh), value_set=_identities(rows))
        placed |= np.asarray(again)  # and looked for in the next chunks too: one row may be in several
        held = _joined([held, _latest(_joined([rows, fresh.filter(again)]))])
        while held.num_rows > MERGED_ROWS:
            yield _write(held.slice(0, MERGED_ROWS))
            held = held.slice(MERGED_ROWS)
    held = _joined([held, fresh.filter(pa.array(~placed))])
    for start in range(0, held.num_rows, MERGED_ROWS):
        yield _write(held.slice(start, MERGED_ROWS))


def missing(old: Iterable[bytes], new: Iterable[bytes]) -> list[str]:
    """Names of the rows that `old` has and `new` has not, by (type, id)."""
    before, now = _latest(_read(old, *NAMING)), _read(new, *NAMING)
    gone = pc.invert(pc.is_in(_identities(before), value_set=_identities(now)))
    return [str(name) for name in before["name"].filter(gone).to_pylist()]


def count(chunks: Iterable[bytes]) -> dict[str, int]:
    """How many rows of each item type `unpack` would give, in order of first appearance."""
    types = _latest(_read(chunks, *NAMING))["type"]
    return {entry["values"]: entry["counts"] for entry in pc.value_counts(types).to_pylist()}


def _identities(table: pa.Table) -> pa.ChunkedArray:
    return pc.binary_join_element_wise(table["type"].cast(TEXT), table["id"].cast(TEXT), pa.scalar("\n", TEXT))


def _array(field: pa.Field, values: list[Any]) -> pa.Array:
    if field.name == "properties":
        return _texts([_json(value) for value in values])
    if field.name in ("id", "type", "name"):
        values = ["" if value is None else value for value in values]
    return _BUILDERS.get(field.type, pa.array)(values).cast(field.type)


def _texts(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, TEXT)
    except (pa.ArrowException, UnicodeEncodeError):
        return pa.array([None if value is None else plain(value) for value in values], TEXT)


def _types(values: list[Any]) -> pa.Array:
    return _texts(values).dictionary_encode()


def _flags(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else bool(value) for value in values], pa.bool_())


def _times(values: list[Any]) -> pa.Array:
    return pa.array([None if value is None else _utc(value) for value in values], TIME)


def _lists(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.list_(TEXT))
    except (pa.ArrowException, UnicodeEncodeError):
        return pa.array([None if value is None else list(map(plain, value)) for value in values], pa.list_(TEXT))


_BUILDERS: dict[pa.DataType, Callable[[list[Any]], pa.Array]] = {
    TEXT: _texts,
    SCHEMA.field("type").type: _types,
    pa.bool_(): _flags,
    TIME: _times,
    SCHEMA.field("children").type: _lists,
}


def _utc(value: date) -> datetime:
    """The moment in UTC; one that its zone pushes out of the years 1 to 9999 becomes the first or last of them."""
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    if value.utcoffset() is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return (datetime.min if value.year == 1 else datetime.max).replace(tzinfo=UTC)


def _json(properties: Mapping[str, Any] | None) -> str:
    try:
        return orjson.dumps(properties or {}, default=_default, option=AS_DEFAULT).decode()
    except TypeError:  # odd keys, half characters, huge integers, circles, depth
        return _ENCODER.encode(_safe(properties, ()))


def _default(value: Any) -> Any:
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=plain)
    return dict(value) if isinstance(value, Mapping) else plain(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default)


def _safe(value: Any, above: tuple[int, ...]) -> Any:
    """The value as JSON surely takes it; what contains itself or lies too deep becomes "…"."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) < 10**4000 else plain(value)
    if not isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return value
    if id(value) in above or len(above) == DEEPEST:
        return "…"
    above = (*above, id(value))
    if isinstance(value, Mapping):
        return {plain(key): _safe(each, above) for key, each in value.items()}
    return [_safe(each, above) for each in (_default(value) if isinstance(value, (set, frozenset)) else value)]


def _write(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def _read(chunks: Iterable[bytes], *columns: str) -> pa.Table:
    """One table of all columns, or of some."""
    fields = [SCHEMA.get_field_index(name) for name in columns]
    options = pa.ipc.IpcReadOptions(included_fields=fields)
    return _joined([pa.ipc.open_stream(chunk, options=options).read_all() for chunk in chunks], *columns)


def _joined(tables: list[pa.Table], *columns: str) -> pa.Table:
    """One table in one piece, with one dictionary of types."""
    empty = SCHEMA.empty_table().select(list(columns or SCHEMA.names))
    return pa.concat_tables([empty, *(table.select(empty.column_names) for table in tables)]).combine_chunks()


def _latest(table: pa.Table) -> pa.Table:
    """The last row of each (type, id), at the place of the first."""
    if not table.num_rows:
        return table
    types, ids = table["type"].chunk(0).indices, table["id"].chunk(0).dictionary_encode().indices
    key = np.asarray(types, np.int64) + np.asarray(ids, np.int64) * (np.max(types) + 1)
    unique = pa.array(key).dictionary_encode()
    last = np.empty(len(unique.dictionary), np.int64)
    last[np.asarray(unique.indices)] = np.arange(table.num_rows)  # of several writes to a place the last one stays
    return table if len(last) == table.num_rows else table.take(pa.array(last))


def _named(table: pa.Table) -> pa.Table:
    return _with_parents(table, pc.coalesce(table["parent_path_or_name"], _parent_names(table)))


def _parent_names(table: pa.Table) -> pa.ChunkedArray:
    rows = pc.index_in(table["parent_id"], value_set=table["id"])
    return table["name"].take(rows)


def _with_parents(table: pa.Table, parents: pa.ChunkedArray) -> pa.Table:
    return table.set_column(SCHEMA.get_field_index("parent_path_or_name"), SCHEMA.field("parent_path_or_name"), parents)
