"""In which order rows are shown: as a query sorts them, else the last updated first."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from ..model import FieldType
from ..model.query import Sort
from .cells import TEXT, plain
from .folding import folded
from .readable import Cells, cells, mapped, texts
from .tables import Table

NEWEST_FIRST = (("updated", True), ("name", False), ("id", False), ("type", False))  # field, whether descending
BY_VALUE = frozenset(
    {FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION, FieldType.RATING, FieldType.BOOLEAN,
     FieldType.DATE, FieldType.DATETIME, FieldType.IDENTIFIER}
)  # fmt: skip


def ordered(table: Table, positions: pa.Array | None, sort: Sequence[Sort]) -> pa.Array:
    """Returns the positions (None: of all rows) as `sort` has them, then newest first; rows without a value last.

    A field that is not there changes nothing.
    """
    table.prefetch(["name", "updated", *(each.field for each in sort)])
    wanted: dict[str, Sort] = {}
    for each in sort:
        wanted.setdefault(each.field, each)
    fields = [(field, each.descending) for each in wanted.values() if (field := table.field(each.field))]
    keys = [(_key(cells(table, field, positions)), descending) for field, descending in fields]
    keys += [(_standard(table, name, positions), descending) for name, descending in NEWEST_FIRST]
    columns = pa.table([values for values, _ in keys], [str(number) for number in range(len(keys))])
    directions = ("descending" if descending else "ascending" for _, descending in keys)
    sort_keys = [(str(number), direction, "at_end") for number, direction in enumerate(directions)]
    order = pc.sort_indices(columns, sort_keys=sort_keys).cast(pa.int64())
    return order if positions is None else positions.take(order)


def _standard(table: Table, name: str, positions: pa.Array | None) -> pa.ChunkedArray:
    column = table.standard(name) if name in ("id", "type") else table.values(name)
    return column if positions is None else column.take(positions)


def _key(found: Cells) -> pa.Array:
    """Returns what sorts the values of a field."""
    field = found.field
    if field.type is FieldType.SELECT and not field.many and field.options:
        return _places(found)
    if field.type is FieldType.DATE_RANGE and not field.many:
        start, end, _ = found.values.flatten()
        return pc.coalesce(start, end)
    if field.type in BY_VALUE and not field.many:
        return found.values
    keys = folded(texts(found))
    return pc.if_else(pc.equal(keys, ""), None, keys)


def _places(found: Cells) -> pa.Array:
    """Returns the place of each option among those of the schema; other values come after them."""
    values = pa.array([plain(each.value) for each in found.field.options], TEXT)
    places = mapped(found.values, values, pa.array(range(len(values)), pa.int64()))
    unknown = pc.if_else(pc.and_(found.values.is_valid(), pc.not_equal(found.values, "")), len(values), None)
    return pc.coalesce(places, unknown)
