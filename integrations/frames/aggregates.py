"""Small counts for charts."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .cells import day_number
from .tables import Table

MONDAY = -3  # 1970-01-01 was a Thursday: weeks are counted from the Monday before it
UNKNOWN = np.iinfo(np.int64).min  # the day of a missing time
Numbers = npt.NDArray[np.int64]


def per_week(
    table: Table, column: str = "updated", weeks: int = 12, *, today: date, positions: pa.Array | None = None
) -> pd.DataFrame:
    """Returns how many items have their `column` in each of the last weeks, by type; `today` is in the last row.

    The index "Week" holds the Mondays (UTC), oldest first; there is an int64 column for each type of the table, the
    type with most of them first, zeros included. Missing and later times are not counted.
    `positions`: the rows to count; all if None.
    """
    last = (day_number(today) - MONDAY) // 7
    wanted = np.arange(last - weeks + 1, last + 1)
    days = _days(table, column, positions)
    return _counted(table, positions, (days - MONDAY) // 7, wanted, _dates(wanted * 7 + MONDAY, "Week"))


def _days(table: Table, column: str, positions: pa.Array | None) -> Numbers:
    """Returns the UTC days of a column of times, in days since 1970-01-01."""
    times = _at(table.values(column), positions).cast(pa.date32(), safe=False)
    return np.asarray(pc.fill_null(times.cast(pa.int32()).cast(pa.int64()), UNKNOWN), np.int64)


def _counted(
    table: Table, positions: pa.Array | None, numbers: Numbers, wanted: Numbers, index: pd.DatetimeIndex
) -> pd.DataFrame:
    """Returns one row for each of the consecutive numbers that are wanted, one column for each type."""
    names, codes = _types(table, positions)
    inside = np.isin(numbers, wanted)
    places = (numbers[inside] - wanted[:1]) * len(names) + codes[inside]
    cells_of = np.bincount(places, minlength=len(wanted) * len(names)).reshape(len(wanted), len(names))
    found = pd.DataFrame(cells_of, index=index, columns=names)
    return found[found.sum().sort_values(ascending=False, kind="stable").index]


def _types(table: Table, positions: pa.Array | None) -> tuple[list[str], Numbers]:
    """Returns the types of the rows and, for each row, which one it has."""
    encoded = _at(table.values("type"), positions).dictionary_encode()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices, np.int64)


def _at(column: pa.ChunkedArray, positions: pa.Array | None) -> pa.Array:
    found = column.combine_chunks()
    return found if positions is None else found.take(positions)


def _dates(numbers: Numbers, name: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(numbers.astype("datetime64[D]").astype("datetime64[s]"), name=name)
