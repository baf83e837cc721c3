"""Items to compact bytes, and back to typed columns: the form in which a load is kept.

A chunk holds some rows of some collections, each as an Arrow IPC stream (zstd) of its own, so that one collection, and
of it one column, can be read without the others. A column is there only if a row of the chunk has a value for it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Item, NoValue, Schema
from .cells import TEXT, json_text, plain
from .columns import TIME, Misfit, moment_of, packed

MAGIC = b"tables 2\n"
LENGTH = struct.Struct("<Q")
MERGED_ROWS = 5_000
FIELD = "field "  # before the id of a field, in the name of its column
UNTYPED = b"untyped"  # in the metadata of a column of JSON texts: why it is one, as follows
UNDESCRIBED, MIXED = b"1", b"mixed"  # no schema describes its field; schemas have given it several types
COLLECTION = b"collection"
MISFITS = "misfits"  # a column of JSON objects: by field id, what does not fit the field's column

STANDARD = pa.schema(
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
    ]
)
ALWAYS = ("id", "type", "name")
NO_SCHEMA = Schema()


@dataclass(frozen=True)
class Part:
    """The rows of one collection in one chunk, not decoded yet."""

    collection: str
    content: memoryview

    @cached_property
    def schema(self) -> pa.Schema:
        """The columns that it has."""
        return pa.ipc.open_stream(pa.py_buffer(self.content)).schema

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Returns these columns, or all; those that it has not are missing."""
        found = [self.schema.get_field_index(each) for each in columns or ()]
        options = pa.ipc.IpcReadOptions(included_fields=[each for each in found if each >= 0])
        if columns is not None and not any(each >= 0 for each in found):
            return self.read(["id"]).select([])
        return pa.ipc.open_stream(pa.py_buffer(self.content), options=options).read_all()


def pack(items: Sequence[Item], schema: Schema = NO_SCHEMA) -> bytes:
    """Returns the items as a chunk: their standard columns, and one typed column for each field that has a value.

    Times without a zone are taken as UTC; names and ids that are not text become text, None the empty text. A value
    that does not fit its field is kept beside the column, and one of a field without a schema as JSON.
    """
    places: dict[str, list[Item]] = {}
    for item in items:
        places.setdefault(item.place, []).append(item)
    return _joined([_part(place, found, schema) for place, found in places.items()])


def parts(chunks: Iterable[bytes]) -> Iterator[Part]:
    """Yields the parts of some chunks, those of earlier versions in today's form; raises pyarrow.ArrowInvalid."""
    for chunk in chunks:
        content = memoryview(chunk if chunk.startswith(MAGIC) else _from_version_1(chunk))[len(MAGIC) :]
        while content:
            if len(content) < LENGTH.size or len(content) - LENGTH.size < (length := LENGTH.unpack_from(content)[0]):
                raise pa.ArrowInvalid("A chunk ends before its rows do.")
            part, content = content[LENGTH.size :][:length], content[LENGTH.size + length :]
            yield Part(_collection_of(part), part)


def _collection_of(part: memoryview) -> str:
    metadata = pa.ipc.open_stream(pa.py_buffer(part)).schema.metadata or {}
    return str(metadata[COLLECTION].decode())


def merge(old: Iterable[bytes], new: Iterable[bytes], removed: Iterable[tuple[str, str]] = ()) -> Iterator[bytes]:
    """Yields all rows of `new`, and those of `old` that it has not, in chunks of about MERGED_ROWS rows.

    What both have stays at its place. Rows of `old` that are `removed`, by (collection, id), are left out.
    One collection is in memory at a time.
    """
    before, now = _by_collection(old), _by_collection(new)
    gone: dict[str, set[str]] = {}
    for place, item_id in removed:
        gone.setdefault(place, set()).add(item_id)
    waiting: list[bytes] = []
    rows = 0
    for place in dict.fromkeys([*before, *now]):
        for table in _merged(before.get(place, []), now.get(place, []), gone.get(place, set())):
            waiting.append(_written(place, table))
            rows += table.num_rows
            if rows >= MERGED_ROWS:
                yield _joined(waiting)
                waiting, rows = [], 0
    if waiting:
        yield _joined(waiting)


def missing(old: Iterable[bytes], new: Iterable[bytes]) -> list[str]:
    """Returns the names of the rows that `old` has and `new` has not, by (collection, id)."""
    before, now = _by_collection(old), _by_collection(new)
    names: list[str] = []
    for place, found in before.items():
        rows = _latest(_read(found, ("id", "name")))
        kept = _read(now.get(place, []), ("id",))["id"]
        gone = pc.invert(pc.is_in(rows["id"], value_set=kept))
        names += map(str, rows["name"].filter(gone).to_pylist())
    return names


def only(chunks: Iterable[bytes], wanted: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Yields chunks with those rows alone that are wanted, by (collection, id)."""
    ids: dict[str, list[str]] = {}
    for place, item_id in wanted:
        ids.setdefault(place, []).append(item_id)
    sets = {place: pa.array(found, TEXT) for place, found in ids.items()}
    for part in parts(chunks):
        if part.collection not in sets:
            continue
        found = pc.is_in(part.read(["id"])["id"], value_set=sets[part.collection])
        if pc.any(found).as_py():
            yield _joined([_written(part.collection, part.read().filter(found))])


def identities(chunks: Iterable[bytes]) -> Iterator[tuple[str, str, str]]:
    """Yields collection, id and type of every row, as often as it is there."""
    for part in parts(chunks):
        rows = part.read(["id", "type"])
        types = rows["type"].cast(TEXT).to_pylist()
        yield from (
            (part.collection, item_id, kind) for item_id, kind in zip(rows["id"].to_pylist(), types, strict=True)
        )


def count(chunks: Iterable[bytes]) -> dict[str, int]:
    """Returns how many different rows there are of each item type, in order of first appearance."""
    counts: dict[str, int] = {}
    for found in _by_collection(chunks).values():
        types = _latest(_read(found, ("id", "type")))["type"]
        for entry in pc.value_counts(types.cast(TEXT)).to_pylist():
            counts[entry["values"]] = counts.get(entry["values"], 0) + entry["counts"]
    return counts


def scattered(chunks: Sequence[bytes]) -> bool:
    """Returns whether the rows are in many more parts than they need: merging them makes reading faster."""
    sizes: dict[str, list[int]] = {}
    for part in parts(chunks):
        sizes.setdefault(part.collection, []).append(part.read(["id"]).num_rows)
    needed = sum(1 + sum(each) // MERGED_ROWS for each in sizes.values())
    return sum(map(len, sizes.values())) > 2 * needed + 8


def why_untyped(column: pa.Field) -> bytes:
    """Returns why a column is one of JSON texts, UNDESCRIBED or MIXED; nothing for a typed one."""
    return bytes((column.metadata or {}).get(UNTYPED, b""))


def positions_of_latest(ids: pa.ChunkedArray) -> pa.Array | None:
    """Returns the positions of the last row of each id, in the order of their first; None if all are different."""
    unique = ids.combine_chunks().dictionary_encode()
    if len(unique.dictionary) == len(ids):
        return None
    last = np.empty(len(unique.dictionary), np.int64)
    last[np.asarray(unique.indices)] = np.arange(len(ids))  # of several writes to a place the last one stays
    return pa.array(last)


def _part(place: str, items: Sequence[Item], schema: Schema) -> bytes:
    columns = {name: _standard(name, list(map(attrgetter(name), items))) for name in STANDARD.names}
    columns = {name: array for name, array in columns.items() if name in ALWAYS or array.null_count < len(array)}
    types = {name: STANDARD.field(name) for name in columns}
    misfits: dict[int, dict[str, Misfit]] = {}
    known = {field.id: field for field in found.fields} if (found := schema.collection(place)) else {}
    properties = [item.properties or {} for item in items]
    for field_id in dict.fromkeys(chain.from_iterable(properties)):
        values = [each.get(field_id) for each in properties]
        name, metadata = FIELD + plain(field_id), {}
        if field := known.get(field_id):
            array, odd = packed(field, values)
        else:
            array, odd, metadata = _untyped(values), {}, {UNTYPED: UNDESCRIBED}
        for row, misfit in odd.items():
            misfits.setdefault(row, {})[plain(field_id)] = misfit
        if array.null_count < len(array) and name not in columns:
            columns[name], types[name] = array, pa.field(name, array.type, metadata=metadata)
    if misfits:
        columns[MISFITS] = pa.array(
            [json_text(misfits[row]) if row in misfits else None for row in range(len(items))], TEXT
        )
        types[MISFITS] = pa.field(MISFITS, TEXT)
    return _written(place, pa.table(list(columns.values()), schema=pa.schema([types[name] for name in columns])))


def _untyped(values: Sequence[Any]) -> pa.Array:
    texts = [None if value is None or isinstance(value, NoValue) else _quoted(value) for value in values]
    return pa.array(texts, TEXT)


def _quoted(value: Any) -> str:
    """Returns a value as JSON; a text in quotes."""
    return orjson.dumps(plain(value)).decode() if isinstance(value, str) else json_text(value)


def _standard(name: str, values: list[Any]) -> pa.Array:
    if name in ALWAYS:
        values = ["" if value is None else value for value in values]
    return _BUILDERS.get(STANDARD.field(name).type, pa.array)(values).cast(STANDARD.field(name).type)


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
    return pa.array([None if value is None else moment_of(value) for value in values], TIME)


def _lists(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values, pa.list_(TEXT))
    except (pa.ArrowException, UnicodeEncodeError):
        return pa.array([None if value is None else list(map(plain, value)) for value in values], pa.list_(TEXT))


_BUILDERS: dict[pa.DataType, Callable[[list[Any]], pa.Array]] = {
    TEXT: _texts,
    STANDARD.field("type").type: _types,
    pa.bool_(): _flags,
    TIME: _times,
    STANDARD.field("children").type: _lists,
}


def _joined(written: Sequence[bytes]) -> bytes:
    return MAGIC + b"".join(LENGTH.pack(len(each)) + each for each in written)


def _written(place: str, table: pa.Table) -> bytes:
    schema = table.schema.with_metadata({COLLECTION: place.encode()})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as writer:
        writer.write_table(table.replace_schema_metadata(schema.metadata).combine_chunks())
    return bytes(sink.getvalue())


def _by_collection(chunks: Iterable[bytes]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for part in parts(chunks):
        found.setdefault(part.collection, []).append(part)
    return found


def _read(found: Sequence[Part], columns: Sequence[str]) -> pa.Table:
    empty = STANDARD.empty_table().select(list(columns))
    return pa.concat_tables([empty, *(part.read(columns).select(list(columns)) for part in found)]).unify_dictionaries()


def _latest(table: pa.Table) -> pa.Table:
    """Returns the last row of each id, at the place of the first."""
    last = positions_of_latest(table["id"])
    return table if last is None else table.take(last)


def _merged(old: Sequence[Part], new: Sequence[Part], removed: set[str]) -> Iterator[pa.Table]:
    """Yields the rows of a collection in tables of at most MERGED_ROWS rows; a row of the new ones counts."""
    fresh = _latest(_unified([part.read() for part in new])) if new else None
    gone = pa.array(sorted(removed.difference(fresh["id"].to_pylist() if fresh is not None else ())), TEXT)
    held: pa.Table | None = None
    placed: set[str] = set()
    for part in old:
        rows = _latest(part.read())
        rows = rows.filter(pc.invert(pc.is_in(rows["id"], value_set=gone))) if len(gone) else rows
        again = pc.is_in(rows["id"], value_set=fresh["id"]) if fresh is not None else None
        if fresh is not None and pc.any(again).as_py():
            placed.update(rows["id"].filter(again).to_pylist())
            rows = _replaced(rows, fresh, again)
        held = _unified([held, rows]) if held is not None else rows
        while held.num_rows > MERGED_ROWS:
            yield held.slice(0, MERGED_ROWS)
            held = held.slice(MERGED_ROWS)
    if fresh is not None:
        unplaced = pc.invert(pc.is_in(fresh["id"], value_set=pa.array(sorted(placed), TEXT)))
        rest = fresh.filter(unplaced)
        held = _unified([held, rest]) if held is not None else rest
    for start in range(0, held.num_rows if held is not None else 0, MERGED_ROWS):
        yield held.slice(start, MERGED_ROWS)  # type: ignore[union-attr]  # there are no rows without it


def _replaced(rows: pa.Table, fresh: pa.Table, again: pa.ChunkedArray) -> pa.Table:
    """Returns the rows, those that are read again as they are in `fresh`, each at its place."""
    both = _unified([rows, fresh])
    places = np.arange(rows.num_rows)
    found = pc.index_in(rows["id"], value_set=fresh["id"])
    mask = np.asarray(again)
    places[mask] = rows.num_rows + np.asarray(found.drop_null(), np.int64)
    return both.take(pa.array(places))


def _unified(tables: Sequence[pa.Table]) -> pa.Table:
    """Returns the rows of all tables under all their columns; a column of several types becomes one of texts."""
    fields: dict[str, pa.Field] = {}
    for table in tables:
        for field in table.schema:
            known = fields.setdefault(field.name, field)
            if known.type != field.type or why_untyped(known) != why_untyped(field):
                fields[field.name] = pa.field(field.name, TEXT, metadata={UNTYPED: MIXED})
    target = pa.schema(list(fields.values()))
    return pa.concat_tables([_widened(table, target) for table in tables]).unify_dictionaries().combine_chunks()


def _widened(table: pa.Table, target: pa.Schema) -> pa.Table:
    columns = [_as(table, field) for field in target]
    return pa.table(columns, schema=target)


def _as(table: pa.Table, field: pa.Field) -> pa.Array | pa.ChunkedArray:
    if field.name not in table.column_names:
        return pa.nulls(table.num_rows, field.type)
    column, untyped = table[field.name], why_untyped(table.schema.field(field.name))
    if column.type == field.type and bool(untyped) == bool(why_untyped(field)):
        return column
    return _untyped(column.to_pylist())


def _from_version_1(chunk: bytes) -> bytes:
    """Returns a chunk of an earlier version in today's form: one table, with properties as one JSON text a row."""
    table = pa.ipc.open_stream(chunk).read_all()
    rows = table.to_pylist()
    return pack([Item(**{**row, "properties": _properties(row["properties"])}) for row in rows])


def _properties(text: str) -> Mapping[str, Any]:
    try:
        return dict(orjson.loads(text or "{}"))
    except ValueError:
        return {}
