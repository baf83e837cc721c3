"""Rows by periods of time: days, weeks, months, quarters and years of their dates."""

from __future__ import annotations

from datetime import UTC, date, timedelta

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ..model import FieldType
from ..model.query import Condition, Operator, Step
from .categories import Categories, Category, NotGroupable, coded, named
from .days import local
from .pairs import Entries, Integers
from .readable import Cells

Known = npt.NDArray[np.bool_]
MONDAY = -3  # 1970-01-01 was a Thursday: weeks are counted from the Monday before it
MOST_ENTRIES = 5_000_000  # pairs of a row and a period
MONTHS = {Step.MONTH: 1, Step.QUARTER: 3, Step.YEAR: 12}


def by_period(found: Cells, step: Step, most: int) -> Categories:
    """Returns the categories of dates, in the order of time, with periods that no row has unless they are too many.

    The latest, `most` of them, have names, and the earlier ones are one. Raises NotGroupable.
    """
    step = Step.DAY if step is Step.WHOLE else step
    rows, numbers, known = _period_numbers(found, step)
    periods = _periods(numbers[known], most)
    codes = np.where(known, _places(periods, numbers), -1)
    of = coded(found, Entries(rows, codes), len(periods))
    earlier = max(0, len(periods) - most) if len(periods) > most + 1 else 0
    rest = Category(f"{earlier:,} earlier", others=earlier) if earlier else None
    return named(
        of, range(earlier, of.empty), lambda kept: [_category(found, step, periods[each]) for each in kept], rest, True
    )


def _periods(numbers: Integers, most: int) -> Integers:
    """Returns the periods from the first to the last, without gaps unless that were too many."""
    if not len(numbers):
        return numbers
    first, last = int(numbers.min()), int(numbers.max())
    if last - first < most:
        return np.arange(first, last + 1)
    return np.sort(np.asarray(pc.unique(pa.array(numbers)), np.int64))


def _places(periods: Integers, numbers: Integers) -> Integers:
    """Returns the place of each number among the periods."""
    without_gaps = len(periods) and periods[-1] - periods[0] == len(periods) - 1
    places: Integers = numbers - periods[0] if without_gaps else np.searchsorted(periods, numbers)
    return places


def _category(found: Cells, step: Step, number: int) -> Category:
    field, (first, last) = found.field.id, bounds(step, int(number))
    ends = [(Operator.IS, first)] if first == last else [(Operator.FROM, first), (Operator.TO, last)]
    where = tuple(Condition(field, operator, day.isoformat()) for operator, day in ends)
    return Category(period_label(step, first), where, period=True)


def _period_numbers(found: Cells, step: Step) -> tuple[Integers | None, Integers, Known]:
    """Returns rows, the number of a period that each has a date in, and whether it has any.

    Rows are None where each has one value. A date range is in every period from its start to its end.
    """
    first, last = _days(found)
    known = np.asarray(first.is_valid(), np.bool_)
    start = _numbers(np.asarray(pc.fill_null(first, 0), np.int64), step)
    if found.field.type is FieldType.DATE_RANGE:
        rows = _rows(found)[known]
        return _spread(rows, start[known], _numbers(np.asarray(last.drop_null(), np.int64), step))
    return _rows(found) if found.listed else None, start, known


def _rows(found: Cells) -> Integers:
    """Returns the row of each single value."""
    if not found.listed:
        return np.arange(len(found.values))
    return np.asarray(pc.list_parent_indices(found.values), np.int64)


def _spread(rows: Integers, start: Integers, end: Integers) -> tuple[Integers, Integers, Known]:
    lengths = np.maximum(end - start + 1, 0)
    if lengths.sum() > MOST_ENTRIES:
        raise NotGroupable("These dates span too many periods to be listed. Choose a longer period.")
    passed = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    numbers = np.repeat(start, lengths) + passed
    return np.repeat(rows, lengths), numbers, np.ones(len(numbers), np.bool_)


def bounds(step: Step, number: int) -> tuple[date, date]:
    """Returns the first and the last day of a period; the edge of the calendar where it goes beyond."""
    if step is Step.DAY:
        return _day(number), _day(number)
    if step is Step.WEEK:
        return _day(number * 7 + MONDAY), _day(number * 7 + MONDAY + 6)
    months = MONTHS[step]
    return _first_of_month(number * months) or date.max, _last_before(_first_of_month((number + 1) * months))


def period_label(step: Step, first: date) -> str:
    """Returns what people read for the period that begins on a day."""
    day = f"{first.day} {first:%b} {first.year}"
    match step:
        case Step.WEEK:
            return f"Week of {day}"
        case Step.MONTH:
            return f"{first:%b} {first.year}"
        case Step.QUARTER:
            return f"Q{(first.month + 2) // 3} {first.year}"
        case Step.YEAR:
            return str(first.year)
    return day


def _days(found: Cells) -> tuple[pa.Array, pa.Array]:
    """Returns the first and the last day of each value, as numbers of days since 1970-01-01."""
    values = found.singles[0]
    if found.field.type is FieldType.DATE_RANGE:
        start, end, timed = values.flatten()
        ends = (pc.coalesce(start, end), pc.coalesce(end, start))
        first, last = (pc.if_else(timed, local(each, found.zone), local(each, UTC)) for each in ends)
    else:
        first = last = values if found.field.type is FieldType.DATE else local(values, found.zone)
    numbers = [each.cast(pa.date32(), safe=False).cast(pa.int32()) for each in (first, last)]
    return numbers[0], numbers[1]


def _numbers(days: Integers, step: Step) -> Integers:
    if step is Step.DAY:
        return days
    if step is Step.WEEK:
        return (days - MONDAY) // 7
    months = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return months // MONTHS[step]


def _day(number: int) -> date:
    epoch = date(1970, 1, 1).toordinal()
    return date.fromordinal(min(max(number + epoch, 1), date.max.toordinal()))


def _first_of_month(months: int) -> date | None:
    """Returns the first day of a month counted from January 1970; None after the end of the calendar."""
    year, month = 1970 + months // 12, months % 12 + 1
    return date(max(year, 1), month if year >= 1 else 1, 1) if year <= date.max.year else None


def _last_before(day: date | None) -> date:
    return date.max if day is None else day - timedelta(1)
