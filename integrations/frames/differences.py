"""The difference between the tables of two loads: rows that are new, changed or removed, and values before and after.

Two tables say it: ROWS has a line for each such row, VALUES one for each field of a changed row that differs. Values
are the texts that people read, with names as they were at each load; times are kept as times, since they are read in
the zone of whoever looks. One collection, and of it some fields, is in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..model import Field, FieldType
from ..model.changes import What
from .cells import TEXT
from .columns import RANGE, TIME, Misfit
from .differing import differing
from .lists import with_elements
from .readable import TAGS, cells, texts
from .renamed_options import really_changed
from .tables import STANDARD_FIELDS, Table, Tables, id_of

ROWS = pa.schema([("collection", TEXT), ("id", TEXT), ("name", TEXT), ("what", TEXT)])
TIMES = pa.list_(RANGE)
VALUES = pa.schema(
    [
        ("collection", TEXT), ("id", TEXT), ("field", TEXT), ("label", TEXT), ("before", TEXT), ("after", TEXT),
        ("times_before", TIMES), ("times_after", TIMES),
    ]
)  # fmt: skip
FIELDS_AT_ONCE = 8
LONGEST = 2_000  # characters of a value that are kept
CUT = "…"  # after a value of which more is not kept
COMPARED = ("name", "owner", "parent")  # standard fields; the others follow from an edit, or never change
Numbers = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Compared:
    """What two loads are compared by.

    `whole`: the later load has read everything, so that a row which it has not is removed; else only those are that
    are named as `removed`, by (collection, id). `complete`: the earlier load had read everything. `since`: when it
    began; of what it may not have read, only rows that were created since then are new. `refused`: the later load was
    refused something, which may be a table of which it has no row.
    """

    whole: bool
    removed: frozenset[tuple[str, str]] = frozenset()
    complete: bool = True
    since: datetime | None = None
    refused: bool = False


def differences(
    old: Tables, new: Tables, by: Compared, takes_values: Callable[[], bool] = lambda: True
) -> Iterator[pa.Table]:
    """Yields tables of the schemas ROWS and VALUES; of the latter none once `takes_values` says no."""
    for id in dict.fromkeys(each.id for each in (*old.collections, *new.collections)):
        both = _Both(id, _opened(old, new, id), _opened(new, old, id), takes_values)
        yield from (table for table in both.tables(by) if table.num_rows)


def _opened(tables: Tables, others: Tables, id: str) -> Table:
    """Returns a collection's table; an empty one if only the other load has it."""
    if any(each.id == id for each in tables.collections):
        return tables.open(id)
    return Table(tables, others.open(id).collection, [])


class _Both:
    """One collection as two loads have it."""

    def __init__(self, id: str, old: Table, new: Table, takes_values: Callable[[], bool]) -> None:
        self._id, self._old, self._new, self._takes_values = id, old, new, takes_values

    def tables(self, by: Compared) -> Iterator[pa.Table]:
        yield self._lines(self._old, self._removed(by), What.REMOVED)
        yield self._lines(self._new, self._added(by), What.NEW)
        changed = np.zeros(len(self._places), bool)
        for field, rows in self._changes():
            changed[rows] = True
            if self._takes_values():
                yield self._texts(field, rows)
        yield self._lines(self._new, pa.array(self._places[changed]), What.CHANGED)

    @cached_property
    def _found(self) -> pa.Array:
        """For each row of the new table its place in the old one, null where it has none."""
        ids = self._old.ids.combine_chunks()
        return pc.index_in(self._new.ids, value_set=ids).combine_chunks().cast(pa.int64())

    @cached_property
    def _places(self) -> Numbers:
        """The places in the new table of the rows that both have."""
        return np.flatnonzero(self._found.is_valid().to_numpy(zero_copy_only=False))

    @cached_property
    def _places_before(self) -> Numbers:
        """Their places in the old table."""
        return np.asarray(self._found.drop_null(), np.int64)

    def _removed(self, by: Compared) -> pa.Array:
        kept = pc.is_in(self._old.ids, value_set=self._new.ids.combine_chunks())
        named = pa.array([item_id for place, item_id in by.removed if place == self._id], TEXT)
        whole = by.whole and (not by.refused or self._new.num_rows)
        gone = pc.invert(kept) if whole else pc.and_not(pc.is_in(self._old.ids, value_set=named), kept)
        return pc.indices_nonzero(gone).cast(pa.int64())

    def _added(self, by: Compared) -> pa.Array:
        added = self._found.is_null()
        if not (by.complete and self._old.num_rows):
            created = self._new.standard("creation_time").combine_chunks()
            since = pa.scalar(by.since, TIME)
            added = pc.and_(added, pc.fill_null(pc.greater_equal(created, since), False))
        return pc.indices_nonzero(added).cast(pa.int64())

    def _lines(self, table: Table, places: pa.Array, what: What) -> pa.Table:
        ids, names = (table.standard(each).combine_chunks().take(places) for each in ("id", "name"))
        columns = [_all(self._id, len(ids)), ids, names, _all(what, len(ids))]
        return pa.table([each.cast(TEXT) for each in columns], schema=ROWS)

    def _changes(self) -> Iterator[tuple[Field, Numbers]]:
        """Yields each field that has changed, and in which of the rows that both have."""
        if not len(self._places):
            return
        compared = self._fields()
        for start in range(0, len(compared), FIELDS_AT_ONCE):
            fields = compared[start : start + FIELDS_AT_ONCE]
            for table in (self._old, self._new):
                table.prefetch(each.id for each in fields if table.field(each.id))
            for field in fields:
                rows = self._changed(field)
                if len(rows):
                    yield field, rows
            for table in (self._old, self._new):
                table.forget(each.id for each in fields)

    def _fields(self) -> list[Field]:
        """Returns the fields to compare: those that both loads had with the same type.

        Rows without a schema have whatever their fields are; there, one that only one load has is compared, too.
        """
        standard = [self._new.field(each) or STANDARD_FIELDS.get(each) for each in COMPARED]
        own = {each.id: each for each in (*self._old.own_fields, *self._new.own_fields)}
        return [*filter(None, standard), *(each for each in own.values() if self._is_comparable(each.id))]

    def _is_comparable(self, id: str) -> bool:
        if not self._is_described(id):
            return True
        old, new = self._old.field(id), self._new.field(id)
        return bool(old and new and (old.type, old.many) == (new.type, new.many))

    def _is_described(self, id: str) -> bool:
        return any(table.collection.field(id_of(id)) for table in (self._old, self._new))

    def _changed(self, field: Field) -> Numbers:
        """Returns which of the rows that both have differ in a field."""
        if field.id == "parent":
            found = self._parents_differ()
        elif field.id in COMPARED:
            found = differing(*self._taken(_standard(self._old, field.id), _standard(self._new, field.id)))
        elif self._is_described(field.id):
            found = differing(*self._taken(_own(self._old, field), _own(self._new, field)), field)
        else:
            found = differing(*self._taken(_as_texts(self._old, field.id), _as_texts(self._new, field.id)))
        result = found.to_numpy(zero_copy_only=False).copy()
        if field.id not in COMPARED and self._is_described(field.id):
            self._compare_misfits(field.id, result)
        places: Numbers = np.flatnonzero(result)
        if field.type in TAGS and self._is_described(field.id):
            return self._without_renamed(field, places)
        return places if field.type is not FieldType.DATETIME else self._without_edits(field, places)

    def _taken(self, old: pa.Array, new: pa.Array) -> tuple[pa.Array, pa.Array]:
        return _at(old, self._places_before), _at(new, self._places)

    def _parents_differ(self) -> pa.Array:
        """A parent that is renamed stays the same; one without an id is known by its name alone."""
        ids = self._taken(*(_standard(each, "parent_id") for each in (self._old, self._new)))
        names = self._taken(*(_standard(each, "parent_path_or_name") for each in (self._old, self._new)))
        by_name = pc.and_(ids[0].is_null(), ids[1].is_null())
        return pc.or_(differing(*ids), pc.and_(by_name, differing(*names)))

    def _compare_misfits(self, id: str, found: np.ndarray[Any, Any]) -> None:
        """Correct what differs by the values that do not fit the column; without a value given, nothing is known."""
        before = _moved(self._old.misfits(id), self._places_before)
        after = _moved(self._new.misfits(id), self._places)
        for row in before.keys() | after.keys():
            both = before.get(row, {}), after.get(row, {})
            found[row] = not any("reason" in each for each in both) and (
                found[row] or both[0].get("text") != both[1].get("text")
            )

    def _without_edits(self, field: Field, rows: Numbers) -> Numbers:
        """Returns the rows without those whose new value is the time of their last edit, which any edit changes."""
        places = pa.array(self._places[rows])
        edited = self._new.standard("last_modified_time").combine_chunks().take(places)
        values = _own(self._new, field).take(places)
        if values.type != TIME:
            return rows
        differ = pc.fill_null(pc.not_equal(values, edited), True)
        kept: Numbers = rows[differ.to_numpy(zero_copy_only=False)]
        return kept

    def _without_renamed(self, field: Field, rows: Numbers) -> Numbers:
        """Returns the rows without those in which only options have other names."""
        fields = self._old.field(field.id) or field, self._new.field(field.id) or field
        before = _own(self._old, field).take(pa.array(self._places_before[rows])).to_pylist()
        after = _own(self._new, field).take(pa.array(self._places[rows])).to_pylist()
        kept: Numbers = rows[np.array(really_changed(*fields, before, after), bool)]
        return kept

    def _texts(self, field: Field, rows: Numbers) -> pa.Table:
        before, times_before = _readable(self._old, field.id, self._places_before[rows])
        after, times_after = _readable(self._new, field.id, self._places[rows])
        before, after = _excerpts(before, after)
        ids = self._new.ids.combine_chunks().take(pa.array(self._places[rows]))
        same = [_all(each, len(rows)) for each in (self._id, field.id, field.label)]
        return pa.table([same[0], ids, *same[1:], before, after, times_before, times_after], schema=VALUES)


def _all(value: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(value, TEXT), count)


def _at(column: pa.Array, places: Numbers) -> pa.Array:
    whole = len(column) == len(places) and np.array_equal(places, np.arange(len(places)))
    return column if whole else column.take(pa.array(places))


def _standard(table: Table, id: str) -> pa.Array:
    return table.standard(id).combine_chunks()


def _own(table: Table, field: Field) -> pa.Array:
    return table.values(field.id).combine_chunks()


def _as_texts(table: Table, id: str) -> pa.Array:
    field = table.field(id)
    return texts(cells(table, field)) if field else pa.nulls(table.num_rows, TEXT)


def _moved(misfits: Mapping[int, Misfit], places: Numbers) -> dict[int, Misfit]:
    """Returns misfits by which of some rows they are of, instead of by their place in the table."""
    if not misfits:
        return {}
    rows = np.flatnonzero(np.isin(places, list(misfits)))
    return {int(row): misfits[int(places[row])] for row in rows}


def _readable(table: Table, id: str, places: Numbers) -> tuple[pa.Array, pa.Array]:
    """Returns the values of a field at some places: as texts, or as times where it has them."""
    field, none = table.field(id) or STANDARD_FIELDS.get(id), pa.nulls(len(places), TIMES)
    if field is None:
        return pa.nulls(len(places), TEXT), none
    found = cells(table, field, pa.array(places))
    if field.type not in (FieldType.DATETIME, FieldType.DATE_RANGE):
        return texts(found), none
    odd = pa.array([found.odd.get(row) for row in range(len(places))], TEXT)
    return odd, _times(found.values)


def _times(values: pa.Array) -> pa.Array:
    """Returns times or ranges as lists of ranges."""
    flat = values.flatten() if pa.types.is_list(values.type) else values.drop_null()
    if flat.type != RANGE:
        ends, timed = pa.nulls(len(flat), TIME), pa.repeat(pa.scalar(True), len(flat))
        flat = pa.StructArray.from_arrays([flat.cast(TIME), ends, timed], fields=list(RANGE))
    return with_elements(values, flat)


def _excerpts(before: pa.Array, after: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Returns texts, of long ones an excerpt from shortly before the first difference on."""
    lengths = (pc.fill_null(pc.max(pc.utf8_length(each)), 0).as_py() for each in (before, after))
    if max(lengths) <= LONGEST:
        return before, after
    pairs = [_excerpt(*each) for each in zip(before.to_pylist(), after.to_pylist(), strict=True)]
    return pa.array([each[0] for each in pairs], TEXT), pa.array([each[1] for each in pairs], TEXT)


def _excerpt(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    if max(len(before or ""), len(after or "")) <= LONGEST:
        return before, after
    pairs = enumerate(zip(before or "", after or "", strict=False))
    shorter = min(len(before or ""), len(after or ""))
    start = max(0, next((place for place, (old, new) in pairs if old != new), shorter) - LONGEST // 20)
    return _part(before, start), _part(after, start)


def _part(text: str | None, start: int) -> str | None:
    if not text:
        return text
    end = start + LONGEST
    return (CUT if start else "") + text[start:end] + (CUT if end < len(text) else "")
