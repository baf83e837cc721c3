"""Rows as files take them: numbers as numbers with the unit in the heading, dates as dates, labels and names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from functools import partial

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from ..model.numbers import digits, hundredfold
from .cells import TEXT
from .columns import TIME
from .days import local
from .lists import joined
from .readable import Cells, by_value, cells, currencies, texts, with_misfits
from .shown import framed
from .tables import Table

RECORD_ID = "Record ID"
LINK = "Link"


@dataclass(frozen=True)
class Column:
    """A column of a file: its heading, and its values at some positions."""

    heading: str
    values: Callable[[pa.Array], pa.Array | pa.ChunkedArray]


def exported(table: Table, positions: pa.Array, field_ids: Iterable[str]) -> pd.DataFrame:
    """Returns these rows as files take them: "Record ID", the fields with their units in the headings, then "Link".

    The type of a column is decided over all rows of the table. One with a value that does not fit it is text.
    """
    return at(columns(table, field_ids), positions)


def at(found: Iterable[Column], positions: pa.Array) -> pd.DataFrame:
    """Returns the rows at these positions."""
    return framed(pa.table({each.heading: each.values(positions) for each in found}), positions)


def columns(table: Table, field_ids: Iterable[str]) -> list[Column]:
    """Returns the columns of a file; unknown fields are left out, and each heading is another."""
    fields = [field for each in dict.fromkeys(field_ids) if each != "link" and (field := table.field(each))]
    table.prefetch([*(each.id for each in fields), "link"])
    own = _with_different_headings(column for field in fields for column in _columns(table, field))
    return [Column(RECORD_ID, table.ids.take), *own, Column(LINK, table.values("link").take)]


def _columns(table: Table, field: Field) -> Iterator[Column]:
    cells_at = partial(cells, table, field)
    as_text = field.many or bool(cells_at().odd)
    if field.type is FieldType.CURRENCY:
        yield from _amounts(table, field, as_text)
    elif field.type is FieldType.DATE_RANGE and not as_text:
        yield from _ends(cells_at, field)
    elif as_text:
        yield Column(field.label, lambda positions: _texts(cells_at(positions)))
    else:
        convert = _CONVERTED.get(field.type, texts)
        yield Column(field.label + _UNITS.get(field.type, ""), lambda positions: convert(cells_at(positions)))


def _amounts(table: Table, field: Field, as_text: bool) -> Iterator[Column]:
    """Yields amounts, with their currency in the heading if all rows have the same, else in a column after them."""

    def codes_at(positions: pa.Array | None = None) -> pa.Array:
        has_value = cells(table, field, positions).values.is_valid()
        return pc.if_else(has_value, currencies(table, field, positions), pa.scalar(None, TEXT))

    known = [each for each in pc.unique(codes_at()).to_pylist() if each]
    one = len(known) == 1
    convert = _texts if as_text else _same
    yield Column(
        f"{field.label} ({known[0]})" if one else field.label,
        lambda positions: convert(cells(table, field, positions)),
    )
    if len(known) > 1:
        yield Column(f"{field.label} currency", codes_at)


def _ends(cells_at: Callable[..., Cells], field: Field) -> Iterator[Column]:
    """Yields the start and the end of ranges: days, times, or texts where some rows have times and others have not."""
    timed = set(pc.unique(cells_at().values.field("timed")).to_pylist()) - {None}

    def end_at(place: int, positions: pa.Array) -> pa.Array:
        parts = cells_at(positions).values.flatten()
        return _end(parts[place], parts[2], timed)

    yield Column(field.label, partial(end_at, 0))
    yield Column(f"{field.label} end", partial(end_at, 1))


def _end(times: pa.Array, timed: pa.Array, kinds: set[bool]) -> pa.Array:
    days = local(times, UTC).cast(pa.date32(), safe=False)
    if True not in kinds:
        return days
    return times if False not in kinds else pc.if_else(timed, _moments(times), days.cast(pa.string())).cast(TEXT)


def _texts(found: Cells) -> pa.Array:
    """Returns values as texts that machines read too: without separators, ISO dates."""
    convert = _PLAIN.get(found.field.type)
    if convert is None:
        return texts(found)
    shown = convert(found.singles[0])
    return with_misfits(joined(found.values, shown) if found.listed else shown, found.odd)


def _moments(times: pa.Array) -> pa.Array:
    seconds = pc.floor_temporal(local(times, UTC), unit="second").cast(pa.timestamp("s"), safe=False)
    return pc.binary_join_element_wise(seconds.cast(pa.string()), "Z", "").cast(TEXT)


def _percents(values: pa.Array) -> pa.Array:
    return pa.array([None if each is None else hundredfold(each) for each in values.to_pylist()], pa.float64())


def _hours(values: pa.Array) -> pa.Array:
    return pa.array([None if each is None else round(each / 3600, 10) for each in values.to_pylist()], pa.float64())


def _same(found: Cells) -> pa.Array:
    return found.values


def _identifiers(found: Cells) -> pa.Array:
    return texts(found) if found.field.prefix else found.values


def _number_texts(values: pa.Array) -> pa.Array:
    return by_value(values, digits)


_UNITS: Mapping[FieldType, str] = {FieldType.PERCENT: " (%)", FieldType.DURATION: " (hours)"}
_CONVERTED: Mapping[FieldType, Callable[[Cells], pa.Array]] = {
    FieldType.NUMBER: _same,
    FieldType.RATING: _same,
    FieldType.PERCENT: lambda found: _percents(found.values),
    FieldType.DURATION: lambda found: _hours(found.values),
    FieldType.BOOLEAN: _same,
    FieldType.DATE: _same,
    FieldType.DATETIME: lambda found: found.values.cast(TIME),
    FieldType.IDENTIFIER: _identifiers,
}
_PLAIN: Mapping[FieldType, Callable[[pa.Array], pa.Array]] = {
    FieldType.NUMBER: _number_texts,
    FieldType.RATING: _number_texts,
    FieldType.CURRENCY: _number_texts,
    FieldType.PERCENT: lambda values: _number_texts(_percents(values)),
    FieldType.DURATION: lambda values: _number_texts(_hours(values)),
    FieldType.BOOLEAN: lambda values: pc.if_else(values, pa.scalar("TRUE", TEXT), pa.scalar("FALSE", TEXT)),
    FieldType.DATE: lambda values: values.cast(pa.string()).cast(TEXT),
    FieldType.DATETIME: _moments,
}


def _with_different_headings(found: Iterable[Column]) -> Iterator[Column]:
    taken = {RECORD_ID, LINK}
    for column in found:
        heading = column.heading
        while heading in taken:
            heading += " (property)"
        taken.add(heading)
        yield Column(heading, column.values)
