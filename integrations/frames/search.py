"""The text that a search looks through: all that people see of a row, in any letter case and with accents folded.

Names, labels, dates (as displayed and as ISO 8601) and numbers (with separators and without) of every column, shown or
not. No addresses of records, no ids and no names of fields: people could not see why such a row was found. Truth is
shown as a check box, and is not searched.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from .cells import TEXT
from .folding import folded
from .readable import NUMBERS, Cells, by_value, cells, texts
from .tables import EVERYTHING, Table

BETWEEN = "\n"  # the parts of a row's text: no search matches across them
UNSEEN = ("link",)


def search_texts(table: Table) -> pa.Array:
    """Returns one text a row, to be kept while the table is searched: some hundred bytes each."""
    return texts_at(table, None)


def texts_at(table: Table, positions: pa.Array | None) -> pa.Array:
    """Returns the texts of rows at these positions, or of all."""
    if table.collection.id == EVERYTHING:
        found = _of_all(table)
        return found if positions is None else found.take(positions)
    fields = [each for each in table.fields if each.id not in UNSEEN and each.type is not FieldType.BOOLEAN]
    table.prefetch(each.id for each in fields)
    found = [cells(table, each, positions) for each in [Field("type", "Type"), *fields]]
    parts = [folded(part) for each in found for part in _parts(each)]
    return pc.binary_join_element_wise(*parts, pa.scalar(BETWEEN, TEXT), null_handling="skip")


def _of_all(table: Table) -> pa.Array:
    found = [texts_at(table.tables.open(each.id), None) for each in table.tables.collections]
    return pa.concat_arrays(found) if found else pa.array([], TEXT)


def _parts(found: Cells) -> Iterator[pa.Array]:
    """Yields what people may type to find a value."""
    kind = found.field.type
    if kind in (FieldType.DATE, FieldType.DATETIME) and not found.listed:
        yield _days(found)
        return
    yield texts(found)
    if kind in NUMBERS and not found.listed:
        yield found.values.cast(TEXT)


def _days(found: Cells) -> pa.Array:
    days = found.values.cast(pa.timestamp("us", "UTC")).cast(pa.date32(), safe=False)
    words = by_value(
        days, lambda day: f"{day.isoformat()}\n{day.day} {day:%b} {day.year}\n{day.day} {day:%B} {day.year}"
    )
    return pc.coalesce(words, texts(found)) if found.odd else words
