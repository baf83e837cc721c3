"""What of a table is sent to a browser: a window of its rows, whose long texts are cut."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from .cells import TEXT
from .lists import with_elements

ROWS = 1_000  # of a window
MOST_BYTES = 20_000_000  # that are sent at once; Streamlit refuses to send 200 MB
LONGEST_CELLS = (2_000, 200, 50)  # characters, of texts in a window: the first that fits MOST_BYTES


def windows(count: int) -> int:
    """Returns how many windows a table of so many rows has; at least one."""
    return max(1, -(-count // ROWS))


def bounded(table: pa.Table) -> pa.Table:
    """Returns the table with texts that are cut until it fits MOST_BYTES; those that were cut end with "…"."""
    for longest in LONGEST_CELLS:
        shown = pa.table({name: _cut(table[name].combine_chunks(), longest) for name in table.column_names})
        if shown.nbytes <= MOST_BYTES:
            break
    return shown


def _cut(column: pa.Array, longest: int) -> pa.Array:
    if pa.types.is_list(column.type):
        return with_elements(column, _cut(column.flatten(), longest))
    if not pa.types.is_string(column.type) and column.type != TEXT:
        return column
    long = pc.greater(pc.utf8_length(column), longest)
    if not pc.any(long).as_py():
        return column
    cut = pc.binary_join_element_wise(
        pc.utf8_slice_codeunits(column, 0, longest - 1), pa.scalar("…", column.type), pa.scalar("", column.type)
    )
    return pc.if_else(long, cut, column)
