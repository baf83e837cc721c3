"""In which order rows are shown: as a query sorts them, else the last updated first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import FieldType
from ..model.query import Sort
from .cells import TEXT, plain
from .folding import folded
from .readable import Cells, cells, mapped, texts
from .tables import Table

NEWEST = "newest first"
NEWEST_FIRST = (("updated", True), ("name", False), ("id", False), ("type", False))  # field, whether descending
BY_VALUE = frozenset(
    {FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION, FieldType.RATING, FieldType.BOOLEAN,
     FieldType.DATE, FieldType.DATETIME, FieldType.IDENTIFIER}
)  # fmt: skip


def ordered(table: Table, positions: pa.Array | None, sort: Sequence[Sort]) -> pa.Array:
    """Returns the positions (None: of all rows) as `sort` has them, then newest first; rows without a value last.

    A field that is not there changes nothing.
    """
    wanted: dict[str, Sort] = {}
    for each in sort:
        wanted.setdefault(each.field, each)
    found = _among(_newest_first(table), positions, table.num_rows)
    for each in reversed(wanted.values()):  # each sort keeps what it finds equal in the order of the one before
        if field := table.field(each.field):
            found = found.take(_sorted(_key(cells(table, field, found)), each.descending))
    return found


def _newest_first(table: Table) -> pa.Array:
    """Returns the positions of all rows in the order that they have unless they are sorted; computed once."""
    if NEWEST not in table.kept:
        table.prefetch(["name", "updated"])
        columns = pa.table([_standard(table, name) for name, _ in NEWEST_FIRST], [name for name, _ in NEWEST_FIRST])
        keys = [(name, "descending" if descending else "ascending", "at_end") for name, descending in NEWEST_FIRST]
        table.kept[NEWEST] = pc.sort_indices(columns, sort_keys=keys).cast(pa.int64())
    return table.kept[NEWEST]


def _among(order: pa.Array, positions: pa.Array | None, rows: int) -> pa.Array:
    """Returns those of the positions in an order that are among others."""
    if positions is None:
        return order
    chosen = np.zeros(rows, np.bool_)
    chosen[np.asarray(positions)] = True
    numbers = np.asarray(order)
    return pa.array(numbers[chosen[numbers]])


def _sorted(keys: pa.Array, descending: bool) -> pa.Array:
    """Returns the places of the keys in their order, nulls last; the places of equal ones stay as they are."""
    if keys.type == TEXT:  # numbers are sorted faster, and texts often repeat
        encoded = keys.dictionary_encode()
        ranks = pc.rank(encoded.dictionary, tiebreaker="dense").cast(pa.int64())
        keys = ranks.take(encoded.indices)
    return pc.array_sort_indices(keys, order="descending" if descending else "ascending")


def _standard(table: Table, name: str) -> pa.ChunkedArray:
    return table.standard(name) if name in ("id", "type") else table.values(name)


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
