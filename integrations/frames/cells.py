"""Single values and single columns, as the rest of the folder needs them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

EPOCH = date(1970, 1, 1).toordinal()
TEXT = pa.large_string()  # what pandas 3 keeps text in, so nothing is copied on the way


def plain(value: object) -> str:
    """Any value as text that UTF-8 can hold; half a surrogate pair becomes U+FFFD. Never raises."""
    text = value if type(value) is str else _str(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _str(value: object) -> str:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode("utf-8", "replace")
    try:
        return str(value)
    except Exception:  # an int of 5,000 digits, or a broken __str__
        return hex(value) if isinstance(value, int) else f"<{type(value).__name__}>"


def arrow(series: pd.Series[Any]) -> pa.ChunkedArray:
    """The column as Arrow without a copy where pandas already keeps it so."""
    values = pa.array(series.array, from_pandas=True)
    return values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])


def utc_days(series: pd.Series[Any]) -> npt.NDArray[np.int64]:
    """UTC days since 1970-01-01 of a column of aware times; a missing time is the smallest int64."""
    naive: npt.NDArray[np.datetime64] = series.dt.tz_convert(None).to_numpy()
    return naive.astype("datetime64[D]").astype(np.int64)


def day_number(day: date) -> int:
    """The day in days since 1970-01-01, as in `utc_days`."""
    return day.toordinal() - EPOCH


def numbered_day(number: int) -> date:
    """The day of a number that `utc_days` gives."""
    return date.fromordinal(int(number) + EPOCH)
