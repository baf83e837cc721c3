"""What a load left, as tables: one a collection, decoded column by column when a column is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Collection, Field, FieldType, Schema
from .cells import TEXT, cell_text, plain
from .chunks import FIELD, MISFITS, NO_SCHEMA, STANDARD, UNDESCRIBED, Part, parts, positions_of_latest, why_untyped
from .columns import COLUMN_TYPES, EXACT, Misfit, arrow_type, converted, packed, restored

EVERYTHING = ""  # id of the collection that has the items of all others
STANDARD_COLUMNS = {
    "name": "name", "type": "type", "parent": "parent_path_or_name", "owner": "owner",
    "updated": "last_modified_time", "created": "creation_time", "link": "url",
}  # fmt: skip
STANDARD_FIELDS = {
    "type": Field("type", "Type"),
    "parent": Field("parent", "Parent"),
    "owner": Field("owner", "Owner"),
    "updated": Field("updated", "Updated", FieldType.DATETIME),
    "created": Field("created", "Created", FieldType.DATETIME),
    "link": Field("link", "Link", FieldType.URL),
}
IMPORTANCE = (
    FieldType.SELECT, FieldType.DATE, FieldType.DATE_RANGE, FieldType.CURRENCY, FieldType.NUMBER, FieldType.PERSON,
    FieldType.PEOPLE, FieldType.EMAIL, FieldType.RELATION, FieldType.PERCENT, FieldType.MULTI_SELECT, FieldType.BOOLEAN,
)  # fmt: skip
MAIN_FIELDS = 8  # beside the name, that are shown unless others are chosen
DECODED_SHARE = 8  # times the size of its chunks that the tables of a load take, about
LINK = r"(?i)^https?://[^\s/]"  # any other address may run something


def type_label(slug: str) -> str:
    """Returns an item type as words: "data_source" is "Data source"."""
    words = slug.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


class Tables:
    """The tables of a load.

    `schema`: the collections as the provider describes them. A collection without a schema has the fields that its
    rows have, with the types that all their values fit. `titles_of`: tables with more rows, to name related ones by.
    """

    def __init__(
        self, chunks: Iterable[bytes] = (), schema: Schema = NO_SCHEMA, titles_of: Tables | None = None
    ) -> None:
        self.schema = schema
        self._titles_of = titles_of
        self._parts: dict[str, list[Part]] = {}
        self.size = 0  # bytes that they take in memory, about
        for part in parts(chunks):
            self._parts.setdefault(part.collection, []).append(part)
            self.size += len(part.content) * DECODED_SHARE
        self._tables: dict[str, Table] = {}
        self._titles: dict[str, tuple[pa.ChunkedArray, pa.ChunkedArray]] = {}

    @cached_property
    def collections(self) -> tuple[Collection, ...]:
        """Every collection: those of the schema in their order, then those that only have rows."""
        unknown = [Collection(each, "", "") for each in self._parts if self.schema.collection(each) is None]
        return (*self.schema.collections, *(self._described(each) for each in unknown))

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many rows each collection has, by its id, in their order."""
        return {each.id: self.open(each.id).num_rows for each in self.collections}

    @property
    def total(self) -> int:
        """How many rows there are in all."""
        return sum(self.counts.values())

    def open(self, id: str = EVERYTHING) -> Table:
        """Returns the table of a collection; raises KeyError if there is no such collection."""
        if id not in self._tables:
            self._tables[id] = _Everything(self) if id == EVERYTHING else self._opened(id)
        return self._tables[id]

    def titles(self, collection: str = EVERYTHING) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
        """Returns ids and names of the rows of a collection, or of all; none for one that is not there."""
        if self._titles_of:
            return self._titles_of.titles(collection)
        if collection not in self._titles:
            known = collection == EVERYTHING or collection in self._parts
            table = self.open(collection) if known else None
            none = pa.chunked_array([], TEXT)
            self._titles[collection] = (table.ids, table.values("name")) if table else (none, none)
        return self._titles[collection]

    def find(self, collection: str, item_id: str) -> tuple[str, int] | None:
        """Returns the collection and position of an item; `collection` may be EVERYTHING. None if it is not there."""
        for each in [known.id for known in self.collections] if collection == EVERYTHING else [collection]:
            if each in self._parts and (position := pc.index(self.open(each).ids, plain(item_id)).as_py()) >= 0:
                return each, position
        return None

    def _opened(self, id: str) -> Table:
        collection = next((each for each in self.collections if each.id == id), None)
        if collection is None:
            raise KeyError(id)
        return Table(self, collection, self._parts.get(id, []))

    def _described(self, collection: Collection) -> Collection:
        """Returns a collection that no schema describes, named after the type of its first row."""
        types = self._parts[collection.id][0].read(["type"])["type"].cast(TEXT)
        item_type = str(types[0].as_py())
        return replace(collection, item_type=item_type, label=type_label(item_type or collection.id))


class Table:
    """The rows of one collection. A position counts its rows from 0, one row for each item."""

    def __init__(self, tables: Tables, collection: Collection, found: Sequence[Part]) -> None:
        self.tables = tables
        self.collection = collection
        self._found = found
        self.kept: dict[str, pa.Array] = {}  # what is computed once of all rows, by a name
        self._standard: dict[str, pa.ChunkedArray] = {}
        self._values: dict[str, tuple[pa.ChunkedArray, Mapping[int, Misfit]]] = {}

    @property
    def num_rows(self) -> int:
        """How many rows it has."""
        return len(self.ids)

    @cached_property
    def ids(self) -> pa.ChunkedArray:
        """The id of each row."""
        return self.standard("id")

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """Its columns, with different ids and labels: the name, the important fields, the others, the standard ones.

        A field of the provider whose id a standard field has, has a "." before it here. Fields without any value are
        the last of the provider's.
        """
        own = sorted(self._own.values(), key=lambda field: (not self._has(field.id), self._importance(field)))
        standard = [each for each in STANDARD_FIELDS.values() if self._is_used(each.id)]
        name = Field("name", self.collection.name_label)
        return tuple(_with_different_labels([name, *(replace(each, id=key_of(each.id)) for each in own), *standard]))

    @cached_property
    def main_fields(self) -> tuple[str, ...]:
        """The ids of the columns that are shown unless others are chosen."""
        own = [key_of(each) for each in self._own if self._has(each)]
        ranked = [field.id for field in self.fields if field.id in set(own)]
        rest = [each for each in ("type", "parent", "owner", "updated") if self.field(each)]
        return ("name", *ranked[:MAIN_FIELDS], *(rest if len(ranked) < MAIN_FIELDS else rest[-1:]))

    def field(self, id: str) -> Field | None:
        """Returns the field with this id, None if it has none."""
        return self._by_id.get(id)

    @cached_property
    def own_fields(self) -> tuple[Field, ...]:
        """The provider's fields as `fields` has them, in the provider's order."""
        return tuple(self._by_id[key_of(each)] for each in self._own)

    def place(self, position: int) -> tuple[str, int]:
        """Returns the collection of a row, and its position there; raises IndexError for a row that is not there."""
        if not 0 <= position < self.num_rows:
            raise IndexError(position)
        return self.collection.id, position

    def values(self, field_id: str) -> pa.ChunkedArray:
        """Returns the values of a field, typed as `columns.arrow_type` says; raises KeyError for an unknown field.

        The type, the parent and the owner are what people read.
        """
        return self._column(field_id)[0]

    def misfits(self, field_id: str) -> Mapping[int, Misfit]:
        """Returns, by position, what of a field does not fit its column, or why there is no value."""
        return self._column(field_id)[1]

    def prefetch(self, field_ids: Iterable[str]) -> None:
        """Decode several fields at once, which is faster than one by one."""
        asked = [each for each in dict.fromkeys(field_ids) if each not in self._values]
        own = {each: self._own[id_of(each)] for each in asked if self._is_own(each)}
        standard = [STANDARD_COLUMNS[each] for each in asked if each in STANDARD_COLUMNS]
        standard = [name for name in standard if name not in self._standard]
        found = self._read([*(FIELD + each.id for each in own.values()), *standard])
        for key, field in own.items():
            self._values[key] = self._stored(field, found[FIELD + field.id])
        for name in standard:
            self._standard[name] = self._stored_standard(name, found[name])

    def forget(self, field_ids: Iterable[str]) -> None:
        """Drop decoded fields, so that they are not all in memory at the same time."""
        for each in field_ids:
            self._values.pop(each, None)

    def standard(self, name: str) -> pa.ChunkedArray:
        """Returns a column of `chunks.STANDARD` as it was stored."""
        if name not in self._standard:
            self._standard[name] = self._stored_standard(name, self._read([name])[name])
        return self._standard[name]

    @cached_property
    def _by_id(self) -> dict[str, Field]:
        return {each.id: each for each in self.fields}

    @cached_property
    def _own(self) -> dict[str, Field]:
        """The provider's fields by their ids: those of the schema, and those that only rows have."""
        known = {plain(each.id): replace(each, id=plain(each.id)) for each in self.collection.fields}
        names = dict.fromkeys(name for part in self._found for name in part.schema.names if name.startswith(FIELD))
        unknown = [name for name in names if name.removeprefix(FIELD) not in known and self._is_untyped(name)]
        found = self._read(unknown)
        return known | {name.removeprefix(FIELD): _inferred(name.removeprefix(FIELD), found[name]) for name in unknown}

    @cached_property
    def _ids(self) -> list[pa.Array]:
        """The ids of the stored rows of each part."""
        return [each if each is not None else pa.array([], TEXT) for each in self._read(["id"])["id"]]

    @cached_property
    def _latest(self) -> pa.Array | None:
        """The positions in the stored rows of the latest of each item; None if all are."""
        return positions_of_latest(pa.chunked_array(self._ids, TEXT))

    @cached_property
    def _starts(self) -> list[int]:
        """The number of the first stored row of each part."""
        return [0, *np.cumsum([len(each) for each in self._ids]).tolist()][: len(self._ids)]

    @cached_property
    def _misfits(self) -> dict[str, dict[int, Misfit]]:
        """By field and stored row."""
        found: dict[str, dict[int, Misfit]] = {}
        for start, texts in zip(self._starts, self._read([MISFITS])[MISFITS], strict=True):
            for row, text in enumerate(texts.to_pylist() if texts is not None else ()):
                for field_id, misfit in orjson.loads(text).items() if text else ():
                    found.setdefault(field_id, {})[start + row] = misfit
        return found

    def _read(self, names: Sequence[str]) -> dict[str, list[pa.Array | None]]:
        """Returns columns as they are stored: of each part, None where it has it not."""
        tables = [part.read(names) if set(names).intersection(part.schema.names) else None for part in self._found]
        return {
            name: [table[name].combine_chunks() if table and name in table.column_names else None for table in tables]
            for name in names
        }

    def _column(self, field_id: str) -> tuple[pa.ChunkedArray, Mapping[int, Misfit]]:
        if field_id not in self._values:
            if field_id in STANDARD_COLUMNS:
                self._values[field_id] = self._shown(field_id), {}
            elif self._is_own(field_id):
                self.prefetch([field_id])
            else:
                raise KeyError(field_id)
        return self._values[field_id]

    def _is_own(self, field_id: str) -> bool:
        return id_of(field_id) in self._own and key_of(id_of(field_id)) == field_id

    def _stored(self, field: Field, arrays: Sequence[pa.Array | None]) -> tuple[pa.ChunkedArray, Mapping[int, Misfit]]:
        name, kind = FIELD + field.id, arrow_type(field)
        columns: list[pa.Array] = []
        misfits = dict(self._misfits.get(field.id, {}))
        for part, start, ids, array in zip(self._found, self._starts, self._ids, arrays, strict=True):
            fitted, odd = (pa.nulls(len(ids), kind), {}) if array is None else _fitted(part, name, field, array)
            columns.append(fitted)
            misfits |= {start + row: misfit for row, misfit in odd.items()}
        column = pa.chunked_array(columns, kind).combine_chunks()
        if str in COLUMN_TYPES[field.type].takes and not field.many:  # they did not fit a type that it had before
            column, misfits = _with_texts(column, misfits)
        return self._taken([column], kind), self._moved(misfits)

    def _stored_standard(self, name: str, arrays: Sequence[pa.Array | None]) -> pa.ChunkedArray:
        kind = TEXT if name == "type" else STANDARD.field(name).type
        stored = [
            pa.nulls(len(ids), kind) if each is None else each.cast(kind)
            for ids, each in zip(self._ids, arrays, strict=True)
        ]
        return self._taken(stored, kind)

    def _shown(self, field_id: str) -> pa.ChunkedArray:
        values = self.standard(STANDARD_COLUMNS[field_id])
        match field_id:
            case "type":
                return _mapped(values, {slug: type_label(slug) for slug in pc.unique(values).to_pylist()})
            case "owner":
                return _mapped(values, self.tables.schema.people)
            case "parent":
                return self._with_parents(values)
            case "link":
                return pc.if_else(pc.match_substring_regex(values, LINK), values, pa.scalar(None, TEXT))
        return values

    def _with_parents(self, names: pa.ChunkedArray) -> pa.ChunkedArray:
        """Returns the names of parents; one that is only known by its id is named by the row of that id."""
        ids = self.standard("parent_id")
        if not pc.any(pc.and_(pc.is_null(names), pc.is_valid(ids))).as_py():
            return names
        known, titles = self.tables.titles(self.collection.parents)
        found = pc.index_in(ids, value_set=known.combine_chunks()).combine_chunks()
        return pa.chunked_array([pc.coalesce(names.combine_chunks(), titles.take(found).combine_chunks())])

    def _taken(self, parts: Sequence[pa.Array], kind: pa.DataType) -> pa.ChunkedArray:
        """Returns the latest of each item, in one chunk: taking rows out of many would join them every time."""
        column = pa.chunked_array(parts, kind).combine_chunks()
        return pa.chunked_array([column if self._latest is None else column.take(self._latest)], kind)

    def _moved(self, misfits: dict[int, Misfit]) -> Mapping[int, Misfit]:
        if self._latest is None or not misfits:
            return misfits
        places = {stored: place for place, stored in enumerate(self._latest.to_pylist())}
        return {places[row]: misfit for row, misfit in misfits.items() if row in places}

    def _has(self, field_id: str) -> bool:
        """Returns whether any row has a value; one that does not fit the column counts."""
        stored = any(FIELD + field_id in part.schema.names for part in self._found)
        return stored or any("text" in each for each in self._misfits.get(field_id, {}).values())

    def _is_untyped(self, name: str) -> bool:
        """Returns whether no schema ever described this column."""
        columns = [part.schema.field(name) for part in self._found if name in part.schema.names]
        return all(why_untyped(each) == UNDESCRIBED for each in columns)

    def _is_used(self, field_id: str) -> bool:
        """Returns whether a standard column has any value; Everything and tables without schema show them all."""
        if field_id == "type":
            return False
        if not self.collection.fields:
            return True
        names = ("parent_path_or_name", "parent_id") if field_id == "parent" else (STANDARD_COLUMNS[field_id],)
        return any(name in part.schema.names for name in names for part in self._found)

    def _importance(self, field: Field) -> int:
        first, count = self.collection.first, len(IMPORTANCE)
        if first:
            return first.index(field.id) if field.id in first else len(first)
        return IMPORTANCE.index(field.type) if field.type in IMPORTANCE else count


class _Everything(Table):
    """The rows of all collections, with the standard columns and the type of each."""

    def __init__(self, tables: Tables) -> None:
        super().__init__(tables, Collection(EVERYTHING, "Everything", ""), [])
        self._all = [tables.open(each.id) for each in tables.collections]

    def standard(self, name: str) -> pa.ChunkedArray:
        if name not in self._standard:
            kind = TEXT if name == "type" else STANDARD.field(name).type
            self._standard[name] = self._concatenated([each.standard(name) for each in self._all], kind)
        return self._standard[name]

    def place(self, position: int) -> tuple[str, int]:
        for each in self._all:
            if 0 <= position < each.num_rows:
                return each.collection.id, position
            position -= each.num_rows
        raise IndexError(position)

    def prefetch(self, field_ids: Iterable[str]) -> None:
        wanted = list(field_ids)
        for each in self._all:
            each.prefetch(wanted)

    def _shown(self, field_id: str) -> pa.ChunkedArray:
        return self._concatenated([each.values(field_id) for each in self._all], _kind_of_standard(field_id))

    def _is_used(self, field_id: str) -> bool:
        return True

    def _concatenated(self, columns: Sequence[pa.ChunkedArray], kind: pa.DataType) -> pa.ChunkedArray:
        column = pa.chunked_array([chunk for each in columns for chunk in each.chunks], kind)
        return pa.chunked_array([column.combine_chunks()], kind)


def _kind_of_standard(field_id: str) -> pa.DataType:
    return arrow_type(STANDARD_FIELDS[field_id]) if field_id in STANDARD_FIELDS else TEXT


def _inferred(label: str, arrays: Iterable[pa.Array | None]) -> Field:
    """Returns a field without a schema, of the type that all its values fit."""
    kinds: set[type] = set()
    for array in arrays:
        kinds.update(map(_kind, _from_json(array) if array is not None else ()))
    kinds.discard(type(None))
    kind = FieldType.BOOLEAN if kinds == {bool} else FieldType.NUMBER if kinds == {float} else FieldType.TEXT
    return Field(label, label.strip() or "(no name)", kind)


def key_of(field_id: str) -> str:
    """Returns the id by which a table knows a field of the provider."""
    return f".{field_id}" if field_id in STANDARD_COLUMNS or field_id.startswith(".") else field_id


def id_of(key: str) -> str:
    """Returns the provider's id of a field that a table knows by `key`."""
    return key.removeprefix(".")


def _fitted(part: Part, name: str, field: Field, array: pa.Array) -> tuple[pa.Array, dict[int, Misfit]]:
    if not why_untyped(part.schema.field(name)):
        return converted(array, field)
    return packed(field, [restored(field, value) for value in _from_json(array)])


def _with_texts(column: pa.Array, misfits: Mapping[int, Misfit]) -> tuple[pa.Array, dict[int, Misfit]]:
    """Returns a column of texts with those in it that were kept beside it, and what is still beside it."""
    texts = {row: misfit["text"] for row, misfit in misfits.items() if "text" in misfit}
    if texts:
        values = column.to_pylist()
        column = pa.array([texts.get(row, value) for row, value in enumerate(values)], column.type)
    return column, {row: misfit for row, misfit in misfits.items() if row not in texts}


def _from_json(texts: pa.Array) -> list[Any]:
    return [None if text is None else _loaded(text) for text in texts.to_pylist()]


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:  # a number of more digits than it reads
        return text


def _kind(value: Any) -> type:
    """Returns bool, float for numbers that a float holds, NoneType for what says nothing, else str."""
    if isinstance(value, bool):
        return bool
    if isinstance(value, (int, float)):
        return float if isinstance(value, float) or abs(value) <= EXACT else str
    return type(None) if not value else str


def _mapped(values: pa.ChunkedArray, names: Mapping[str, str]) -> pa.ChunkedArray:
    """Returns the texts, each that is in `names` by its name."""
    if not names:
        return values
    known, labels = pa.array([plain(each) for each in names], TEXT), pa.array(map(plain, names.values()), TEXT)
    found = pc.index_in(values, value_set=known).combine_chunks()
    return pa.chunked_array([pc.coalesce(labels.take(found), values.combine_chunks())])


def _with_different_labels(fields: Iterable[Field]) -> Iterable[Field]:
    taken = {each.label for each in STANDARD_FIELDS.values()}
    for field in fields:
        label = cell_text(field.label) or "(no name)"
        if field.id not in STANDARD_FIELDS:
            while label in taken:
                label += " (property)"
        taken.add(label)
        yield replace(field, label=label)
