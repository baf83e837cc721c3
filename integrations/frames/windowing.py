"""What of a table is sent to a browser: all of it, or a window where that would be too much."""

from __future__ import annotations

import pandas as pd

ROWS = 1_000  # of a window
MOST_ROWS, MOST_BYTES = 100_000, 20_000_000  # that are sent at once; Streamlit refuses to send 200 MB
LONGEST_CELLS = (2_000, 200, 50)  # characters, of texts in a window: the first that fits MOST_BYTES


def fits(frame: pd.DataFrame) -> bool:
    """Whether the whole table can be sent."""
    return len(frame) <= MOST_ROWS and _size(frame) <= MOST_BYTES


def windows(frame: pd.DataFrame) -> int:
    """Returns how many windows a table has; at least one."""
    return max(1, -(-len(frame) // ROWS))


def window(frame: pd.DataFrame, number: int) -> pd.DataFrame:
    """Returns window `number`, from 1 on, as a table with the same columns and index; long texts end with "…"."""
    rows = frame.iloc[(number - 1) * ROWS : number * ROWS]
    for longest in LONGEST_CELLS:
        shown = rows.apply(_cut, longest=longest)
        if _size(shown) <= MOST_BYTES:
            break
    return shown


def _cut(column: pd.Series, longest: int) -> pd.Series:
    if not isinstance(column.dtype, pd.StringDtype):
        return column
    long = column.str.len() > longest
    return column.mask(long, column.str.slice(0, longest - 1) + "…") if long.any() else column


def _size(frame: pd.DataFrame) -> int:
    """Bytes of the values, which are Arrow's."""
    return int(frame.memory_usage(index=False).sum())
