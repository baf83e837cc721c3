"""What there is to choose from in the filter of a field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType, Option
from .cells import TEXT, cell_text, plain
from .folding import containing, fold, folded
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
    wanted, known = plain(search).strip(), field.options if field.type in TAGS else ()
    counted = _counted(table, field)
    options = [each for each in _options(known, counted) if fold(wanted) in fold(each.label)]
    others = (
        counted.filter(pc.invert(pc.is_in(counted["value"], value_set=_known(known, counted)))) if known else counted
    )
    return [*options, *_first(others, wanted, max(0, limit - len(options)))][:limit]


def units(table: Table, field_id: str) -> list[Choice]:
    """Returns the currencies of the amounts of a field, the most frequent first."""
    field = table.field(field_id)
    values, codes = cells(table, field).singles if field else (None, None)
    if values is None or codes is None:
        return []
    counts = pc.value_counts(codes.filter(values.is_valid()).drop_null())
    codes_used = [Choice(each["values"], each["values"], each["counts"]) for each in counts.to_pylist()]
    return sorted(codes_used, key=lambda each: (-each.count, each.label))


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


def _options(known: Sequence[Option], counted: pa.Table) -> list[Choice]:
    """Returns the options of a field in their order, used or not."""
    used = counted.filter(pc.is_in(counted["value"], value_set=_known(known, counted)))
    counts = dict(zip(used["value"].to_pylist(), used["count"].to_pylist(), strict=True))
    return [Choice(each.value, each.label, counts.get(plain(each.value), 0)) for each in known]


def _known(options: Sequence[Option], counted: pa.Table) -> pa.Array:
    return pa.array([plain(each.value) for each in options], counted["value"].type)


def _first(counted: pa.Table, search: str, limit: int) -> list[Choice]:
    """Returns the most frequent of the values whose labels contain the searched text, then by label."""
    if search:
        counted = counted.filter(containing(folded(counted["label"].combine_chunks()), search))
    order = pc.select_k_unstable(counted, limit, [("count", "descending"), ("label", "ascending")])
    return [_choice(*each.values()) for each in counted.take(order).to_pylist()]


def _counted(table: Table, field: Field) -> pa.Table:
    """Returns each value that rows have, with its label and how many rows have it."""
    found = cells(table, field)
    values, codes = found.singles
    if field.id in RAW:
        values, labels = table.standard(field.id).combine_chunks(), found.values
    elif pa.types.is_struct(values.type) or codes is not None:
        labels = element_texts(found, values, codes)
        values = labels if codes is None else values
    else:
        labels = None  # those of the different values are enough
    counts = pc.value_counts(values.drop_null())
    different = counts.field("values")
    names = (
        labels.take(pc.index_in(different, value_set=values)) if labels is not None else element_texts(found, different)
    )
    counted = pa.table({"value": different, "label": names, "count": counts.field("counts")})
    return counted.filter(pc.not_equal(different, "")) if different.type == TEXT else counted


def _choice(value: Any, label: str | None, count: int) -> Choice:
    if isinstance(value, bool):
        return Choice("yes" if value else "no", label or "", count)
    whole = isinstance(value, float) and value.is_integer()
    return Choice((cell_text(int(value) if whole else value) or ""), label or "", count)
