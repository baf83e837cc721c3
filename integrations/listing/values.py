"""Reading values that several providers write in the same way."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC
from typing import Any
from zoneinfo import ZoneInfo

from ..model import moment

THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
NAME_KEYS = ("name", "filename", "email", "label", "text", "value", "id")


def name_of(value: Any, keys: Iterable[str] = NAME_KEYS) -> Any:
    """Returns the first of these keys that an object has a value for, None if it has none of them.

    An empty text is taken only where there is nothing better. What is no object is returned as it is.
    """
    if not isinstance(value, Mapping):
        return value
    found = [value[key] for key in keys if value.get(key) is not None]
    return next(filter(None, found), found[0] if found else None)


def names_of(values: Any, keys: Iterable[str] = NAME_KEYS) -> Any:
    """Returns `name_of` each value of a list, or of the value itself."""
    return [name_of(each, keys) for each in values] if isinstance(values, list) else name_of(values, keys)


def joined(texts: Iterable[Any], between: str = " ") -> str:
    """Returns the texts that are there, joined: a person's first and last name, the ends of a span of dates."""
    return between.join(str(each) for each in texts if each)


def mapping(value: Any) -> dict[str, Any]:
    """Returns a JSON object as it is, and an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def number_of(text: str) -> int | float | str:
    """Returns the number that a text stands for, whole numbers exactly however long; any other text as it is.

    Commas may separate thousands: "1,800.00".
    """
    digits = text.replace(",", "") if THOUSANDS.fullmatch(text) else text
    with suppress(ValueError):
        return int(digits)
    try:
        number = float(digits)
    except ValueError:
        return text
    if not math.isfinite(number):
        return text
    return int(number) if number.is_integer() else number


def local_day(text: str, zone: str) -> str:
    """Returns the date of a moment, both as ISO 8601, in the time zone of that IANA name (UTC if there is no such);
    any other text as it is.
    """
    time = moment(text)
    try:
        return time.astimezone(ZoneInfo(zone)).date().isoformat() if time else text
    except (ValueError, OSError, KeyError):
        return time.astimezone(UTC).date().isoformat() if time else text
