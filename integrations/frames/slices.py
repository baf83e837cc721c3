"""The filtered table a slice at a time, for files: memory stays flat however long the table is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pyarrow as pa

from .filters import Filters, apply
from .search import search_texts
from .table import column_labels, column_types, newest_first, rows_at

ROWS = 5_000  # decoded at a time


def slices(table: pa.Table, filters: Filters, rows: int = ROWS) -> Iterator[pd.DataFrame]:
    """The rows of `apply(frame(table, …), filters)` in their order, as frames of at most `rows` rows.

    The first frame has no row: it names the columns. Frames without rows do not follow. Chosen columns that no row
    has are left out. A column has the same type in every frame, decided over all rows of the table.
    """
    types = column_types(table, filters.columns)
    chosen = [name for name in dict.fromkeys(filters.columns) if name in types]
    typed = {label: (name, types[name]) for name, label in column_labels(chosen).items()}
    filters = replace(filters, columns=tuple(chosen))
    order, texts = newest_first(table), search_texts(table)
    yield rows_at(table, order.slice(0, 0), typed)
    for start in range(0, len(order), rows):
        found = apply(rows_at(table, order.slice(start, rows), typed), filters, texts)
        if len(found):
            yield found
