"""The values of a field as people read them: labels for options, names for people and relations, dates in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from ..model.numbers import duration_text, money_text, number_text, percent_text
from ..model.schema import PLAIN
from .cells import TEXT, plain
from .columns import Misfit
from .days import local, zone_of
from .lists import joined, with_elements
from .tables import Table, Tables, key_of

NOT_LOADED = "(not loaded)"
NO_NAME = "(no name)"
ARROW = " → "
PEOPLE = (FieldType.PERSON, FieldType.PEOPLE)
TAGS = (FieldType.SELECT, FieldType.MULTI_SELECT)
NUMBERS = (FieldType.NUMBER, FieldType.CURRENCY, FieldType.PERCENT, FieldType.DURATION, FieldType.RATING)


@dataclass(frozen=True)
class Cells:
    """The values of a field in some rows, and what is needed to read them.

    `values`: as `columns.arrow_type` says. `codes`: the currency of each row, None for other types.
    `misfits`: by place in `values`.
    """

    tables: Tables
    field: Field
    values: pa.Array
    codes: pa.Array | None
    misfits: Mapping[int, Misfit]
    zone: tzinfo = UTC

    @property
    def listed(self) -> bool:
        """Whether each value is a list."""
        return bool(pa.types.is_list(self.values.type))

    @property
    def singles(self) -> tuple[pa.Array, pa.Array | None]:
        """The single values of all lists, and the currency of each."""
        if not self.listed:
            return self.values, self.codes
        parents = pc.list_parent_indices(self.values)
        return self.values.flatten(), None if self.codes is None else self.codes.take(parents)

    @property
    def odd(self) -> dict[int, str]:
        """By place, the texts that do not fit the column."""
        return {place: each["text"] for place, each in self.misfits.items() if "text" in each}


def cells(table: Table, field: Field, positions: pa.Array | None = None, zone: str = "") -> Cells:
    """Returns the values of a field at these positions, or of all rows."""
    values, misfits = _taken(table.values(field.id), positions), table.misfits(field.id)
    codes = currencies(table, field, positions) if field.type is FieldType.CURRENCY else None
    if misfits and positions is not None:
        misfits = _at(misfits, np.asarray(positions))
    return Cells(table.tables, field, values, codes, misfits, zone_of(zone))


def currencies(table: Table, field: Field, positions: pa.Array | None = None) -> pa.Array:
    """Returns the currency of each row: its own, else the field's, else null."""
    rows = table.num_rows if positions is None else len(positions)
    general = pa.scalar(field.currency or None, TEXT)
    source = table.field(key_of(field.currency_field)) if field.currency_field else None
    if source is None:
        return pa.repeat(general, rows)
    own = cells(table, source, positions)
    codes = own.values if own.values.type == TEXT else texts(own)
    return pc.coalesce(pc.if_else(pc.equal(codes, ""), None, codes), general)


def texts(found: Cells, mark: str = "") -> pa.Array:
    """Returns each value as people read it, null where there is none; `mark` stands after what does not fit."""
    if not found.listed:
        shown = element_texts(found, found.values, found.codes)
    else:
        shown = joined(found.values, element_texts(found, *found.singles))
    return with_misfits(shown, found.odd, mark)


def element_texts(found: Cells, values: pa.Array, codes: pa.Array | None = None) -> pa.Array:
    """Returns the texts of single values of the field."""
    return _TEXTS.get(found.field.type, _as_they_are)(found, values, codes)


def with_misfits(shown: pa.Array, odd: Mapping[int, str], mark: str = "") -> pa.Array:
    """Returns the texts with those in place that do not fit the column."""
    if not odd:
        return shown
    filled = shown.to_pylist()
    for place, text in odd.items():
        filled[place] = text + mark
    return pa.array(filled, TEXT)


def labels_of_tags(found: Cells) -> pa.Array:
    """Returns a list of the labels of the options of each row."""
    flat = found.values.flatten() if found.listed else found.values.drop_null()
    return with_elements(found.values, element_texts(found, flat).cast(pa.string()))


def mapped(values: pa.Array, keys: pa.Array, names: pa.Array) -> pa.Array:
    """Returns the name of each value, null for one that is not among the keys."""
    return names.take(pc.index_in(values, value_set=keys))


def by_value(values: pa.Array, text_of: Callable[[Any], str]) -> pa.Array:
    """Returns the text of each value, made once for each that is different."""
    encoded = values.dictionary_encode()
    return pa.array(map(text_of, encoded.dictionary.to_pylist()), TEXT).take(encoded.indices)


def day_texts(days: pa.Array) -> pa.Array:
    """Returns dates as "26 Nov 2026"."""
    return by_value(days, lambda day: f"{day.day} {day:%b} {day.year}")


def moment_texts(times: pa.Array, zone: tzinfo) -> pa.Array:
    """Returns times as "26 Nov 2026 14:03", as clocks of the zone show them."""
    shown = local(times, zone)
    minutes = by_value(shown.cast(pa.time64("us"), safe=False).cast(pa.int64()), _minute)
    return pc.binary_join_element_wise(day_texts(shown.cast(pa.date32(), safe=False)), minutes, pa.scalar(" ", TEXT))


def _minute(microseconds: int) -> str:
    return f"{microseconds // 3_600_000_000:02}:{microseconds // 60_000_000 % 60:02}"


def _taken(column: pa.ChunkedArray, positions: pa.Array | None) -> pa.Array:
    found = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    return found if positions is None else found.take(positions)


def _at(misfits: Mapping[int, Misfit], positions: np.ndarray[Any, Any]) -> dict[int, Misfit]:
    places = np.flatnonzero(np.isin(positions, list(misfits)))
    return {int(place): misfits[int(positions[place])] for place in places}


def _as_they_are(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return values.cast(TEXT)


def _numbers(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    separator = "" if found.field.format == PLAIN else ","
    return by_value(values, lambda number: number_text(number, found.field.precision, separator))


def _money(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    known = codes.to_pylist() if codes is not None else [None] * len(values)
    precision = found.field.precision
    return pa.array(
        [
            None if amount is None else money_text(amount, code, precision)
            for amount, code in zip(values.to_pylist(), known, strict=True)
        ],
        TEXT,
    )


def _percents(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return by_value(values, lambda fraction: percent_text(fraction, found.field.precision))


def _durations(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return by_value(values, lambda seconds: duration_text(seconds, found.field.format))


def _truths(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return pc.if_else(values, pa.scalar("Yes", TEXT), pa.scalar("No", TEXT))


def _days(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return day_texts(values)


def _times(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return moment_texts(values, found.zone)


def _ranges(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return range_texts(values, found.zone)


def range_texts(values: pa.Array, zone: tzinfo) -> pa.Array:
    """Returns ranges as "26 Nov 2026 → 1 Dec 2026", with times as clocks of the zone show them where they have any."""
    start, end, timed = values.flatten()
    first, last = (_ends(each, timed, zone) for each in (start, end))
    last = pc.binary_join_element_wise(pa.scalar("", TEXT), last, pa.scalar(ARROW, TEXT))
    both = pc.binary_join_element_wise(pc.fill_null(first, ""), pc.fill_null(last, ""), pa.scalar("", TEXT))
    return pc.if_else(values.is_valid(), pc.utf8_trim_whitespace(both), pa.scalar(None, TEXT))


def _ends(times: pa.Array, timed: pa.Array, zone: tzinfo) -> pa.Array:
    days = day_texts(local(times, UTC).cast(pa.date32(), safe=False))
    if not pc.any(timed).as_py():
        return days
    return pc.if_else(timed, moment_texts(times, zone), days)


def _options(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    known = {plain(each.value): plain(each.label) for each in found.field.options}
    return _named(values, known)


def _people(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return _named(values, {plain(key): plain(name) for key, name in found.tables.schema.people.items()})


def _named(values: pa.Array, names: Mapping[str, str]) -> pa.Array:
    """Returns the name of each value, or the value itself where it has none."""
    if not names:
        return values
    found = mapped(values, pa.array(names.keys(), TEXT), pa.array(names.values(), TEXT))
    return pc.coalesce(found, values)


def _relations(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    ids, names = (each.combine_chunks() for each in found.tables.titles(found.field.relates_to))
    known = mapped(values, ids, pc.if_else(pc.equal(names, ""), NO_NAME, names))
    return pc.if_else(values.is_valid(), pc.fill_null(known, NOT_LOADED), pa.scalar(None, TEXT))


def _files(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    return pc.struct_field(values, "name")


def _identifiers(found: Cells, values: pa.Array, codes: pa.Array | None) -> pa.Array:
    prefix = pa.scalar(plain(found.field.prefix), TEXT)
    return pc.binary_join_element_wise(prefix, values.cast(TEXT), pa.scalar("", TEXT))


_TEXTS: Mapping[FieldType, Callable[[Cells, pa.Array, pa.Array | None], pa.Array]] = {
    FieldType.NUMBER: _numbers,
    FieldType.RATING: _numbers,
    FieldType.CURRENCY: _money,
    FieldType.PERCENT: _percents,
    FieldType.DURATION: _durations,
    FieldType.BOOLEAN: _truths,
    FieldType.DATE: _days,
    FieldType.DATETIME: _times,
    FieldType.DATE_RANGE: _ranges,
    FieldType.SELECT: _options,
    FieldType.MULTI_SELECT: _options,
    FieldType.PERSON: _people,
    FieldType.PEOPLE: _people,
    FieldType.RELATION: _relations,
    FieldType.FILES: _files,
    FieldType.IDENTIFIER: _identifiers,
}
