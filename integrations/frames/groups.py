"""Rows grouped by one or two fields, and what a measure comes to in each group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from ..model import Field
from ..model.query import Condition, Function, Grouping, Measure, Operator, Query
from .by_period import by_period
from .by_value import by_value
from .categories import Categories, Category, NotGroupable
from .conditions import DAYS
from .measures import Numbers, Values, counted, different_of, measured, number_words, numbers_of, rounded
from .pairs import Entries, Integers, crossed, joined
from .readable import NUMBERS, cells
from .tables import Table

ALL = "All"
ADDED = (Function.COUNT, Function.SUM)  # what groups have together is what they have one by one
WORDS = {
    Function.COUNT: "Count", Function.DISTINCT: "Different values", Function.SUM: "Sum", Function.AVERAGE: "Average",
    Function.MEDIAN: "Median", Function.MIN: "Minimum", Function.MAX: "Maximum",
}  # fmt: skip
Places = tuple[slice | int, slice | int]


@dataclass(frozen=True)
class Limits:
    """How many categories have names, of the first and of the second field: values, and periods."""

    values: tuple[int, int]
    periods: tuple[int, int]


SCREEN = Limits((50, 7), (1_000, 12))
FILE = Limits((10_000, 200), (10_000, 400))


@dataclass(frozen=True)
class Summary:
    """Groups of rows: a row for each category of the first field, a column for each of the second, and all of them.

    `units`: the currencies of the measure, the most frequent first; one empty text for other measures.
    `counts[row, column]`: how many rows of the table; `values[unit, row, column]`: the measure, NaN for none.
    The last row and the last column are those of all rows, each counted once.
    """

    fields: tuple[Field, ...]
    measure: Measure
    measured: Field | None
    rows: tuple[Category, ...]
    columns: tuple[Category, ...]
    units: tuple[str, ...]
    counts: Integers
    values: Numbers

    @property
    def label(self) -> str:
        """What the numbers are: "Count", "Sum of Amount"."""
        return f"{WORDS[self.measure.function]} of {self.measured.label}" if self.measured else WORDS[Function.COUNT]

    def text(self, unit: int, row: int, column: int = -1) -> str:
        """Returns the measure of a group as people read it, without its currency."""
        return number_words(self.values[unit, row, column], self.measure.function, self.measured, self.units[unit])

    def conditions(self, unit: int, row: int, column: int = -1) -> tuple[Condition, ...] | None:
        """Returns what exactly the rows of a group meet; None if no conditions can say so, or it is all rows."""
        found: list[Condition] = []
        for place, named in ((row, self.rows), (column, self.columns)):
            if 0 <= place < len(named):
                if not named[place].conditions:
                    return None
                found += named[place].conditions
        if found and len(self.units) > 1:
            if not self.units[unit]:
                return None
            found.append(Condition(self.measure.field, Operator.UNIT, self.units[unit]))
        return tuple(found) or None


@dataclass(frozen=True)
class _Part:
    """Some of the groups: their places, how many rows and columns they have, and the rows of the table in each."""

    places: Places
    shape: tuple[int, ...]
    entries: Entries


def summarise(table: Table, positions: pa.Array | None, query: Query, limits: Limits = SCREEN) -> Summary:
    """Returns the groups that a query asks for of the rows at these positions (None: of all rows).

    Categories beyond the limits are one. Raises NotGroupable.
    """
    positions = in_table_order(table, positions)
    asked = zip(query.groups, limits.values, limits.periods, strict=False)
    found = [_categories(table, each, positions, query.zone, *most) for each, *most in asked]
    if not found:
        raise NotGroupable("Choose a column to group by.")
    values = _values(table, positions, query.measure)
    parts = _parts(found, table.num_rows if positions is None else len(positions))
    fields = tuple(field for each in query.groups if (field := table.field(each.field)))
    rows, columns = found[0].named, found[1].named if len(found) > 1 else ()
    shape = (len(rows) + 1, len(columns) + 1)
    summary = Summary(
        fields, query.measure, table.field(query.measure.field) if values else None, rows, columns,
        values.units if values else ("",), _counts(parts, shape), np.zeros(0),
    )  # fmt: skip
    return _ordered(_with_values(summary, parts, values), found)


def _categories(
    table: Table, grouping: Grouping, positions: pa.Array | None, zone: str, values: int, periods: int
) -> Categories:
    field = table.field(grouping.field)
    if field is None:
        raise NotGroupable("The column that the rows were grouped by is no longer here.")
    found = cells(table, field, positions, zone)
    if field.type in DAYS:
        return by_period(found, grouping.step, periods)
    return by_value(table, found, positions, values)


def in_table_order(table: Table, positions: pa.Array | None) -> pa.Array | None:
    """Returns the positions in ascending order, which are read fastest; None for all rows."""
    if positions is None or len(positions) == table.num_rows:
        return None
    mask = np.zeros(table.num_rows, np.bool_)
    mask[np.asarray(positions)] = True
    return pa.array(np.flatnonzero(mask), pa.int64())


def totals(table: Table, positions: pa.Array | None, measure: Measure) -> list[tuple[str, float]]:
    """Returns the measure of all these rows by currency, the most frequent first; ("", number) without currencies.

    Empty where no row has a value, or the measure cannot be computed.
    """
    try:
        values = _values(table, positions, measure)
    except NotGroupable:
        return []
    if values is None or not len(values.numbers):
        return []
    field = table.field(measure.field)
    found = measured(measure.function, values.entries.codes, values, slice(None), len(values.units))
    rounds = (rounded(found[each : each + 1], measure.function, field, unit) for each, unit in enumerate(values.units))
    return [(unit, float(number)) for unit, (number,) in zip(values.units, rounds, strict=True)]


def _values(table: Table, positions: pa.Array | None, measure: Measure) -> Values | None:
    """Returns what the measure is computed of; None where it only counts rows."""
    if measure.function is Function.COUNT:
        return None
    field = table.field(measure.field)
    if field is None:
        raise NotGroupable("The column that was measured is no longer here.")
    if measure.function is Function.DISTINCT:
        return different_of(cells(table, field, positions))
    if field.type not in NUMBERS:
        raise NotGroupable(f"“{field.label}” has no numbers to compute with.")
    return numbers_of(cells(table, field, positions), measure.function)


def _parts(found: Sequence[Categories], count: int) -> list[_Part]:
    """Returns the groups of both fields, of each alone, and that of all rows."""
    height, rows = len(found[0].named), found[0].entries
    parts = [
        _Part((slice(height), -1), (height,), rows),
        _Part((-1, -1), (1,), Entries(None, np.zeros(count, np.int64))),
    ]
    for each in found[1:]:
        width = len(each.named)
        parts.append(_Part((-1, slice(width)), (width,), each.entries))
        both = crossed(rows, each.entries, width, count)
        parts.append(_Part((slice(height), slice(width)), (height, width), both))
    return parts


def _counts(parts: Sequence[_Part], shape: tuple[int, int]) -> Integers:
    counts = np.zeros(shape, np.int64)
    for part in parts:
        _put(counts, part, counted(part.entries.codes, int(np.prod(part.shape))))
    return counts


def _put(numbers: Integers | Numbers, part: _Part, found: Integers | Numbers) -> None:
    numbers[part.places] = found[0] if part.places == (-1, -1) else found.reshape(part.shape)


def _with_values(summary: Summary, parts: Sequence[_Part], values: Values | None) -> Summary:
    if values is None:
        return replace(summary, values=summary.counts[np.newaxis].astype(np.float64))
    numbers = np.full((len(values.units), *summary.counts.shape), np.nan)
    count = int(summary.counts[-1, -1])
    for part in parts:
        for unit, found in _measures(summary, part, values, count):
            _put(numbers[unit], part, found)
    return replace(summary, values=numbers)


def _measures(summary: Summary, part: _Part, values: Values, count: int) -> Iterator[tuple[int, Numbers]]:
    """Yields the measure of each group of a part, for each unit."""
    function, size = summary.measure.function, int(np.prod(part.shape))
    groups_at, values_at = joined(part.entries, values.entries, count)
    groups = values.entries.codes[values_at] * size + part.entries.codes[groups_at]
    found = measured(function, groups, values, values_at, size * len(values.units))
    for unit, numbers in enumerate(found.reshape(len(values.units), size)):
        yield unit, rounded(numbers, function, summary.measured, values.units[unit])


def _ordered(summary: Summary, found: Sequence[Categories]) -> Summary:
    """Returns the summary with the categories of fields without an order by their measure, the largest first."""
    if not found[0].ordered:
        order = _by_measure(summary.rows, summary.values[0, :-1, -1])
        summary = replace(
            summary, rows=tuple(summary.rows[each] for each in order), counts=summary.counts[[*order, -1]],
            values=summary.values[:, [*order, -1]],
        )  # fmt: skip
    if len(found) > 1 and not found[1].ordered:
        order = _by_measure(summary.columns, summary.values[0, -1, :-1])
        summary = replace(
            summary, columns=tuple(summary.columns[each] for each in order), counts=summary.counts[:, [*order, -1]],
            values=summary.values[:, :, [*order, -1]],
        )  # fmt: skip
    return summary


def _by_measure(named: Sequence[Category], numbers: Numbers) -> list[int]:
    """Returns the order of the categories; rows without a value and others stay last."""
    keys = [
        (each.last, -number if number == number else np.inf, each.label)
        for each, number in zip(named, numbers, strict=True)
    ]
    return sorted(range(len(named)), key=keys.__getitem__)
