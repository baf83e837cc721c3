"""Days and times of a time zone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa

from ..model import periods
from ..model.query import Condition, Operator, Query

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
QUARTER = 15 * 60 * 1_000_000  # microseconds; clocks are set at a quarter of an hour
FIRST, LAST = (np.datetime64(each, "us").astype(np.int64) for each in (datetime.min, datetime.max))


def zone_of(name: str) -> tzinfo:
    """Returns the zone with an IANA name; UTC if it is empty or unknown."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def dated(query: Query, now: datetime) -> Query:
    """Returns the query with the days of its periods in place of their names, as `now` falls in the query's zone.

    What is computed from rows is computed, and kept, for a dated query: the next day it is another one.
    """
    if not any(each.operator is Operator.PERIOD for each in query.where):
        return query
    today = now.astimezone(zone_of(query.zone)).date()
    return replace(query, where=tuple(_dated(each, today) for each in query.where))


def _dated(condition: Condition, today: date) -> Condition:
    days = periods.span(condition.value, today) if condition.operator is Operator.PERIOD else None
    return replace(condition, value=periods.interval(days)) if days else condition


def zone_name(name: str) -> str:
    """Returns the name of the zone in which days are read; UTC if a query names none, or an unknown one."""
    return str(zone_of(name))


def day_of(text: str) -> date | None:
    """Returns the date of an ISO 8601 text, None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def start_of(day: date, zone: tzinfo) -> datetime:
    """Returns when a day begins in a zone, in UTC; the edge of the calendar where it begins beyond."""
    try:
        return datetime.combine(day, time(), zone).astimezone(UTC)
    except OverflowError:
        return (datetime.min if day.year == 1 else datetime.max).replace(tzinfo=UTC)


def end_of(day: date, zone: tzinfo) -> datetime:
    """Returns the last microsecond of a day in a zone, in UTC."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of(day + timedelta(1), zone) - timedelta(microseconds=1)


def local(times: pa.Array, zone: tzinfo) -> pa.Array:
    """Returns what a clock of the zone shows at these times, without a zone."""
    if zone is UTC:
        return times.cast(pa.timestamp("us"))
    known = np.asarray(times.is_valid())
    moments = np.asarray(times.cast(pa.int64()).fill_null(0), np.int64)
    quarters = pa.array(moments // QUARTER).dictionary_encode()
    offsets = np.array([_offset(each * QUARTER, zone) for each in quarters.dictionary.to_pylist()], np.int64)
    shown = np.clip(moments + offsets[np.asarray(quarters.indices)], FIRST, LAST) if len(moments) else moments
    return pa.array(shown, pa.int64(), mask=~known).cast(pa.timestamp("us"))


def _offset(microseconds: int, zone: tzinfo) -> int:
    try:
        moment = (EPOCH + timedelta(microseconds=microseconds)).astimezone(zone)
    except OverflowError:
        return 0
    return (moment.utcoffset() or timedelta()) // timedelta(microseconds=1)
