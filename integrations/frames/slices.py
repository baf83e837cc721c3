"""The filtered table a slice at a time, for files: memory stays flat however long the table is."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
import pyarrow as pa

from ..model.query import Query
from .query import apply
from .search import search_texts
from .table import column_labels, column_types, order_of, rows_at

ROWS = 5_000  # decoded at a time


def slices(table: pa.Table, query: Query, rows: int = ROWS) -> Iterator[pd.DataFrame]:
    """Yields the rows that a page shows for the same query, in the same order, as frames of at most `rows` rows.

    The first frame has no row: it names the columns. Frames without rows do not follow. Chosen columns that no row
    has are left out. A column has the same type in every frame, decided over all rows of the table.
    """
    types = column_types(table, query.columns)
    chosen = [name for name in dict.fromkeys(query.columns) if name in types]
    typed = {label: (name, types[name]) for name, label in column_labels(chosen).items()}
    order, texts = order_of(table, query.sort), search_texts(table)
    yield rows_at(table, order.slice(0, 0), typed)
    for start in range(0, len(order), rows):
        found = apply(rows_at(table, order.slice(start, rows), typed), query, texts)
        if len(found):
            yield found
