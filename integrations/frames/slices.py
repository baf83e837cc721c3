"""The rows of a query a slice at a time, for files: memory stays flat however many there are."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from ..model.query import Query
from .exported import at, columns
from .query import apply
from .tables import Table

ROWS = 5_000  # made into a frame at a time


def slices(table: Table, query: Query, rows: int = ROWS) -> Iterator[pd.DataFrame]:
    """Yields the rows of a query, in its order, as frames of at most `rows` rows as `exported` makes them.

    The first frame has no row: it names the columns. Frames without rows do not follow. The columns are those of the
    query, or the main ones; the name is always among them.
    """
    found = columns(table, ("name", *(query.columns or table.main_fields)))
    positions = apply(table, query)
    yield at(found, positions.slice(0, 0))
    for start in range(0, len(positions), rows):
        yield at(found, positions.slice(start, rows))
