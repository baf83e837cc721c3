"""Reading values that several providers write in the same way."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, tzinfo
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote
from zoneinfo import ZoneInfo

from ..model import moment

log = logging.getLogger(__name__)

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


def joined(texts: Iterable[Any], between: str = " ") -> str:
    """Returns the texts that are there, joined: a person's first and last name, the ends of a span of dates."""
    return between.join(str(each) for each in texts if each)


def mapping(value: Any) -> dict[str, Any]:
    """Returns a JSON object as it is, and an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def text_at(thing: Mapping[str, Any], key: str) -> str:
    """Returns the text that an object has under a key, empty if it has none or something else."""
    found = thing.get(key)
    return found if isinstance(found, str) else ""


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
    if time is None:
        return text
    with suppress(OverflowError):  # on the first and last day that there is
        time = time.astimezone(_zone(zone))
    return time.date().isoformat()


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, TypeError, ValueError):
        return UTC


def utc_text(text: Any, zone: str | None = None) -> Any:
    """Returns an ISO 8601 time as "2026-11-22 14:03:00Z", as in CSV files, which sorts by time in any column.

    `zone`: IANA name of the zone of a time that does not give its offset; UTC without it or if it is unknown. A day
    without a time and what is no time are returned as they are.
    """
    time = moment(text) if "T" in str(text) else None
    if time is None:
        return text
    if zone and datetime.fromisoformat(text).tzinfo is None:
        with suppress(OverflowError):
            time = time.replace(tzinfo=_zone(zone)).astimezone(UTC)
    return f"{time.replace(tzinfo=None).isoformat(' ', 'seconds')}Z"


def place_text(place: Mapping[str, Any]) -> Any:
    """Returns the name of a place, else its address, else latitude and longitude; None if it has none of them."""
    spot = [str(place[each]) for each in ("lat", "lon") if place.get(each) is not None]
    return name_of(place, ("name", "address")) or ", ".join(spot) or None


def day_or_time(text: Any, zone: str | None = None) -> Any:
    """Returns ISO 8601 text as a date if it has no time, else as a datetime in UTC; anything else as it is.

    `zone`: IANA name of the zone of a time that does not give its offset; UTC without it or if it is unknown.
    """
    try:
        if "T" not in text:
            return date.fromisoformat(text)
        time = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return text
    with suppress(OverflowError):  # on the first and last day that there is
        return (time if time.tzinfo else time.replace(tzinfo=_zone(zone or ""))).astimezone(UTC)
    return time.replace(tzinfo=UTC)


def date_span(start: Any, end: Any, zone: str | None = None) -> Any:
    """Returns the ends of a span, see `day_or_time`, None for one that is missing; text if one is neither, and None
    if both are missing.
    """
    ends = (day_or_time(start, zone), day_or_time(end, zone))
    if all(each is None or isinstance(each, date) for each in ends):
        return ends if any(ends) else None
    return joined((start, end), " – ")


def as_text(value: Any) -> Any:
    """Returns a value as text: an object by its name if it has one, other objects and lists as JSON.

    Text and None are returned as they are.
    """
    name = name_of(value)
    try:
        if isinstance(name, Mapping | list | tuple) or (name is None and value is not None):
            return json.dumps(value, ensure_ascii=False, default=str)
        return name if name is None else str(name)
    except (RecursionError, TypeError, ValueError):  # lists without end, integers of thousands of digits
        return "…"


@lru_cache(10_000)
def decoded(id: str) -> str:
    """Returns an id that was percent-encoded for use in addresses as it is."""
    return unquote(id)


def objects(value: Any) -> list[dict[str, Any]]:
    """Returns the objects of a list, or an object alone as a list of one."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]


def with_names(things: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yields id and name of each object that has an id; the name is empty if it has none."""
    return ((id, text_at(each, "name")) for each in things if (id := text_at(each, "id")))


def path_part(id: str) -> str:
    """Returns an id for use in a path; one that is percent-encoded already stays as it is."""
    return quote(id, safe="%")


@lru_cache(1_000)  # so that each is logged once
def log_unknown_type(kind: str) -> None:
    """Log that values of a type are shown as text, because the type is not known here."""
    log.warning("the type %.60r is not known here; its values are shown as text", kind)
