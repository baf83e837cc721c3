"""Rows by the values of a field."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from ..model.numbers import digits
from ..model.query import Condition, Operator
from .categories import Categories, Category, coded, named
from .cells import TEXT, plain
from .choices import RAW
from .pairs import Entries, Integers
from .readable import NUMBERS, TAGS, Cells, element_texts
from .tables import Table

ORDERED = (*NUMBERS, FieldType.IDENTIFIER, FieldType.BOOLEAN)


def by_value(table: Table, found: Cells, positions: pa.Array | None, most: int) -> Categories:
    """Returns the categories of the values of a field: the `most` frequent ones by name, the others as one."""
    rows, values = _singles(_stored(table, found, positions))
    encoded = _without_empty(values).dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1), np.int64)
    of = coded(found, Entries(rows, codes), len(encoded.dictionary))
    ranked = _ranked(of.counts[: of.empty])
    kept = ranked if len(ranked) == most + 1 else ranked[:most]  # one other would take as much room as its name
    ordered = found.field.type in ORDERED or bool(found.field.type in TAGS and found.field.options)
    if ordered:
        kept = _sorted(found.field, encoded.dictionary, kept)
    others = len(ranked) - len(kept)
    rest = Category(f"{others:,} others", others=others) if others else None
    return named(of, kept, lambda codes: _categories(found, encoded, codes), rest, ordered)


def _stored(table: Table, found: Cells, positions: pa.Array | None) -> pa.Array:
    """Returns the values that conditions name: of some standard fields, what was stored rather than what is shown."""
    if found.field.id not in RAW:
        return found.values
    column = table.standard(found.field.id).combine_chunks()
    return column if positions is None else column.take(positions)


def _singles(values: pa.Array) -> tuple[Integers | None, pa.Array]:
    """Returns the single values, with the row of each if they come in lists; files by their names."""
    rows = None
    if pa.types.is_list(values.type):
        rows, values = np.asarray(pc.list_parent_indices(values), np.int64), values.flatten()
    return rows, pc.struct_field(values, "name") if pa.types.is_struct(values.type) else values


def _without_empty(values: pa.Array) -> pa.Array:
    if values.type == TEXT:
        return pc.if_else(pc.equal(values, ""), pa.scalar(None, TEXT), values)
    return pc.add(values, 0.0) if pa.types.is_floating(values.type) else values  # -0.0 is 0.0


def _ranked(counts: Integers) -> list[int]:
    """Returns the codes that rows have, the most frequent first."""
    found = np.argsort(-counts, kind="stable")
    return [int(each) for each in found[: np.count_nonzero(counts)]]


def _sorted(field: Field, values: pa.Array, codes: list[int]) -> list[int]:
    """Returns the codes in the order of the field; those of texts that do not fit it stay the last."""
    mine = [each for each in codes if each < len(values)]
    places = dict(zip(mine, _places(field, values.take(pa.array(mine, pa.int64()))).to_pylist(), strict=True))
    return [*sorted(mine, key=places.__getitem__), *(each for each in codes if each >= len(values))]


def _places(field: Field, values: pa.Array) -> pa.Array:
    """Returns the place of each value among those of the field."""
    if field.type is FieldType.BOOLEAN:
        return pc.invert(values)
    if field.type not in TAGS:
        return values
    options = pa.array([plain(each.value) for each in field.options], TEXT)
    return pc.fill_null(pc.index_in(values, value_set=options), len(options))


def _categories(found: Cells, encoded: pa.DictionaryArray, codes: list[int]) -> list[Category]:
    field, values = found.field, encoded.dictionary.take(pa.array(codes, pa.int64()))
    labels = _labels(found, encoded, codes) if field.id in RAW else element_texts(replace(found, codes=None), values)
    colors = {plain(each.value): each.color for each in field.options}
    return [
        Category(label or "", (Condition(field.id, Operator.IS, _text(field, value)),), colors.get(str(value), ""))
        for value, label in zip(values.to_pylist(), labels.to_pylist(), strict=True)
    ]


def _labels(found: Cells, encoded: pa.DictionaryArray, codes: list[int]) -> pa.Array:
    """Returns what is shown for values that were stored: what the first row with each shows."""
    first = pc.index_in(pa.array(codes, encoded.indices.type), value_set=encoded.indices)
    return found.values.take(first)


def _text(field: Field, value: object) -> str:
    """Returns a value as a condition has it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return digits(value)
    return plain(f"{field.prefix}{value}" if field.type is FieldType.IDENTIFIER else value)
