"""What has changed over several loads: the differences that they kept, taken together, and as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ..model.changes import Counts, What
from .cells import TEXT
from .columns import TIME
from .days import zone_of
from .differences import CUT, ROWS, VALUES
from .kept_differences import Difference, counts_of
from .lists import joined
from .readable import range_texts

BETWEEN = "\0"  # between a collection and an id, or the id of a field
LINES = ("collection", "id", "name", "what", "field", "before", "after", "at")
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Places = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Changed:
    """What has changed, with the time `at` of each change.

    `rows`: like ROWS. `values`: like VALUES, with the place in `rows` of the `row` that each is of.
    """

    rows: pa.Table
    values: pa.Table

    @cached_property
    def counts(self) -> dict[str, Counts]:
        """How many rows are new, changed and removed, by collection."""
        return counts_of(self.rows)

    @property
    def nbytes(self) -> int:
        """What it takes in memory."""
        return int(self.rows.nbytes + self.values.nbytes)


def together(found: Iterable[tuple[datetime, Difference]]) -> Changed:
    """Returns what several differences come to, the oldest first: each row once, and each of its fields once.

    A value that has changed twice is there as it was first and as it is now, and not at all if these are the same. A
    row that came and went is left out.
    """
    kept = list(found)
    rows = _dated(ROWS, [(at, each.rows) for at, each in kept])
    values = _from_first_to_last(_dated(VALUES, [(at, each.values) for at, each in kept]))
    rows = _net(rows, _marked(kept), values)
    changed = rows.filter(pc.equal(rows["what"], What.CHANGED.value))
    values = values.filter(pc.is_in(_key(values, "collection", "id"), value_set=_key(changed, "collection", "id")))
    return _linked(rows, values)


def history(found: Iterable[tuple[datetime, Difference]], collection: str, id: str) -> Changed:
    """Returns each change of one row, the oldest first."""
    own = [(at, _of_row(each, collection, id)) for at, each in found]
    own = [(at, each) for at, each in own if each.rows.num_rows]
    rows = _dated(ROWS, [(at, each.rows) for at, each in own])
    values = _dated(VALUES, [(at, each.values) for at, each in own])
    numbers = [np.full(each.values.num_rows, number) for number, (_, each) in enumerate(own)]
    return Changed(rows, values.append_column("row", pa.array(np.concatenate([*numbers, []]).astype(np.int64))))


def lines(found: Changed, labels: Mapping[str, str], zone: str = "") -> pd.DataFrame:
    """Returns the changes for a screen: a line for each new or removed row and for each field that has changed.

    The columns are LINES; the latest comes first. `labels`: of fields, by collection and id with BETWEEN between
    them; others are called as they were then. Times within texts are in `zone`.
    """
    of_row = _array(found.values, "row")
    bare = pa.array(np.setdiff1d(np.arange(found.rows.num_rows), np.asarray(of_row)), pa.int64())
    number, none = pa.concat_arrays([of_row, bare]), pa.nulls(len(bare), TEXT)
    columns = {name: found.rows[name].take(number) for name in ("collection", "id", "name", "what")}
    told = {
        "field": (_labels(found.values, labels), none),
        "before": (_texts(found.values, "before", zone_of(zone)), none),
        "after": (_texts(found.values, "after", zone_of(zone)), none),
        "at": (_array(found.values, "at"), _array(found.rows, "at").take(bare)),
    }
    columns |= {name: pa.concat_arrays(each) for name, each in told.items()}
    table = pa.table({**columns, "number": number}).sort_by([("at", "descending"), ("number", "ascending")])
    result: pd.DataFrame = table.select(LINES).to_pandas()
    return result


def _array(table: pa.Table, name: str) -> pa.Array:
    return table[name].combine_chunks()


def _dated(schema: pa.Schema, found: Iterable[tuple[datetime, pa.Table]]) -> pa.Table:
    """Returns the rows of all tables, each with its time."""
    tables = [each.append_column("at", pa.repeat(pa.scalar(at, TIME), each.num_rows)) for at, each in found]
    return pa.concat_tables([schema.append(pa.field("at", TIME)).empty_table(), *tables]).combine_chunks()


def _key(table: pa.Table, *names: str) -> pa.Array:
    return pc.binary_join_element_wise(*(_array(table, name) for name in names), pa.scalar(BETWEEN, TEXT))


def _numbered(key: pa.Array) -> tuple[Places, Places, Places]:
    """Returns for each place the number of its key, and for each key the places where it stands first and last."""
    encoded = key.dictionary_encode()
    numbers, places = np.asarray(encoded.indices, np.int64), np.arange(len(key))
    first, last = (np.empty(len(encoded.dictionary), np.int64) for _ in range(2))
    first[numbers[::-1]], last[numbers] = places[::-1], places
    return numbers, first, last


def _from_first_to_last(values: pa.Table) -> pa.Table:
    """Returns each field of a row once, with its first value before and its last one after."""
    _, first, last = _numbered(_key(values, "collection", "id", "field"))
    result = values.take(pa.array(last))
    for name in ("before", "times_before"):
        column = values[name].take(pa.array(first))
        result = result.set_column(result.column_names.index(name), name, column)
    again = np.flatnonzero(first != last)
    twice = result.take(pa.array(again)).to_pylist()
    back = [place for place, each in zip(again, twice, strict=True) if _is_back(each)]
    return result.take(pa.array(np.setdiff1d(np.arange(len(last)), back), pa.int64()))


def _is_back(value: Mapping[str, Any]) -> bool:
    """Returns whether a value is what it was before; of one that is cut that is not known."""
    same = (value["before"], value["times_before"]) == (value["after"], value["times_after"])
    return same and CUT not in (value["before"] or "")


def _marked(found: Iterable[tuple[datetime, Difference]]) -> Mask:
    """Returns for each row of all differences whether its values are known."""
    known = [pc.is_in(_key(each.rows, "collection", "id"), value_set=_key(each.values, "collection", "id"))
             for _, each in found]  # fmt: skip
    return np.concatenate([np.zeros(0, bool), *(each.to_numpy(zero_copy_only=False) for each in known)])


def _net(rows: pa.Table, known: Mask, values: pa.Table) -> pa.Table:
    """Returns what has become of each row; without those that have come and gone, or are as they were."""
    key = _key(rows, "collection", "id")
    numbers, first, last = _numbered(key)
    whats = np.array(rows["what"].to_pylist(), object)
    came, gone = whats[first] == What.NEW, whats[last] == What.REMOVED
    what = np.where(gone, What.REMOVED, np.where(came, What.NEW, What.CHANGED))
    differs = pc.is_in(key.take(pa.array(last)), value_set=_key(values, "collection", "id"))
    unknown = np.bincount(numbers[~known], minlength=len(last)) > 0
    stays = (what != What.CHANGED) | differs.to_numpy(zero_copy_only=False) | unknown
    kept = np.flatnonzero(~(came & gone) & stays)
    column = pa.array([str(each) for each in what[kept]], TEXT)
    return rows.take(pa.array(last[kept], pa.int64())).set_column(3, "what", column)


def _linked(rows: pa.Table, values: pa.Table) -> Changed:
    places = pc.index_in(_key(values, "collection", "id"), value_set=_key(rows, "collection", "id"))
    return Changed(rows, values.append_column("row", places.cast(pa.int64())))


def _of_row(found: Difference, collection: str, id: str) -> Difference:
    both = (each.filter(pc.and_(pc.equal(each["id"], id), pc.equal(each["collection"], collection)))
            for each in (found.rows, found.values))  # fmt: skip
    return Difference(*both)


def _labels(values: pa.Table, labels: Mapping[str, str]) -> pa.Array:
    known, names = pa.array(labels.keys(), TEXT), pa.array(labels.values(), TEXT)
    found = pc.index_in(_key(values, "collection", "field"), value_set=known)
    return pc.coalesce(names.take(found), _array(values, "label"))


def _texts(values: pa.Table, name: str, zone: tzinfo) -> pa.Array:
    times = _array(values, f"times_{name}")
    return pc.coalesce(_array(values, name), joined(times, range_texts(times.flatten(), zone)))
