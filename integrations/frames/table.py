"""The table that a screen shows, in people's words, and the rest of what is known of one row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..model.query import Sort
from .cells import TEXT, plain
from .chunks import SCHEMA
from .order import ordered, properties_in

WORDS = {
    "name": "Name",
    "type": "Type",
    "parent_path_or_name": "Parent",
    "owner": "Owner",
    "last_modified_time": "Updated",
    "creation_time": "Created",
    "url": "Link",
}
PANDAS = {
    TEXT: pd.StringDtype("pyarrow", na_value=np.nan),
    pa.bool_(): pd.BooleanDtype(),
    pa.int64(): pd.Int64Dtype(),
    pa.float64(): pd.Float64Dtype(),
}
DECODED_ROWS = 100  # parsed in one go: few enough to stay in the cache, twice as fast as thousands
EXACT = 2**53


def frame(table: pa.Table, properties: Sequence[str] = (), sort: Sequence[Sort] = ()) -> pd.DataFrame:
    """Returns the rows of `unpack` as a screen shows them, in the order of `order.ordered`.

    Columns: Name, Type (see `type_label`), Parent, Owner, Updated, Created (aware UTC), Link (http and https only),
    then one a property, headed as `column_labels` says. Text is pandas `str`, numbers are `Int64` or `Float64`, truth
    `boolean`; a property with values of several kinds is text, lists joined by ", " and objects as JSON.
    The index, named "row", is the row's place in `table`: `key(table, frame.index[n])` is what line n stands for.
    """
    order = order_of(table, sort)
    shown = table.take(order)
    return _framed(shown, order, _property_columns(shown["properties"], column_labels(properties)))


def order_of(table: pa.Table, sort: Sequence[Sort] = ()) -> pa.Array:
    """Returns the positions of all rows in the order that a query asks for."""
    wanted = properties_in(sort)
    found = _values(table["properties"], wanted)
    return ordered(table, sort, {name: _typed(found.pop(name)) for name in wanted})


def rows_at(table: pa.Table, positions: pa.Array, typed: Mapping[str, tuple[str, pa.DataType]]) -> pd.DataFrame:
    """Returns these rows of the table as `frame` shows them; `typed` has a property and its type for each heading."""
    shown = table.take(positions)
    found = _values(shown["properties"], [name for name, _ in typed.values()])
    return _framed(shown, positions, {label: _as(kind, found.pop(name)) for label, (name, kind) in typed.items()})


def column_types(table: pa.Table, properties: Iterable[str]) -> dict[str, pa.DataType]:
    """Returns the type of the column of each property that a row has, decided over all rows as `frame` does."""
    wanted = set(properties)
    kinds: dict[str, _Kinds] = {}
    for rows in _decoded(table["properties"]) if wanted else ():
        for name in wanted.intersection(chain.from_iterable(rows)):
            kinds.setdefault(name, _Kinds()).add([row.get(name) for row in rows])
    return {name: found.type for name, found in kinds.items()}


def type_label(slug: str) -> str:
    """An item type as words: "data_source" is "Data source". A label stays as it is."""
    words = slug.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def column_labels(properties: Iterable[str]) -> dict[str, str]:
    """The heading of each property, all different: one that is taken gets " (property)" after it."""
    labels: dict[str, str] = {}
    taken = set(WORDS.values())
    for name in properties:
        if name not in labels:
            labels[name] = _free(plain(name).strip() or "(no name)", taken)
            taken.add(labels[name])
    return labels


def property_names(table: pa.Table) -> list[str]:
    """Every property name of the table, the one that most rows have a value for first."""
    seen: dict[str, None] = {}
    filled: Counter[str] = Counter()
    for rows in _decoded(table["properties"]):
        seen.update(dict.fromkeys(chain.from_iterable(rows)))
        filled.update([name for row in rows for name, value in row.items() if value or _says_something(value)])
    return sorted(seen, key=lambda name: -filled[name])


def values_as_text(texts: pa.ChunkedArray, between: str) -> list[str]:
    """Returns the values of each row's properties, as cells show them, without the names."""
    return [
        between.join([text for value in row.values() if (text := value if type(value) is str else _cell(value))])
        for rows in _decoded(texts)
        for row in rows
    ]


def key(table: pa.Table, row: int) -> tuple[str, str]:
    """The (type, id) of a row of the table, to find it again after a refresh. IndexError beyond the last row."""
    return table["type"][int(row)].as_py(), table["id"][int(row)].as_py()


def details(table: pa.Table, type: str, id: str) -> dict[str, Any]:
    """All fields of one item by their names in `Item`, `properties` as a dict. KeyError if the table has it not."""
    match = pc.and_(pc.equal(table["id"], plain(id)), pc.equal(table["type"].cast(TEXT), plain(type)))
    rows = table.filter(match).select(SCHEMA.names).to_pylist()
    if not rows:
        raise KeyError((type, id))
    return {**rows[0], "properties": _loads(rows[0]["properties"])}


def _framed(shown: pa.Table, positions: pa.Array, properties: Mapping[str, pa.Array]) -> pd.DataFrame:
    columns = {label: _shown(name, shown[name]) for name, label in WORDS.items()}
    result: pd.DataFrame = pa.table({**columns, **properties}).to_pandas(types_mapper=PANDAS.get)
    result.index = pd.Index(positions.to_numpy(), name="row")
    return result


def _shown(name: str, values: pa.ChunkedArray) -> pa.ChunkedArray:
    if name == "type":
        return _type_labels(values)
    if name == "url":
        safe = pc.match_substring_regex(values, r"(?i)^https?://[^\s/]")
        return pc.if_else(safe, values, pa.scalar(None, TEXT))
    return values


def _type_labels(types: pa.ChunkedArray) -> pa.ChunkedArray:
    labels = [
        pa.array(map(type_label, chunk.dictionary.to_pylist()), TEXT).take(chunk.indices) for chunk in types.chunks
    ]
    return pa.chunked_array(labels, TEXT)


def _free(label: str, taken: set[str]) -> str:
    while label in taken:
        label += " (property)"
    return label


def _property_columns(texts: pa.ChunkedArray, labels: dict[str, str]) -> dict[str, pa.Array]:
    found = _values(texts, labels)
    return {label: _typed(found.pop(name)) for name, label in labels.items()}


def _values(texts: pa.ChunkedArray, names: Iterable[str]) -> dict[str, list[Any]]:
    """The values of each property, None where a row has it not."""
    found: dict[str, list[Any]] = {name: [] for name in names}
    for rows in _decoded(texts) if found else ():
        for name, column in found.items():
            column += [row.get(name) for row in rows]
    return found


def _decoded(texts: pa.ChunkedArray) -> Iterator[list[dict[str, Any]]]:
    """The rows' properties, some rows at a time."""
    for start in range(0, len(texts), DECODED_ROWS):
        batch = texts.slice(start, DECODED_ROWS).to_pylist()
        try:
            yield json.loads(f"[{','.join(batch)}]")
        except RecursionError:
            yield [_loads(text) for text in batch]


def _loads(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text))
    except RecursionError:
        return {}


def _says_something(value: Any) -> bool:
    """Whether a cell is worth showing: no None, no empty text, list or object."""
    return bool(value) or isinstance(value, (bool, int, float))


def _typed(values: list[Any]) -> pa.Array:
    kinds = _Kinds()
    kinds.add(values)
    return _as(kinds.type, values)


class _Kinds:
    """Which kinds of values a column has, to find the narrowest type that holds each of them exactly, else text."""

    def __init__(self) -> None:
        self._kinds: set[type] = set()
        self._largest = 0  # whole number, without its sign

    def add(self, values: list[Any]) -> None:
        """Count some more of its values."""
        kinds = {type(each) for each in values if each or _says_something(each)}
        self._kinds |= kinds
        if int in kinds:
            self._largest = max(self._largest, *(abs(each) for each in values if type(each) is int))

    @property
    def type(self) -> pa.DataType:
        """The type of the column."""
        if self._kinds == {bool}:
            return pa.bool_()
        if self._kinds == {int} and self._largest <= 2**63 - 1:
            return pa.int64()
        if self._kinds and self._kinds <= {int, float} and (int not in self._kinds or self._largest <= EXACT):
            return pa.float64()
        return TEXT


def _as(kind: pa.DataType, values: list[Any]) -> pa.Array:
    """The values in a type that holds them."""
    values = [value if value or _says_something(value) else None for value in values]
    return pa.array(map(_cell, values) if kind == TEXT else values, kind)


def _cell(value: Any) -> str | None:
    try:
        return _text(value)
    except RecursionError:  # nested as deep as the caller's stack allows
        return "…"


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
