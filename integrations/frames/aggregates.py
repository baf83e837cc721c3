"""Small counts for charts and metrics."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from .cells import TEXT, arrow, day_number, utc_days

MONDAY = -3  # 1970-01-01 was a Thursday: weeks are counted from the Monday before it
Numbers = npt.NDArray[np.int64]


def per_week(frame: pd.DataFrame, column: str = "Updated", weeks: int = 12, *, today: date) -> pd.DataFrame:
    """How many items have their `column` in each of the last weeks, by type; the week of `today` is the last row.

    The index "Week" holds the Mondays (UTC), oldest first; there is an int64 column for each type of the frame, the
    type with most of them first, zeros included. Missing and later times are not counted.
    """
    last = (day_number(today) - MONDAY) // 7
    wanted = np.arange(last - weeks + 1, last + 1)
    return _counted(frame, (utc_days(frame[column]) - MONDAY) // 7, wanted, _dates(wanted * 7 + MONDAY, "Week"))


def per_day(frame: pd.DataFrame, days: int = 30, *, today: date, column: str = "Updated") -> pd.DataFrame:
    """The same by day: the index "Day" holds the last days, `today` in the last row."""
    wanted = np.arange(day_number(today) - days + 1, day_number(today) + 1)
    return _counted(frame, utc_days(frame[column]), wanted, _dates(wanted, "Day"))


def recent(
    frame: pd.DataFrame, days: int = 7, *, today: date, columns: Sequence[str] = ("Created", "Updated")
) -> dict[str, int]:
    """How many items of each type were created or updated in the last days, `today` the last of them.

    An item counts once. `columns=("Created",)` counts new items only. Types without any are there with 0.
    """
    last = day_number(today)
    hits = np.zeros(len(frame), np.bool_)
    for column in columns:
        found = utc_days(frame[column])
        hits |= (found > last - days) & (found <= last)
    names, codes = _types(frame)
    found = np.bincount(codes[hits], minlength=len(names))
    return dict(zip(names, found.tolist(), strict=True))


def _counted(frame: pd.DataFrame, numbers: Numbers, wanted: Numbers, index: pd.DatetimeIndex) -> pd.DataFrame:
    """One row for each of the consecutive numbers that are wanted, one column for each type."""
    names, codes = _types(frame)
    inside = np.isin(numbers, wanted)
    places = (numbers[inside] - wanted[:1]) * len(names) + codes[inside]
    cells = np.bincount(places, minlength=len(wanted) * len(names)).reshape(len(wanted), len(names))
    table = pd.DataFrame(cells, index=index, columns=names)
    return table[table.sum().sort_values(ascending=False, kind="stable").index]


def _types(frame: pd.DataFrame) -> tuple[list[str], Numbers]:
    """The frame's types and, for each row, which one it has."""
    encoded = pa.chunked_array(arrow(frame["Type"]).chunks, TEXT).combine_chunks().dictionary_encode()
    return encoded.dictionary.to_pylist(), np.asarray(encoded.indices, np.int64)


def _dates(numbers: Numbers, name: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(numbers.astype("datetime64[D]").astype("datetime64[s]"), name=name)
