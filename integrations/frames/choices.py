"""What there is to choose from in the filter of a field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from .cells import TEXT, cell_text, plain
from .folding import fold
from .query import field_of
from .readable import PEOPLE, TAGS, Cells, cells, element_texts
from .tables import Table, type_label

RAW = ("type", "owner")  # standard fields that an address names by what was stored, not by what is shown


@dataclass(frozen=True)
class Choice:
    """A value as an address has it, its label, and how many rows have it."""

    value: str
    label: str
    count: int


def choices(table: Table, field_id: str, search: str = "", limit: int = 200) -> list[Choice]:
    """Returns the values of a field whose labels contain the searched text, at most `limit`; none without the field.

    The options of a select field come in their order, used or not; other values by how many rows have them.
    """
    field = field_of(table, field_id)
    if field is None:
        return []
    wanted = fold(plain(search).strip())
    found = (each for each in _all(table, field) if wanted in fold(each.label))
    return [each for each, _ in zip(found, range(limit), strict=False)]


def label_of(table: Table, field_id: str, value: str) -> str:
    """Returns what people read for the value of a condition; the value itself where it has no other label."""
    field = field_of(table, field_id)
    if field_id == "type":
        return type_label(value)
    if field is None:
        return value
    if field_id == "owner":
        return table.tables.schema.people.get(value, value)
    if field.type is FieldType.BOOLEAN:
        return {"yes": "Yes", "true": "Yes", "no": "No", "false": "No"}.get(value.lower(), value)
    if field.type is FieldType.RELATION:
        ids, names = table.tables.titles(field.relates_to)
        place = pc.index(ids, plain(value)).as_py()
        return str(names[place].as_py()) or value if place >= 0 else value
    if field.type in (*TAGS, *PEOPLE):
        return str(element_texts(_alone(table, field), pa.array([plain(value)], TEXT))[0].as_py())
    return value


def _alone(table: Table, field: Field) -> Cells:
    return Cells(table.tables, field, pa.array([], TEXT), None, {})


def _all(table: Table, field: Field) -> Iterable[Choice]:
    counted = _counted(table, field)
    known = field.options if field.type in TAGS else ()
    options = [counted.pop(plain(each.value), Choice(each.value, each.label, 0)) for each in known]
    return [*options, *counted.values()]


def _counted(table: Table, field: Field) -> dict[str, Choice]:
    """Returns the values that rows have, most frequent first, then by label."""
    values, labels = _values(table, field)
    counts = pc.value_counts(values.drop_null())
    names = labels.take(pc.index_in(counts.field("values"), value_set=values))
    entries = zip(
        counts.field("values").to_pylist(), names.to_pylist(), counts.field("counts").to_pylist(), strict=True
    )
    found = [_choice(*each) for each in entries if each[0] != ""]
    return {each.value: each for each in sorted(found, key=lambda each: (-each.count, each.label))}


def _values(table: Table, field: Field) -> tuple[pa.Array, pa.Array]:
    """Returns the single values of all rows, and the label of each."""
    found = cells(table, field)
    if field.id in RAW:
        return table.standard(field.id).combine_chunks(), found.values
    values, codes = found.singles
    labels = element_texts(found, values, codes)
    return (labels if pa.types.is_struct(values.type) else values), labels


def _choice(value: Any, label: str | None, count: int) -> Choice:
    if isinstance(value, bool):
        return Choice("yes" if value else "no", label or "", count)
    whole = isinstance(value, float) and value.is_integer()
    return Choice((cell_text(int(value) if whole else value) or ""), label or "", count)
