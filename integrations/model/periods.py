"""Periods that move with the calendar, by name: "this-quarter", "last-30-days".

A name is turned into days only when a query is evaluated, so that a stored query moves on. Days are written as an ISO
8601-2 interval, "2026-10-01/2026-12-31", an open end as "..".
"""

from __future__ import annotations

from datetime import date

Span = tuple[date | None, date | None]  # the first and the last day; None where it is open

MONTHS = {"month": 1, "quarter": 3, "year": 12}
STEPS = {"last": -1, "this": 0, "next": 1}
DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
MOST_DAYS = 3_660  # of last-N-days and next-N-days
NAMES = (
    "today", "yesterday", "tomorrow",
    *(f"{step}-{unit}" for unit in ("week", *MONTHS) for step in ("this", "last", "next")), "past", "future",
)  # fmt: skip
LATEST = date.max.toordinal()


def counted(direction: str, days: int) -> str:
    """Returns the name of the last or next so many days; today is one of them."""
    return f"{direction}-{days}-days"


def days_counted(name: str) -> tuple[str, int] | None:
    """Returns the direction and the number of days of "last-30-days"; None for any other name."""
    match name.split("-"):
        case ["last" | "next" as direction, number, "days"] if number.isascii() and number.isdecimal():
            days = int(number[:5])
            return (direction, days) if 1 <= days <= MOST_DAYS and number == str(days) else None
    return None


def span(name: str, today: date) -> Span | None:
    """Returns the days of a period as seen from `today`; None if there is no such period. Weeks start on Monday."""
    day = today.toordinal()
    if name in DAYS:
        return _days(day + DAYS[name], day + DAYS[name])
    if name in ("past", "future"):
        return (None, _day(day - 1)) if name == "past" else (_day(day + 1), None)
    if found := days_counted(name):
        direction, days = found
        return _days(day - days + 1, day) if direction == "last" else _days(day, day + days - 1)
    step, _, unit = name.partition("-")
    if name not in NAMES:
        return None
    return _days(_start(unit, today, STEPS[step]), _start(unit, today, STEPS[step] + 1) - 1)


def interval(days: Span) -> str:
    """Returns the days as an ISO 8601-2 interval."""
    return "/".join(".." if day is None else day.isoformat() for day in days)


def days_of(text: str) -> Span | None:
    """Returns the days of an interval with at least one end; None for any other text."""
    first, separator, last = text.partition("/")
    try:
        found = tuple(None if each == ".." else date.fromisoformat(each) for each in (first, last))
    except ValueError:
        return None
    return (found[0], found[1]) if separator and any(found) else None


def known(text: str) -> bool:
    """Returns whether a text is the name of a period or an interval."""
    return span(text, date.min) is not None or days_of(text) is not None


def _start(unit: str, today: date, steps: int) -> int:
    """Returns the number of the first day of a unit that is so many units away from today's."""
    if unit == "week":
        return today.toordinal() - today.weekday() + 7 * steps
    size = MONTHS[unit]
    year, month = divmod(((today.year * 12 + today.month - 1) // size + steps) * size, 12)
    return date(year, month + 1, 1).toordinal() if 1 <= year <= date.max.year else LATEST + 1 if year else 1


def _days(first: int, last: int) -> Span:
    return _day(first), _day(last)


def _day(number: int) -> date:
    """Returns a day by its number; beyond the calendar, its nearest day."""
    return date.fromordinal(min(max(number, 1), LATEST))
