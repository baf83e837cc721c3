"""Single values and single columns, as the rest of the folder needs them."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import orjson
import pandas as pd
import pyarrow as pa

EPOCH = date(1970, 1, 1).toordinal()
TEXT = pa.large_string()  # what pandas 3 keeps text in, so nothing is copied on the way

DEEPEST = 100
AS_DEFAULT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


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


def day_number(day: date) -> int:
    """Returns a day as the number of days since 1970-01-01."""
    return day.toordinal() - EPOCH


def json_text(value: Any) -> str:
    """Returns a value as compact JSON; text stays as it is. What JSON has not becomes null or text. Never raises."""
    if isinstance(value, str):
        return plain(value)
    try:
        return orjson.dumps(value, default=_default, option=AS_DEFAULT).decode()
    except TypeError:  # odd keys, half characters, huge integers, circles, depth
        return _ENCODER.encode(_safe(value, ()))


def cell_text(value: Any) -> str | None:
    """Returns a value as a cell shows it: lists joined by ", ", objects as JSON, truth as TRUE and FALSE."""
    try:
        return _cell(value)
    except RecursionError:  # nested as deep as the caller's stack allows
        return "…"


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (list, tuple)):
        return ", ".join(filter(None, map(_cell, value)))
    if isinstance(value, (date, time)):
        return value.isoformat()
    return json_text(value) if isinstance(value, (Mapping, float, int)) else plain(value)


def _default(value: Any) -> Any:
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=plain)
    return dict(value) if isinstance(value, Mapping) else plain(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_default)


def _safe(value: Any, above: tuple[int, ...]) -> Any:
    """The value as JSON surely takes it; what contains itself or lies too deep becomes "…"."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int):
        return value if abs(value) < 10**4000 else plain(value)
    if isinstance(value, str):
        return plain(value)
    if not isinstance(value, (Mapping, list, tuple, set, frozenset)):
        return value
    if id(value) in above or len(above) == DEEPEST:
        return "…"
    above = (*above, id(value))
    if isinstance(value, Mapping):
        return {plain(key): _safe(each, above) for key, each in value.items()}
    return [_safe(each, above) for each in (_default(value) if isinstance(value, (set, frozenset)) else value)]
